"""One checkpoint on disk: round trips, damage, a full disk."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from understudy import atomic
from understudy.errors import BadInputError, OutputError
from understudy.progress import SilentProgress
from understudy.training.budget import Point
from understudy.training.checkpoint import (
    Checkpoint,
    DamagedCheckpointError,
    Facts,
    pack,
    read_facts,
    read_files,
    unpack,
    write,
)
from understudy.training.course import Course
from understudy.training.optimiser_state import OptimiserState
from understudy.training.shelf import Shelf

NUMBERS = st.floats(0, 1e9)
SCORES = st.floats(-1e9, 1e9)
COUNTS = st.integers(0, 10**9)
TEXTS = st.text(max_size=20)
COURSES = st.builds(
    Course,
    step=COUNTS,
    examples=COUNTS,
    seconds=NUMBERS,
    cpu_seconds=NUMBERS,
    pieces=st.integers(1, 99),
    rollbacks=COUNTS,
    setbacks=COUNTS,
    fault_step=COUNTS,
    rate_factor=NUMBERS,
    told=NUMBERS,
    told_step=st.integers(-1, 99),
    plateau_step=st.none() | COUNTS,
    curve=st.lists(st.builds(Point, COUNTS, NUMBERS, NUMBERS, SCORES), max_size=3),
    warnings=st.lists(TEXTS, max_size=2),
    recent=st.dictionaries(TEXTS, st.lists(SCORES, max_size=3), max_size=2),
)


def checkpoint(step: int = 7, score: float | None = None, course: Course | None = None) -> Checkpoint:
    numbers = torch.Generator().manual_seed(step)
    weights = {"conv": torch.randn(4, 3, 2, 2, generator=numbers), "count": torch.tensor(3)}
    weights["conv"] = weights["conv"].to(memory_format=torch.channels_last)
    state = OptimiserState(
        "adamw",
        {"0/step": torch.tensor(5.0), "0/square": torch.rand(4, 3, 2, 2)},
        {"0/name": "x"},
        [{"lr": 0.1}],
    )
    notes = {"consent": "record-7", "consent-sha256": "ab" * 32}
    facts = Facts("tiny", {"width": 8}, course or Course(step=step), score, notes, {"batch": 8})
    return Checkpoint(facts, weights, {"conv": weights["conv"] + 1}, {"network": state})


@given(COURSES, st.dictionaries(TEXTS, TEXTS, max_size=3), st.none() | SCORES)
def test_facts_come_back_as_they_were(course: Course, notes: dict[str, str], score: float | None) -> None:
    before = Facts("tiny", {"width": [8, 16]}, course, score, notes, {"batch": 8})
    after = unpack(dict(pack(Checkpoint(before, {}, {}, {}))))
    assert after.facts == before


def test_tensors_come_back_bit_for_bit(tmp_path: Path) -> None:
    before = checkpoint()
    write(tmp_path / "c", before)
    after = unpack(read_files(tmp_path / "c"))
    assert after.facts == before.facts == read_facts(tmp_path / "c")
    for mine, its in ((before.weights, after.weights), (before.average, after.average)):
        assert mine.keys() == its.keys()
        assert all(torch.equal(mine[name], its[name]) for name in mine)
    kept, found = before.optimisers["network"], after.optimisers["network"]
    assert (kept.name, kept.facts, kept.groups) == (found.name, found.facts, found.groups)
    assert torch.equal(kept.tensors["0/square"], found.tensors["0/square"])


def test_weights_that_share_memory_are_saved_twice() -> None:
    one = torch.rand(3)
    after = unpack(dict(pack(Checkpoint(Facts("tiny", {}, Course()), {"a": one, "b": one[:2]}, {}, {}))))
    assert torch.equal(after.weights["a"], one)
    assert torch.equal(after.weights["b"], one[:2])


def test_notes_are_in_the_weights_too(tmp_path: Path) -> None:
    data = dict(pack(checkpoint()))["weights.safetensors"]
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert header["__metadata__"]["consent"] == "record-7"


FILES = ["state.json", "weights.safetensors", "average.safetensors", "optimisers.safetensors"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["missing", "empty", "cut", "flipped"])
def test_damage_is_seen(tmp_path: Path, name: str, harm: str) -> None:
    write(tmp_path / "c", checkpoint())
    path = tmp_path / "c" / name
    data = bytearray(path.read_bytes())
    if harm == "missing":
        path.unlink()
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "cut":
        path.write_bytes(data[:-3])
    else:
        data[len(data) * 2 // 3] ^= 1
        path.write_bytes(data)
    with pytest.raises(DamagedCheckpointError):
        read_files(tmp_path / "c")


@given(
    st.recursive(
        st.none() | st.integers() | TEXTS, lambda inner: st.dictionaries(TEXTS, inner) | st.lists(inner)
    )
)
def test_a_strange_state_is_damage_and_nothing_else(state: object) -> None:
    files = dict(pack(checkpoint()))
    files["state.json"] = json.dumps({"sha256": "", "state": state}).encode()
    with pytest.raises(DamagedCheckpointError):
        unpack(files)
    with pytest.raises(ValueError, match="course"):
        Course.from_json(state)


class Listener(SilentProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, message: str) -> None:
        self.said.append(message)


def steps(shelf: Shelf) -> list[int]:
    return [int(path.name.removeprefix("step-")) for path in shelf.paths()]


def step_of(files: dict[str, bytes] | None) -> int:
    assert files is not None
    return unpack(files).facts.course.step


def test_the_last_few_and_the_best_are_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, keep=2)
    for step, score in [(0, None), (1, 5.0), (2, 9.0), (3, 7.0), (4, None), (5, 8.0)]:
        shelf.put(checkpoint(step, score))
    assert steps(shelf) == [2, 4, 5]
    assert step_of(shelf.best(SilentProgress())) == 2
    assert step_of(shelf.newest(SilentProgress())) == 5


def test_of_damaged_ones_the_one_before_is_taken_and_it_is_said(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, keep=3)
    for step in (1, 2, 3):
        shelf.put(checkpoint(step, float(step)))
    weights = shelf.paths()[-1] / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    for ask in (shelf.newest, shelf.best):
        listener = Listener()
        assert step_of(ask(listener)) == 2
        (sentence,) = listener.said
        assert "step-000000003 is damaged" in sentence
    shelf.tidy(2)
    assert steps(shelf) == [1, 2]
    assert (tmp_path / "checkpoints" / "damaged-step-000000003").is_dir()
    for path in shelf.paths():
        (path / "state.json").unlink()
    with pytest.raises(BadInputError, match=r"No checkpoint in .* can be read"):
        shelf.newest(Listener())


def test_nothing_there_is_no_damage(tmp_path: Path) -> None:
    assert Shelf(tmp_path).newest(SilentProgress()) is None
    assert Shelf(tmp_path).best(SilentProgress()) is None
    assert Shelf(tmp_path).best_path() is None


@pytest.mark.parametrize("full", ["optimisers.safetensors", "state.json", ".part-step-000000002"])
def test_a_full_disk_leaves_the_last_good_one(
    tmp_path: Path, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(checkpoint(1))
    sync = atomic.sync

    def no_room(path: Path) -> None:
        if path.name == full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(path)

    monkeypatch.setattr(atomic, "sync", no_room)
    with pytest.raises(OutputError, match="the disk is full"):
        shelf.put(checkpoint(2))
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-000000001"]
    assert step_of(shelf.newest(SilentProgress())) == 1


def test_a_checkpoint_of_the_same_step_is_replaced(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(checkpoint(1, 3.0))
    shelf.put(checkpoint(1, 4.0))
    assert read_facts(shelf.paths()[0]).score == 4.0
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-000000001"]
