"""Mattes made by hand as pictures: polygons and painted files drawn into a face's square."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.faces.sampling import sample_floats
from understudy.geometry.align import apply_affine
from understudy.geometry.polygons import coverage
from understudy.mattes.labels import LabelledFace, Painted, Polygon
from understudy.media import Image
from understudy.pixels import to_bytes

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.floating[Any]]

_LARGEST = 64 << 20
_HEADER = struct.Struct(">8sI4sII")


def drawn(face: LabelledFace, to_crop: Matrix, size: int, folder: Path) -> Floats:
    """The matte of a face in its square: (size, size) in [0, 1]; `to_crop` (2, 3) leads there from the frame.

    First what is painted, or everything where nothing is included; then what is included; then what is
    excluded is cut out. `folder` is where painted files lie. Raises BadInputError for one that is none.
    """
    if face.painted is not None:
        matte = _placed(read_painted(folder, face.painted), face.painted, to_crop, size)
    else:
        matte = np.full((size, size), 0.0 if face.include else 1.0, np.float32)
    if face.include:
        matte = np.maximum(matte, _together(face.include, to_crop, size))
    if face.exclude:
        matte = np.minimum(matte, 1.0 - _together(face.exclude, to_crop, size))
    return matte


def _together(polygons: tuple[Polygon, ...], to_crop: Matrix, size: int) -> Floats:
    parts = [coverage(apply_affine(to_crop, np.array(polygon)), size, size) for polygon in polygons]
    return np.asarray(np.maximum.reduce(parts), np.float32)


def _placed(matte: Floats, painted: Painted, to_crop: Matrix, size: int) -> Floats:
    """A painted matte in the square; what lies beyond its box is to be replaced."""
    x0, y0 = painted.box[:2]
    from_box = np.array(to_crop, np.float64)
    from_box[:, 2] += from_box[:, :2] @ (x0, y0)
    # Its outermost pixels are not to go on for ever; a rim of four pixels of the square outlasts averaging.
    rim = int(np.ceil(4 / min(1.0, np.sqrt(abs(np.linalg.det(from_box[:, :2]))))))
    held = np.pad(matte, rim, constant_values=1.0)
    from_box[:, 2] -= from_box[:, :2] @ (rim, rim)
    square = sample_floats(np.repeat(held[..., None], 3, axis=2), from_box, size)
    return np.ascontiguousarray(square[..., 0])


def read_painted(folder: Path, painted: Painted) -> Floats:
    """A painted matte, (y1 - y0, x1 - x0) in [0, 1]. Raises BadInputError for a file that is none."""
    path = folder / painted.file
    x0, y0, x1, y1 = painted.box
    data = _png_bytes(path, (x1 - x0, y1 - y0))
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.dtype not in (np.uint8, np.uint16):
        raise BadInputError(f"{path} is damaged: paint it again.")
    scale = 255.0 if picture.dtype == np.uint8 else 65535.0
    if picture.ndim == 3 and picture.shape[2] == 3:
        if (picture != picture[..., :1]).any():
            raise BadInputError(
                f"{path} is not transparent anywhere: erase what stands before the face, and save it as "
                "a PNG with transparency."
            )
        picture = picture[..., 0]
    elif picture.ndim == 3:
        picture = picture[..., 3]
    return np.asarray(picture / scale, np.float32)


def _png_bytes(path: Path, size: tuple[int, int]) -> bytes:
    """The bytes of a PNG whose header says that it has this width and height; it is not decoded yet."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInputError(f"{path} is larger than 64 MiB: save it as an ordinary PNG.")
        data = path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"There is no painted matte {path}: put it back, or take its face out."
        ) from error
    try:
        magic, _, kind, width, height = _HEADER.unpack_from(data)
    except struct.error:
        magic, kind, width, height = b"", b"", 0, 0
    if magic != b"\x89PNG\r\n\x1a\n" or kind != b"IHDR":
        raise BadInputError(f"{path} is no PNG: save it as one.")
    if (width, height) != size:
        raise BadInputError(
            f"{path} is {width} x {height} pixels and has to be {size[0]} x {size[1]}: "
            "do not crop or scale it."
        )
    return data


def is_untouched(folder: Path, face: LabelledFace) -> bool:
    """Whether nobody has said anything of a face yet: its picture is as it was, and no polygon is drawn."""
    if face.painted is None or face.painted.untouched is None or face.include or face.exclude:
        return False
    try:
        return hashlib.sha256((folder / face.painted.file).read_bytes()).hexdigest() == face.painted.untouched
    except OSError:
        return False


def write_to_paint_on(path: Path, picture: Image) -> str:
    """Write a picture (H, W, 3 or 4) as an opaque PNG with transparency, to be erased in; its SHA-256."""
    flat = to_bytes(np.ascontiguousarray(picture[..., :3]))
    opaque = np.dstack([flat[..., ::-1], np.full(flat.shape[:2], 255, np.uint8)])
    _, data = cv2.imencode(".png", opaque)
    with replacing(path) as part:
        part.write_bytes(data.tobytes())
    return hashlib.sha256(data.tobytes()).hexdigest()
