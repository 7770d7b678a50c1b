"""Shots: where one picture is cut to another."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, face_size

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]

# PySceneDetect's own threshold: more than this is a cut, however the picture moves.
_HARD_CUT = 27.0

# A jump cut (the same person in the same place, a little later) changes less than a fast move does. But a
# move can be followed by optical flow, and a jump leaves a remainder, larger than those of the frames around
# it.
_JUMP_CHANGE = 8.0
_JUMP_OF_FACE = 0.03
_JUMP_REMAINDER = 3.3
_JUMP_RATIO = 1.4
_NEIGHBOURS = 3
# Frames that change less have nothing to explain.
_NOTABLE_CHANGE = 4.0
_FLOW_SCALE = 3


class CutFinder:
    """Looks at the thumbnails of a clip in order, and then tells the cuts.

    A change is measured twice: by PySceneDetect's content value (mean absolute difference of hue, saturation
    and brightness), and, where that is notable, by the brightness that optical flow from the last frame
    cannot explain (mean absolute difference, 0 to 255, apart from a change of exposure).
    """

    def __init__(self) -> None:
        from scenedetect.detectors import ContentDetector

        self._detector = ContentDetector(min_scene_len=1)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._last: Bytes | None = None
        self._changes: list[float] = []
        self._remainders: list[float] = []

    def add(self, thumbnails: Bytes) -> None:
        """Take the next thumbnails (T, h, w, 3) of the clip."""
        from scenedetect.stats_manager import StatsManager

        # It keeps what it measures of every frame, and we have what we want of the last.
        self._detector.stats_manager = StatsManager()
        for thumbnail in thumbnails:
            change = self._content_change(thumbnail)
            self._changes.append(change)
            self._remainders.append(self._remainder(thumbnail) if change >= _NOTABLE_CHANGE else 0.0)
            self._last = thumbnail

    def cuts(self, faces: Faceset, first: int) -> list[int]:
        """The frames that begin a new shot, ascending; the thumbnails' first frame, `first`, is not among
        them.

        `faces` are those of the same frames: a sudden change that leaves the largest face where it was, such
        as a quick hand, is no jump.
        """
        hard = np.array(self._changes) >= _HARD_CUT
        return [
            first + k
            for k in range(1, len(hard))
            if hard[k] or (self._is_jump(k, hard) and _face_shift(faces, first + k) >= _JUMP_OF_FACE)
        ]

    def _is_jump(self, k: int, hard: npt.NDArray[np.bool_]) -> bool:
        if self._changes[k] < _JUMP_CHANGE:
            return False
        nearby = range(max(0, k - _NEIGHBOURS), min(len(hard), k + _NEIGHBOURS + 1))
        around = [n for n in nearby if n != k and not hard[n]]
        rest = max((self._remainders[n] for n in around), default=0.0)
        return self._remainders[k] >= max(_JUMP_REMAINDER, _JUMP_RATIO * rest)

    def _content_change(self, thumbnail: Bytes) -> float:
        from scenedetect.common import FrameTimecode

        code = FrameTimecode(len(self._changes), fps=25.0)
        self._detector.process_frame(code, np.ascontiguousarray(thumbnail[..., ::-1]))
        return float(self._detector.stats_manager.get_metrics(code, ["content_val"])[0] or 0.0)

    def _remainder(self, thumbnail: Bytes) -> float:
        if self._last is None:
            return 0.0
        before, after = _enlarged_grey(self._last), _enlarged_grey(thumbnail)
        flow = self._flow.calc(after, before, None)
        height, width = after.shape
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        moved = cv2.remap(
            before, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        difference = moved.astype(np.float32) - after
        return float(np.abs(difference - difference.mean()).mean())


def _face_shift(faces: Faceset, frame: int) -> float:
    """How far the last frame's largest face has moved, in face sizes: infinite where neither frame has a
    face, and 0 where only one has, since something may have come before it.
    """
    before = faces.landmarks[faces.rows_in(frame - 1, frame), :, :2]
    after = faces.landmarks[faces.rows_in(frame, frame + 1), :, :2]
    if not len(before) or not len(after):
        return 0.0 if len(before) or len(after) else np.inf
    largest = max(before, key=face_size)
    return float(np.linalg.norm(after - largest, axis=-1).mean(1).min() / face_size(largest))


def _enlarged_grey(thumbnail: Bytes) -> Bytes:
    """Flow needs more pixels than a thumbnail has."""
    grey = cv2.cvtColor(thumbnail, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=_FLOW_SCALE, fy=_FLOW_SCALE, interpolation=cv2.INTER_CUBIC)
    return np.asarray(grey, np.uint8)
