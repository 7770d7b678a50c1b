"""The shooting list: what is missing in a likeness for a plate, in plain words, largest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.likeness.coverage import MOUTH, Aspect, Coverage, Faces
from understudy.likeness.traits import LIPS_APART, WIDE_OPEN, Traits
from understudy.likeness.words import degrees, lit_from, percent, ranges

Rows = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOST = 8
_LEAST_SHARE = 0.01
_MOSTLY = 0.6
_SHUT = 0.4
_REACH = 2.0
"""Percentile from which on a likeness is said to reach somewhere: one odd face is no footage."""


@dataclass(frozen=True)
class Need:
    """One thing to be recorded.

    aspect    what is missing
    share     part of the plate's faces that want it
    frames    of the plate
    rows      of the plate's faces
    sentence  what the plate does, what the likeness has, and what to record
    """

    aspect: Aspect
    share: float
    frames: npt.NDArray[np.int64] = field(repr=False)
    rows: Rows = field(repr=False)
    sentence: str


def shooting_list(
    plate: Faces,
    likeness: Faces,
    coverage: Coverage,
    frames: npt.NDArray[np.integer[Any]],
) -> list[Need]:
    """At most `MOST` needs that concern 1 % of the plate or more, those of most faces first.

    `frames` (P,) are the numbers of the plate's. A face that is turned beyond the likeness is counted there
    alone: the rest cannot be told before that is recorded.
    """
    beyond = {name: values > 1 for name, values in coverage.apart.items()}
    turned = beyond["pose"]
    found = list(_poses(plate.traits, likeness.traits, turned))
    found += _mouths(plate.traits, likeness.traits, beyond["mouth"] & ~turned)
    found += _eyes(plate.traits, likeness.traits, beyond, turned)
    found += _lights(plate.traits, likeness.traits, beyond["light"] & ~turned)
    needs = [
        Need(aspect, len(rows) / len(plate), np.unique(frames[rows]).astype(np.int64), rows, "")
        for aspect, rows, _ in found
    ]
    said = [
        Need(need.aspect, need.share, need.frames, need.rows, _sentence(need, words))
        for need, (_, _, words) in zip(needs, found, strict=True)
        if need.share >= _LEAST_SHARE
    ]
    return sorted(said, key=lambda need: -need.share)[:MOST]


_Found = tuple[Aspect, Rows, tuple[str, str]]
"""An aspect, rows of the plate, and what is said of it: what the plate does, and the rest."""


def _sentence(need: Need, words: tuple[str, str]) -> str:
    does, rest = words
    return f"{percent(need.share)} of the plate ({ranges(need.frames)}) {does}; {rest}."


# --- pose

_CELL = 12.0
"""Degrees: poses in cells of this size that touch belong together."""
_ASIDE = 8.0
"""Degrees from which on a head is said to be turned."""


def _poses(plate: Traits, likeness: Traits, turned: Mask) -> Iterator[_Found]:
    """Heads that are turned as none of the likeness's are, by where they look."""
    for rows in _together(plate, likeness, np.flatnonzero(turned)):
        yaw, pitch = plate.yaw[rows], plate.pitch[rows]
        ways = []
        if abs(np.median(yaw)) >= _ASIDE:
            ways.append((yaw, likeness.yaw, _horizontal(float(np.median(yaw)))))
        if abs(np.median(pitch)) >= _ASIDE:
            ways.append((pitch, likeness.pitch, _vertical(float(np.median(pitch)))))
        where = " and ".join(f"{degrees(ours)} {way}" for ours, _, way in ways) or "straight ahead"
        if not ways and np.median(np.abs(plate.roll[rows])) >= 2 * _ASIDE:
            where = f"straight ahead, tilted by {degrees(plate.roll[rows])}"
        does = f"looks {where}{_acting(plate, rows)}"
        yield "pose", rows, (does, f"{_reach(ways)}: record that, {_light(plate, rows)}")


def _together(plate: Traits, likeness: Traits, rows: Rows) -> Iterator[Rows]:
    """Rows whose poses are near each other; what lies on both sides of the likeness is told apart."""
    from scipy.ndimage import label

    if not len(rows):
        return
    cells = np.floor(np.stack([plate.yaw[rows], plate.pitch[rows]], axis=1) / _CELL).astype(int)
    cells -= cells.min(0)
    grid = np.zeros(cells.max(0) + 1, np.bool_)
    grid[tuple(cells.T)] = True
    numbers, _ = label(grid, np.ones((3, 3)))
    number = numbers[tuple(cells.T)]
    side = np.sign(plate.yaw[rows] - np.median(likeness.yaw))
    for each in np.unique(number):
        mine = number == each
        parts = [mine & (side < 0), mine & (side >= 0)]
        both = min(part.sum() for part in parts) > 0.2 * mine.sum()
        for part in parts if both and np.ptp(plate.yaw[rows[mine]]) > 2 * _CELL else [mine]:
            yield rows[part]


def _reach(ways: list[tuple[Array, Array, str]]) -> str:
    """How far the likeness goes in each of some ways: what the plate does, the likeness, and the way."""
    short: list[str] = []
    never: list[str] = []
    for ours, theirs, way in ways:
        sign = 1.0 if np.median(ours) >= 0 else -1.0
        far = float(np.percentile(sign * theirs, 100 - _REACH))
        if far >= np.percentile(sign * ours, 50) - 5:
            continue
        (never if far < _ASIDE / 2 else short).append(f"{max(5, 5 * round(far / 5))}° {way}")
    if never and not short:
        return f"the likeness never looks {' or '.join(text.split('° ')[1] for text in never)}"
    if short:
        return f"the likeness has nothing beyond {' or '.join(short)}"
    return "the likeness does not do both at once" if len(ways) == 2 else "the likeness is never held so"


def _vertical(pitch: float) -> str:
    return "down" if pitch > 0 else "up"


def _horizontal(yaw: float) -> str:
    return "to camera-right" if yaw > 0 else "to camera-left"


def _acting(plate: Traits, rows: Rows) -> str:
    """What most of some faces do besides."""
    said = []
    if (plate.lips[rows] > LIPS_APART).mean() >= _MOSTLY:
        said.append("with the mouth open")
    if (plate.lids[rows] < _SHUT).mean() >= _MOSTLY:
        said.append("with the eyes shut")
    return f", mostly {' and '.join(said)}" if said else ""


def _light(plate: Traits, rows: Rows) -> str:
    return lit_from(plate.light_x[rows], plate.light_y[rows])


# --- mouth


def _mouths(plate: Traits, likeness: Traits, beyond: Mask) -> Iterator[_Found]:
    """Mouths that the likeness does not have, in heads that are turned as some of its own."""
    widest = float(np.percentile(likeness.lips, 100 - _REACH))
    closest = float(np.percentile(likeness.lips, _REACH))
    smile, purse = (float(np.percentile(likeness.smile, q)) for q in (100 - _REACH, _REACH))
    wider = beyond & (plate.lips > widest + 0.03)
    shut = beyond & (plate.lips < closest - 0.03)
    rest = beyond & ~wider & ~shut
    smiling = rest & (plate.smile > smile + 0.03)
    pursed = rest & (plate.smile < purse - 0.03)
    kinds = (
        (wider & (plate.lips > WIDE_OPEN), "opens the mouth wide", "the likeness does not open it so far"),
        (wider & (plate.lips <= WIDE_OPEN), "opens the mouth", "the likeness hardly opens it"),
        (shut, "keeps the mouth closed", "the likeness's is always open"),
        (smiling, "draws the mouth wider", "the likeness never smiles so broadly"),
        (pursed, "purses the lips", "the likeness never does"),
    )
    for chosen, does, has in kinds:
        if chosen.any():
            rows = np.flatnonzero(chosen)
            yield (
                "mouth",
                rows,
                (f"{does}{_facing(plate, rows)}", f"{has}: record that, {_light(plate, rows)}"),
            )
    other = rest & ~smiling & ~pursed
    elsewhere = other & (_nearest_mouth(plate, likeness) <= 1)
    for chosen, has in (
        (elsewhere, "the likeness does that in other poses only: record it in this one"),
        (other & ~elsewhere, "the likeness's mouth is never quite so: record that"),
    ):
        rows = np.flatnonzero(chosen)
        if len(rows):
            yield (
                "mouth",
                rows,
                (f"{_mouth(plate, rows)}{_facing(plate, rows)}", f"{has}, {_light(plate, rows)}"),
            )


def _nearest_mouth(plate: Traits, likeness: Traits) -> Array:
    """Distance of each plate mouth from the nearest of the likeness, however turned, (P,)."""
    from scipy.spatial import cKDTree

    ours, theirs = (np.stack([each.lips, each.smile], axis=1) / MOUTH for each in (plate, likeness))
    return np.asarray(cKDTree(theirs).query(ours)[0])


def _mouth(plate: Traits, rows: Rows) -> str:
    lips, smile = float(np.median(plate.lips[rows])), float(np.median(plate.smile[rows]))
    if lips > LIPS_APART:
        return "has the mouth open" + (" and drawn wide" if smile > 0.04 else "")
    return "smiles" if smile > 0.04 else "purses the lips" if smile < -0.04 else "has the mouth closed"


def _facing(plate: Traits, rows: Rows) -> str:
    """Where most of some heads look, where that is not the camera."""
    yaw, pitch = float(np.median(plate.yaw[rows])), float(np.median(plate.pitch[rows]))
    said = []
    if abs(yaw) >= 15 and (np.sign(plate.yaw[rows]) == np.sign(yaw)).mean() >= _MOSTLY:
        said.append(f"{degrees(plate.yaw[rows])} {_horizontal(yaw)}")
    if abs(pitch) >= 12 and (np.sign(plate.pitch[rows]) == np.sign(pitch)).mean() >= _MOSTLY:
        said.append(f"{degrees(plate.pitch[rows])} {_vertical(pitch)}")
    return f" while looking {' and '.join(said)}" if said else ""


# --- eyes, brows, gaze


@dataclass(frozen=True)
class _Scale:
    """A trait, what it is called at its low and its high end, and that the likeness lacks it there."""

    aspect: Aspect
    trait: str
    low: tuple[str, str]
    high: tuple[str, str]


_NEVER = "the likeness never does"
_SCALES = (
    _Scale("eyes", "lids", ("shuts the eyes", _NEVER), ("opens the eyes wide", _NEVER)),
    _Scale(
        "brows",
        "brows",
        ("frowns", "the likeness never lowers its brows so far"),
        ("raises the brows", "the likeness never raises them so far"),
    ),
    _Scale(
        "gaze",
        "gaze_x",
        ("turns the eyes to camera-left", _NEVER),
        ("turns the eyes to camera-right", _NEVER),
    ),
    _Scale("gaze", "gaze_y", ("looks up with the eyes", _NEVER), ("looks down with the eyes", _NEVER)),
)


def _eyes(plate: Traits, likeness: Traits, beyond: dict[Aspect, Mask], turned: Mask) -> Iterator[_Found]:
    """Lids, brows and gazes beyond what the likeness does, in heads that are turned as some of its own."""
    told = np.zeros(len(turned), np.bool_)
    for scale in _SCALES:
        ours, theirs = getattr(plate, scale.trait), getattr(likeness, scale.trait)
        lowest, highest = np.percentile(theirs, (_REACH, 100 - _REACH))
        missing = beyond[scale.aspect] & ~turned
        if scale.aspect == "gaze":
            missing &= ~told
        ends = ((missing & (ours < lowest), scale.low), (missing & (ours > highest), scale.high))
        for chosen, (does, has) in ends:
            rows = np.flatnonzero(chosen)
            if scale.aspect == "gaze":
                told |= chosen
            if len(rows):
                yield scale.aspect, rows, (f"{does}{_facing(plate, rows)}", f"{has}: record that")


# --- light


def _lights(plate: Traits, likeness: Traits, beyond: Mask) -> Iterator[_Found]:
    """Light that the likeness was never in, by where it comes from."""
    has = lit_from(likeness.light_x, likeness.light_y)
    side = np.where(np.abs(plate.light_x) > 0.15, np.sign(plate.light_x), 0).astype(int)
    for sign in (-1, 0, 1):
        rows = np.flatnonzero(beyond & (side == sign))
        if not len(rows):
            continue
        ours = _light(plate, rows)
        differs = f"the likeness is {has}" + (", and less strongly" if ours == has != "lit evenly" else "")
        if ours == has == "lit evenly":
            differs = "the likeness's light is another one"
        yield "light", rows, (f"is {ours}", f"{differs}: record it so, or light will have to be invented")


def remarks(plate: Faces, likeness: Faces, coverage: Coverage) -> list[str]:
    """What recording anew does not mend frame by frame: size, sharpness, exposure; a sentence each."""
    said = []
    if (coverage.apart["size"] > 1).mean() > 0.5:
        ours, theirs = (float(np.median(each.traits.size)) for each in (plate, likeness))
        said.append(
            f"The likeness's faces are {theirs:.0f} pixels large and the plate's {ours:.0f}: come nearer, or "
            "fine detail will be missing."
        )
    if (coverage.apart["sharpness"] > 1).mean() > 0.5:
        said.append("The likeness is softer than the plate nearly throughout: look at its focus.")
    if (coverage.apart["intensity"] > 1).mean() > 0.5:
        ours, theirs = (float(np.median(each.looks.brightness)) for each in (plate, likeness))
        way = "brighter" if ours > theirs else "darker"
        said.append(f"The plate's face is {way} by {abs(np.log2(ours / theirs)):.1f} stops.")
    return said
