"""Planning: from landmarks of likeness and plate to a `WarpModel`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.engines.base import LikenessFaces
from understudy.engines.warp.choose import REGIONS, Looks, candidates, choose, cross_fade
from understudy.engines.warp.layers import vertex_shares
from understudy.engines.warp.render import Mix, WarpModel
from understudy.engines.warp.shape import (
    mouth_opening,
    retarget,
    stretches,
    to_head_space,
    with_mouth_in_place,
    with_natural_lips,
)
from understudy.faces.faceset import Faceset
from understudy.geometry import mesh
from understudy.geometry.align import Similarity

Array = npt.NDArray[np.float64]

FADE = {"skin": 3.0, "eyes": 2.0, "mouth": 1.5}
"""Cross-fade between picks, Gaussian sigma in frames; lids and lips move too fast for a long one."""


def plan(likeness: LikenessFaces, plate: Faceset) -> WarpModel:
    """Choose what to show for every face of a plate track."""
    heads = to_head_space(likeness.faces.landmarks)
    acting = to_head_space(plate.landmarks)
    wanted = retarget(heads, acting)
    rows = candidates(heads.points)
    offered = Looks(heads.points, heads.pose, likeness.faces.light).select(rows)
    asked = Looks(wanted, acting.pose, plate.light)
    paths = {region.name: rows[choose(region, asked, offered)] for region in REGIONS}
    mixes = {name: _mix(path, FADE[name]) for name, path in paths.items()}
    inside = _plate_inside(wanted, heads.points[paths["mouth"]])
    target = np.empty_like(plate.landmarks)
    for some in stretches(len(plate)):
        drawn = with_natural_lips(wanted[some], _shown(mixes["mouth"], heads.points, some))
        drawn = with_mouth_in_place(drawn, acting.points[some])
        target[some] = _target(drawn, acting.pose[some], plate.landmarks[some])
    return WarpModel(
        target=target,
        plate=plate.landmarks,
        likeness=likeness.faces.landmarks,
        skin=mixes["skin"],
        eyes=mixes["eyes"],
        mouth=mixes["mouth"],
        inside=inside,
    )


def _mix(path: npt.NDArray[np.int64], sigma: float) -> Mix:
    mixes = cross_fade(path, sigma)
    most = max(len(rows) for rows, _ in mixes)
    rows = np.zeros((len(path), most), np.int32)
    weight = np.zeros((len(path), most), np.float32)
    for t, (picks, share) in enumerate(mixes):
        rows[t, : len(picks)], weight[t, : len(picks)] = picks, share
    return Mix(rows, weight)


def _shown(mix: Mix, points: Array, some: slice) -> Array:
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


def _plate_inside(wanted: Array, picked: Array) -> npt.NDArray[np.float32]:
    """How much of the mouth's inside comes from the plate: all of it where the mouth opens past the pick."""
    opening = mouth_opening(wanted)
    short = opening - mouth_opening(picked)
    need = np.clip((short - 0.02) / 0.04, 0.0, 1.0) * np.clip((opening - 0.04) / 0.04, 0.0, 1.0)
    need = np.maximum(need, np.clip((opening - 0.06) / 0.06, 0.0, 1.0))
    return gaussian_filter1d(need, 1.0, mode="nearest").astype(np.float32)
