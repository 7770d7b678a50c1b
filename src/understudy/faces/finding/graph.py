"""Running a MediaPipe graph on single pictures, without history and without files of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from understudy.faces.finding.quiet import quiet_start


class Graph:
    """A running MediaPipe graph: packets in, packets out, one set at a time.

    `config` is the graph as protobuf text. `replacements` edit this text after MediaPipe has put in all
    subgraphs, which is the only way to reach their thresholds. `outputs` may be any streams of the expanded
    graph, inner ones too. An instance serves one thread.
    """

    def __init__(
        self,
        config: str,
        outputs: Sequence[str],
        side_packets: Mapping[str, Any] | None = None,
        replacements: Mapping[str, str] | None = None,
    ) -> None:
        import mediapipe
        from mediapipe.python._framework_bindings import calculator_graph, resource_util

        # Models are named relative to the folder that holds the package; MediaPipe's own code does the same.
        resource_util.set_resource_dir(str(Path(mediapipe.__file__).resolve().parents[1]))
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        if replacements:
            text = self._graph.text_config
            for old, new in replacements.items():
                if old not in text:
                    raise RuntimeError(f"MediaPipe's graph has no {old!r}: this is not the pinned version.")
                text = text.replace(old, new)
            self._graph = calculator_graph.CalculatorGraph(graph_config=text)
        self._received: dict[str, Any] = {}
        for name in outputs:
            self._graph.observe_output_stream(name, self._received.__setitem__)
        with quiet_start():
            self._graph.start_run(dict(side_packets or {}))
            self._graph.wait_until_idle()
        self._time = 0

    def run(self, packets: Mapping[str, Any]) -> dict[str, Any]:
        """What comes out when `packets` go in, by stream name; streams that stay silent are left out."""
        self._received.clear()
        for name, packet in packets.items():
            self._graph.add_packet_to_input_stream(name, packet.at(self._time))
        self._time += 1
        self._graph.wait_until_idle()
        return dict(self._received)

    def close(self) -> None:
        """Stop the graph. Closing twice is fine."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def image_packet(image: npt.NDArray[np.uint8]) -> Any:
    """A packet with an RGB picture (H, W, 3)."""
    from mediapipe import ImageFormat
    from mediapipe.python import packet_creator

    return packet_creator.create_image_frame(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(image))
