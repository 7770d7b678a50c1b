"""Which likeness frames to show: by region, as a sequence, with cross-fades.

For every plate frame and region (skin, eyes, mouth) the wanted shape is compared with every candidate frame
of the likeness; the sequence of picks is the cheapest path through frames (Viterbi), where changing to a
frame that looks different costs, so that picks follow the likeness's own motion or stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from understudy.engines.warp.shape import Shapes
from understudy.faces.stretches import empty, release, stretches
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
    fade         how long one pick fades into the next: Gaussian sigma in frames
    alike        how far the looks of two picks may differ, in hundredths of an eye distance, for them to meet
                 in a fade (Gaussian): an open mouth is no part of a shut one
    """

    name: str
    vertices: npt.NDArray[np.int64]
    weights: Array
    per_degree: float
    per_light: float
    stickiness: float
    fade: float
    alike: float


def _region(
    name: str,
    groups: dict[tuple[int, ...], float],
    *,
    per_degree: float,
    per_light: float,
    stickiness: float,
    fade: float,
    alike: float,
) -> Region:
    vertices = np.array([v for group in groups for v in group])
    weights = np.array([w for group, w in groups.items() for _ in group])
    return Region(
        name, vertices, np.sqrt(weights / weights.sum()), per_degree, per_light, stickiness, fade, alike
    )


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
    fade=10.0,
    alike=15.0,
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
    fade=3.0,
    alike=3.0,
)
MOUTH = _region(
    "mouth",
    {mesh.LIPS_OUTER: 1.0, mesh.LIP_UPPER_INNER + mesh.LIP_LOWER_INNER: 2.0},
    per_degree=0.12,
    per_light=3.0,
    stickiness=4.0,
    fade=5.0,
    alike=8.0,
)
REGIONS = (SKIN, EYES, MOUTH)


def candidates(points: Array | Shapes, limit: int = MAX_CANDIDATES) -> npt.NDArray[np.int64]:
    """At most `limit` rows of (N, 478, 3) head-space points that cover the range of shapes, ascending.

    Picked farthest point first. Long likeness footage repeats itself; what counts is its range.
    """
    if len(points) <= limit:
        return np.arange(len(points))
    vertices = MOUTH.vertices.tolist() + EYES.vertices.tolist()
    features = empty((len(points), 3 * len(vertices)), np.float64)
    for some in stretches(len(points), features):
        features[some] = points[some][:, vertices].reshape(-1, features.shape[1])
    chosen = [int(_away(features, features.mean(0)).argmin())]
    distance = np.full(len(points), np.inf)
    for _ in range(limit - 1):
        distance = np.minimum(distance, _away(features, features[chosen[-1]]))
        chosen.append(int(distance.argmax()))
    return np.sort(np.array(chosen))


def _away(features: Array, place: Array) -> Array:
    """Squared distance of every row of (N, D) features from a place (D,)."""
    distance = np.empty(len(features))
    for some in stretches(len(features), features):
        distance[some] = ((features[some] - place) ** 2).sum(1)
    return distance


@dataclass(frozen=True)
class Looks:
    """What faces are compared by.

    points  (N, 478, 3) head space, in the likeness's proportions
    pose    N similarities from head space to frame pixels
    light   (N, 2) how light falls onto them, as `Faceset.light`
    """

    points: Array | Shapes
    pose: Similarity
    light: npt.NDArray[np.floating[Any]]

    def select(self, rows: slice | npt.NDArray[np.int64]) -> Looks:
        """The looks of `rows`."""
        return Looks(self.points[rows], self.pose[rows], self.light[rows])


def features(region: Region, looks: Looks) -> Array:
    """Rows whose squared distance is the region's cost, in hundredths of an eye distance squared."""
    points, rotation = np.asarray(looks.points), looks.pose.rotation
    shape = (points[:, region.vertices, :2] * 100.0 * region.weights[:, None]).reshape(len(points), -1)
    # |R_a - R_b|_F = sqrt(8) sin(angle / 2): nearly proportional to the angle between them
    turn = np.degrees(rotation.reshape(len(rotation), 9)) / np.sqrt(2.0) * region.per_degree
    return np.concatenate([shape, turn, looks.light * region.per_light], axis=1)


def choose(region: Region, wanted: Looks, offered: Looks) -> npt.NDArray[np.int64]:
    """Row of `offered` for every row of `wanted`: the cheapest path, (N,). See `choose_all`."""
    return choose_all([region], wanted, offered)[region.name]


def choose_all(regions: Sequence[Region], wanted: Looks, offered: Looks) -> dict[str, npt.NDArray[np.int64]]:
    """By region, the row of `offered` for every row of `wanted`: the cheapest path, (N,).

    A frame in which the likeness is smaller than the plate's face costs more: it would have to be enlarged.
    """
    count = len(wanted.points)
    softness = _softness(wanted.pose, offered.pose)
    offers = {region.name: features(region, offered) for region in regions}
    found = {
        region.name: CheapestPath(count, region.stickiness * cdist(offer, offer, "euclidean"))
        for region, offer in zip(regions, offers.values(), strict=True)
    }
    for some in stretches(count):
        part = wanted.select(some)
        for region in regions:
            away = cdist(features(region, part), offers[region.name], "sqeuclidean")
            found[region.name].add((away + softness).astype(np.float32))
    return {name: path.found() for name, path in found.items()}


def _softness(wanted: Similarity, offered: Similarity) -> Array:
    """(M,) the cost of enlarging each offered frame to the wanted size: doublings past a quarter of one."""
    doublings = np.log2(np.median(wanted.scale) / np.maximum(offered.scale, 1e-9))
    return np.asarray(_PER_DOUBLING * np.maximum(doublings - 0.25, 0.0))


class CheapestPath:
    """The path p of least sum unary[t, p_t] + change[p_t, p_t+1] (Viterbi) over `steps` steps.

    change (M, M). Which state is best reached from which is kept for every step, M numbers of two or four
    bytes, in a column that lies in a file where it is large: the path is the same as were it kept in memory.
    """

    def __init__(self, steps: int, change: Array) -> None:
        self._change = change
        self._back = empty((steps, len(change)), np.int16 if len(change) < 2**15 else np.int32)
        self._cost = np.zeros(0)
        self._steps = 0

    def add(self, unary: npt.NDArray[np.floating[Any]]) -> None:
        """Take the costs (n, M) of the next n steps."""
        states = np.arange(len(self._change))
        for some in stretches(len(unary), self._back):
            for costs in unary[some]:
                if self._steps == 0:
                    self._cost = costs.astype(np.float64)
                else:
                    through = self._cost[:, None] + self._change
                    best = through.argmin(0)
                    self._back[self._steps] = best
                    self._cost = through[best, states] + costs
                self._steps += 1

    def found(self) -> npt.NDArray[np.int64]:
        """The path (steps,), once the costs of all steps are known."""
        path = np.empty(len(self._back), np.int64)
        path[-1] = int(self._cost.argmin())
        for some in reversed(list(stretches(len(path) - 1))):
            for t in range(some.stop, some.start, -1):
                path[t - 1] = self._back[t, path[t]]
            release(self._back)
        return path


def cheapest_path(unary: npt.NDArray[np.floating[Any]], change: Array) -> npt.NDArray[np.int64]:
    """The path of `CheapestPath` for unary (T, M) and change (M, M), at once."""
    path = CheapestPath(len(unary), change)
    path.add(unary)
    return path.found()


def cross_fade(
    path: npt.NDArray[np.int64], region: Region, offered: Array
) -> Iterator[tuple[npt.NDArray[np.int64], Array]]:
    """For every step the picks to mix and their weights: the path through a Gaussian in time and, so that
    only what looks alike is mixed, in looks. `offered` are the `features` of all that can be picked, (M, F).
    """
    reach = int(np.ceil(2.5 * region.fade))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(region.fade, 1e-6)) ** 2)
    for t, now in enumerate(path):
        around = np.arange(max(0, t - reach), min(len(path), t + reach + 1))
        picks, index = np.unique(path[around], return_inverse=True)
        apart = ((offered[picks] - offered[now]) ** 2).sum(1) / region.alike**2
        share = np.bincount(index, kernel[around - t + reach]) * np.exp(-0.5 * apart)
        keep = share > 0.04 * share.sum()
        picks, share = picks[keep], share[keep]
        yield picks, share / share.sum()
