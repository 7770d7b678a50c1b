"""What the network learns from: every face of the likeness, put together from the likeness's other faces.

Also every face in the mirror, put together from faces as they are. Footage is seldom lit from more than one
side; a plate may be lit from the other. The mirror shows how the likeness looks then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from understudy.compositing.light import relight
from understudy.engines.base import Crop, LikenessFaces, PlateFace, Rendered
from understudy.engines.guided import lighting
from understudy.engines.guided.maps import COUNT, COVER, LIGHT, face_mask, feature_mask, geometry_maps
from understudy.engines.warp.choose import REGIONS, Looks, features
from understudy.engines.warp.render import Mix, WarpModel
from understudy.engines.warp.shape import to_head_space
from understudy.geometry import mesh
from understudy.parallel import ordered_map
from understudy.progress import Progress
from understudy.training.faces import TrainingFaces

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

VARIANTS = 2
"""Ways to put a face together; as many again in the mirror."""
_OTHERS = 8
_FULLY, _STRAYS = 200, 0.1
"""A pixel from this value of `maps.COVER` on is of the face; percentage of them that may be strays."""
_APART = 4
"""Faces of one clip at least so far apart may show each other: neighbours would be the answer itself."""


@dataclass(frozen=True)
class Lessons:
    """Lessons of one likeness.

    faces    what should come out
    warped   (N, 2 VARIANTS, S, S, 3): each face put together from others, in its own light; the latter half
             shows it in the mirror
    maps     (N, S, S, `maps.COUNT`): what each face shows
    masks    (N, S, S, 2): where the face is, and its eyes and mouth
    """

    faces: TrainingFaces
    warped: Bytes = field(repr=False)
    maps: Bytes = field(repr=False)
    masks: Bytes = field(repr=False)

    @property
    def light(self) -> tuple[int, int]:
        """The least and the greatest value, but for strays, of `lighting.light_map` on these faces."""
        shown = self.maps[..., LIGHT][self.maps[..., COVER] > _FULLY]
        least, greatest = np.percentile(shown, (_STRAYS, 100 - _STRAYS), method="lower")
        return int(least), int(greatest)


class AlignedCrops:
    """Training faces as an engine's crops, by the rows of the likeness that they come from."""

    def __init__(self, faces: TrainingFaces) -> None:
        self._faces = faces
        self._place = {int(row): place for place, row in enumerate(faces.row)}

    def __getitem__(self, row: int) -> Crop:
        """The crop of a likeness row, the nearest one that there is."""
        place = self._place.get(row)
        if place is None:
            place = int(np.abs(self._faces.row - row).argmin())
        return Crop(self._faces.images[place], self._faces.to_crop[place])


def make_lessons(faces: TrainingFaces, likeness: LikenessFaces, progress: Progress) -> Lessons:
    """Put every face together from others of the likeness; the same faces give the same lessons."""
    own, count, size = likeness.faces.select(faces.row), len(faces), faces.size
    model = self_portraits(faces.landmarks, own.light, likeness.clip[faces.row], size)
    crops = _InOrder(faces)
    warped = np.empty((count, 2 * VARIANTS, size, size, 3), np.uint8)
    maps = np.empty((count, size, size, COUNT), np.uint8)
    masks = np.empty((count, size, size, 2), np.uint8)

    def draw(place: int) -> None:
        lit = _Lit.of(faces, place)
        maps[place] = geometry_maps(faces.landmarks[place], size, lit.map())
        masks[place] = np.dstack([face_mask(maps[place]), feature_mask(maps[place])])
        for variant in range(2 * VARIANTS):
            face = PlateFace(variant * count + place, np.zeros_like(lit.picture), np.eye(2, 3))
            (drawn,) = model.render([face], crops)
            shown = lit if variant < VARIANTS else lit.mirrored()
            warped[place, variant] = as_bytes(shown.relit(drawn))

    with progress.stage("put the likeness together from itself", count, "faces") as task:
        for _ in ordered_map(draw, range(count)):
            task.advance()
    return Lessons(faces, warped, maps, masks)


@dataclass(frozen=True)
class _Lit:
    """A face whose light is wanted: picture (S, S, 3), landmarks (478, 3) in it, matte (S, S)."""

    picture: Floats
    points: npt.NDArray[np.float32]
    matte: Floats

    @classmethod
    def of(cls, faces: TrainingFaces, place: int) -> _Lit:
        picture, matte = faces.images[place].astype(np.float32) / 255, faces.mattes[place].astype(np.float32)
        return cls(picture, faces.landmarks[place], matte / 255)

    def mirrored(self) -> _Lit:
        """The same in the mirror."""
        picture, matte = (np.ascontiguousarray(each[:, ::-1]) for each in (self.picture, self.matte))
        return _Lit(picture, mirrored(self.points, len(self.matte)), matte)

    def map(self) -> Bytes:
        """How it is lit."""
        shading = lighting.shading_of(self.points, len(self.matte))
        return lighting.light_map(lighting.whole_of(self.picture, self.matte, shading), shading)

    def relit(self, drawn: Rendered) -> Floats:
        """Another picture of the same face in this light."""
        shading = lighting.shading_of(self.points, len(self.matte))
        change = lighting.change_of(self.picture, drawn.rgb, self.matte * drawn.matte, shading)
        return relight(drawn.rgb, change, shading)


class _InOrder:
    """Training faces by their own place, in their own squares."""

    def __init__(self, faces: TrainingFaces) -> None:
        self._faces = faces

    def __getitem__(self, place: int) -> Crop:
        return Crop(self._faces.images[place], np.eye(2, 3))


def mirrored(points: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """Landmarks (..., 478, 3) as they lie when the square of `size` that they are in is mirrored."""
    other = points[..., mesh.mirror_index(), :].copy()
    other[..., 0] = size - 1 - other[..., 0]
    return other


def self_portraits(
    landmarks: npt.NDArray[np.float32],
    light: npt.NDArray[np.float32],
    clip: npt.NDArray[np.int32],
    size: int,
) -> WarpModel:
    """A plan that shows each of N faces, VARIANTS times over and as often in the mirror, by other faces.

    The first time by those most like it, then by some that are less so: on a plate, too, the best that a
    likeness has is seldom what is wanted. All is in squares of `size`.
    """
    count = len(landmarks)
    place = np.arange(count)
    apart = min(_APART, max(1, count // 12))
    near = (clip[:, None] == clip) & (np.abs(place[:, None] - place) < apart)
    targets = landmarks, mirrored(landmarks, size)
    offered, reflected = (
        _looks(shown, towards) for shown, towards in zip(targets, (light, light * (-1, 1)), strict=True)
    )
    chance = np.random.default_rng(0)
    mixes = {}
    for region in REGIONS:
        parts = []
        for asked in (offered, reflected):
            away = cdist(features(region, asked), features(region, offered), "sqeuclidean")
            ranked = np.argsort(np.where(near, np.inf, away), axis=1, kind="stable")
            others = ranked[:, : min(_OTHERS, count - 2 * apart + 1)]
            parts += [_mix(others, variant, chance) for variant in range(VARIANTS)]
        mixes[region.name] = _concatenated(parts)
    target = np.repeat(np.stack(targets), VARIANTS, axis=0).reshape(-1, *landmarks.shape[1:])
    return WarpModel(
        target=target,
        plate=target,
        likeness=landmarks,
        skin=mixes["skin"],
        eyes=mixes["eyes"],
        mouth=mixes["mouth"],
        inside=np.zeros(len(target), np.float32),
    )


def _looks(landmarks: npt.NDArray[np.float32], light: npt.NDArray[np.floating[Any]]) -> Looks:
    heads = to_head_space(landmarks)
    return Looks(heads.points, heads.pose, light)


def _mix(others: npt.NDArray[np.int64], variant: int, chance: np.random.Generator) -> Mix:
    """One or two of each face's `others`: two as while a swap fades from one pick to the next."""
    count, most = others.shape
    rank = np.minimum(chance.geometric(0.45, count) - 1, most - 1) if variant else np.zeros(count, np.int64)
    rows = np.stack([others[np.arange(count), np.minimum(rank + step, most - 1)] for step in (0, 1)], axis=1)
    second = np.where(chance.random(count) < 0.3, chance.uniform(0.2, 0.5, count), 0.0)
    return Mix(rows.astype(np.int32), np.stack([1 - second, second], axis=1).astype(np.float32))


def _concatenated(mixes: Sequence[Mix]) -> Mix:
    return Mix(np.concatenate([mix.rows for mix in mixes]), np.concatenate([mix.weight for mix in mixes]))


def as_bytes(picture: npt.NDArray[np.floating[Any]]) -> Bytes:
    """[0, 1] to 0..255; what is outside is cut off."""
    return np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)
