"""Faces as a grid to be looked at: a PNG, or one HTML page complete in itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy import pages
from understudy.likeness.gallery import TEXTS, Gallery

Bytes = npt.NDArray[np.uint8]

CELL = 128
_TEMPLATE = Path(__file__).parent / "templates" / "grid.html"
_GAP, _CAPTION, _COLUMNS, _PAPER = 6, 18, 10, 24
_FALLEN = 0.35
_TOLD = ("size", "sharpness", "motion_blur", "brightness", "yaw", "pitch", "mouth", "expression", "identity")


@dataclass(frozen=True)
class Cell:
    """One face: its picture (128, 128, 3), what stands below it, why it is not used ("" where it is), and
    what is known of it.
    """

    picture: Bytes = field(repr=False)
    caption: str
    dropped: str
    facts: tuple[str, ...]


def cell(gallery: Gallery, row: int, picture: Bytes, key: str | None) -> Cell:
    """One face of a gallery; `key` is what the grid is sorted by."""
    caption = f"{gallery.frame[row]}"
    value = _value(gallery, key, row) if key is not None else ""
    facts = [f"{gallery.clips[gallery.clip[row]]}, frame {gallery.frame[row]}, track {gallery.track[row]}"]
    facts += [f"{name} {text}" for name in _TOLD if (text := _value(gallery, name, row))]
    return Cell(picture, f"{caption}: {value}" if value else caption, str(gallery.dropped[row]), tuple(facts))


def _value(gallery: Gallery, key: str, row: int) -> str:
    if key in TEXTS or key in ("order", "frame", "similar", "dissimilar", "pixels"):
        return ""
    value = float(gallery.column(key)[row])
    return f"{value:.3g}" if np.isfinite(value) else ""


def write_page(path: Path, cells: Sequence[Cell], title: str, sentences: Sequence[str]) -> None:
    """Write the HTML page, whole or not at all; its pictures are inside."""
    shown = [(each, pages.embedded_picture(each.picture)) for each in cells]
    pages.write_page(path, _TEMPLATE, title=title, sentences=sentences, cells=shown)


def sheet(cells: Sequence[Cell]) -> Bytes:
    """The grid as a picture (H, W, 3) RGB; faces that are not used are dark and crossed.

    Raises ValueError where there is none.
    """
    if not cells:
        raise ValueError("a sheet needs faces")
    columns = min(_COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    tall = CELL + _CAPTION + _GAP
    paper = np.full((rows * tall + _GAP, columns * (CELL + _GAP) + _GAP, 3), _PAPER, np.uint8)
    for index, each in enumerate(cells):
        top, left = _GAP + index // columns * tall, _GAP + index % columns * (CELL + _GAP)
        picture = each.picture
        if each.dropped:
            picture = (picture * _FALLEN).astype(np.uint8)
            cv2.line(picture, (8, 8), (CELL - 8, CELL - 8), (200, 80, 60), 2, cv2.LINE_AA)
        paper[top : top + CELL, left : left + CELL] = picture
        origin = (left + 2, top + CELL + _CAPTION - 5)
        cv2.putText(
            paper, each.caption, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (220, 220, 220), 1, cv2.LINE_AA
        )
    return paper
