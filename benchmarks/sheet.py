"""Contact sheets of a scored pair: even samples, and where the figures are worst."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.measures.picture import interocular
from understudy.media import open_clip
from understudy.media.png import write_png
from understudy.pixels import to_float

Array = npt.NDArray[Any]
_TILE = 320
_LABEL = 22


def even_frames(landmarks: Array, count: int = 6) -> list[tuple[int, str]]:
    """`count` frames with a face, evenly spread, with their labels."""
    faces = np.flatnonzero(~np.isnan(landmarks[:, 0, 0]))
    if not len(faces):
        return []
    rows = np.unique(faces[np.linspace(0, len(faces) - 1, count).astype(int)])
    return [(int(row), f"frame {row}") for row in rows]


def worst_frames(per_frame: dict[str, Array]) -> list[tuple[int, str]]:
    """The worst frame of every figure that has one."""
    known = {name: values for name, values in per_frame.items() if np.isfinite(values).any()}
    worst = {name: int(np.nanargmax(values)) for name, values in known.items()}
    return [(row, f"{row}: {name} {known[name][row]:.2f}") for name, row in worst.items()]


def write_sheet(
    path: Path, plate: Path, result: Path, likeness: Path, frames: list[tuple[int, str]], landmarks: Array
) -> None:
    """A PNG with a column a frame, around the face: plate, result, difference x 4; the likeness on the left.

    `landmarks` (T, 478, 3) are the plate's; every row of `frames` must have a face.
    """
    columns = [_likeness_column(likeness)]
    with open_clip(plate) as theirs, open_clip(result) as ours:
        for row, label in frames:
            before, after = (_bytes(clip.read(row).image) for clip in (theirs, ours))
            difference = np.clip(128 + 4 * (after.astype(np.int16) - before), 0, 255).astype(np.uint8)
            tiles = [_tile(picture, landmarks[row]) for picture in (before, after, difference)]
            columns.append(np.vstack([_label(label), *tiles]))
    sheet = np.hstack(columns)
    write_png(path, sheet)


def _likeness_column(likeness: Path) -> Array:
    with open_clip(likeness) as clip:
        image = _bytes(clip.read(clip.info.frame_count // 2).image)
    scale = _TILE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    column = np.zeros((_LABEL + 3 * _TILE, _TILE, 3), np.uint8)
    column[:_LABEL] = _label("likeness | plate, result, difference x 4")
    column[_LABEL : _LABEL + small.shape[0], : small.shape[1]] = small
    return column


def _tile(picture: Array, landmarks: Array) -> Array:
    middle = landmarks[:, :2].mean(0)
    side = 2.6 * float(interocular(landmarks))
    scale = _TILE / side
    matrix = np.array([[scale, 0, _TILE / 2 - scale * middle[0]], [0, scale, _TILE / 2 - scale * middle[1]]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    if scale < 0.5:
        picture = cv2.blur(picture, (int(1 / scale), int(1 / scale)))
    return cv2.warpAffine(picture, matrix, (_TILE, _TILE), flags=method)


def _label(text: str) -> Array:
    strip = np.zeros((_LABEL, _TILE, 3), np.uint8)
    cv2.putText(strip, text, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
    return strip


def _bytes(image: Array) -> Array:
    if image.dtype == np.uint8:
        return image[..., :3]
    return np.round(255 * to_float(image)).astype(np.uint8)
