"""Films read for what they show as a whole: a few pictures from all over, however long they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from understudy.errors import BadInputError
from understudy.media import Clip, Image, open_clip

_MOST_PIXELS = 100_000_000
"""More than any camera's frames; what is larger is made to fill memory."""
_WINDOWS, _WINDOW = 4, 25
_PACE, _LONGEST = 4.0, 40.0


class Screening:
    """A film or still; implements `understudy.provenance.verify.film.Film`."""

    def __init__(self, path: Path) -> None:
        """Raises BadInputError where the file holds no pictures, or ones too large to be looked at."""
        self._path = path
        with open_clip(path) as clip:
            if clip.info.width * clip.info.height > _MOST_PIXELS:
                raise BadInputError(
                    f"{path.name} is too large to be looked at: {clip.info.width}x{clip.info.height}."
                )

    def spread(self) -> Iterator[Image]:
        """Up to a hundred pictures: all of a short film, else runs of some from all over it."""
        with open_clip(self._path) as clip:
            for start, stop in _windows(clip.info.frame_count):
                yield from _shown(clip, start, stop)

    def paced(self) -> tuple[list[float], list[Image]]:
        """About four pictures a second of the first forty seconds, small, with their times in seconds."""
        times: list[float] = []
        pictures: list[Image] = []
        with open_clip(self._path) as clip:
            seconds = clip.info.pts * float(clip.info.time_base)
            seconds = seconds - seconds[0]
            for index, image in enumerate(_shown(clip, 0, int(np.searchsorted(seconds, _LONGEST)))):
                if not times or seconds[index] >= times[-1] + 1 / _PACE - 1e-6:
                    times.append(float(seconds[index]))
                    pictures.append(small(image))
        return times, pictures


def small(image: Image) -> Image:
    """The picture, its longer side at most 640 pixels, so that many may be kept."""
    import cv2

    scale = min(1.0, 640 / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    shrunk: Image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return shrunk


def _windows(count: int) -> list[tuple[int, int]]:
    if count <= _WINDOWS * _WINDOW:
        return [(0, count)]
    starts = np.linspace(0, count - _WINDOW, _WINDOWS).astype(int)
    return [(int(start), int(start) + _WINDOW) for start in starts]


def _shown(clip: Clip, start: int, stop: int) -> Iterator[Image]:
    for frame in clip.frames(start, stop):
        yield frame.image
