"""Who the film shows, with a network that knows the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.inspection.test_flaws import T, empty_record
from understudy.faces.people.identity import EMBEDDING_SIZE
from understudy.inspection.events import events_of, judge_all
from understudy.inspection.recognising import recognised
from understudy.inspection.record import Record
from understudy.inspection.unrolled import cell_count

OTHER = range(30, 38)


def looking_odd(frames: range = OTHER) -> Record:
    """A record in which half of the face has another colour in some frames."""
    cells = np.full((T, cell_count(), 3), 120, np.uint8)
    cells += np.random.default_rng(1).integers(0, 3, cells.shape, np.uint8)
    cells[frames.start : frames.stop, ::2] += 40
    return replace(empty_record(), cells=cells, facing=np.ones(cells.shape[:2], bool))


class Network:
    """Tells `away` from everybody else in the frames `of`; remembers what it was shown."""

    def __init__(self, of: range, away: float) -> None:
        self.of, self.away = of, away
        self.asked: list[int] = []

    def __call__(self, picture: np.ndarray, points: np.ndarray) -> np.ndarray:
        n = int(picture[0, 0, 0])
        self.asked.append(n)
        embedding = np.zeros(EMBEDDING_SIZE, np.float32)
        embedding[0] = 1.0
        embedding[1] = 0.15 * (n % 2)
        embedding[2] = self.away if n in self.of else 0.0
        return embedding


def picture(n: int) -> np.ndarray:
    return np.full((4, 4, 3), n, np.uint8)


def test_a_face_that_becomes_somebody_elses_is_said_so() -> None:
    network = Network(OTHER, 0.8)
    record = recognised(looking_odd(), picture, network)
    assert len(network.asked) < 20
    assert record.column("stranger")[33] == pytest.approx(0.8, abs=0.1)
    events = [event for event in events_of(judge_all(record), record) if event.flaw == "identity"]
    assert [event.words for event in events] == ["the face becomes somebody else's"]
    assert abs(events[0].first - OTHER.start) <= 1
    assert abs(events[0].last - OTHER[-1]) <= 1
    assert events[0].severity == "severe"


def test_the_same_person_in_other_light_is_nobody_else() -> None:
    record = recognised(looking_odd(), picture, Network(OTHER, 0.1))
    words = [event.words for event in events_of(judge_all(record), record) if event.flaw == "identity"]
    assert words == ["the face looks otherwise than in the rest of the shot"]


def test_a_face_that_stays_as_it_is_is_looked_at_a_few_times() -> None:
    network = Network(OTHER, 0.8)
    record = recognised(looking_odd(range(0)), picture, network)
    assert len(network.asked) <= 10
    assert [event for event in events_of(judge_all(record), record) if event.flaw == "identity"] == []
