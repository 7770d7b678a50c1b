"""Where the faces of a picture are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from understudy.faces.finding.graph import Graph, image_packet
from understudy.faces.finding.square import Square

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Detection:
    """One face that a detector has seen.

    box     (4,) left, top, right, bottom in pixels (centres at integers); may reach outside the picture
    points  (6, 2) right eye, left eye, nose tip, mouth, right ear, left ear (the performer's right and left)
    score   in [0, 1]
    """

    box: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]
    score: float

    def square(self) -> Square:
        """The landmarker's square, as MediaPipe makes it: level with the eyes, 1.5 times the box."""
        dx, dy = self.points[1] - self.points[0]
        x, y = (self.box[:2] + self.box[2:]) / 2
        side = float((self.box[2:] - self.box[:2]).max())
        return Square(float(x), float(y), 1.5 * side, float(np.arctan2(dy, dx)))

    def enlarged(self, factor: float) -> Detection:
        """The same face in a picture that is larger by `factor`."""
        # Pixel centres lie at integers: corners, at -0.5, scale about the picture's own corner.
        return Detection((self.box + 0.5) * factor - 0.5, (self.points + 0.5) * factor - 0.5, self.score)


class Detector(Protocol):
    """Finds faces in a picture. Every one passes tests/faces/test_detect.py."""

    def find(self, image: Bytes) -> list[Detection]:
        """The faces in an RGB picture (H, W, 3) uint8, best first, none of them twice."""

    def close(self) -> None:
        """Release the models. Closing twice is fine."""


_GRAPH = """
input_stream: "image"
output_stream: "detections"
node {
  calculator: "%s"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
"""
_FULL_RANGE = ("FaceDetectionFullRangeCpu", "min_score_thresh: 0.6")
_SHORT_RANGE = ("FaceDetectionShortRangeCpu", "min_score_thresh: 0.5")


class MediaPipeDetector:
    """MediaPipe's full-range detector (5 ms CPU a picture), and the short-range one where it sees nothing.

    The threshold is lower than MediaPipe's own since the landmarker has the last word. An instance serves
    one thread.
    """

    def __init__(self, threshold: float = 0.3) -> None:
        # Imported for its protobuf classes, without which the graphs' text cannot be read.
        import mediapipe.python.solutions.face_detection  # noqa: F401

        self._graphs = [
            Graph(_GRAPH % name, ["detections"], replacements={old: f"min_score_thresh: {threshold}"})
            for name, old in (_FULL_RANGE, _SHORT_RANGE)
        ]

    def find(self, image: Bytes) -> list[Detection]:
        """The faces in an RGB picture (H, W, 3) uint8, best first, none of them twice."""
        packet = image_packet(image)
        for graph in self._graphs:
            out = graph.run({"image": packet}).get("detections")
            if out is not None:
                return without_doubles(_read(out, image.shape[1], image.shape[0]))
        return []

    def close(self) -> None:
        """Release the models. Closing twice is fine."""
        for graph in self._graphs:
            graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(packet: Any, width: int, height: int) -> list[Detection]:
    from mediapipe.python import packet_getter

    size = np.array([width, height], np.float64)
    found = []
    for proto in packet_getter.get_proto_list(packet):
        place = proto.location_data
        box = place.relative_bounding_box
        low = np.array([box.xmin, box.ymin]) * size - 0.5
        extent = np.array([box.width, box.height]) * size
        points = np.array([(p.x, p.y) for p in place.relative_keypoints]) * size - 0.5
        found.append(Detection(np.concatenate([low, low + extent]), points, float(proto.score[0])))
    return found


def without_doubles(detections: list[Detection], overlap: float = 0.4) -> list[Detection]:
    """Non-maximum suppression: best first, without those that overlap more than that with a better one."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda d: -d.score):
        if all(box_overlap(one.box, other.box) < overlap for other in kept):
            kept.append(one)
    return kept


def box_overlap(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = float(np.prod(np.maximum(sides, 0.0)))
    union = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - common
    return common / union if union > 0 else 0.0
