"""Which likeness frames to show: by region, as a sequence, with cross-fades.

For every plate frame and region (skin, eyes, mouth) the wanted shape is compared with every candidate frame
of the likeness; the sequence of picks is the cheapest path through frames (Viterbi), where changing to a
frame that looks different costs, so that picks follow the likeness's own motion or stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from understudy.engines.warp.shape import stretches
from understudy.geometry import mesh
from understudy.geometry.align import Similarity

Array = npt.NDArray[np.float64]
MAX_CANDIDATES = 600
_PER_DOUBLING = 2.0


@dataclass(frozen=True)
class Region:
    """How one region of the face is judged.

    vertices     whose shape counts, with weights by position in the tuple of (index, weight)
    per_degree   cost of one degree of difference in head rotation, against one hundredth of an eye distance
    per_light    cost of light that falls otherwise by 1 (see `faces.finding.lighting`), likewise
    stickiness   cost of changing the pick, in units of the difference between the two picks' looks
    """

    name: str
    vertices: npt.NDArray[np.int64]
    weights: Array
    per_degree: float
    per_light: float
    stickiness: float


def _region(
    name: str,
    groups: dict[tuple[int, ...], float],
    *,
    per_degree: float,
    per_light: float,
    stickiness: float,
) -> Region:
    vertices = np.array([v for group in groups for v in group])
    weights = np.array([w for group, w in groups.items() for _ in group])
    return Region(name, vertices, np.sqrt(weights / weights.sum()), per_degree, per_light, stickiness)


SKIN = _region(
    "skin",
    {
        tuple(range(mesh.SKIN_VERTEX_COUNT)): 1.0,
        mesh.LIPS_OUTER: 2.0,
        mesh.RIGHT_BROW + mesh.LEFT_BROW: 10.0,
    },
    per_degree=0.35,
    per_light=6.0,
    stickiness=16.0,
)
EYES = _region(
    "eyes",
    {
        mesh.RIGHT_EYE + mesh.LEFT_EYE: 3.0,
        mesh.RIGHT_IRIS + mesh.LEFT_IRIS: 4.0,
        mesh.RIGHT_BROW + mesh.LEFT_BROW: 0.5,
    },
    per_degree=0.12,
    per_light=1.0,
    stickiness=4.0,
)
MOUTH = _region(
    "mouth",
    {mesh.LIPS_OUTER: 1.0, mesh.LIP_UPPER_INNER + mesh.LIP_LOWER_INNER: 2.0},
    per_degree=0.12,
    per_light=3.0,
    stickiness=4.0,
)
REGIONS = (SKIN, EYES, MOUTH)


def candidates(points: Array, limit: int = MAX_CANDIDATES) -> npt.NDArray[np.int64]:
    """At most `limit` rows of (N, 478, 3) head-space points that cover the range of shapes, ascending.

    Picked farthest point first. Long likeness footage repeats itself; what counts is its range.
    """
    if len(points) <= limit:
        return np.arange(len(points))
    features = points[:, MOUTH.vertices.tolist() + EYES.vertices.tolist()].reshape(len(points), -1)
    chosen = [int(np.linalg.norm(features - features.mean(0), axis=1).argmin())]
    distance = np.full(len(points), np.inf)
    for _ in range(limit - 1):
        distance = np.minimum(distance, ((features - features[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(distance.argmax()))
    return np.sort(np.array(chosen))


@dataclass(frozen=True)
class Looks:
    """What faces are compared by.

    points  (N, 478, 3) head space, in the likeness's proportions
    pose    N similarities from head space to frame pixels
    light   (N, 2) how light falls onto them, as `Faceset.light`
    """

    points: Array
    pose: Similarity
    light: npt.NDArray[np.floating[Any]]

    def select(self, rows: slice | npt.NDArray[np.int64]) -> Looks:
        """The looks of `rows`."""
        return Looks(self.points[rows], self.pose[rows], self.light[rows])


def _features(region: Region, looks: Looks) -> Array:
    """Rows whose squared distance is the region's cost, in hundredths of an eye distance squared."""
    points, rotation = looks.points, looks.pose.rotation
    shape = (points[:, region.vertices, :2] * 100.0 * region.weights[:, None]).reshape(len(points), -1)
    # |R_a - R_b|_F = sqrt(8) sin(angle / 2): nearly proportional to the angle between them
    turn = np.degrees(rotation.reshape(len(rotation), 9)) / np.sqrt(2.0) * region.per_degree
    return np.concatenate([shape, turn, looks.light * region.per_light], axis=1)


def choose(region: Region, wanted: Looks, offered: Looks) -> npt.NDArray[np.int64]:
    """Row of `offered` for every row of `wanted`: the cheapest path, (N,).

    A frame in which the likeness is smaller than the plate's face costs more: it would have to be enlarged.
    """
    offer = _features(region, offered)
    softness = _softness(wanted.pose, offered.pose)
    unary = np.empty((len(wanted.points), len(offered.points)), np.float32)
    for some in stretches(len(unary)):
        unary[some] = cdist(_features(region, wanted.select(some)), offer, "sqeuclidean") + softness
    change = cdist(offer, offer, "euclidean")
    return cheapest_path(unary, region.stickiness * change)


def _softness(wanted: Similarity, offered: Similarity) -> Array:
    """(M,) the cost of enlarging each offered frame to the wanted size: doublings past a quarter of one."""
    doublings = np.log2(np.median(wanted.scale) / np.maximum(offered.scale, 1e-9))
    return np.asarray(_PER_DOUBLING * np.maximum(doublings - 0.25, 0.0))


def cheapest_path(unary: npt.NDArray[np.floating[Any]], change: Array) -> npt.NDArray[np.int64]:
    """The path p of least sum unary[t, p_t] + change[p_t, p_t+1] (Viterbi); unary (T, M), change (M, M)."""
    steps, states = unary.shape
    back = np.zeros((steps, states), np.int16 if states < 2**15 else np.int32)
    cost = unary[0].astype(np.float64)
    for t in range(1, steps):
        through = cost[:, None] + change
        back[t] = through.argmin(0)
        cost = through[back[t], np.arange(states)] + unary[t]
    path = np.empty(steps, np.int64)
    path[-1] = int(cost.argmin())
    for t in range(steps - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def cross_fade(path: npt.NDArray[np.int64], sigma: float) -> list[tuple[npt.NDArray[np.int64], Array]]:
    """For every step the picks to mix and their weights: the path through a Gaussian of `sigma` frames."""
    reach = int(np.ceil(2.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    mixes = []
    for t in range(len(path)):
        around = np.arange(max(0, t - reach), min(len(path), t + reach + 1))
        weights = kernel[around - t + reach]
        picks, index = np.unique(path[around], return_inverse=True)
        share = np.bincount(index, weights)
        keep = share > 0.04 * share.sum()
        picks, share = picks[keep], share[keep]
        mixes.append((picks, share / share.sum()))
    return mixes
