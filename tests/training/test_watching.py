"""What is seen of a training: its log, its board, the progress line, the share of time that was used."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.training.test_faults import Harmed, not_a_number
from tests.training.tiny import TinyLearner, settings
from understudy.cli.progress import shown_progress
from understudy.progress import SilentProgress, Task
from understudy.training import watching
from understudy.training.budget import Budget
from understudy.training.loop import train
from understudy.training.stepping import Reading
from understudy.training.watching import Busyness, LossLog, read_losses, total_units


def reading(step: int, total: float = 0.5) -> Reading:
    return Reading(step, {"network": total}, {"worst": 1.5}, 0.0, 0.0, False, False, False)


def test_a_log_comes_back(tmp_path: Path) -> None:
    log = LossLog(tmp_path / "losses.jsonl", 0)
    log.write(reading(0, 0.1), 0.25)
    log.close()
    assert read_losses(tmp_path) == [
        {"step": 0, "rate": 0.25, "totals": {"network": 0.1}, "parts": {"worst": 1.5}}
    ]


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 60), st.binary(max_size=30))
def test_of_a_killed_run_the_steps_that_count_are_kept(
    tmp_path_factory: pytest.TempPathFactory, written: int, counted: int, lost: int, torn: bytes
) -> None:
    path = tmp_path_factory.mktemp("log") / "losses.jsonl"
    log = LossLog(path, 0)
    for step in range(written):
        log.write(reading(step), 0.1)
    log.close()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - lost] + torn.replace(b"\n", b"") if lost else data)
    whole = path.read_bytes().count(b"\n")
    log = LossLog(path, counted)
    log.write(reading(counted), 0.1)
    log.close()
    assert [line["step"] for line in read_losses(path.parent)] == [*range(min(whole, counted)), counted]


def test_the_board_has_curves_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SHOW_EVERY", 1e-9)
    train(TinyLearner(), tmp_path, settings(10, score_every=1e-9, preview_every=1e-9))
    board = EventAccumulator(str(tmp_path / "board"), {"images": 0, "scalars": 0})
    board.Reload()
    tags = board.Tags()
    assert {"loss/network", "parts/worst", "rate", "score", "samples per second", "busy share"} <= {
        *tags["scalars"]
    }
    logged = [line["totals"]["network"] for line in read_losses(tmp_path)]
    assert [point.step for point in board.Scalars("loss/network")] == list(range(10))
    assert [point.value for point in board.Scalars("loss/network")] == pytest.approx(logged)
    assert all(0 < point.value <= 1 for point in board.Scalars("busy share"))
    assert (board.Images("preview")[-1].width, board.Images("preview")[-1].step) == (8, 10)


def test_the_board_forgets_what_was_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SHOW_EVERY", 1e-9)
    train(Harmed(6, harm=not_a_number), tmp_path, settings(8))
    board = EventAccumulator(str(tmp_path / "board"))
    board.Reload()
    assert [point.step for point in board.Scalars("loss/network")] == list(range(8))


def test_without_tensorboard_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    assert train(TinyLearner(), tmp_path, settings(3)).steps == 3
    assert not (tmp_path / "board").exists()


class Recorded(SilentProgress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.done, self.stages, self.words = 0, list[tuple[str, int | None, str]](), list[str]()

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:
        self.stages.append((name, total, unit))
        yield self

    def advance(self, count: int = 1) -> None:
        self.done += count

    def tell(self, text: str) -> None:
        self.words.append(text)


def test_progress_counts_over_runs_and_says_how_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_SHOW_EVERY", 1e-9)
    first, second = Recorded(), Recorded()
    train(TinyLearner(), tmp_path, settings(4), first)
    train(TinyLearner(), tmp_path, settings(6), second)
    assert (first.stages, first.done) == ([("train", 4, "steps")], 4)
    assert (second.stages, second.done) == ([("train", 6, "steps")], 6)
    words = second.words[-1].split(", ")
    assert words[0] == "step 6"
    assert words[1].startswith("network 0.")
    assert words[2].startswith("held-out -0.")
    assert words[3].endswith(" samples/s")
    assert words[4].startswith("busy ")
    assert words[4].endswith("%")


def test_what_the_bar_counts() -> None:
    assert total_units(Budget(seconds=90)) == (90, "seconds")
    assert total_units(Budget(cpu_seconds=600, plateau=True)) == (600, "seconds")
    assert total_units(Budget(seconds=90, steps=7)) == (7, "steps")
    assert total_units(Budget(plateau=True)) == (None, "steps")


def test_a_terminal_and_a_log_show_what_is_told() -> None:
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=160, color_system=None)
        with shown_progress(console, quiet=False) as progress, progress.stage("train", 9, "steps") as task:
            task.tell("step 1, network 0.5")
            task.tell("step 2, network 0.4")
            task.advance(9)
        shown = console.file.getvalue()
        assert ("network 0.4" if terminal else "train: step 1, network 0.5\n") in shown
        assert terminal or "0.4" not in shown, "a log gets a line a minute"


def test_the_busy_share_is_steps_against_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    busy = Busyness(cuda=False)
    assert busy.share() is None
    for _ in range(3):
        now[0] += 1
        busy.begin()
        now[0] += 3
        busy.end()
    assert busy.share() == 0.75
    assert busy.share() is None
