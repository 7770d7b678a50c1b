"""What the network learns from: every face of the likeness, put together from the likeness's other faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from understudy.engines.base import Crop, LikenessFaces, PlateFace
from understudy.engines.guided.maps import COUNT, face_mask, feature_mask, geometry_maps
from understudy.engines.warp.choose import REGIONS, Looks, features
from understudy.engines.warp.render import Mix, WarpModel
from understudy.engines.warp.shape import to_head_space
from understudy.geometry.align import apply_affine
from understudy.parallel import ordered_map
from understudy.progress import Progress
from understudy.training.faces import TrainingFaces

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

VARIANTS = 2
_OTHERS = 8
_APART = 4
"""Faces of one clip at least so far apart may show each other: neighbours would be the answer itself."""
_TRIALS = 4


@dataclass(frozen=True)
class Lessons:
    """Lessons of one likeness.

    faces    what should come out
    warped   (N, VARIANTS, S, S, 3): each face put together from others, in several ways
    maps     (N, S, S, `maps.COUNT`): what each face shows
    masks    (N, S, S, 2): where the face is, and its eyes and mouth
    """

    faces: TrainingFaces
    warped: Bytes = field(repr=False)
    maps: Bytes = field(repr=False)
    masks: Bytes = field(repr=False)


@dataclass(frozen=True)
class Trials:
    """Plate faces to look at while it learns, and what `warp` makes of them: (T, S, S) or (T, S, S, C)."""

    plate: Bytes = field(repr=False)
    warped: Bytes = field(repr=False)
    mattes: Bytes = field(repr=False)
    maps: Bytes = field(repr=False)
    features: Bytes = field(repr=False)


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
    own = likeness.faces.select(faces.row)
    model = self_portraits(own.landmarks, own.light, likeness.clip[faces.row])
    crops, size = _InOrder(faces), faces.size
    blank = np.zeros((size, size, 3), np.float32)
    warped = np.empty((len(faces), VARIANTS, size, size, 3), np.uint8)
    maps = np.empty((len(faces), size, size, COUNT), np.uint8)

    masks = np.empty((len(faces), size, size, 2), np.uint8)

    def draw(place: int) -> None:
        for variant in range(VARIANTS):
            row = variant * len(faces) + place
            (drawn,) = model.render([PlateFace(row, blank, faces.to_crop[place])], crops)
            warped[place, variant] = as_bytes(drawn.rgb)
        maps[place] = geometry_maps(faces.landmarks[place], size)
        masks[place] = np.dstack([face_mask(maps[place]), feature_mask(maps[place])])

    with progress.stage("put the likeness together from itself", len(faces), "faces") as task:
        for _ in ordered_map(draw, range(len(faces))):
            task.advance()
    return Lessons(faces, warped, maps, masks)


class _InOrder:
    """Training faces by their own place."""

    def __init__(self, faces: TrainingFaces) -> None:
        self._faces = faces

    def __getitem__(self, place: int) -> Crop:
        return Crop(self._faces.images[place], self._faces.to_crop[place])


def self_portraits(
    landmarks: npt.NDArray[np.float32], light: npt.NDArray[np.float32], clip: npt.NDArray[np.int32]
) -> WarpModel:
    """A plan that shows each of N faces, VARIANTS times over, by faces at some distance from it.

    The first time by those most like it, then by some that are less so: on a plate, too, the best that a
    likeness has is seldom what is wanted.
    """
    count = len(landmarks)
    heads = to_head_space(landmarks)
    looks = Looks(heads.points, heads.pose, light)
    place = np.arange(count)
    apart = min(_APART, max(1, count // 12))
    near = (clip[:, None] == clip) & (np.abs(place[:, None] - place) < apart)
    chance = np.random.default_rng(0)
    mixes = {}
    for region in REGIONS:
        marks = features(region, looks)
        distance = np.where(near, np.inf, cdist(marks, marks, "sqeuclidean"))
        others = np.argsort(distance, axis=1, kind="stable")[:, : min(_OTHERS, count - 2 * apart + 1)]
        mixes[region.name] = _concatenated([_mix(others, variant, chance) for variant in range(VARIANTS)])
    return WarpModel(
        target=np.tile(landmarks, (VARIANTS, 1, 1)),
        plate=np.tile(landmarks, (VARIANTS, 1, 1)),
        likeness=landmarks,
        skin=mixes["skin"],
        eyes=mixes["eyes"],
        mouth=mixes["mouth"],
        inside=np.zeros(VARIANTS * count, np.float32),
    )


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


def make_trials(plan: WarpModel, likeness: TrainingFaces, plate: TrainingFaces) -> Trials:
    """Some plate faces, spread over the track, as `warp` draws them."""
    size, crops = plate.size, AlignedCrops(likeness)
    places = np.unique(np.linspace(0, len(plate) - 1, _TRIALS + 2).round().astype(np.int64)[1:-1])
    drawn: list[tuple[Any, ...]] = []
    for place in places:
        row, to_crop = int(plate.row[place]), plate.to_crop[place]
        picture = plate.images[place].astype(np.float32) / 255
        (rendered,) = plan.render([PlateFace(row, picture, to_crop)], crops)
        shows = geometry_maps(apply_affine(to_crop, plan.target[row]), size)
        pictures = plate.images[place], as_bytes(rendered.rgb), as_bytes(rendered.matte)
        drawn.append((*pictures, shows, feature_mask(shows)))
    return Trials(*(np.stack(each) for each in zip(*drawn, strict=True)))
