"""Shots: where one picture is cut to another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset

_HARD_CUT = 27.0


class CutFinder:
    """Collects how much the picture changes from frame to frame, and then tells the cuts.

    The change is PySceneDetect's content value: the mean absolute difference of hue, saturation and brightness
    (0 to 255) between successive thumbnails.
    """

    def __init__(self) -> None:
        from scenedetect.detectors import ContentDetector
        from scenedetect.stats_manager import StatsManager

        self._detector = ContentDetector(min_scene_len=1)
        self._detector.stats_manager = StatsManager()
        self._changes: list[float] = []

    def add(self, thumbnails: npt.NDArray[np.uint8]) -> None:
        """Take the next thumbnails (T, h, w, 3) of the clip."""
        from scenedetect.common import FrameTimecode

        for thumbnail in thumbnails:
            code = FrameTimecode(len(self._changes), fps=25.0)
            self._detector.process_frame(code, np.ascontiguousarray(thumbnail[..., ::-1]))
            change = self._detector.stats_manager.get_metrics(code, ["content_val"])[0]
            self._changes.append(float(change or 0.0))

    def cuts(self, faces: Faceset, first: int) -> list[int]:
        """The first frames of all shots but the first; the thumbnails began with frame `first`."""
        return [first + k for k in range(1, len(self._changes)) if self._changes[k] >= _HARD_CUT]
