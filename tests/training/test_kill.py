"""kill -9 again and again: a training goes on, and ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.forked import forking
from tests.training.test_loop import losses
from tests.training.tiny import TinyLearner, settings
from understudy.training.checkpoint import read_files, unpack
from understudy.training.loop import train
from understudy.training.shelf import Shelf

STEPS = 120


def work(folder: str) -> None:
    """Train, saving, scoring and showing all the time, so that kills fall into that too."""
    torch.set_num_threads(1)
    often = {"save_every": 0.01, "score_every": 0.006, "preview_every": 0.01}
    train(TinyLearner(), Path(folder), settings(STEPS, **often))


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_again_and_again(tmp_path: Path) -> None:
    train(TinyLearner(), tmp_path / "calm", settings(STEPS))
    starter = forking()
    moments = random.Random(0)
    shelf = Shelf(tmp_path / "killed")
    kills = 0
    for least in (1, 20, 40, 60, 80):
        process = starter.Process(target=work, args=(str(tmp_path / "killed"),))
        process.start()
        while process.is_alive() and not any(_step(path) >= least for path in shelf.paths()):
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.02))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert kills >= 3, "most runs ended before they were killed: the test has lost its point"

    outcome = train(TinyLearner(), tmp_path / "killed", settings(STEPS))
    assert outcome.steps == STEPS
    assert losses(tmp_path / "killed") == losses(tmp_path / "calm")
    mine, its = (unpack(read_files(Shelf(tmp_path / name).paths()[-1])) for name in ("calm", "killed"))
    for first, second in ((mine.weights, its.weights), (mine.average, its.average)):
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert mine.facts.score == its.facts.score
    assert not list((tmp_path / "killed").rglob(".part-*"))


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-"))
