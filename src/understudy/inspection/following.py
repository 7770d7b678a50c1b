"""What is measured from one frame to the next. Names are columns of a `record.Record`:

shake                        how far the result's face moves and the plate's does not, % of the eyes' distance
wobble                       the same of the skin within itself, the common motion taken out
flicker_{skin,eyes,mouth}    log2 of the residual after the plate's motion, result over plate
trembling                    second difference of landmarks, % of the eyes' distance
change                       mean absolute change of the whole picture, result's and (`plate_change`) plate's
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.inspection.looking import SIDE, Look, Side, small_grey
from understudy.inspection.numbers import Numbers
from understudy.measures.picture import interocular, region_matte
from understudy.measures.replaced import inner_matte

Floats = npt.NDArray[np.float32]

_FLOW = 192
_LEAST_RESIDUAL = 1.0
"""Code values: less is rounding and the codec."""


class Follower:
    """Takes looks in order, and compares each with the one before. Keeps three of them at most."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._last: list[Look] = []

    def add(self, look: Look) -> Numbers:
        """What the step to this look shows."""
        found: Numbers = {}
        if self._last and self._last[-1].index == look.index - 1:
            found |= self._step(self._last[-1], look)
        else:
            self._last = []
        self._last = [*self._last[-2:], look]
        if len(self._last) == 3:
            found |= _trembling(self._last)
        return found

    def _step(self, before: Look, now: Look) -> Numbers:
        found = {"change": _change(before.result, now.result)}
        if before.plate is not None and now.plate is not None:
            found["plate_change"] = _change(before.plate, now.plate)
        if now.points is None or before.points is None:
            return found
        regions = _regions(now.points)
        ours = _aligned(before.result, now.result)
        if ours is None:
            return found
        if before.plate is None or now.plate is None:
            flow = self._flow.calc(ours[1], ours[0], None)
            for name, matte in regions.items():
                found[f"flicker_{name}"] = _log(_residual(ours, flow, matte))
            return found
        theirs = _aligned(before.plate, now.plate)
        if theirs is None:
            return found
        flow = self._flow.calc(theirs[1], theirs[0], None)
        apart = self._flow.calc(ours[1], ours[0], None) - flow
        eyes = float(interocular(now.points)) * _FLOW / SIDE
        found["shake"], found["wobble"] = _motion(apart, regions["skin"], eyes)
        for name, matte in regions.items():
            found[f"flicker_{name}"] = _log(_residual(ours, flow, matte)) - _log(
                _residual(theirs, flow, matte)
            )
        return found


def _change(before: Side, now: Side) -> float:
    if before.small.shape != now.small.shape:
        return np.nan
    return float(cv2.absdiff(before.small, now.small).mean())


def _aligned(before: Side, now: Side) -> tuple[npt.NDArray[Any], npt.NDArray[Any]] | None:
    if before.aligned is None or now.aligned is None:
        return None
    return small_grey(before.aligned, _FLOW), small_grey(now.aligned, _FLOW)


def _regions(points: npt.NDArray[np.floating[Any]]) -> dict[str, npt.NDArray[np.bool_]]:
    small = (np.asarray(points)[:, :2] + 0.5) * (_FLOW / SIDE) - 0.5
    eyes = region_matte(small, _FLOW, _FLOW, "eyes", 0.06) > 0
    mouth = region_matte(small, _FLOW, _FLOW, "mouth", 0.04) > 0
    return {"skin": (inner_matte(small, _FLOW, _FLOW) > 0) & ~eyes & ~mouth, "eyes": eyes, "mouth": mouth}


def _motion(apart: Floats, skin: npt.NDArray[np.bool_], eyes: float) -> tuple[float, float]:
    """Common and inner part of a difference of flows (S, S, 2) on the skin, in % of `eyes`."""
    if np.count_nonzero(skin) < 100:
        return np.nan, np.nan
    common = np.median(apart[skin], axis=0)
    half = (_FLOW // 2, _FLOW // 2)
    inside = skin.astype(np.float32)
    weight = cv2.resize(inside, half, interpolation=cv2.INTER_AREA)
    spread = cv2.resize((apart - common) * inside[..., None], half, interpolation=cv2.INTER_AREA)
    spread = cv2.GaussianBlur(spread, (0, 0), 2.5)
    spread /= np.maximum(cv2.GaussianBlur(weight, (0, 0), 2.5), 1e-3)[..., None]
    inner = np.percentile(np.linalg.norm(spread[weight > 0.5], axis=-1), 90)
    return 100 * float(np.linalg.norm(common)) / eyes, 100 * float(inner) / eyes


def _residual(
    pair: tuple[npt.NDArray[Any], npt.NDArray[Any]], flow: Floats, matte: npt.NDArray[np.bool_]
) -> float:
    """Root mean square of what motion does not explain, code values; a change of exposure is taken out."""
    if np.count_nonzero(matte) < 30:
        return np.nan
    y, x = np.indices(matte.shape, np.float32)
    moved = cv2.remap(
        pair[0], x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return float((pair[1][matte].astype(np.float32) - moved[matte]).std())


def _log(residual: float) -> float:
    return float(np.log2(np.hypot(residual, _LEAST_RESIDUAL)))


def _trembling(looks: list[Look]) -> Numbers:
    """Of the points that expression moves least: the result's, and the plate's."""
    found: Numbers = {}
    for name in ("result", "plate"):
        sides = [look.result if name == "result" else look.plate for look in looks]
        points = [side.points for side in sides if side is not None and side.points is not None]
        if len(points) == 3:
            first, middle, last = (face[list(mesh.STABLE), :2] for face in points)
            size = float(interocular(points[1]))
            length = np.linalg.norm((first - 2 * middle + last).mean(0))
            found["trembling" if name == "result" else "plate_trembling"] = 100 * float(length) / size
    return found
