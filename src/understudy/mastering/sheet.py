"""Contact sheets: likeness, plate and result side by side, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.pixels import to_bytes

Image = npt.NDArray[Any]

_GAP = 6
_CAPTION = 22
_PAPER = 24


@dataclass(frozen=True)
class Row:
    """One row of a sheet: pictures (H, W, 3), uint8 or uint16 RGB, under one caption."""

    caption: str
    pictures: Sequence[Image] = field(repr=False)


def contact_sheet(rows: Sequence[Row], cell: int = 320) -> npt.NDArray[np.uint8]:
    """The rows below each other, (H, W, 3) uint8 RGB. Pictures are fitted into square cells of `cell` pixels.

    Raises ValueError where there is no row or a row without pictures.
    """
    if not rows or any(not row.pictures for row in rows):
        raise ValueError("a contact sheet needs rows with pictures")
    columns = max(len(row.pictures) for row in rows)
    width = columns * (cell + _GAP) + _GAP
    height = len(rows) * (cell + _CAPTION + _GAP)
    sheet = np.full((height, width, 3), _PAPER, np.uint8)
    for index, row in enumerate(rows):
        top = index * (cell + _CAPTION + _GAP)
        origin = (_GAP, top + _CAPTION - 6)
        cv2.putText(
            sheet, row.caption, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (220, 220, 220), 1, cv2.LINE_AA
        )
        for column, picture in enumerate(row.pictures):
            left = _GAP + column * (cell + _GAP)
            fitted = fit(picture, cell)
            y = top + _CAPTION + (cell - fitted.shape[0]) // 2
            x = left + (cell - fitted.shape[1]) // 2
            sheet[y : y + fitted.shape[0], x : x + fitted.shape[1]] = fitted
    return sheet


def fit(picture: Image, size: int) -> npt.NDArray[np.uint8]:
    """A picture as uint8 RGB, scaled so that its longer side is `size`."""
    scale = size / max(picture.shape[:2])
    shape = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted: npt.NDArray[np.uint8] = cv2.resize(
        np.ascontiguousarray(to_bytes(picture)), shape, interpolation=way
    )
    return fitted
