"""How far every plate face is from the nearest face of a likeness, aspect by aspect.

Distances are in units of what is noticed: 1 is the border between covered and not (`ASPECTS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from understudy.faces.stretches import stretches
from understudy.likeness.looks import Looks
from understudy.likeness.prediction import expected_loss
from understudy.likeness.traits import Traits

Array = npt.NDArray[np.float64]
Aspect = Literal["pose", "mouth", "eyes", "brows", "gaze", "light", "intensity", "size", "sharpness"]

ASPECTS: Mapping[Aspect, str] = {
    "pose": "10 degrees between the heads, roll counting a third",
    "mouth": "lips 0.06 or width 0.06 eye distances apart, among faces turned about alike",
    "eyes": "lids a third of the usual opening apart, among faces turned about alike",
    "brows": "brows 0.05 eye distances apart",
    "gaze": "12 degrees between the eyes' directions",
    "light": "light that falls otherwise by 0.3 (`faces.finding.lighting`)",
    "intensity": "faces one stop apart",
    "size": "plate's face 1.5 times as large",
    "sharpness": "plate's face sharper by 0.12",
}
"""What counts, and which difference is the border of what is covered."""

ACTED: tuple[Aspect, ...] = ("pose", "mouth", "eyes", "brows", "gaze", "light")
"""Aspects that can be recorded anew; a frame beyond the border in one of them is not covered."""

MOUTH = 0.06
"""Eye distances by which mouths differ visibly."""

_SIMILAR_POSE = 1.5
"""How much farther than the nearest pose faces may be turned to count as turned alike."""


@dataclass(frozen=True)
class Faces:
    """Faces of one performer: what they do and look like, row by row."""

    traits: Traits = field(repr=False)
    looks: Looks = field(repr=False)

    def __len__(self) -> int:
        return len(self.traits)


@dataclass(frozen=True)
class Coverage:
    """How a likeness covers a plate of P faces.

    apart     by aspect, (P,): distance to the nearest likeness face, 1 at the border
    nearest   (P,) the likeness face that is nearest in everything that is acted
    loss      (P,) what the swap is expected to lose here against the plate's other frames, dB
              (`prediction.expected_loss`)
    """

    apart: Mapping[Aspect, Array]
    nearest: npt.NDArray[np.int64]
    loss: Array

    def __len__(self) -> int:
        return len(self.nearest)

    @property
    def uncovered(self) -> npt.NDArray[np.bool_]:
        """(P,) which plate faces the likeness does not cover in something that is acted."""
        return np.asarray((np.stack([self.apart[name] for name in ACTED]) > 1).any(0))

    def share(self, aspect: Aspect) -> float:
        """Part of the plate's faces that are covered in one aspect, 0..1."""
        return float((self.apart[aspect] <= 1).mean()) if len(self) else 1.0


def cover(plate: Faces, likeness: Faces) -> Coverage:
    """Compare every plate face with every likeness face, a stretch of the plate at a time.

    Raises ValueError where either side has no face.
    """
    if not len(plate) or not len(likeness):
        raise ValueError("coverage needs faces on both sides")
    apart: dict[Aspect, Array] = {name: np.empty(len(plate)) for name in ASPECTS}
    nearest = np.empty(len(plate), np.int64)
    for some in stretches(len(plate), length=256):
        pairs = _pairs(plate, likeness, some)
        alike = pairs["pose"] <= pairs["pose"].min(1, keepdims=True) + _SIMILAR_POSE
        for name, distance in pairs.items():
            if name in ("mouth", "eyes"):
                distance = np.where(alike, distance, np.inf)
            apart[name][some] = distance.min(1)
        total = sum(pairs[name] ** 2 for name in ACTED)
        nearest[some] = np.argmin(total, axis=1)
    return Coverage(apart, nearest, expected_loss(plate.traits, plate.looks, likeness.traits, likeness.looks))


def _pairs(plate: Faces, likeness: Faces, some: slice) -> dict[Aspect, Array]:
    """Distances (n, L) by aspect of some plate faces from all likeness faces."""

    def gap(name: str) -> Array:
        a, b = getattr(plate.traits, name)[some], getattr(likeness.traits, name)
        return np.asarray(a[:, None] - b[None])

    def seen(name: str) -> tuple[Array, Array]:
        a, b = getattr(plate.looks, name)[some], getattr(likeness.looks, name)
        return a[:, None].astype(np.float64), b[None].astype(np.float64)

    bright, own = seen("brightness")
    sharp, own_sharp = seen("sharpness")
    size = plate.traits.size[some][:, None] / np.maximum(likeness.traits.size[None], 1e-6)
    return {
        "pose": np.sqrt(gap("yaw") ** 2 + gap("pitch") ** 2 + (gap("roll") / 3) ** 2) / 10,
        "mouth": np.hypot(gap("lips"), gap("smile")) / MOUTH,
        "eyes": np.abs(gap("lids")) / 0.33,
        "brows": np.abs(gap("brows")) / 0.05,
        "gaze": np.hypot(gap("gaze_x"), gap("gaze_y")) / 12,
        "light": np.hypot(gap("light_x"), gap("light_y")) / 0.3,
        "intensity": np.abs(np.log2(np.maximum(bright, 1e-3) / np.maximum(own, 1e-3))),
        "size": np.maximum(np.log(np.maximum(size, 1e-6)) / np.log(1.5), 0.0),
        "sharpness": np.maximum(sharp - own_sharp, 0.0) / 0.12,
    }
