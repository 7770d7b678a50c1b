"""Where a swap will be worst, told before it is made.

What counts was found on digital performers, of whom the true swap is known: `benchmarks/coverage.py` has the
cases that the weights were fitted on, and judges them on others. The error of a swap by `warp` grows with the
detail that there is to be wrong, with how far the mouth is from rest, and with how unlike the plate's picture
and pose the likeness's nearest ones are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.stretches import stretches
from understudy.likeness.looks import SMALL, Looks
from understudy.likeness.traits import Traits

Array = npt.NDArray[np.float64]

WEIGHTS = {"detail": 1.9, "sharpness": 6.4, "mouth": 2.0, "picture_apart": 2.2, "pose_apart": 0.31}
"""dB a unit of each column of `signs`."""

_NEAREST_POSES = 5
_LEAST_DETAIL = 1e-3


def expected_loss(plate: Traits, plate_looks: Looks, likeness: Traits, likeness_looks: Looks) -> Array:
    """What a swap loses at each plate face against the mean of them all, dB of PSNR, (P,); below 0: better.

    An order more than an amount: size and complexion of the two performers, which make the greatest
    difference from plate to plate, are the same in all frames of one and left out.
    """
    columns = signs(plate, plate_looks, likeness, likeness_looks)
    total = sum((WEIGHTS[name] * column for name, column in columns.items()), np.zeros(len(plate)))
    return np.asarray(total - total.mean() if len(total) else total)


def signs(plate: Traits, plate_looks: Looks, likeness: Traits, likeness_looks: Looks) -> dict[str, Array]:
    """What the expected loss is told from, by name, (P,) each.

    detail         logarithm of the plate's `Looks.detail`
    sharpness      the plate's `Looks.sharpness`
    mouth          how far the plate's mouth is from rest: gap of the lips and change of width, eye distances
    picture_apart  logarithm of the difference (root mean square, of 255) of the plate's small picture from
                   the nearest one of the likeness
    pose_apart     mean angle to the five nearest poses of the likeness, in tens of degrees
    """
    apart = _nearest(_pictures(plate_looks), _pictures(likeness_looks), 1) / SMALL
    return {
        "detail": np.log(np.maximum(plate_looks.detail.astype(np.float64), _LEAST_DETAIL)),
        "sharpness": plate_looks.sharpness.astype(np.float64),
        "mouth": plate.lips + np.abs(plate.smile),
        "picture_apart": np.log(apart + 0.1),
        "pose_apart": _nearest(_poses(plate), _poses(likeness), _NEAREST_POSES) / 10,
    }


def _pictures(looks: Looks) -> npt.NDArray[np.float32]:
    return looks.small.reshape(len(looks), -1).astype(np.float32)


def _poses(traits: Traits) -> Array:
    return np.stack([traits.yaw, traits.pitch, traits.roll], axis=1)


def _nearest(ours: npt.NDArray[Any], theirs: npt.NDArray[Any], count: int) -> Array:
    """Mean distance of each of (P, D) points from the `count` nearest of (L, D), (P,)."""
    from scipy.spatial.distance import cdist

    found = np.empty(len(ours))
    count = min(count, len(theirs))
    for some in stretches(len(ours)):
        away = cdist(ours[some], theirs)
        found[some] = np.partition(away, count - 1, axis=1)[:, :count].mean(1)
    return found
