"""One pair of frames: faces, aligned pictures, and everything that is measured of them by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.finding.landmarks import Landmarks
from understudy.faces.finding.lighting import light_direction
from understudy.faces.finding.reading import DETECTION_SIDE, Face, FaceReader, reduced
from understudy.faces.finding.square import Square, around_landmarks
from understudy.faces.sampling import sample_square
from understudy.geometry.align import apply_affine
from understudy.inspection import numbers
from understudy.inspection.numbers import Bytes, Points
from understudy.inspection.unrolled import facing_camera, unroll
from understudy.media.frame import Image

SIDE = 256
"""Side of the aligned pictures in which edges and motion are looked at."""
_LEAST_DETAIL, _MOST_DETAIL = 128, 384
_THUMBNAIL = 64
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
    reductions = [reduced(picture, DETECTION_SIDE) for picture in (result, plate) if picture is not None]
    smalls = [small for small, _ in reductions]
    thumbnail = reduced(smalls[-1], _THUMBNAIL)[0]
    face = _face(reader, result, plate, *reductions[-1])
    if face is None:
        sides = [Side(None, None, small, {}) for small in smalls]
        return Look(index, sides[0], sides[1] if plate is not None else None, {}, thumbnail=thumbnail)
    place = _Place.of(face.points)
    if plate is None:
        alone = _side(result, smalls[0], place, face.points, face.light)
        return Look(index, alone, None, {}, place.square, place.local, thumbnail=thumbnail)
    own = _look(reader, result, place.square)
    light = None if own is None else light_direction(result, own)
    ours = _side(result, smalls[0], place, own, light)
    theirs = _side(plate, smalls[1], place, face.points, face.light)
    assert ours.aligned is not None
    assert theirs.aligned is not None
    both = numbers.of_both(theirs.aligned, ours.aligned, place.local)
    return Look(index, ours, theirs, both, place.square, place.local, facing_camera(place.local), thumbnail)


@dataclass(frozen=True)
class _Place:
    """Where both sides of a frame are looked at, told from the plate's landmarks (478, 3).

    local    the landmarks in the aligned pictures
    detail   (2, 3) from the frame to the picture in which texture is measured, of `side` pixels
    regions  in that picture
    """

    square: Square
    local: Points
    detail: npt.NDArray[np.float64]
    side: int
    regions: numbers.Regions

    @classmethod
    def of(cls, points: Points) -> _Place:
        square = around_landmarks(points)
        side = int(np.clip(round(square.size), _LEAST_DETAIL, _MOST_DETAIL))
        detail = square.to_crop(side)
        return cls(
            square,
            apply_affine(square.to_crop(SIDE), points),
            detail,
            side,
            numbers.regions_of(apply_affine(detail, points), side),
        )


def _face(reader: FaceReader, result: Image, plate: Image | None, small: Bytes, scale: float) -> Face | None:
    faces = reader.read_beside(result if plate is None else plate, small, scale)
    if not faces:
        return None
    if plate is None or len(faces) == 1:
        return faces[0]

    def changed(points: Points) -> float:
        to_crop = around_landmarks(points).to_crop(64)
        ours, theirs = (sample_square(picture, to_crop, 64).astype(np.int16) for picture in (result, plate))
        return float(np.abs(ours - theirs)[16:48, 16:48].mean())

    amounts = [changed(face.points) for face in faces]
    best = int(np.argmax(amounts))
    return faces[best if amounts[best] > 2.0 else 0]


def _look(reader: FaceReader, image: Image, square: Square) -> Points | None:
    squares = [square, *(square.changed(*change) for change in _LOOKS)]
    looks: list[Landmarks] = [reader.landmarker.find(image, each) for each in squares]
    if float(np.median([look.score for look in looks])) < _SURE:
        return None
    return np.asarray(np.mean([look.points for look in looks], axis=0))


def _side(
    image: Image, small: Bytes, place: _Place, own: Points | None, light: npt.NDArray[Any] | None
) -> Side:
    aligned = sample_square(image, place.square.to_crop(SIDE), SIDE)
    if own is None or light is None:
        return Side(None, aligned, small, {})
    picture = sample_square(image, place.detail, place.side)
    found = numbers.of_landmarks(own)
    found |= numbers.of_picture(picture, place.regions, apply_affine(place.detail, own))
    found["light_x"], found["light_y"] = map(float, light)
    return Side(own, aligned, small, found, unroll(aligned, place.local))


def small_grey(picture: Bytes, side: int) -> npt.NDArray[Any]:
    """A grey copy of an aligned picture, (side, side) uint8, for optical flow."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA))
