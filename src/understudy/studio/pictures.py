"""Pictures for the browser: exact frames of films and plates, cut, scaled and encoded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
from fastapi import Depends, Query

from understudy.errors import BadInputError
from understudy.media import Clip, open_clip
from understudy.pipeline.reopening import Reopened
from understudy.pixels import to_bytes
from understudy.studio.films import Film, UnknownError

Bytes = npt.NDArray[np.uint8]

_OPEN = 6
"""Clips that are kept open, each with some decoded frames."""
_QUALITY = 95
_LOSSLESS = (cv2.IMWRITE_PNG_COMPRESSION, 0)
"""Not compressed: it mostly stays on this machine, and is there in half the time."""
_JPEG = (
    cv2.IMWRITE_JPEG_QUALITY, _QUALITY,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """What is to be seen of a frame: a rectangle in its pixels (None: all), made smaller by `shrink`.

    lossless   whether the pixels have to be exact: PNG, and JPEG of high quality otherwise
    """

    region: tuple[int, int, int, int] | None = None
    shrink: int = 1
    lossless: bool = False


def _asked(
    shrink: Annotated[int, Query(ge=1, le=16)] = 1,
    x: int = 0,
    y: int = 0,
    width: Annotated[int | None, Query(ge=1)] = None,
    height: Annotated[int | None, Query(ge=1)] = None,
    lossless: bool = False,
) -> Cut:
    region = None if width is None or height is None else (x, y, width, height)
    return Cut(region, shrink, lossless)


AskedCut = Annotated[Cut, Depends(_asked)]
"""What an address asks to see of a frame."""


@dataclass(frozen=True)
class Encoded:
    """A picture file and its media type."""

    data: bytes
    kind: str


class Reels:
    """Clips that are read by frame number, kept open between requests; for several threads."""

    def __init__(self) -> None:
        self._clips: OrderedDict[tuple[str, int, int], Clip] = OrderedDict()
        self._lock = threading.Lock()

    def clip(self, path: Path) -> Clip:
        """The clip at a path, as it is now. Raises BadInputError where it cannot be read."""
        try:
            status = path.stat()
        except OSError as error:
            raise BadInputError(f"{path.name} is not there any more: {error.strerror}.") from error
        key = (str(path), status.st_size, status.st_mtime_ns)
        with self._lock:
            if key not in self._clips:
                self._clips[key] = open_clip(path)
            self._clips.move_to_end(key)
            while len(self._clips) > _OPEN:
                # Not closed here: another thread may be reading it. It goes when nobody holds it.
                self._clips.popitem(last=False)
            return self._clips[key]

    def read(self, path: Path, number: int) -> Bytes:
        """A frame, (H, W, 3) uint8. Raises UnknownError beyond the clip, BadInputError for damage."""
        clip = self.clip(path)
        if not 0 <= number < clip.info.frame_count:
            raise UnknownError(f"{path.name} has frames 0 to {clip.info.frame_count - 1}.")
        return to_bytes(clip.read(number).image)


def result_frame(reels: Reels, film: Film, number: int) -> Bytes:
    """A frame of the film itself."""
    return reels.read(film.path, number)


def plate_frame(reels: Reels, film: Film, number: int) -> Bytes:
    """The plate's frame below a film's, in the film's size. Raises UnknownError where no plate is known."""
    if film.plate is None:
        raise UnknownError(f"Nothing says what {film.path.name} was made of.")
    return _sized(reels.read(film.plate, film.begin + number), reels.clip(film.path))


def likeness_frame(swap: Reopened, film: Film, reels: Reels, number: int) -> Bytes:
    """The likeness's picture that gave most of the face, laid over it, in the film's size."""
    return _sized(swap.example_in_place(film.begin + number), reels.clip(film.path))


def matte_frame(swap: Reopened, film: Film, reels: Reels, number: int) -> Bytes:
    """How much of the plate was replaced, (H, W, 3), white for all, in the film's size."""
    return _sized(cv2.merge([swap.matte(film.begin + number)] * 3), reels.clip(film.path))


def _sized(picture: npt.NDArray[Any], like: Clip) -> Bytes:
    size = (like.info.width, like.info.height)
    if picture.shape[1::-1] != size:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)


def encode(picture: Bytes, cut: Cut) -> Encoded:
    """A picture (H, W, 3) or (H, W), cut and shrunk, as a file. Raises BadInputError for an empty cut."""
    if cut.region is not None:
        x, y, width, height = cut.region
        picture = picture[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    if not picture.size:
        raise BadInputError("That part lies outside of the picture.")
    if cut.shrink > 1:
        size = (max(1, -(-picture.shape[1] // cut.shrink)), max(1, -(-picture.shape[0] // cut.shrink)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    shown: npt.NDArray[Any] = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    suffix, options = (".png", _LOSSLESS) if cut.lossless else (".jpg", _JPEG)
    done, data = cv2.imencode(suffix, np.ascontiguousarray(shown), options)
    if not done:
        raise BadInputError("That picture cannot be encoded.")
    return Encoded(data.tobytes(), "image/png" if cut.lossless else "image/jpeg")
