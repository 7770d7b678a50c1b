"""The loop on a tiny learner: it learns, stops, goes on, and refuses what does not fit."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.tiny import TinyLearner, settings
from understudy.errors import BadInputError, ConsentError
from understudy.media.png import read_png
from understudy.progress import SilentProgress
from understudy.training import looking, loop
from understudy.training.budget import Budget
from understudy.training.checkpoint import read_facts, read_files, unpack
from understudy.training.learner import Batch, Losses
from understudy.training.loop import Outcome, train
from understudy.training.watching import read_losses
from understudy.training.weights import load_into, load_weights

OPTIMISERS = ["adamw", "muon", "schedule-free", "adabelief", "dfl-rmsprop-dropout"]


def losses(folder: Path) -> list[tuple[int, float, float]]:
    return [(line["step"], line["rate"], line["totals"]["network"]) for line in read_losses(folder)]


def weights_of(outcome: Outcome) -> dict[str, torch.Tensor]:
    checkpoint = unpack(read_files(outcome.last))
    return {
        **{f"own {name}": tensor for name, tensor in checkpoint.weights.items()},
        **{f"average {name}": tensor for name, tensor in checkpoint.average.items()},
    }


class Interrupted(TinyLearner):
    """Meets Ctrl-C in the middle of a step."""

    def __init__(self, at: int, number: signal.Signals = signal.SIGINT) -> None:
        super().__init__()
        self.at, self.number = at, number

    def losses(self, batch: Batch, step: int) -> Losses:
        if step == self.at:
            signal.raise_signal(self.number)
        return super().losses(batch, step)


def test_it_learns_and_leaves_what_it_should(tmp_path: Path) -> None:
    learner = TinyLearner()
    before = learner.score()
    outcome = train(learner, tmp_path, settings(60, rate=0.02), notes={"consent": "record-7"})
    assert outcome.steps == 60
    assert outcome.examples == 480
    assert outcome.seconds > 0
    assert outcome.cpu_seconds > 0
    assert outcome.curve[-1].score > before + 0.01
    assert outcome.best == outcome.last == tmp_path / "checkpoints" / "step-000000060"
    assert [line[0] for line in losses(tmp_path)] == list(range(60))
    assert losses(tmp_path)[-1][2] < losses(tmp_path)[0][2] * 0.75
    assert read_png(tmp_path / "preview.png").shape == (8, 8, 3)
    assert list((tmp_path / "board").glob("events.*"))
    facts = read_facts(outcome.last)
    assert facts.notes == {"consent": "record-7"}
    assert facts.score == outcome.curve[-1].score
    assert facts.settings["batch"] == 8


def test_the_rate_warms_up_and_falls(tmp_path: Path) -> None:
    train(TinyLearner(), tmp_path, settings(40, rate=0.01, warm_up=10))
    rates = np.array([line[1] for line in losses(tmp_path)])
    assert rates[0] < 0.01 * 0.6
    assert rates.max() == pytest.approx(0.01, rel=0.02)
    assert (np.diff(rates[3:]) < 0).all()
    assert rates[-1] < 0.01 * 0.01


def test_the_learner_is_told_how_far_it_is(tmp_path: Path) -> None:
    learner = TinyLearner()
    train(learner, tmp_path, settings(20))
    assert learner.told == pytest.approx([0, *np.arange(20) / 20])


@pytest.mark.parametrize("name", OPTIMISERS)
def test_stopped_and_resumed_is_as_if_nothing_had_happened(tmp_path: Path, name: str) -> None:
    chosen = settings(24, optimiser=name)
    calm = train(TinyLearner(), tmp_path / "calm", chosen)
    for at in (5, 11):
        with pytest.raises(KeyboardInterrupt):
            train(Interrupted(at), tmp_path / "stopped", chosen)
        assert losses(tmp_path / "stopped")[-1][0] == at
    stopped = train(TinyLearner(), tmp_path / "stopped", chosen)
    assert losses(tmp_path / "stopped") == losses(tmp_path / "calm")
    assert stopped.curve[-1].score == calm.curve[-1].score
    mine, its = weights_of(calm), weights_of(stopped)
    assert mine.keys() == its.keys()
    assert all(torch.equal(mine[name], its[name]) for name in mine)


def test_permission_is_asked_at_the_start_and_every_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def permit() -> None:
        asked.append(len(asked))
        if len(asked) == 4:
            raise ConsentError("The record was revoked.")

    train(TinyLearner(), tmp_path, settings(3), permit=permit)
    assert asked == [0]
    monkeypatch.setattr(loop, "_ASK_EVERY", 1e-9)
    with pytest.raises(ConsentError, match="revoked"):
        train(TinyLearner(), tmp_path, settings(9), permit=permit)
    assert read_facts(tmp_path / "checkpoints" / "step-000000005").course.step == 5
    with pytest.raises(ConsentError):
        train(TinyLearner(), tmp_path / "never", settings(9), permit=permit_not)
    assert not (tmp_path / "never").exists()


def permit_not() -> None:
    raise ConsentError("There is no record.")


def test_a_scheduler_that_says_stop_gets_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        train(Interrupted(3, signal.SIGTERM), tmp_path, settings())
    assert stopped.value.code == 143
    assert read_facts(tmp_path / "checkpoints" / "step-000000004").course.step == 4


def test_the_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    class Impatient(TinyLearner):
        def losses(self, batch: Batch, step: int) -> Losses:
            if step == 3:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
                raise AssertionError("it went on")
            return super().losses(batch, step)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(Impatient(), tmp_path, settings())
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("changes", [{"draw_ahead": False}, {"score_every": 1e-9, "save_every": 1e-9}])
def test_what_must_not_change_the_result(tmp_path: Path, changes: dict[str, Any]) -> None:
    train(TinyLearner(), tmp_path / "usual", settings())
    train(TinyLearner(), tmp_path / "other", settings(**changes))
    usual, other = losses(tmp_path / "usual"), losses(tmp_path / "other")
    assert np.array(other) == pytest.approx(np.array(usual), rel=1e-5)


def test_a_batch_in_pieces_has_the_same_size(tmp_path: Path) -> None:
    learner = TinyLearner()
    train(learner, tmp_path, settings(4, batch=7, parts=3))
    assert learner.seen == [(step, count) for step in range(4) for count in (3, 2, 2)]


def test_a_finished_training_stays_as_it_is_and_a_longer_budget_goes_on(tmp_path: Path) -> None:
    first = train(TinyLearner(), tmp_path, settings(10))
    again = train(TinyLearner(), tmp_path, settings(10))
    assert (again.steps, again.curve, again.last) == (10, first.curve, first.last)
    assert again.cpu_seconds == pytest.approx(first.cpu_seconds, rel=1e-5)
    longer = train(TinyLearner(), tmp_path, settings(15))
    assert longer.steps == 15
    assert longer.cpu_seconds > first.cpu_seconds
    assert [line[0] for line in losses(tmp_path)] == list(range(15))


def test_in_a_longer_budget_the_learner_is_told_anew_how_far_it_is(tmp_path: Path) -> None:
    train(TinyLearner(), tmp_path, settings(10))
    learner = TinyLearner()
    train(learner, tmp_path, settings(20))
    assert learner.told[1] == 0.5


def test_looks_take_a_tenth_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    every = looking.LookEvery(60)
    assert not every.due()
    now[0] = 60
    assert every.due()
    for took, wait in ((1, 60), (20, 180)):
        with every.looking():
            now[0] += took
        now[0] += wait - 0.5
        assert not every.due()
        now[0] += 0.5
        assert every.due()


def test_time_that_was_spent_counts(tmp_path: Path) -> None:
    train(TinyLearner(), tmp_path, settings(5))
    for budget in (Budget(seconds=1e-6), Budget(cpu_seconds=1e-6)):
        outcome = train(TinyLearner(), tmp_path, settings(budget=budget))
        assert outcome.steps == 5
    soon = train(TinyLearner(), tmp_path / "soon", settings(budget=Budget(cpu_seconds=0.05)))
    assert soon.steps > 0
    assert soon.cpu_seconds >= 0.05


class Levelling(TinyLearner):
    """Its score rises for a while."""

    asked = 0

    def score(self) -> float:
        self.asked += 1
        return float(min(self.asked, 5))


def test_until_it_learns_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_PATIENCE", 0.0)
    outcome = train(Levelling(), tmp_path, settings(budget=Budget(plateau=True), score_every=1e-9))
    course = read_facts(outcome.last).course
    assert course.plateau_step is not None
    assert 9 <= course.plateau_step < 40
    assert outcome.steps == course.plateau_step + -(-course.plateau_step // 4)
    rates = [line[1] for line in losses(tmp_path)]
    assert rates[-1] < max(rates) / 4


def test_another_learner_or_shape_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    train(TinyLearner(), tmp_path, settings(3))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    class Other(TinyLearner):
        name = "other"

    class Unsaid(TinyLearner):
        def architecture(self) -> dict[str, Any]:
            return {"width": 8}

    for learner, words in (
        (Other(), "training of tiny, not of other"),
        (TinyLearner(width=9), "with width 8, and not 9"),
        (Unsaid(width=9), "first.bias is 8 there and 9 here"),
    ):
        with pytest.raises(BadInputError, match=words):
            train(learner, tmp_path, settings(5))
        with pytest.raises(BadInputError, match=words):
            load_into(learner, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


class Listener(SilentProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, message: str) -> None:
        self.said.append(message)


def test_after_damage_it_goes_on_from_the_one_before(tmp_path: Path) -> None:
    calm = train(TinyLearner(), tmp_path / "calm", settings())
    with pytest.raises(KeyboardInterrupt):
        train(Interrupted(7), tmp_path / "harmed", settings())
    with pytest.raises(KeyboardInterrupt):
        train(Interrupted(12), tmp_path / "harmed", settings())
    newest = tmp_path / "harmed" / "checkpoints" / "step-000000013"
    (newest / "weights.safetensors").write_bytes(b"nothing")
    listener = Listener()
    outcome = train(TinyLearner(), tmp_path / "harmed", settings(), listener)
    assert len(listener.said) == 1
    assert "step-000000013 is damaged" in listener.said[0]
    assert losses(tmp_path / "harmed") == losses(tmp_path / "calm")
    assert outcome.curve[-1].score == calm.curve[-1].score


def test_weights_for_drawing_are_the_averaged_ones(tmp_path: Path) -> None:
    outcome = train(TinyLearner(), tmp_path, settings())
    fresh = TinyLearner(seed=5)
    facts = load_into(fresh, tmp_path)
    fresh.eval()
    with torch.no_grad():
        assert fresh.score() == pytest.approx(outcome.curve[-1].score, rel=1e-6)
    assert facts.course.step == 20
    own = load_weights(tmp_path, averaged=False).tensors
    averaged = load_weights(tmp_path).tensors
    assert own.keys() == averaged.keys() == fresh.state_dict().keys()
    assert not torch.equal(own["first.weight"], averaged["first.weight"])
    with pytest.raises(BadInputError, match="no trained model"):
        load_weights(tmp_path / "elsewhere")


def test_another_optimiser_begins_anew_and_says_so(tmp_path: Path) -> None:
    train(TinyLearner(), tmp_path, settings(5))
    listener = Listener()
    train(TinyLearner(), tmp_path, settings(8, optimiser="muon"), listener)
    assert listener.said == ["The network goes on with muon instead of adamw, which remembers nothing yet."]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_cuda_is_one_sentence_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"No CUDA device can be used here; .* give --device cpu"):
        train(TinyLearner(), tmp_path / "t", settings(device="cuda"))
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 0}, "batch must be at least 1"),
        ({"rate": -1.0}, "rate must be above zero"),
        ({"ema": 1.0}, "ema must be from 0 to below 1"),
        ({"precision": "fp8"}, "no precision 'fp8'"),
        ({"device": "tpu"}, "no device 'tpu'"),
        ({"save_every": 0.0}, "save_every must be above zero"),
    ],
)
def test_settings_that_make_no_sense(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        settings(**changes)


def test_an_unknown_optimiser_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no optimiser called 'sgd'"):
        train(TinyLearner(), tmp_path / "t", settings(optimiser="sgd"))
    assert not (tmp_path / "t").exists()


def test_bf16_learns_too(tmp_path: Path) -> None:
    outcome = train(TinyLearner(), tmp_path, settings(60, rate=0.02, precision="bf16"))
    assert outcome.precision == "bf16"
    assert losses(tmp_path)[-1][2] < losses(tmp_path)[0][2] * 0.75
    weights = load_weights(tmp_path).tensors
    assert all(weights[name].dtype == torch.float32 for name, _ in TinyLearner().named_parameters())
