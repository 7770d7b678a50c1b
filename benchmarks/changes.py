"""What flaws look like: changes of a finished film's frames, known exactly. `injected` puts them into film.

Every change is a function of the plate, the result, the plate's landmarks and a strength. Sizes are parts of
the inter-ocular distance, so that they mean the same at any resolution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.align import apply_affine, fit_similarity
from understudy.geometry.raster import Raster
from understudy.measures.gaze import EYE_RADIUS_MM, EYE_WIDTH_MM
from understudy.measures.picture import interocular, region_matte
from understudy.performers import Performance, cast, render

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Film:
    """A plate and its result, T frames (H, W, 3) uint8 each, with landmarks (T, 478, 3) of each.

    swapped    whether two performers are seen, so that one face can be told from the other
    glasses    whether the plate's performer wears some, and the result's face does not
    """

    plate: tuple[Bytes, ...] = field(repr=False)
    result: tuple[Bytes, ...] = field(repr=False)
    landmarks: Array = field(repr=False)
    plate_landmarks: Array = field(repr=False)
    rate: float = 25.0
    swapped: bool = True
    glasses: bool = False

    @property
    def frames(self) -> int:
        """T."""
        return len(self.plate)


@dataclass(frozen=True)
class At:
    """One frame of an event: its number, its place in the event from 0, and how strong the flaw is."""

    film: Film
    frame: int
    place: int
    strength: float


Change = Callable[[At], Bytes]
"""The result's frame with the flaw in it."""


def _soft(film: Film, frame: int, region: Any = "face", grow: float = -0.05, feather: float = 0.06) -> Floats:
    height, width = film.plate[0].shape[:2]
    points = film.landmarks[frame]
    matte = region_matte(points, height, width, region, grow)
    return cv2.GaussianBlur(matte, (0, 0), feather * float(interocular(points)))[..., None]


def _mixed(film: Film, frame: int, matte: Floats, other: Array) -> Bytes:
    ours = film.result[frame].astype(np.float32)
    return np.clip(np.round(ours + matte * (other - ours)), 0, 255).astype(np.uint8)


def _warped(film: Film, frame: int, matte: Floats, shift: Array) -> Bytes:
    """The result with the content moved by `shift` (H, W, 2) or (2,) pixels where the matte is."""
    height, width = film.plate[0].shape[:2]
    y, x = np.indices((height, width), np.float32)
    move = (matte * np.asarray(shift, np.float32)).astype(np.float32)
    return cv2.remap(
        film.result[frame],
        x - move[..., 0],
        y - move[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _size(film: Film, frame: int) -> float:
    return float(interocular(film.landmarks[frame]))


def jitter(at: At) -> Bytes:
    angle = 2.4 * at.place
    way = np.array([np.cos(angle), np.sin(angle)]) * at.strength * _size(at.film, at.frame) * (-1) ** at.place
    return _warped(at.film, at.frame, _soft(at.film, at.frame, "face", 0.05, 0.08), way)


def wobble(at: At) -> Bytes:
    height, width = at.film.plate[0].shape[:2]
    size = _size(at.film, at.frame)
    noise = np.random.default_rng(at.frame).standard_normal((height, width, 2)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.2 * size)
    noise *= at.strength * size / max(float(np.sqrt((noise**2).sum(-1).mean())), 1e-9)
    return _warped(at.film, at.frame, _soft(at.film, at.frame), noise)


def tint(grow: float, feather: float) -> Change:
    """The face is lighter and redder, by that many Delta E."""

    def change(at: At) -> Bytes:
        lab = cv2.cvtColor(at.film.result[at.frame].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        lab += np.float32((0.8 * at.strength, 0.4 * at.strength, 0.45 * at.strength))
        matte = _soft(at.film, at.frame, "face", grow, feather)
        return _mixed(at.film, at.frame, matte, 255 * cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))

    return change


def look_aside(at: At) -> Bytes:
    points, changed = at.film.landmarks[at.frame], at.film
    for corners in (mesh.RIGHT_EYE_CORNERS, mesh.LEFT_EYE_CORNERS):
        width = float(np.linalg.norm(points[corners[0], :2] - points[corners[1], :2]))
        way = np.array([np.sin(np.radians(at.strength)) * EYE_RADIUS_MM / EYE_WIDTH_MM * width, 0.0])
        matte = _soft(at.film, at.frame, "eyes", 0.03, 0.02)
        half = np.zeros_like(matte)
        middle = points[list(corners), :2].mean(0)
        left, right = int(max(0, middle[0] - width)), int(middle[0] + width)
        half[:, left:right] = matte[:, left:right]
        changed = replace(
            changed, result=_put(changed.result, at.frame, _warped(changed, at.frame, half, way))
        )
    return changed.result[at.frame]


def _put(frames: tuple[Bytes, ...], place: int, picture: Bytes) -> tuple[Bytes, ...]:
    return (*frames[:place], picture, *frames[place + 1 :])


def late(region: Any, grow: float) -> Change:
    def change(at: At) -> Bytes:
        before = at.frame - int(at.strength)
        stable = list(mesh.STABLE)
        fit = fit_similarity(at.film.landmarks[before][stable, :2], at.film.landmarks[at.frame][stable, :2])
        matrix = np.column_stack([fit.scale * fit.rotation, fit.translation])
        height, width = at.film.plate[0].shape[:2]
        old = cv2.warpAffine(at.film.result[before], matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        moved = at.film.landmarks[before].copy()
        moved[:, :2] = apply_affine(matrix, moved)[:, :2]
        matte = np.maximum(
            _soft(at.film, at.frame, region, grow, 0.03),
            _soft(
                replace(at.film, landmarks=_swapped(at.film.landmarks, at.frame, moved)),
                at.frame,
                region,
                grow,
                0.03,
            ),
        )
        return _mixed(at.film, at.frame, matte, old.astype(np.float32))

    return change


def _swapped(landmarks: Array, frame: int, points: Array) -> Array:
    other = landmarks.copy()
    other[frame] = points
    return other


def blur(region: Any, grow: float) -> Change:
    def change(at: At) -> Bytes:
        blurred = cv2.GaussianBlur(
            at.film.result[at.frame].astype(np.float32), (0, 0), at.strength * _size(at.film, at.frame)
        )
        return _mixed(at.film, at.frame, _soft(at.film, at.frame, region, grow, 0.03), blurred)

    return change


def rim(at: At) -> Bytes:
    inside = _soft(at.film, at.frame, "face", 0.0, 0.01) * (1 - _soft(at.film, at.frame, "face", -0.12, 0.04))
    return _mixed(at.film, at.frame, inside, at.film.result[at.frame] * np.float32(1 - at.strength))


def noise(at: At) -> Bytes:
    noise = (
        np.random.default_rng(at.frame).standard_normal((*at.film.plate[0].shape[:2], 1)).astype(np.float32)
    )
    return _mixed(at.film, at.frame, _soft(at.film, at.frame), at.film.result[at.frame] + at.strength * noise)


def plate_through(at: At) -> Bytes:
    return _mixed(
        at.film,
        at.frame,
        at.strength * _soft(at.film, at.frame, "face", 0.0),
        at.film.plate[at.frame].astype(np.float32),
    )


def plate_itself(at: At) -> Bytes:
    return at.film.plate[at.frame]


def light_from_aside(at: At) -> Bytes:
    points = at.film.landmarks[at.frame]
    x = np.arange(at.film.plate[0].shape[1], dtype=np.float32)
    ramp = 1 + at.strength * np.clip((x - points[:, 0].mean()) / _size(at.film, at.frame), -1, 1)
    return _mixed(at.film, at.frame, _soft(at.film, at.frame), at.film.result[at.frame] * ramp[None, :, None])


def hold(at: At) -> Bytes:
    return at.film.result[at.frame - at.place - 1]


def turn(at: At) -> Bytes:
    centre = at.film.landmarks[at.frame, list(mesh.STABLE), :2].mean(0)
    matrix = cv2.getRotationMatrix2D(tuple(map(float, centre)), at.strength, 1.0)
    height, width = at.film.plate[0].shape[:2]
    turned = cv2.warpAffine(
        at.film.result[at.frame], matrix, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return _mixed(at.film, at.frame, _soft(at.film, at.frame, "face", -0.08), turned.astype(np.float32))


def _brows(points: Array, size: float, matte: Floats) -> Floats:
    for brow in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
        hull = cv2.convexHull(np.round(points[list(brow), :2]).astype(np.int32))
        cv2.fillConvexPoly(matte, hull, 1.0)
    return np.asarray(cv2.dilate(matte, np.ones((max(1, round(0.08 * size)),) * 2)), np.float32)


def _jaw(points: Array, size: float, matte: Floats) -> Floats:
    line = np.round(points[list(JAW), :2]).astype(np.int32)
    return np.asarray(cv2.polylines(matte, [line], False, 1.0, max(1, round(0.12 * size))), np.float32)


def _frames_of_glasses(points: Array, size: float, matte: Floats) -> Floats:
    for eye in mesh.EYES.values():
        place = points[list(eye), :2]
        centre = tuple(np.round(place.mean(0)).astype(int).tolist())
        cv2.circle(matte, centre, round(0.34 * size), 1.0, -1)
    for eye in mesh.EYES.values():
        hull = cv2.convexHull(np.round(points[list(eye), :2]).astype(np.int32))
        cv2.fillConvexPoly(matte, hull, 0.0)
    return matte


JAW = mesh.FACE_OVAL[9:28]
"""From ear to ear."""
_PLACES = {"brows": _brows, "jaw": _jaw, "glasses": _frames_of_glasses}


def ghost(where: str) -> Change:
    """The plate's own edges show beside the result's: its brows, its jaw, its glasses."""

    def change(at: At) -> Bytes:
        points, size = at.film.plate_landmarks[at.frame], _size(at.film, at.frame)
        matte = _PLACES[where](points, size, np.zeros(at.film.plate[0].shape[:2], np.float32))
        matte = cv2.GaussianBlur(matte, (0, 0), 0.03 * size)
        plate = at.film.plate[at.frame].astype(np.float32)
        detail = plate - cv2.GaussianBlur(plate, (0, 0), 0.12 * size)
        return _mixed(at.film, at.frame, matte[..., None], at.film.result[at.frame] + at.strength * detail)

    return change


def flicker(at: At) -> Bytes:
    """Patches of the skin brighten and darken, otherwise in every frame."""
    noise = np.random.default_rng(at.frame).standard_normal(at.film.plate[0].shape[:2]).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.06 * _size(at.film, at.frame))
    noise *= at.strength / max(float(noise.std()), 1e-9)
    return _mixed(at.film, at.frame, _soft(at.film, at.frame), at.film.result[at.frame] + noise[..., None])


def broken(at: At) -> Bytes:
    """Nothing but a flat colour is where the face should be: an engine that failed."""
    return _mixed(at.film, at.frame, at.strength * _soft(at.film, at.frame), np.float32((110.0, 100.0, 95.0)))


@cache
def _stranger(name: str) -> tuple[Floats, Array]:
    picture = render(cast(name)[0], Performance(seed=7, yaw=2, pitch=2, roll=2, lighting=0.0), 0, 512)
    return picture.image.astype(np.float32), picture.truth.landmarks


def somebody_else(name: str) -> Change:
    """The face of a performer who has no part in the film, drawn on the plate's mesh and toned as the result.

    The strength says how much of it is seen.
    """

    def change(at: At) -> Bytes:
        image, landmarks = _stranger(name)
        height, width = at.film.plate[0].shape[:2]
        points = at.film.landmarks[at.frame]
        raster = Raster(points[: mesh.SKIN_VERTEX_COUNT], mesh.face_triangles(), height, width)
        where = raster.interpolate(landmarks[: mesh.SKIN_VERTEX_COUNT, :2], fill=-1.0)
        other = cv2.remap(image, where[..., 0], where[..., 1], cv2.INTER_LINEAR)
        matte = _soft(at.film, at.frame, "face", -0.06, 0.04) * raster.covered[..., None]
        skin = matte[..., 0] > 0.5
        ours = at.film.result[at.frame].astype(np.float32)
        other = (other - other[skin].mean(0)) * (ours[skin].std() / other[skin].std()) + ours[skin].mean(0)
        return _mixed(at.film, at.frame, at.strength * matte, other)

    return change


def with_hand(film: Film, first: int, area: float) -> Film:
    """The film with something like a hand before the face, in both, from before `first` on."""
    plate, result = list(film.plate), list(film.result)
    for frame in range(max(0, first - 6), min(film.frames, first + 12)):
        for pictures in (plate, result):
            pictures[frame] = _hand(film, frame, area, pictures[frame])
    return replace(film, plate=tuple(plate), result=tuple(result))


def _hand(film: Film, frame: int, area: float, picture: Bytes) -> Bytes:
    points, size = film.landmarks[frame], _size(film, frame)
    matte = np.zeros(picture.shape[:2], np.float32)
    centre = points[[205, 147], :2].mean(0)
    radius = size * np.sqrt(area)
    cv2.ellipse(
        matte, tuple(map(int, np.round(centre))), (int(radius), int(0.7 * radius)), 30, 0, 360, 1.0, -1
    )
    matte = cv2.GaussianBlur(matte, (0, 0), 0.02 * size)[..., None]
    shade = 60 + 15 * np.sin(np.arange(picture.shape[1], dtype=np.float32) / 5)[None, :, None]
    colour = shade * np.float32((1.0, 0.8, 0.7))
    return np.round(picture * (1 - matte) + colour * matte).astype(np.uint8)
