"""Planning: from landmarks of likeness and plate to a `WarpModel`."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.engines.base import LikenessFaces
from understudy.engines.warp.choose import (
    REGIONS,
    Looks,
    Region,
    candidates,
    choose_all,
    cross_fade,
    features,
)
from understudy.engines.warp.layers import vertex_shares
from understudy.engines.warp.render import Mix, WarpModel
from understudy.engines.warp.riding import ride
from understudy.engines.warp.shape import (
    Heads,
    Shapes,
    mouth_opening,
    retarget,
    to_head_space,
    with_mouth_in_place,
    with_natural_lips,
)
from understudy.faces.faceset import Faceset
from understudy.faces.stretches import empty, stretches
from understudy.geometry import mesh
from understudy.geometry.align import Similarity

Array = npt.NDArray[np.float64]

_MANY = 64
"""Faces that tell how a head usually looks."""


def plan(likeness: LikenessFaces, plate: Faceset) -> WarpModel:
    """Choose what to show for every face of a plate track."""
    heads = to_head_space(likeness.faces.landmarks)
    acting = to_head_space(plate.landmarks)
    wanted = retarget(heads, acting)
    rows = candidates(heads.points)
    offered = Looks(heads.points, heads.pose, likeness.faces.light).select(rows)
    asked = Looks(wanted, acting.pose, plate.light)
    paths = choose_all(REGIONS, asked, offered)
    mixes = {region.name: _mix(region, paths[region.name], offered, rows) for region in REGIONS}
    target, opening = empty(plate.landmarks.shape, np.float32), np.empty(len(plate))
    for some in stretches(len(plate), plate.landmarks, target):
        drawn = wanted[some]
        opening[some] = mouth_opening(drawn)
        drawn = with_natural_lips(drawn, _shown(mixes["mouth"], heads.points, some))
        drawn = with_mouth_in_place(drawn, acting.points[some])
        target[some] = _target(drawn, acting.pose[some], plate.landmarks[some])
    (shown,) = heads.points.measured(mouth_opening)
    return WarpModel(
        target=ride(target, plate, _usual(acting, target)),
        plate=plate.landmarks,
        likeness=likeness.faces.landmarks,
        skin=mixes["skin"],
        eyes=mixes["eyes"],
        mouth=mixes["mouth"],
        inside=_plate_inside(opening, shown[rows[paths["mouth"]]]),
    )


def _usual(acting: Heads, target: npt.NDArray[np.float32]) -> tuple[Array, Array]:
    """Plate and target as they usually are, head space, (478, 3) each."""
    rows = np.linspace(0, len(acting) - 1, min(len(acting), _MANY)).round().astype(int)
    drawn = acting.pose[rows].inverse().apply(target[rows])
    return np.median(acting.points[rows], axis=0), np.median(drawn, axis=0)


def _mix(region: Region, path: npt.NDArray[np.int64], offered: Looks, names: npt.NDArray[np.int64]) -> Mix:
    """What a region shows along a path through what is offered, by the likeness's rows `names`."""
    # No more picks can meet than there are frames in the reach of a fade; most often it is two.
    width = min(len(np.unique(path)), 2 * math.ceil(2.5 * region.fade) + 1)
    rows = np.zeros((len(path), width), np.int32)
    weight = np.zeros((len(path), width), np.float32)
    most = 1
    for t, (picks, share) in enumerate(cross_fade(path, region, features(region, offered))):
        rows[t, : len(picks)], weight[t, : len(picks)] = names[picks], share
        most = max(most, len(picks))
    return Mix(rows[:, :most].copy(), weight[:, :most].copy())


def _shown(mix: Mix, points: Shapes, some: slice) -> Array:
    """The shape of what a mix shows in some frames, (n, 478, 3)."""
    return np.einsum("nk,nkvd->nvd", mix.weight[some], points[mix.rows[some]])


def _target(wanted: Array, pose: Similarity, plate: npt.NDArray[np.float32]) -> Array:
    """The wanted heads in the plate's pose, eased to the plate's own outline near the oval."""
    posed = pose.apply(wanted)
    depth = vertex_shares()[: mesh.VERTEX_COUNT, 2]
    own = np.clip(1.0 - depth / 0.35, 0.0, 1.0)[None, :, None]
    own = own * own * (3 - 2 * own)
    eased: Array = posed + own * (plate - posed)
    return eased


def _plate_inside(opening: Array, shown: Array) -> npt.NDArray[np.float32]:
    """How much of the mouth's inside comes from the plate, (N,): all of it where the mouth should open wider
    (N,) than it does in what is shown (N,).
    """
    short = opening - shown
    need = np.clip((short - 0.02) / 0.04, 0.0, 1.0) * np.clip((opening - 0.04) / 0.04, 0.0, 1.0)
    need = np.maximum(need, np.clip((opening - 0.06) / 0.06, 0.0, 1.0))
    return gaussian_filter1d(need, 1.0, mode="nearest").astype(np.float32)
