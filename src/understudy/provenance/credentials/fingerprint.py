"""What a film looks like, coarsely: enough to tell it again after it was encoded, cropped or cut anew.

A watermark can be copied onto other footage; a fingerprint in the signed credentials shows that. It is a few
pictures of at most 32 x 32 cells, each cell the luma there less the luma around it. Two fingerprints are
compared by correlation, along the straight lines in time that a cut or a change of speed gives.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]
Affine = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

CELLS = 32
MOST_SAMPLES = 16
SAME = 0.9
OTHER = 0.8
"""Correlation from which two films are the same, and below which they are not; nothing is said between.

Of eleven real clips, copies gave 0.97 and more, another take of one performer 0.85, others 0.78 and less.
"""

ALGORITHM = "cells-32"
_THUMBNAIL = 160
_AROUND = 3.0
_FEWEST_CELLS = 60
_BLACK = 20
_SPEEDS = (1.0, 24 / 25, 25 / 24, 0.9, 1.1)
_TIME_STEP = 0.25
_LONGEST = 1000
_LUMA = np.array([[0.2126, 0.7152, 0.0722]], np.float32)


@dataclass(frozen=True)
class Fingerprint:
    """Samples of a film: `cells` (N, rows, columns) int8, shown at `times` (N,) in seconds."""

    times: tuple[float, ...]
    cells: npt.NDArray[np.int8] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """As it stands in credentials."""
        rows, columns = self.cells.shape[1:]
        value = base64.b64encode(self.cells.tobytes()).decode("ascii")
        # As text: a list of small whole numbers would come back as a string of bytes.
        times = " ".join(f"{time:.3f}" for time in self.times)
        return {"algorithm": ALGORITHM, "rows": rows, "columns": columns, "times": times, "value": value}

    @classmethod
    def from_json(cls, value: Any) -> Fingerprint | None:
        """The inverse of `to_json`; None for whatever is no fingerprint."""
        try:
            rows, columns = value["rows"], value["columns"]
            times = [_second(time) for time in value["times"][:_LONGEST].split()]
            if value["algorithm"] != ALGORITHM or not 0 < len(times) <= MOST_SAMPLES:
                return None
            if not all(isinstance(count, int) and 0 < count <= CELLS for count in (rows, columns)):
                return None
            data = base64.b64decode(value["value"], validate=True)
            cells = np.frombuffer(data, np.int8).reshape(len(times), rows, columns)
            return cls(tuple(times), cells)
        except (TypeError, KeyError, ValueError, AttributeError, binascii.Error):
            return None


def fingerprint(times: list[float], pictures: list[Image]) -> Fingerprint:
    """The fingerprint of pictures (H, W, 3), all of one size, shown at `times` in seconds."""
    height, width = pictures[0].shape[:2]
    rows, columns = (max(1, round(CELLS * side / max(height, width))) for side in (height, width))
    cells = np.stack([_sampled(picture, np.eye(2, 3), rows, columns)[0] for picture in pictures])
    return Fingerprint(tuple(times), np.clip(np.rint(cells), -127, 127).astype(np.int8))


def likeness(
    known: Fingerprint, times: list[float], pictures: list[Image], placement: Affine | None = None
) -> float | None:
    """How well a film agrees with a fingerprint, -1 to 1; None where too little of it can be compared.

    `pictures` are dense samples of the film, a few a second. `placement` says where the original picture lies
    in them, as `watermark.base.Detection` does; None: it is the whole picture.
    """
    rows, columns = known.cells.shape[1:]
    where = np.eye(2, 3) if placement is None else placement
    sampled = [_sampled(picture, where, rows, columns) for picture in pictures]
    seen = np.logical_or.reduce([shown for _, shown in sampled])  # what is black throughout is a bar
    if seen.sum() < _FEWEST_CELLS:
        return None
    agreement = (
        _standard(known.cells[:, seen].astype(np.float32))
        @ _standard(np.stack([cells[seen] for cells, _ in sampled])).T
    )
    return _best_line(np.array(known.times), np.array(times), agreement)


def _best_line(
    known: npt.NDArray[np.float64], times: npt.NDArray[np.float64], agreement: Floats
) -> float | None:
    """The highest median agreement along a line `time = speed * known + shift`."""
    fewest = min(3, len(known), len(times))
    best: float | None = None
    for speed in _SPEEDS:
        first, last = times[0] - speed * known[-1], times[-1] - speed * known[0]
        for shift in np.arange(first, last + _TIME_STEP, _TIME_STEP):
            meant = speed * known + shift
            nearest = np.abs(times[None] - meant[:, None]).argmin(1)
            close = np.abs(times[nearest] - meant) <= _TIME_STEP
            if close.sum() >= fewest:
                value = float(np.median(agreement[np.flatnonzero(close), nearest[close]]))
                best = value if best is None else max(best, value)
    return best


def _sampled(
    picture: Image, placement: Affine, rows: int, columns: int
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Cells of one picture, and which of them lie on it; `placement` as in `likeness`."""
    height, width = picture.shape[:2]
    scale = _THUMBNAIL / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(picture[..., :3]), size, interpolation=cv2.INTER_AREA)
    luma = cv2.transform(small.astype(np.float32), _LUMA) / np.float32(
        257 if picture.dtype == np.uint16 else 1
    )
    cell = _THUMBNAIL / CELLS * float(np.sqrt(abs(np.linalg.det(placement[:, :2]))))
    detail = cv2.GaussianBlur(luma, (0, 0), cell / 2) - cv2.GaussianBlur(luma, (0, 0), _AROUND * cell)
    linear = placement[:, :2] * (_THUMBNAIL / CELLS)
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2]) + _THUMBNAIL * placement[:, 2]
    start = middle - linear @ np.array([(columns - 1) / 2, (rows - 1) / 2])
    matrix = np.hstack([linear, start[:, None]])
    flags = cv2.WARP_INVERSE_MAP
    cells = cv2.warpAffine(detail, matrix, (columns, rows), flags=flags | cv2.INTER_LINEAR)
    open_to_view = 1 - _barred(luma)
    return cells, cv2.warpAffine(open_to_view, matrix, (columns, rows), flags=flags | cv2.INTER_NEAREST) > 0


def _standard(samples: Floats) -> Floats:
    """Each row with mean 0 and length 1."""
    centred = samples - samples.mean(1, keepdims=True)
    return centred / (np.linalg.norm(centred, axis=1, keepdims=True) + np.float32(1e-6))


def _barred(luma: Floats) -> npt.NDArray[np.uint8]:
    """Where black bars lie, and what is so near that they show in its cells: 1, elsewhere 0."""
    within = cv2.erode((luma < _BLACK).astype(np.uint8), np.ones((9, 9), np.uint8))
    reach = 2 * round(_AROUND * _THUMBNAIL / CELLS) + 9
    barred: npt.NDArray[np.uint8] = cv2.dilate(within, np.ones((reach, reach), np.uint8))
    return barred


def _second(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise ValueError(text)
    return value
