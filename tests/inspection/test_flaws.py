"""Every detector: one contract on made-up curves, and flaws that were put into film."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.changes import Film
from benchmarks.injected import INJECTIONS, Injection, best_place, inject, occluder_injection
from benchmarks.inspection import events, seen_flawed
from understudy.faces.finding.reading import FaceReader
from understudy.inspection.events import events_of, judge_all
from understudy.inspection.flaws import FLAWS, SEVERE, Flaw, judge
from understudy.inspection.looking import Look, look_at
from understudy.inspection.record import Record
from understudy.inspection.unrolled import cell_count
from understudy.inspection.watching import record_of

T = 60
BAD = slice(30, 36)


def empty_record(has_plate: bool = True, frames: int = T, cuts: tuple[int, ...] = ()) -> Record:
    cells = np.zeros((frames, cell_count(), 3), np.uint8)
    angles = {
        f"{side}{name}": np.zeros(frames) for side in ("", "plate_") for name in ("yaw", "pitch", "lips")
    }
    angles |= {
        f"{side}lids_{eye}": np.full(frames, 0.3) for side in ("", "plate_") for eye in ("right", "left")
    }
    return Record(
        25.0,
        angles,
        np.ones(frames, bool),
        np.ones(frames, bool),
        np.zeros((frames, 478, 3), np.float32),
        cells,
        cells,
        np.zeros(cells.shape[:2], bool),
        has_plate,
        cuts,
    )


def showing(flaw: Flaw, values: np.ndarray) -> Flaw:
    return replace(flaw, curve=lambda _: values)


def name(flaw: Flaw) -> str:
    return f"{flaw.key}-{flaw.region}"


def noisy(level: float, sigma: float) -> np.ndarray:
    return level + sigma * np.random.default_rng(4).standard_normal(T)


def usual(flaw: Flaw) -> float:
    """A level that is nothing unusual."""
    return 0.0 if flaw.absolute else 0.3


each_flaw = pytest.mark.parametrize("flaw", FLAWS, ids=name)
each_relative_flaw = pytest.mark.parametrize("flaw", [f for f in FLAWS if not f.absolute], ids=name)


@each_flaw
def test_what_is_unknown_is_no_flaw(flaw: Flaw) -> None:
    said = judge(showing(flaw, np.full(T, np.nan)), empty_record())
    assert said is not None
    assert said.score.tolist() == [0.0] * T


@each_flaw
def test_what_is_usual_is_no_departure(flaw: Flaw) -> None:
    said = judge(showing(flaw, noisy(usual(flaw), 0.05 * flaw.least)), empty_record())
    assert said is not None
    assert said.score.shape == (T,)
    assert said.score.max() < 1


@each_flaw
def test_a_departure_is_found_where_it_is_and_nowhere_else(flaw: Flaw) -> None:
    values = noisy(usual(flaw), 0.02 * flaw.least)
    values[BAD] += flaw.grades[1] * flaw.least * (-1 if flaw.way == "less" else 1)
    record = empty_record()
    said = judge(showing(flaw, values), record)
    assert said is not None
    # a mean over frames reaches one farther
    wider = int(flaw.window > 3)
    flawed = set(np.flatnonzero(said.score >= 1).tolist())
    assert set(range(30, 36)) <= flawed <= set(range(30 - wider, 36 + wider))
    (event,) = [event for event in events_of([said], record) if not event.throughout]
    assert 30 - wider <= event.first <= 30
    assert 35 <= event.last <= 35 + wider
    assert event.keyframe in range(30, 36)
    assert event.score == pytest.approx(SEVERE, rel=0.1)
    assert event.sentence.endswith(f", frames {event.first}-{event.last}")
    assert len(event.words) > 10


@each_flaw
def test_an_event_is_as_severe_as_its_grades_say(flaw: Flaw) -> None:
    visible, severe = flaw.grades
    assert 1 < visible < severe
    way = -1 if flaw.way == "less" else 1
    for times, severity in (
        ((1 + visible) / 2, "minor"),
        ((visible + severe) / 2, "visible"),
        (1.1 * severe, "severe"),
    ):
        values = np.full(T, usual(flaw))
        values[BAD] += times * flaw.least * way
        record = empty_record()
        said = judge(showing(flaw, values), record)
        assert said is not None
        assert [event.severity for event in events_of([said], record) if not event.throughout] == [severity]


@each_flaw
def test_the_other_way_round_counts_only_where_both_ways_do(flaw: Flaw) -> None:
    values = noisy(usual(flaw), 0.02 * flaw.least)
    values[BAD] -= 3 * flaw.least * (-1 if flaw.way == "less" else 1)
    said = judge(showing(flaw, values), empty_record())
    assert said is not None
    assert (said.score.max() >= 1) == (flaw.way == "both")


@each_relative_flaw
def test_a_shots_own_noise_is_no_flaw(flaw: Flaw) -> None:
    values = noisy(0.3, flaw.least)
    said = judge(showing(flaw, values), empty_record())
    assert said is not None
    assert said.score.max() < 1


@each_relative_flaw
def test_a_cut_is_no_flaw(flaw: Flaw) -> None:
    values = noisy(usual(flaw), 0.02 * flaw.least)
    values[20:] += 5 * flaw.least
    record = empty_record(cuts=(20,))
    said = judge(showing(flaw, values), record)
    assert said is not None
    assert said.score.max() < 1


def test_a_shot_that_was_left_as_it_was_is_one_event() -> None:
    record = empty_record(cuts=(20,))
    record.columns["changed"] = np.where(np.arange(T) < 20, 0.2, 8.0)
    found = events_of(judge_all(record), record)
    assert [(event.flaw, event.first, event.last, event.severity) for event in found] == [
        ("missed", 0, 19, "severe")
    ]


def test_most_of_a_shot_may_be_missed() -> None:
    record = empty_record()
    record.columns["changed"] = np.where(np.arange(T) < 40, 0.2, 8.0)
    (event,) = [event for event in events_of(judge_all(record), record) if event.flaw == "missed"]
    assert (event.first, event.last) == (0, 39)


@each_flaw
def test_what_needs_a_plate_says_nothing_without(flaw: Flaw) -> None:
    said = judge(showing(flaw, noisy(0.3, flaw.least)), empty_record(has_plate=False))
    assert (said is None) == flaw.needs_plate


def test_a_shot_that_is_wrong_throughout_is_told_as_such() -> None:
    (seam,) = [flaw for flaw in FLAWS if flaw.key == "seam"]
    assert seam.limit is not None
    record = empty_record()
    said = judge(showing(seam, noisy(2 * seam.limit, 0.01)), record)
    assert said is not None
    (event,) = events_of([said], record)
    assert event.throughout
    assert (event.first, event.last, event.score) == (0, T - 1, pytest.approx(2, rel=0.02))
    assert event.sentence.endswith("frames 0-59 (all of the shot)")


def test_a_jaw_is_not_judged_where_complexions_differ() -> None:
    (jaw,) = [flaw for flaw in FLAWS if flaw.region == "jaw"]
    for ring_colour, found in ((2.0, True), (12.0, False)):
        record = empty_record()
        record.columns["ghost_jaw"] = np.where((np.arange(T) >= 30) & (np.arange(T) < 36), 0.9, 0.1)
        record.columns["ring"] = np.full(T, ring_colour)
        said = judge(jaw, record)
        assert said is not None
        assert (said.score.max() >= 1) == found


def test_clean_film_has_no_visible_flaw(film: Film, clean: list[Look]) -> None:
    found = [event for event in events(clean, film.rate) if not event.throughout]
    assert [event.sentence for event in found if event.severity != "minor"] == []
    assert len(found) <= 2


SEEN_HERE = [injection for injection in INJECTIONS if injection.where != "glasses"]
"""The film's performer wears none; see test_numbers.py."""


ENOUGH = 5
"""Frames that a flaw lasts here at most: every one takes its time to be looked at."""


@pytest.mark.parametrize("injection", [*SEEN_HERE, "occluder"], ids=lambda one: getattr(one, "key", one))
def test_an_injected_flaw_is_found_and_named(
    injection: Injection | str, film: Film, clean: list[Look], reader: FaceReader
) -> None:
    if isinstance(injection, str):
        injection = occluder_injection(film)
    injection = replace(injection, length=min(injection.length, ENOUGH))
    first = best_place(film, injection, np.random.default_rng(1))
    assert first is not None, "the film should give every flaw a place"
    flawed = inject(film, injection, first, injection.strengths[-1])
    seen = seen_flawed(reader, film, clean, flawed)
    found = [event for event in events(seen, film.rate) if not event.throughout]
    last = first + injection.length - 1
    there = [event for event in found if event.first <= last + 1 and event.last >= first - 1]
    assert found, "nothing was found"
    assert found[0] in there, [event.sentence for event in found]
    assert {event.flaw for event in there} & set(injection.expected), [event.sentence for event in there]


@pytest.mark.parametrize("key", ["jitter", "skin blur", "duplicated"])
def test_a_flaw_of_a_film_without_a_plate_is_found(
    key: str, film: Film, clean: list[Look], reader: FaceReader
) -> None:
    (injection,) = [each for each in INJECTIONS if each.key == key]
    first = 20
    flawed = inject(film, injection, first, injection.strengths[-1])
    seen = list(clean)
    for n in range(first, first + injection.length):
        seen[n] = look_at(reader, n, flawed.result[n], None)
    record = record_of([alone(look) for look in seen], film.rate)
    assert not record.has_plate
    judged = judge_all(record)
    assert {said.flaw.key for said in judged} == {flaw.key for flaw in FLAWS if not flaw.needs_plate}
    found = [event for event in events_of(judged, record) if event.flaw in injection.expected]
    assert found
    assert found[0].first <= first + injection.length
    assert found[0].last >= first - 1


def alone(look: Look) -> Look:
    """A look as it would have been without a plate."""
    return replace(look, plate=None, both={}, facing=None)
