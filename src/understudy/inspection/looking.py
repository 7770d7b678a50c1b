"""One pair of frames: faces, aligned pictures, and everything that is measured of them by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.finding.landmarks import Landmarks
from understudy.faces.finding.lighting import light_direction
from understudy.faces.finding.reading import FaceReader, reduced
from understudy.faces.finding.square import Square, around_landmarks
from understudy.faces.sampling import sample_square
from understudy.geometry.align import apply_affine
from understudy.inspection import numbers
from understudy.inspection.numbers import Bytes, Points
from understudy.inspection.unrolled import unroll
from understudy.media.frame import Image

SIDE = 256
"""Side of the aligned pictures in which edges and motion are looked at."""
_LEAST_DETAIL, _MOST_DETAIL = 128, 384
_THUMBNAIL = 64
_STILL = 192
_SURE = 0.5
_LOOKS = ((0.04, 0.02, 1.08, 0.06), (-0.04, -0.02, 0.94, -0.06))


@dataclass(frozen=True)
class Side:
    """One of the two pictures of a frame.

    points   (478, 3) landmarks in frame pixels; None where no face was seen
    aligned  (SIDE, SIDE, 3) the face upright, None without one
    small    (h, w, 3) the whole frame, 192 pixels on its long side
    numbers  see `numbers`
    cells    (C, 3) its unrolled colours, see `unrolled`
    """

    points: Points | None
    aligned: Bytes | None = field(repr=False)
    small: Bytes = field(repr=False)
    numbers: dict[str, float]
    cells: Bytes | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Look:
    """What one frame shows. `plate` is None where there is none; `square` where no face was seen.

    points  (478, 3) of the plate (of the result where there is no plate), in pixels of the aligned pictures
    facing  (C,) which cells of the unrolled face look towards the camera
    """

    index: int
    result: Side
    plate: Side | None
    both: dict[str, float]
    square: Square | None = None
    points: Points | None = None
    facing: npt.NDArray[np.bool_] | None = None
    thumbnail: Bytes = field(repr=False, default_factory=lambda: np.zeros((1, 1, 3), np.uint8))


def look_at(reader: FaceReader, index: int, result: Image, plate: Image | None) -> Look:
    """Look at a frame of the result (H, W, 3 or 4) and at the plate's, which is as large.

    The face is looked for in the plate; where it shows several, the one that the result changed most is
    taken, else the largest. Its landmarks in the result are looked for in the same square, so that a
    landmarker errs on both alike.
    """
    smalls = [reduced(picture, _STILL)[0] for picture in (result, plate) if picture is not None]
    thumbnail = reduced(smalls[-1], _THUMBNAIL)[0]
    points = _face(reader, result, plate)
    if points is None:
        sides = [Side(None, None, small, {}) for small in smalls]
        return Look(index, sides[0], sides[1] if plate is not None else None, {}, thumbnail=thumbnail)
    square = around_landmarks(points)
    own = points if plate is None else _look(reader, result, square)
    shown = [_side(result, small=smalls[0], square=square, points=points, own=own)]
    if plate is not None:
        shown.append(_side(plate, small=smalls[1], square=square, points=points, own=points))
    local = apply_affine(square.to_crop(SIDE), points)
    both, facing = {}, None
    if plate is not None:
        ours, theirs = shown[0].aligned, shown[1].aligned
        assert ours is not None
        assert theirs is not None
        both = numbers.of_both(theirs, ours, local)
        facing = unroll(theirs, local)[1]
    return Look(
        index, shown[0], shown[1] if plate is not None else None, both, square, local, facing, thumbnail
    )


def _face(reader: FaceReader, result: Image, plate: Image | None) -> Points | None:
    faces = reader.read(result if plate is None else plate)
    if not faces:
        return None
    if plate is None or len(faces) == 1:
        return faces[0].points

    def changed(points: Points) -> float:
        to_crop = around_landmarks(points).to_crop(64)
        ours, theirs = (sample_square(picture, to_crop, 64).astype(np.int16) for picture in (result, plate))
        return float(np.abs(ours - theirs)[16:48, 16:48].mean())

    amounts = [changed(face.points) for face in faces]
    best = int(np.argmax(amounts))
    return faces[best if amounts[best] > 2.0 else 0].points


def _look(reader: FaceReader, image: Image, square: Square) -> Points | None:
    squares = [square, *(square.changed(*change) for change in _LOOKS)]
    looks: list[Landmarks] = [reader.landmarker.find(image, each) for each in squares]
    if float(np.median([look.score for look in looks])) < _SURE:
        return None
    return np.asarray(np.mean([look.points for look in looks], axis=0))


def _side(image: Image, *, small: Bytes, square: Square, points: Points, own: Points | None) -> Side:
    aligned = sample_square(image, square.to_crop(SIDE), SIDE)
    if own is None:
        return Side(None, aligned, small, {})
    detail = int(np.clip(round(square.size), _LEAST_DETAIL, _MOST_DETAIL))
    to_detail = square.to_crop(detail)
    picture = sample_square(image, to_detail, detail)
    found = numbers.of_landmarks(own)
    found |= numbers.of_picture(picture, apply_affine(to_detail, points), apply_affine(to_detail, own))
    found["light_x"], found["light_y"] = map(float, light_direction(image, own))
    cells = unroll(aligned, apply_affine(square.to_crop(SIDE), points))[0]
    return Side(own, aligned, small, found, cells)


def small_grey(picture: Bytes, side: int) -> npt.NDArray[Any]:
    """A grey copy of an aligned picture, (side, side) uint8, for optical flow."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA))
