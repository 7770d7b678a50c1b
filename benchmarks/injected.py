"""Flaws put into good film on purpose: what inspection is measured and tested with.

Every injection is a function of the plate, the result, the plate's landmarks and a strength; what it does is
known exactly, frame by frame. Sizes are parts of the inter-ocular distance, so that they mean the same at any
resolution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.align import apply_affine, fit_similarity
from understudy.measures.gaze import EYE_RADIUS_MM, EYE_WIDTH_MM, eye_opening
from understudy.measures.picture import interocular, region_matte
from understudy.measures.timing import lips

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Film:
    """A plate and its result, T frames (H, W, 3) uint8 each, with the plate's landmarks (T, 478, 3).

    swapped    whether two performers are seen, so that one face can be told from the other
    """

    plate: tuple[Bytes, ...] = field(repr=False)
    result: tuple[Bytes, ...] = field(repr=False)
    landmarks: Array = field(repr=False)
    rate: float = 25.0
    swapped: bool = True

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


@dataclass(frozen=True)
class Injection:
    """A kind of flaw.

    strengths   mild, plain, gross
    length      frames it lasts
    expected    keys of the detectors that may answer
    where       "anywhere", or where lids or lips move most
    swapped     whether it needs two performers
    """

    key: str
    change: Change = field(repr=False)
    strengths: tuple[float, float, float]
    expected: tuple[str, ...]
    length: int = 5
    where: str = "anywhere"
    swapped: bool = False


def inject(film: Film, injection: Injection, first: int, strength: float) -> Film:
    """The film with the flaw in frames first .. first + length - 1."""
    if injection.key == "occluder":
        film = with_hand(film, first, strength)
    result = list(film.result)
    for place in range(injection.length):
        result[first + place] = injection.change(At(film, first + place, place, strength))
    return replace(film, result=tuple(result))


def best_place(film: Film, injection: Injection, rng: np.random.Generator) -> int | None:
    """A frame to begin at, at least eight from either end; None where lids or lips do not move."""
    last = film.frames - 8 - injection.length
    if last < 8:
        return None
    if injection.where == "anywhere":
        return int(rng.integers(8, last + 1))
    curve = eye_opening(film.landmarks).mean(1) if injection.where == "lids" else lips(film.landmarks)
    lag = int(injection.strengths[1])
    moved = np.abs(curve[lag:] - curve[:-lag])
    sums = np.array([moved[n - lag : n - lag + injection.length].sum() for n in range(8, last + 1)])
    least = (0.15 if injection.where == "lids" else 0.06) * injection.length
    return 8 + int(sums.argmax()) if sums.max() > least else None


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


def _jitter(at: At) -> Bytes:
    angle = 2.4 * at.place
    way = np.array([np.cos(angle), np.sin(angle)]) * at.strength * _size(at.film, at.frame) * (-1) ** at.place
    return _warped(at.film, at.frame, _soft(at.film, at.frame, "face", 0.05, 0.08), way)


def _wobble(at: At) -> Bytes:
    height, width = at.film.plate[0].shape[:2]
    size = _size(at.film, at.frame)
    noise = np.random.default_rng(at.frame).standard_normal((height, width, 2)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.2 * size)
    noise *= at.strength * size / max(float(np.sqrt((noise**2).sum(-1).mean())), 1e-9)
    return _warped(at.film, at.frame, _soft(at.film, at.frame), noise)


def _pump(at: At) -> Bytes:
    lab = cv2.cvtColor(at.film.result[at.frame].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab += np.float32((0.8 * at.strength, 0.4 * at.strength, 0.45 * at.strength))
    return _mixed(
        at.film, at.frame, _soft(at.film, at.frame, "face", 0.05), 255 * cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    )


def _gaze(at: At) -> Bytes:
    points, changed = at.film.landmarks[at.frame], at.film
    for corners in (mesh.RIGHT_EYE_CORNERS, mesh.LEFT_EYE_CORNERS):
        width = float(np.linalg.norm(points[corners[0], :2] - points[corners[1], :2]))
        way = np.array([np.sin(np.radians(at.strength)) * EYE_RADIUS_MM / EYE_WIDTH_MM * width, 0.0])
        matte = _soft(at.film, at.frame, "eyes", 0.0, 0.03)
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


def _late(region: Any, grow: float) -> Change:
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


def _blur(region: Any, grow: float) -> Change:
    def change(at: At) -> Bytes:
        blurred = cv2.GaussianBlur(
            at.film.result[at.frame].astype(np.float32), (0, 0), at.strength * _size(at.film, at.frame)
        )
        return _mixed(at.film, at.frame, _soft(at.film, at.frame, region, grow, 0.03), blurred)

    return change


def _seam(at: At) -> Bytes:
    inside = _soft(at.film, at.frame, "face", 0.0, 0.01) * (1 - _soft(at.film, at.frame, "face", -0.12, 0.04))
    return _mixed(at.film, at.frame, inside, at.film.result[at.frame] * np.float32(1 - at.strength))


def _noise(at: At) -> Bytes:
    noise = (
        np.random.default_rng(at.frame).standard_normal((*at.film.plate[0].shape[:2], 1)).astype(np.float32)
    )
    return _mixed(at.film, at.frame, _soft(at.film, at.frame), at.film.result[at.frame] + at.strength * noise)


def _through(at: At) -> Bytes:
    return _mixed(
        at.film,
        at.frame,
        at.strength * _soft(at.film, at.frame, "face", 0.0),
        at.film.plate[at.frame].astype(np.float32),
    )


def _missed(at: At) -> Bytes:
    return at.film.plate[at.frame]


def _light(at: At) -> Bytes:
    points = at.film.landmarks[at.frame]
    x = np.arange(at.film.plate[0].shape[1], dtype=np.float32)
    ramp = 1 + at.strength * np.clip((x - points[:, 0].mean()) / _size(at.film, at.frame), -1, 1)
    return _mixed(at.film, at.frame, _soft(at.film, at.frame), at.film.result[at.frame] * ramp[None, :, None])


def _hold(at: At) -> Bytes:
    return at.film.result[at.frame - at.place - 1]


def _turned(at: At) -> Bytes:
    centre = at.film.landmarks[at.frame, list(mesh.STABLE), :2].mean(0)
    matrix = cv2.getRotationMatrix2D(tuple(map(float, centre)), at.strength, 1.0)
    height, width = at.film.plate[0].shape[:2]
    turned = cv2.warpAffine(
        at.film.result[at.frame], matrix, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return _mixed(at.film, at.frame, _soft(at.film, at.frame, "face", -0.08), turned.astype(np.float32))


def _double(at: At) -> Bytes:
    points, size = at.film.landmarks[at.frame], _size(at.film, at.frame)
    matte = np.zeros(at.film.plate[0].shape[:2], np.float32)
    for brow in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
        hull = cv2.convexHull(np.round(points[list(brow), :2]).astype(np.int32))
        cv2.fillConvexPoly(matte, hull, 1.0)
    matte = cv2.GaussianBlur(
        cv2.dilate(matte, np.ones((max(1, round(0.08 * size)),) * 2)), (0, 0), 0.03 * size
    )
    plate = at.film.plate[at.frame].astype(np.float32)
    detail = plate - cv2.GaussianBlur(plate, (0, 0), 0.12 * size)
    return _mixed(at.film, at.frame, matte[..., None], at.film.result[at.frame] + at.strength * detail)


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


def _eaten(bare: Film) -> Change:
    def change(at: At) -> Bytes:
        return bare.result[at.frame]

    return change


def occluder_injection(bare: Film) -> Injection:
    """A hand that the result lacks, of a film without one."""
    return Injection("occluder", _eaten(bare), (0.05, 0.1, 0.2), ("occluder",))


INJECTIONS: tuple[Injection, ...] = (
    Injection("jitter", _jitter, (0.01, 0.02, 0.04), ("jitter", "flicker", "wobble")),
    Injection("wobble", _wobble, (0.01, 0.02, 0.04), ("wobble", "jitter", "flicker")),
    Injection("pumping", _pump, (1.5, 3.0, 6.0), ("pumping", "ring")),
    Injection("gaze", _gaze, (4.0, 6.0, 12.0), ("gaze",)),
    Injection("lids late", _late("eyes", 0.08), (2, 3, 4), ("lids", "gaze", "sharpness"), where="lids"),
    Injection("lips late", _late("mouth", 0.06), (2, 3, 4), ("lips", "teeth"), where="lips"),
    Injection("mouth blur", _blur("mouth", 0.05), (0.012, 0.02, 0.04), ("sharpness", "teeth")),
    Injection("eyes blur", _blur("eyes", 0.08), (0.012, 0.02, 0.04), ("sharpness",)),
    Injection("skin blur", _blur("face", -0.05), (0.012, 0.02, 0.04), ("sharpness", "grain")),
    Injection("seam", _seam, (0.05, 0.1, 0.2), ("seam", "ring")),
    Injection("grain", _noise, (2.0, 4.0, 8.0), ("grain", "sharpness", "flicker")),
    Injection("identity", _through, (0.3, 0.5, 0.8), ("identity", "missed", "double"), swapped=True),
    Injection("missed", _missed, (1.0, 1.0, 1.0), ("missed",), length=2, swapped=True),
    Injection("light", _light, (0.1, 0.2, 0.4), ("light",)),
    Injection("held frame", _hold, (1.0, 1.0, 1.0), ("frozen", "jitter"), length=2),
    Injection("pose", _turned, (3.0, 5.0, 10.0), ("pose", "wobble", "lids", "lips")),
    Injection("double brows", _double, (0.3, 0.5, 0.8), ("double",), swapped=True),
)
"""All but the occluder, which needs the film without it: `occluder_injection`."""
