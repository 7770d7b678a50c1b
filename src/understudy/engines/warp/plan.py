"""Planning: from landmarks of likeness and plate to a `WarpModel`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.engines.base import LikenessFaces
from understudy.engines.warp.choose import EYES, MOUTH, SKIN, Region, candidates, choose, cross_fade
from understudy.engines.warp.layers import vertex_shares
from understudy.engines.warp.render import Mix, WarpModel
from understudy.engines.warp.shape import (
    Heads,
    mouth_opening,
    retarget,
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
    offered = candidates(heads.points)
    paths = {region.name: _path(region, wanted, acting, heads, offered) for region in (SKIN, EYES, MOUTH)}
    mixes = {name: _mix(path, FADE[name]) for name, path in paths.items()}
    inside = _plate_inside(wanted, heads.points[paths["mouth"]])
    wanted = with_natural_lips(wanted, _shown(mixes["mouth"], heads.points))
    wanted = with_mouth_in_place(wanted, acting.points)
    return WarpModel(
        target=_target(wanted, acting.pose, plate.landmarks).astype(np.float32),
        plate=plate.landmarks,
        likeness=likeness.faces.landmarks,
        skin=mixes["skin"],
        eyes=mixes["eyes"],
        mouth=mixes["mouth"],
        inside=inside,
    )


def _path(
    region: Region, wanted: Array, acting: Heads, heads: Heads, offered: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    pose = heads.pose
    pose = Similarity(pose.scale[offered], pose.rotation[offered], pose.translation[offered])
    return offered[choose(region, wanted, acting.pose, heads.points[offered], pose)]


def _mix(path: npt.NDArray[np.int64], sigma: float) -> Mix:
    mixes = cross_fade(path, sigma)
    most = max(len(rows) for rows, _ in mixes)
    rows = np.zeros((len(path), most), np.int32)
    weight = np.zeros((len(path), most), np.float32)
    for t, (picks, share) in enumerate(mixes):
        rows[t, : len(picks)], weight[t, : len(picks)] = picks, share
    return Mix(rows, weight)


def _shown(mix: Mix, points: Array) -> Array:
    """The shape of what a mix shows, (N, 478, 3)."""
    return np.einsum("nk,nkvd->nvd", mix.weight, points[mix.rows])


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
