"""What goes wrong while a network learns: memory, numbers that are none, a collapse."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.test_loop import Listener, losses
from tests.training.tiny import TinyLearner, settings
from understudy import atomic
from understudy.errors import BadInputError, OutputError
from understudy.training.checkpoint import read_facts, read_files, unpack
from understudy.training.faults import is_out_of_memory, trouble
from understudy.training.learner import Batch, Losses
from understudy.training.loop import train
from understudy.training.shelf import Shelf


class Narrow(TinyLearner):
    """Has memory for so many examples at once, in one of its methods."""

    def __init__(self, most: int, where: str = "losses") -> None:
        super().__init__()
        self.most, self.where = most, where

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        if self.where == "draw" and self.training and count > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return super().draw(count, chance)

    def losses(self, batch: Batch, step: int) -> Losses:
        if self.where == "losses" and len(batch["sharp"]) > self.most:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return super().losses(batch, step)


@pytest.mark.parametrize("where", ["losses", "draw"])
@pytest.mark.parametrize("ahead", [True, False])
def test_without_memory_the_batch_is_worked_in_pieces(tmp_path: Path, where: str, ahead: bool) -> None:
    listener, learner = Listener(), Narrow(2, where)
    chosen = settings(10, draw_ahead=ahead)
    train(learner, tmp_path / "narrow", chosen, listener)
    assert [sentence.split(";")[0] for sentence in listener.said] == ["Memory ran out at step 0"] * 2
    assert "now worked in 2 pieces" in listener.said[0]
    assert "now worked in 4 pieces" in listener.said[1]
    assert learner.seen == [(step, 2) for step in range(10) for _ in range(4)]
    train(TinyLearner(), tmp_path / "wide", settings(10, parts=4))
    assert losses(tmp_path / "narrow") == losses(tmp_path / "wide")
    course = read_facts(Shelf(tmp_path / "narrow").paths()[-1]).course
    assert (course.pieces, course.warnings) == (4, listener.said)
    resumed = Narrow(2, where)
    train(resumed, tmp_path / "narrow", settings(12), listener)
    assert len(listener.said) == 2, "it has forgotten how much fits"


@pytest.mark.parametrize("where", ["losses", "draw"])
def test_without_memory_for_one_example_it_ends_with_a_sentence(tmp_path: Path, where: str) -> None:
    with pytest.raises(
        BadInputError, match=r"Not even one example at a time fits .* choose smaller networks"
    ):
        train(Narrow(0, where), tmp_path, settings(10))


def test_what_out_of_memory_is() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("MPS backend out of memory"))
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("out of memory"))


class Harmed(TinyLearner):
    """At each of these steps, the first time that it comes to it, something happens to it."""

    def __init__(self, *steps: int, harm: Callable[[TinyLearner], None]) -> None:
        super().__init__()
        self.left = list(steps)
        self.harm = harm

    def losses(self, batch: Batch, step: int) -> Losses:
        if step in self.left:
            self.left.remove(step)
            with torch.no_grad():
                self.harm(self)
        return super().losses(batch, step)


def not_a_number(learner: TinyLearner) -> None:
    learner.first.weight[0, 0, 0, 0] = torch.nan


def blown_up(learner: TinyLearner) -> None:
    learner.last.bias += 30.0


@pytest.mark.parametrize(
    ("harm", "step", "words"),
    [
        (not_a_number, 33, "At step 33 the loss of the network is no longer a number"),
        (blown_up, 33, "At step 37 the loss of the network has risen from"),
    ],
)
def test_it_goes_back_and_on_at_a_lower_rate(
    tmp_path: Path, harm: Callable[[TinyLearner], None], step: int, words: str
) -> None:
    chosen = settings(60, optimiser="schedule-free", rate=0.01)
    with pytest.raises(KeyboardInterrupt):
        train(_stopping(30), tmp_path, chosen)
    listener, learner = Listener(), Harmed(step, harm=harm)
    outcome = train(learner, tmp_path, chosen, listener)
    (sentence,) = listener.said
    assert sentence.startswith(words)
    assert sentence.endswith("going on from step 31 at half the rate.")
    assert outcome.steps == 60
    assert outcome.warnings == (sentence,)
    lines = losses(tmp_path)
    assert [line[0] for line in lines] == list(range(60))
    assert {line[1] for line in lines[5:31]} == {0.01}
    assert {line[1] for line in lines[31:]} == {0.005}
    assert max(line[2] for line in lines) < 0.2
    course = read_facts(outcome.last).course
    assert (course.rollbacks, course.setbacks, course.rate_factor) == (1, 1, 0.5)


def _stopping(at: int) -> TinyLearner:
    from tests.training.test_loop import Interrupted

    return Interrupted(at)


def test_the_stretch_that_went_wrong_does_not_come_again(tmp_path: Path) -> None:
    first: list[torch.Tensor] = []

    class Looking(Harmed):
        def losses(self, batch: Batch, step: int) -> Losses:
            if step == 3:
                first.append(batch["sharp"].clone())
            return super().losses(batch, step)

    train(Looking(5, harm=not_a_number), tmp_path, settings(8))
    assert len(first) == 2
    assert not torch.equal(*first)


def test_it_gives_up(tmp_path: Path) -> None:
    listener = Listener()
    learner = Harmed(*[7] * 9, harm=not_a_number)
    with pytest.raises(BadInputError, match=r"went wrong 3 times .* step 7 .* give a lower --learning-rate"):
        train(learner, tmp_path, settings(20, rollbacks=2), listener)
    assert len(listener.said) == 2
    assert read_facts(Shelf(tmp_path).paths()[0]).course.step == 0


def test_a_checkpoint_that_leads_into_trouble_is_not_used_for_ever(tmp_path: Path) -> None:
    chosen = settings(20)
    with pytest.raises(KeyboardInterrupt):
        train(_stopping(5), tmp_path, chosen)
    listener = Listener()
    outcome = train(Harmed(*[9] * 3, harm=not_a_number), tmp_path, chosen, listener)
    assert [sentence.split("going on from ")[1] for sentence in listener.said] == [
        "step 6 at half the rate.",
        "step 6 at half the rate.",
        "step 0 at half the rate.",
    ]
    assert outcome.steps == 20
    assert [line[0] for line in losses(tmp_path)] == list(range(20))


def test_weights_that_are_no_numbers_are_never_saved(tmp_path: Path) -> None:
    learner = Harmed(*range(4, 8), harm=not_a_number)
    with pytest.raises(BadInputError):
        train(learner, tmp_path, settings(20, save_every=1e-9, rollbacks=2))
    for path in Shelf(tmp_path).paths():
        weights = unpack(read_files(path)).weights
        assert all(torch.isfinite(weights[name]).all() for name, _ in learner.named_parameters())


def test_weights_that_the_last_step_broke_are_noticed(tmp_path: Path) -> None:
    class Broken(TinyLearner):
        left = 1

        def losses(self, batch: Batch, step: int) -> Losses:
            losses = super().losses(batch, step)
            if step == 9 and self.left:
                self.left -= 1
                losses.totals["network"].register_hook(lambda gradient: gradient * torch.nan)
            return losses

    listener = Listener()
    outcome = train(Broken(), tmp_path, settings(10), listener)
    assert listener.said == [
        "At step 10 the weights are no longer numbers; going on from step 0 at half the rate."
    ]
    assert outcome.last.name == "step-000000010"
    assert [point.step for point in outcome.curve] == [10]


def test_a_score_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    class Blind(TinyLearner):
        def score(self) -> float:
            return float("nan")

    listener = Listener()
    outcome = train(Blind(), tmp_path, settings(5), listener)
    assert listener.said == ["The held-out score at step 5 is no number and was left out."]
    assert outcome.curve == ()
    assert outcome.best is None
    assert outcome.last.name == "step-000000005"


@pytest.mark.parametrize("full", ["weights.safetensors", ".part-preview.png"])
def test_a_full_disk_is_one_sentence_and_the_last_checkpoint_stays(
    tmp_path: Path, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(TinyLearner(), tmp_path, settings(5))
    sync = atomic.sync

    def no_room(path: Path) -> None:
        if path.name == full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(path)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "sync", no_room)
        with pytest.raises(
            OutputError, match="the disk is full; free some space and run the same command again"
        ):
            train(TinyLearner(), tmp_path, settings(9))
    assert not list(tmp_path.rglob(".part-*"))
    resumed = train(TinyLearner(), tmp_path, settings(9))
    assert resumed.steps == 9
    assert [line[0] for line in losses(tmp_path)] == list(range(9))


NUMBERS = st.floats(-100, 100)


@given(st.lists(NUMBERS, max_size=60), NUMBERS)
def test_no_trouble_while_the_loss_stays_where_it_was(recent: list[float], total: float) -> None:
    if recent and total <= max(recent):
        assert trouble({"network": total}, {"network": recent}) is None


def test_one_bad_batch_is_no_collapse_and_five_are() -> None:
    level = [1.0, 1.1, 0.9, 1.05] * 10
    for bad in range(5):
        assert trouble({"network": 50.0}, {"network": [*level, *[50.0] * bad]}) is None or bad == 4
    assert "risen from 1" in str(trouble({"network": 50.0}, {"network": [*level, *[50.0] * 4]}))
    assert trouble({"network": 1e9}, {"network": [1.0] * 10}) is None, "too early to know its level"
    assert "no longer a number" in str(trouble({"network": float("inf")}, {}))
