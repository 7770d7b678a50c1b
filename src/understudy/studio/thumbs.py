"""Small upright pictures of faces: cut when they are first looked at, and kept."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np

from understudy.atomic import replacing
from understudy.faces.sampling import Bytes, sample_square
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.pipeline.gallery_files import GalleryFile
from understudy.studio.films import UnknownError
from understudy.studio.pictures import Cut, Reels, encode

SIDE = 128
"""Pixels of a thumbnail."""
_LOCKS = tuple(threading.Lock() for _ in range(16))


def thumb_path(gallery: Path, print_: str, row: int) -> Path:
    """Where the thumbnail of a face is kept, or would be."""
    return gallery.with_suffix("") / print_ / f"{row // 1000:04d}" / f"{row:07d}.jpg"


def thumb(reels: Reels, gallery: Path, kept: GalleryFile, print_: str, row: int) -> Path:
    """The thumbnail of a face, cut now where it is not there. Raises UnknownError, BadInputError."""
    check_row(kept, row)
    path = thumb_path(gallery, print_, row)
    # Two windows may ask for one face at once.
    with _LOCKS[row % len(_LOCKS)]:
        if not path.is_file():
            write_thumb(path, square(reels, kept, row, SIDE))
    return path


def write_thumb(path: Path, picture: Bytes) -> None:
    """Keep a thumbnail."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_bytes(encode(picture, Cut()).data)


def square(reels: Reels, kept: GalleryFile, row: int, side: int, framing: Framing = Framing.FACE) -> Bytes:
    """A face upright in a square, (side, side, 3)."""
    check_row(kept, row)
    gallery = kept.gallery
    image = reels.read(kept.clips[int(gallery.clip[row])].path, int(gallery.frame[row]))
    return sample_square(image, aligned_matrix(kept.landmarks[row], side, framing), side)


def forget_others(gallery: Path, print_: str) -> None:
    """Delete the thumbnails of what the gallery was before."""
    for folder in gallery.with_suffix("").glob("*"):
        if folder.name != print_:
            shutil.rmtree(folder, ignore_errors=True)


def check_row(kept: GalleryFile, row: int) -> None:
    """Raise UnknownError where a gallery has no such row."""
    if not 0 <= row < len(kept.gallery):
        raise UnknownError("There is no such face.")


def frame_order(kept: GalleryFile) -> list[int]:
    """All rows, as the footage shows them."""
    return [int(row) for row in np.lexsort((kept.gallery.frame, kept.gallery.clip))]
