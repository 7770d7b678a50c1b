"""One detector a flaw.

Every detector is a `Flaw`: a curve from the record, what is usual for it in its shot, and the least departure
that matters. `tests/inspection/test_flaws.py` holds all of them to one contract, on injected flaws and on
clean film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from understudy.inspection import curves
from understudy.inspection.record import Record
from understudy.inspection.usual import calmed, departures, spread, steadied

Array = npt.NDArray[Any]
Curve = Callable[[Record], Array]
Way = Literal["both", "more", "less"]
Region = Literal[
    "face", "skin", "right eye", "left eye", "eyes", "brows", "mouth", "jaw", "glasses", "edge", "picture"
]

_UNUSUAL = 3.5
"""A departure has to be that many of the shot's own robust standard deviations, or it is its noise."""
_MOST = 20.0
VISIBLE, SEVERE = 1.6, 3.0
"""Scores. `Flaw.grades` holds what departures they stand for, so that one scale serves all flaws."""


@dataclass(frozen=True)
class Flaw:
    """A detector.

    key          its name in JSON
    region       where it looks
    curve        the figure frame by frame, (T,), from a record; relative to the plate where there is one
    least        the departure from what is usual that is worth a word, in the curve's unit
    words        a sentence of the departure, without the frames
    way          which departures count
    window       frames over which the curve is calmed: 1 for what lasts a single frame
    needs_plate  whether it cannot be told of a finished film alone
    posed        whether what is usual depends on how the head is turned
    drifts       whether it wanders through a shot by itself: then the frames around tell what is usual, too
    absolute     whether the figure is the departure: a whole shot may be missed
    grades       how many times the least departure is visible, and how many times severe
    limit        the figure beside the plate's from which on a whole shot is wrong, None where none is
    throughout   the sentence for that
    """

    key: str
    region: Region
    curve: Curve = field(repr=False)
    least: float
    words: Callable[[float], str] = field(repr=False)
    way: Way = "both"
    window: int = 3
    needs_plate: bool = True
    posed: bool = True
    drifts: bool = False
    absolute: bool = False
    grades: tuple[float, float] = (VISIBLE, SEVERE)
    limit: float | None = None
    throughout: Callable[[float], str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Judgement:
    """What a detector says of a clip.

    departure  (T,) from what is usual, in the curve's unit
    score      (T,) 0 where nothing is wrong or known; from 1 on a flaw, from `VISIBLE` and `SEVERE` on that
    standing   of each shot: its usual figure over the limit, and that figure; 0 where it has none
    """

    flaw: Flaw
    departure: Array = field(repr=False)
    score: Array = field(repr=False)
    standing: tuple[tuple[slice, float, float], ...] = ()


def judge(flaw: Flaw, record: Record) -> Judgement | None:
    """What `flaw`'s detector says; None where it needs a plate and there is none."""
    if flaw.needs_plate and not record.has_plate:
        return None
    values = flaw.curve(record)
    departure, score = np.full(len(values), np.nan), np.zeros(len(values))
    standing = []
    circumstances = _circumstances(record)
    for shot in record.shots():
        calm = calmed(values[shot], flaw.window)
        for away, unit in _measured(flaw, calm, circumstances[shot]):
            counted = {"both": np.abs(away), "more": away, "less": -away}[flaw.way]
            over = np.clip(_scored(np.nan_to_num(counted / unit), flaw.grades), 0, _MOST)
            better = (over > score[shot]) | np.isnan(departure[shot])
            departure[shot][better], score[shot][better] = away[better], over[better]
        known = calm[np.isfinite(calm)]
        if flaw.limit is not None and record.has_plate and len(known) >= 3:
            usual = float(np.median(known))
            excess = {"both": abs(usual), "more": usual, "less": -usual}[flaw.way] / flaw.limit
            standing.append((shot, max(0.0, excess), usual))
    return Judgement(flaw, departure, score, tuple(standing))


def _measured(flaw: Flaw, calm: Array, circumstances: Array) -> Iterator[tuple[Array, float]]:
    """Departures of a shot's curve from what is usual, and how large they have to be, told in each way."""
    if flaw.absolute:
        yield calm, flaw.least
        return
    for curve in (calm, steadied(calm)) if flaw.drifts else (calm,):
        away = departures(curve, circumstances if flaw.posed else circumstances[:, :0])
        yield away, max(flaw.least, _UNUSUAL * spread(away))


def _scored(over: Array, grades: tuple[float, float]) -> Array:
    """Departures in parts of the least one, on the scale that all flaws share: lines between the grades."""
    visible, severe = grades
    low = np.interp(over, (0.0, 1.0, visible, severe), (0.0, 1.0, VISIBLE, SEVERE))
    return np.asarray(np.where(over > severe, SEVERE * over / severe, low))


def _circumstances(record: Record) -> Array:
    prefix = "plate_" if record.has_plate else ""
    lids = (record.column(f"{prefix}lids_right") + record.column(f"{prefix}lids_left")) / 2
    return np.stack([*(record.column(f"{prefix}{name}") for name in ("yaw", "pitch", "lips")), lids], -1)


def _degrees(what: str, axis: curves.Axis) -> Callable[[float], str]:
    ways = {"x": ("to the picture's left", "to the picture's right"), "y": ("up", "down")}[axis]
    looks = "look" if what.endswith("eyes") else "looks"
    return lambda v: f"{what} {looks} {abs(v):.0f} deg too far {ways[v > 0]}"


def _more_or_less(what: str, more: str, less: str) -> Callable[[float], str]:
    return lambda v: f"{what} {more if v > 0 else less}"


def _lids(eye: str) -> Callable[[float], str]:
    return lambda v: f"{eye} is {'open' if v > 0 else 'shut'} when the plate's is not"


def _gaze(eye: curves.Eye, axis: curves.Axis) -> Flaw:
    region: Region = "right eye" if eye == "right" else "left eye"
    return Flaw("gaze", region, curves.gaze(eye, axis), 4.0, _degrees(region, axis))


def _double(region: Region, curve: Curve, words: str, grades: tuple[float, float]) -> Flaw:
    def sentence(_: float) -> str:
        return f"{words} doubled: the plate's show"

    return Flaw("double", region, curve, 0.12, sentence, "more", drifts=region == "jaw", grades=grades)


FLAWS: tuple[Flaw, ...] = (
    Flaw(
        "missed", "face", curves.missed, 0.25, lambda _: "the face was not replaced", "more", 1, absolute=True
    ),
    Flaw(
        "lost",
        "face",
        curves.lost,
        0.25,
        lambda _: "no face can be seen in the result",
        "more",
        1,
        absolute=True,
    ),
    Flaw(
        "identity",
        "face",
        curves.shows_through,
        0.22,
        lambda v: f"the plate's face shows through ({100 * v:.0f} %)",
        "more",
        3,
        grades=(1.7, 2.8),
    ),
    Flaw(
        "identity",
        "face",
        curves.odd_looks,
        2.8,
        lambda _: "the face looks otherwise than in the rest of the shot",
        "more",
        3,
        needs_plate=False,
        grades=(1.1, 1.9),
    ),
    Flaw(
        "identity",
        "face",
        curves.stranger,
        curves.SOMEBODY_ELSE,
        lambda _: "the face becomes somebody else's",
        "more",
        3,
        needs_plate=False,
        posed=False,
        grades=(1.25, 1.75),
    ),
    Flaw(
        "seam",
        "edge",
        curves.seam,
        0.2,
        lambda _: "the edge of the replaced part shows",
        "more",
        3,
        limit=1.6,
        throughout=lambda _: "the edge of the replaced part shows",
        drifts=True,
        grades=(1.7, 3.9),
    ),
    Flaw(
        "ring",
        "edge",
        curves.ring,
        1.0,
        lambda v: f"face and surroundings differ in colour by {v:.1f} Delta E more",
        "more",
        3,
        limit=curves.MISMATCHED,
        throughout=lambda v: f"face and surroundings differ in colour (Delta E {v:.1f})",
        drifts=True,
        grades=(1.3, 3.1),
    ),
    Flaw(
        "flicker",
        "skin",
        curves.flicker("skin"),
        0.45,
        lambda v: f"skin flickers {2**v:.1f} times as much",
        "more",
        3,
        needs_plate=False,
        limit=1.5,
        throughout=lambda v: f"skin flickers {2**v:.1f} times as much as the plate's",
        grades=(1.5, 3.1),
    ),
    Flaw(
        "flicker",
        "eyes",
        curves.flicker("eyes"),
        0.9,
        lambda v: f"eyes flicker {2**v:.1f} times as much",
        "more",
        3,
        needs_plate=False,
    ),
    Flaw(
        "flicker",
        "mouth",
        curves.flicker("mouth"),
        0.9,
        lambda v: f"mouth flickers {2**v:.1f} times as much",
        "more",
        3,
        needs_plate=False,
    ),
    Flaw(
        "pumping",
        "skin",
        curves.pumping,
        0.7,
        lambda v: f"colour of the face jumps by {v:.1f} Delta E",
        "more",
        1,
        needs_plate=False,
        posed=False,
        grades=(1.9, 3.0),
    ),
    Flaw(
        "jitter",
        "face",
        curves.jitter,
        0.7,
        lambda v: f"face jumps by {v:.1f} % of the eyes' distance",
        "more",
        1,
        needs_plate=False,
        grades=(1.6, 3.3),
    ),
    Flaw(
        "wobble",
        "skin",
        curves.wobble,
        1.0,
        lambda v: f"skin wobbles by {v:.1f} % of the eyes' distance",
        "more",
        1,
        grades=(1.4, 3.4),
    ),
    Flaw(
        "sharpness",
        "skin",
        curves.sharp("skin"),
        0.7,
        _more_or_less("skin", "is too sharp", "is too soft"),
        needs_plate=False,
        limit=3.0,
        throughout=_more_or_less("skin", "is sharper than the plate's", "is softer than the plate's"),
        grades=(2.2, 4.3),
    ),
    Flaw(
        "sharpness",
        "eyes",
        curves.sharp_eyes,
        0.7,
        _more_or_less("eyes", "are too sharp", "are too soft"),
        needs_plate=False,
        grades=(2.1, 4.9),
    ),
    Flaw(
        "sharpness",
        "mouth",
        curves.sharp("mouth"),
        0.9,
        _more_or_less("mouth", "is too sharp", "is too soft"),
        needs_plate=False,
        grades=(1.7, 3.4),
    ),
    Flaw(
        "teeth",
        "mouth",
        curves.teeth,
        1.2,
        _more_or_less("teeth and tongue", "are too sharp", "are blurred"),
        "less",
        3,
        grades=(1.2, 1.8),
    ),
    Flaw(
        "grain",
        "skin",
        curves.grain,
        0.25,
        lambda v: f"grain is {2**v:.1f} times what it is around it",
        needs_plate=False,
        limit=1.0,
        throughout=lambda v: f"grain is {2**v:.1f} times the plate's",
        grades=(1.9, 4.3),
    ),
    *(_gaze("right", axis) for axis in curves.AXES),
    *(_gaze("left", axis) for axis in curves.AXES),
    *(
        Flaw("gaze", "eyes", curves.both_eyes(axis), 1.8, _degrees("both eyes", axis), window=5)
        for axis in curves.AXES
    ),
    Flaw("lids", "right eye", curves.lids("right"), 0.09, _lids("right eye"), window=1),
    Flaw("lids", "left eye", curves.lids("left"), 0.09, _lids("left eye"), window=1),
    Flaw(
        "lips",
        "mouth",
        curves.lips,
        0.05,
        lambda v: f"mouth is too far {'open' if v > 0 else 'shut'}",
        grades=(2.8, 3.7),
    ),
    _double("brows", curves.ghost("brows"), "brows are", (2.3, 3.8)),
    _double("jaw", curves.ghost_jaw, "the jaw's edge is", (1.3, 2.1)),
    _double("glasses", curves.ghost("glasses"), "glasses are", (2.35, 3.6)),
    Flaw(
        "occluder",
        "face",
        curves.painted_over,
        0.05,
        lambda v: f"what stands before the face is painted over ({100 * v:.0f} % of the face)",
        "more",
        3,
        posed=False,
        grades=(1.3, 2.4),
    ),
    Flaw(
        "pose",
        "face",
        curves.pose,
        2.0,
        lambda v: f"face is turned {v:.0f} deg away from the plate's head",
        "more",
        grades=(1.25, 2.7),
    ),
    Flaw(
        "light",
        "face",
        curves.light,
        0.035,
        lambda _: "light falls onto the face from another side",
        "more",
        drifts=True,
        grades=(1.1, 2.1),
    ),
    Flaw(
        "frozen",
        "picture",
        curves.frozen,
        0.6,
        lambda _: "the picture stands still while the scene moves",
        "more",
        1,
        needs_plate=False,
        absolute=True,
    ),
)
"""All detectors."""
