"""Who judges may come, change and go between the runs of one training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.training.tiny import TinyLearner, settings
from understudy.errors import BadInputError
from understudy.training.budget import Budget
from understudy.training.learner import Batch, Losses
from understudy.training.loop import train
from understudy.training.weights import load_into


class Judged(TinyLearner):
    def __init__(self, judge: int | None) -> None:
        super().__init__()
        self.judge = None if judge is None else nn.Conv2d(3, judge, 3)

    def passing(self) -> tuple[str, ...]:
        return ("judge.",)

    def players(self) -> Mapping[str, list[nn.Parameter]]:
        network = [*self.first.parameters(), *self.last.parameters()]
        return {"network": network} | ({} if self.judge is None else {"judge": [*self.judge.parameters()]})

    def losses(self, batch: Batch, step: int) -> Losses:
        plain = super().losses(batch, step)
        if self.judge is None:
            return plain
        return Losses({**plain.totals, "judge": self.judge(batch["sharp"]).square().mean()}, plain.parts)


def run(folder: Path, judge: int | None, steps: int) -> Judged:
    torch.manual_seed(3)
    learner = Judged(judge)
    train(learner, folder, settings(budget=Budget(steps=steps), draw_ahead=False))
    return learner


def test_judges_come_change_and_go_while_the_network_goes_on(tmp_path: Path) -> None:
    for steps, judge in enumerate((None, 2, 5, 5, None), start=1):
        learner = run(tmp_path, judge, 2 * steps)
        assert learner.seen[0][0] == 2 * (steps - 1), "it goes on, and does not begin again"


def test_a_judge_that_stays_goes_on_and_one_that_changes_begins_afresh(tmp_path: Path) -> None:
    trained = run(tmp_path, 2, 4)
    assert trained.judge is not None
    again = Judged(2)
    load_into(again, tmp_path, "last")
    assert again.judge is not None
    assert torch.allclose(again.judge.weight, trained.judge.weight, atol=0.05)
    other = Judged(5)
    assert other.judge is not None
    before = other.judge.weight.clone()
    load_into(other, tmp_path, "last")
    assert torch.equal(other.judge.weight, before)
    assert torch.equal(other.first.weight, again.first.weight)


def test_everything_else_must_still_fit(tmp_path: Path) -> None:
    run(tmp_path, 2, 2)

    class Wider(Judged):
        def __init__(self) -> None:
            super().__init__(2)
            self.last = nn.Conv2d(8, 3, 5, padding=2)

    with pytest.raises(BadInputError, match=r"last\.weight"):
        train(Wider(), tmp_path, settings(budget=Budget(steps=4)))
