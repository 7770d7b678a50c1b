"""Who fits whom: a score for each likeness and plate performer, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset
from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity
from understudy.likeness.coverage import ACTED, Coverage
from understudy.likeness.traits import calm_rows
from understudy.likeness.words import joined, percent
from understudy.measures.performance import without_pose

Array = npt.NDArray[np.float64]

_MOST_CALM = 512
_BONES = sorted({*mesh.STABLE, *mesh.FACE_OVAL, 98, 327, 49, 279, 1, 2, 6, 50, 280, 205, 425})
"""Vertices that say how somebody is built. A mood moves mouth and brows, which are not among them."""
_ALIKE, _UNLIKE = 1.0, 5.0
"""Distances of two faces at rest, in % of the eye distance, that score 100 and 0."""
_SHAPE, _POSE, _EXPRESSION = 0.4, 0.3, 0.3
_SAID = 0.04

_MEASURES: Mapping[str, tuple[tuple[int, int], tuple[str, str]]] = {
    "cheeks": ((234, 454), ("wider across the cheeks", "narrower across the cheeks")),
    "jaw": ((172, 397), ("wider in the jaw", "narrower in the jaw")),
    "length": ((10, 152), ("longer", "shorter")),
    "nose": ((98, 327), ("broader in the nose", "narrower in the nose")),
    "eyes": ((133, 362), ("wider between the eyes", "narrower between the eyes")),
    "lower face": ((2, 152), ("longer from nose to chin", "shorter from nose to chin")),
}


@dataclass(frozen=True)
class Fit:
    """How a likeness fits a plate's performer.

    score        0..100: 40 % shape, 30 % pose, 30 % expression
    shape        0..100, by `distance`
    distance     mean distance of outline, nose, eye corners and cheeks at rest, without pose and size, in %
                 of the eye distance
    pose, expression   share of the plate's faces, 0..100, that the likeness covers in pose, and in mouth,
                 eyes, brows and gaze
    differences  by name, by what part the likeness is larger than the plate's performer
    """

    score: float
    shape: float
    distance: float
    pose: float
    expression: float
    differences: Mapping[str, float]

    def words(self, name: str, other: str) -> str:
        """What speaks for and against it, in a sentence or two."""
        large = sorted(self.differences.items(), key=lambda item: -abs(item[1]))[:3]
        said = [
            f"{100 * abs(by):.0f} % {_MEASURES[part][1][by < 0]}" for part, by in large if abs(by) >= _SAID
        ]
        shape = f"at rest {name} is {joined(said)} than {other}" if said else f"{name} is built like {other}"
        return (
            f"{shape}; covers {percent(self.pose / 100)} of the plate's poses and "
            f"{percent(self.expression / 100)} of its expressions"
        )


def at_rest(faces: Faceset) -> Array:
    """The performer at rest, (478, 3), pose and size taken out: the median of the calmest faces."""
    rows = calm_rows(faces)
    if len(rows) > _MOST_CALM:
        rows = np.sort(rows)[np.linspace(0, len(rows) - 1, _MOST_CALM).round().astype(int)]
    return np.asarray(np.median(without_pose(faces.landmarks[rows]), axis=0))


def fit_of(likeness: Array, plate: Array, coverage: Coverage) -> Fit:
    """Judge two faces at rest (478, 3), and how one's footage covers the other's."""
    same = fit_similarity(likeness[_BONES], plate[_BONES]).apply(likeness)
    eyes = float(np.linalg.norm(plate[mesh.RIGHT_EYE_CORNERS[0]] - plate[mesh.LEFT_EYE_CORNERS[0]]))
    distance = 100 * float(np.linalg.norm((same - plate)[_BONES, :2], axis=1).mean()) / eyes
    shape = 100 * float(np.clip((_UNLIKE - distance) / (_UNLIKE - _ALIKE), 0, 1))
    pose = 100 * coverage.share("pose")
    acted = [coverage.apart[name] <= 1 for name in ACTED if name not in ("pose", "light")]
    expression = 100 * float(np.mean(np.all(acted, axis=0)))
    return Fit(
        score=_SHAPE * shape + _POSE * pose + _EXPRESSION * expression,
        shape=shape,
        distance=distance,
        pose=pose,
        expression=expression,
        differences={name: _larger(same, plate, ends) for name, (ends, _) in _MEASURES.items()},
    )


def _larger(one: Array, other: Array, ends: tuple[int, int]) -> float:
    length, own = (float(np.linalg.norm(face[ends[0], :2] - face[ends[1], :2])) for face in (one, other))
    return length / max(own, 1e-9) - 1
