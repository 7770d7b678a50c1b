"""From what detectors say of frames to a list that a person goes through: grouped, ranked, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, label

from understudy.inspection.flaws import FLAWS, SEVERE, VISIBLE, Flaw, Judgement, judge
from understudy.inspection.record import Record

Array = npt.NDArray[Any]
Severity = Literal["minor", "visible", "severe"]

SEVERITIES: tuple[Severity, ...] = ("minor", "visible", "severe")
"""From the least to the worst."""
_FROM = (1.0, VISIBLE, SEVERE)
"""Scores from which on an event has each severity."""
_GAP = 4
"""Frames between two stretches of one flaw that still make it one event."""
_EDGE = 0.7
"""An event reaches as far as the score stays above that."""


@dataclass(frozen=True)
class Event:
    """One flaw over some neighbouring frames.

    first, last  its frames, both included
    keyframe     the one to look at, and to repair
    score        1 is just a flaw
    throughout   whether it is not a departure from the shot, but how the whole shot is
    """

    flaw: str
    region: str
    first: int
    last: int
    keyframe: int
    score: float
    words: str
    throughout: bool = False

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITIES[max(0, sum(self.score >= least for least in _FROM) - 1)]

    @property
    def frames(self) -> str:
        """Its frames in words."""
        return f"frame {self.first}" if self.first == self.last else f"frames {self.first}-{self.last}"

    @property
    def sentence(self) -> str:
        """What a person reads."""
        return f"{self.words}, {self.frames}" + (" (all of the shot)" if self.throughout else "")

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "flaw": self.flaw,
            "region": self.region,
            "first": self.first,
            "last": self.last,
            "keyframe": self.keyframe,
            "score": round(self.score, 2),
            "severity": self.severity,
            "throughout": self.throughout,
            "sentence": self.sentence,
        }


def judge_all(record: Record, flaws: tuple[Flaw, ...] = FLAWS) -> list[Judgement]:
    """What every detector says that can say anything."""
    return [said for flaw in flaws if (said := judge(flaw, record)) is not None]


def events_of(judgements: list[Judgement], record: Record) -> list[Event]:
    """All events, the worst first.

    What lies in an event of which it is only a consequence (a frame in which the face was not replaced has
    the plate's gaze, too) is left out: see `_EXPLAINS`.
    """
    events = [event for said in judgements for event in _departures(said, record)]
    events += [event for said in judgements for event in _standing(said)]
    events = _joined(sorted(events, key=lambda event: -event.score))
    return [event for event in events if not any(_explained(event, other) for other in events)]


_EXPLAINS: dict[str, frozenset[str]] = {
    key: frozenset(f.key for f in FLAWS if f.key not in (key, "missed", "lost", "frozen"))
    for key in ("missed", "lost", "frozen")
}


def _explained(event: Event, other: Event) -> bool:
    """Whether half of `event` lies within a frame or two of `other`, which explains it."""
    if event.flaw not in _EXPLAINS.get(other.flaw, ()) or event.throughout:
        return False
    common = min(event.last, other.last + 2) - max(event.first, other.first - 2) + 1
    return 2 * common >= event.last - event.first + 1


def _departures(said: Judgement, record: Record) -> list[Event]:
    found = []
    for shot in record.shots():
        score = said.score[shot]
        for first, last in _runs(score):
            here = score[first : last + 1]
            if here.max() < 1:
                continue
            peak = _peak(here, said.flaw)
            key = shot.start + first + _middle(here)
            found.append(
                Event(
                    said.flaw.key,
                    said.flaw.region,
                    shot.start + first,
                    shot.start + last,
                    key,
                    max(1.0, peak),
                    said.flaw.words(float(said.departure[key])),
                )
            )
    return found


def _peak(values: Array, flaw: Flaw) -> float:
    """The highest value of an event; the mean of two where the detector is not meant for single frames."""
    count = min(len(values), 2) if flaw.window > 1 else 1
    return float(np.sort(values)[-count:].mean())


def _runs(score: Array) -> list[tuple[int, int]]:
    """Stretches (first, last) with a score near or above 1, those close to each other joined."""
    marked, _ = label(score >= _EDGE)
    runs = [(span[0].start, span[0].stop - 1) for span in find_objects(marked)]
    runs = [(a, b) for a, b in runs if score[a : b + 1].max() >= 1]
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] <= _GAP:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _middle(score: Array) -> int:
    """Of the frames nearly as bad as the worst, the one nearest to their middle."""
    bad = np.flatnonzero(score >= 0.9 * score.max())
    return int(bad[np.abs(bad - bad.mean()).argmin()])


def _standing(said: Judgement) -> list[Event]:
    if said.flaw.throughout is None:
        return []
    return [
        Event(
            said.flaw.key,
            said.flaw.region,
            shot.start,
            shot.stop - 1,
            (shot.start + shot.stop - 1) // 2,
            over,
            said.flaw.throughout(usual),
            throughout=True,
        )
        for shot, over, usual in said.standing
        if over >= 1
    ]


def _joined(events: list[Event]) -> list[Event]:
    """Of events of one flaw that overlap in one place (both eyes: one eye, too) keep the first, widened."""
    kept: list[Event] = []
    for event in events:
        for place, other in enumerate(kept):
            if _same(event, other) and event.first <= other.last and other.first <= event.last:
                kept[place] = replace(
                    other,
                    first=min(other.first, event.first),
                    last=max(other.last, event.last),
                )
                break
        else:
            kept.append(event)
    return kept


def _same(one: Event, other: Event) -> bool:
    regions = {one.region, other.region}
    return (one.flaw, one.throughout) == (other.flaw, other.throughout) and (
        len(regions) == 1 or ("eyes" in regions and regions <= {"eyes", "right eye", "left eye"})
    )
