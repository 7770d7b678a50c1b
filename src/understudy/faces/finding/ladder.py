"""The ladder: other ways to find a face that plain detection has missed in a frame, rung by rung."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Found, face_size
from understudy.faces.finding.detect import Detection, box_overlap, without_doubles
from understudy.faces.finding.plausible import shape_distance
from understudy.faces.finding.reading import DETECTION_SIDE, LIKELY, Face, FaceReader
from understudy.faces.finding.square import Square, around_landmarks
from understudy.faces.sampling import sample_square
from understudy.geometry.align import apply_affine, invert_affine
from understudy.media.frame import Image

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]

_TURNS = tuple(np.radians(degrees) for degrees in (45, -45, 90, -90))
_SMALL_TURNS = tuple(np.radians(degrees) for degrees in (35, -35))
_GAMMA = 0.45

_ANOTHER_FACE = 0.3


@dataclass(frozen=True)
class _Likeness:
    """How far a face may be from the one that is expected.

    reach  mean landmark distance, in face sizes
    roll   radians by which it is turned in the picture
    shape  see `shape_distance`
    score  the least score
    """

    reach: float
    roll: float
    shape: float
    score: float


_DETECTED = _Likeness(reach=0.4, roll=0.6, shape=0.25, score=0.5)
# A face that was only followed has nothing but its neighbour to vouch for it, and the landmarker sees faces
# on bare boards (with scores up to 0.85) when it is told where to look.
_FOLLOWED = _Likeness(reach=0.25, roll=0.35, shape=0.12, score=0.95)


@dataclass(frozen=True)
class View:
    """A picture for the detector: a square of a frame, perhaps turned, perhaps with its shadows lifted."""

    found: Found
    square: Square
    lifted: bool = False

    def picture(self, image: Image) -> Bytes:
        """The (192, 192, 3) uint8 picture; what lies outside the frame repeats its edge."""
        picture = sample_square(image, self.square.to_crop(DETECTION_SIDE), DETECTION_SIDE)
        return lift_shadows(picture) if self.lifted else picture

    def in_frame(self, detection: Detection) -> Detection:
        """A detection in the picture, in frame pixels. The box keeps its size and stands upright."""
        to_frame = invert_affine(self.square.to_crop(DETECTION_SIDE))
        centre = apply_affine(to_frame, (detection.box[:2] + detection.box[2:])[None] / 2)[0]
        half = (detection.box[2:] - detection.box[:2]) / 2 * self.square.size / DETECTION_SIDE
        box = np.concatenate([centre - half, centre + half])
        return Detection(box, apply_affine(to_frame, detection.points), detection.score)


def lift_shadows(picture: Bytes) -> Bytes:
    """An RGB uint8 picture with dark parts brightened: gamma on its luma range."""
    top = max(float(np.percentile(picture, 99)), 1.0)
    curve = 255 * (np.minimum(np.arange(256) / top, 1.0) ** _GAMMA)
    return np.asarray(cv2.LUT(picture, curve.round().astype(np.uint8)), np.uint8)


def search_frame(reader: FaceReader, image: Image) -> list[Face]:
    """Faces in a frame in which plain detection sees none and nothing is known of where one could be.

    Goes up the rungs over the whole frame (about 0.1 s CPU) and returns what the first successful one finds.
    """
    height, width = image.shape[:2]
    for rung in _views_of_frame(height, width):
        seen = [detection for view in rung for detection in _detections(reader, image, view)]
        likely = without_doubles([detection for detection in seen if detection.score >= LIKELY])
        faces = reader.place(image, likely, rung[0].found)
        if faces:
            return faces
    return []


def search_near(
    reader: FaceReader, image: Image, expected: npt.NDArray[np.floating[Any]], others: Sequence[Array] = ()
) -> Face | None:
    """The face that is `expected` at landmarks (478, 3) in a frame, or None.

    `others` are boxes (4,) of faces that are found in it already. At last the expected place itself is tried.
    """

    square = around_landmarks(expected)

    def fits(face: Face, limit: _Likeness) -> bool:
        return (
            face.score >= limit.score
            and _is_like(face, expected, limit)
            and all(box_overlap(face.box, other) < _ANOTHER_FACE for other in others)
        )

    for view in _views_near(square):
        near = [detection for detection in _detections(reader, image, view) if _is_near(detection, square)]
        faces = [face for face in reader.place(image, near, view.found) if fits(face, _DETECTED)]
        if faces:
            return max(faces, key=lambda face: face.score)
    face = reader.settle(image, square, Found.FOLLOWED)
    return face if face is not None and fits(face, _FOLLOWED) else None


def _is_like(face: Face, expected: npt.NDArray[np.floating[Any]], limit: _Likeness) -> bool:
    away = float(np.linalg.norm(face.points[:, :2] - expected[:, :2], axis=1).mean())
    roll = around_landmarks(face.points).angle - around_landmarks(expected).angle
    return (
        away < limit.reach * max(face_size(expected), face_size(face.points))
        and abs(np.arctan2(np.sin(roll), np.cos(roll))) < limit.roll
        and shape_distance(face.points, expected) < limit.shape
    )


def _is_near(detection: Detection, square: Square) -> bool:
    seen = detection.square()
    away = np.hypot(seen.x - square.x, seen.y - square.y)
    return bool(away < 0.5 * square.size and 0.4 < seen.size / square.size < 2.5)


def _detections(reader: FaceReader, image: Image, view: View) -> list[Detection]:
    return [view.in_frame(detection) for detection in reader.detector.find(view.picture(image))]


def _views_of_frame(height: int, width: int) -> Iterator[list[View]]:
    whole = Square((width - 1) / 2, (height - 1) / 2, float(max(height, width)), 0.0)
    wide = replace(whole, size=1.6 * whole.size)
    yield [View(Found.PADDED, wide)]
    yield [View(Found.LIFTED, whole, lifted=True)]
    for turn in _TURNS:
        yield [View(Found.ROTATED, replace(whole, size=1.15 * whole.size, angle=float(turn)))]
    yield [View(Found.UPSCALED, tile) for tile in _tiles(height, width)]


def _tiles(height: int, width: int) -> Iterator[Square]:
    """Squares of half the long side that cover the frame and overlap by about a quarter."""
    side = max(height, width) / 2
    for y in _spread(height, side):
        for x in _spread(width, side):
            yield Square(x, y, side, 0.0)


def _spread(length: int, side: float) -> Array:
    """Centres of squares along one direction."""
    if length <= side:
        return np.array([(length - 1) / 2])
    count = int(np.ceil((length - 0.25 * side) / (0.75 * side)))
    return np.linspace(side / 2, length - side / 2, count) - 0.5


def _views_near(face: Square) -> Iterator[View]:
    """`face` is the landmarker's square; the detector wants more around it."""
    near = replace(face, size=1.7 * face.size)
    turned = abs(np.arctan2(np.sin(face.angle), np.cos(face.angle))) > np.pi / 6
    yield View(Found.ROTATED if turned else Found.UPSCALED, near)
    yield View(Found.PADDED, replace(face, size=3.0 * face.size))
    yield View(Found.LIFTED, near, lifted=True)
    for turn in _SMALL_TURNS:
        yield View(Found.ROTATED, replace(near, angle=face.angle + float(turn)))
