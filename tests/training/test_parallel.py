"""Two processes that train together, over gloo, as torchrun starts them."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.training.test_faults import not_a_number
from tests.training.test_loop import Listener, losses
from tests.training.tiny import TinyLearner, settings
from understudy.errors import BadInputError
from understudy.training.crew import assemble
from understudy.training.learner import Batch, Losses
from understudy.training.loop import train
from understudy.training.watching import read_losses


class TinyPair(TinyLearner):
    """Two players on one pass forward: the second is to tell drawn dots from true ones."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(1)
            self.judge = nn.Conv2d(3, 1, 3, padding=1)

    def players(self) -> dict[str, list[nn.Parameter]]:
        return {
            "network": [*self.first.parameters(), *self.last.parameters()],
            "judge": [*self.judge.parameters()],
        }

    def losses(self, batch: Batch, step: int) -> Losses:
        self.seen.append((step, len(batch["sharp"])))
        drawn = self(batch["blurred"])
        error = (drawn - batch["sharp"]).square().mean()
        verdicts = self.judge(drawn), self.judge(batch["sharp"])
        return Losses(
            {
                "network": error + 0.01 * functional.softplus(-verdicts[0]).mean(),
                "judge": functional.softplus(verdicts[0]).mean() + functional.softplus(-verdicts[1]).mean(),
            }
        )


class Troubled(TinyPair):
    """One process runs out of memory once; at another step the weights of both are harmed."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.rank = rank
        self.harmed = False

    def losses(self, batch: Batch, step: int) -> Losses:
        if step == 3 and self.rank == 1 and len(batch["sharp"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        if step == 6 and not self.harmed:
            self.harmed = True
            with torch.no_grad():
                not_a_number(self)
        return super().losses(batch, step)


def work(rank: int, port: int, folder: str) -> None:
    """What one of two processes does."""
    torch.set_num_threads(1)
    os.environ |= {
        "TORCHELASTIC_RUN_ID": "test",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "GROUP_RANK": "0",
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    together = settings(12, devices=2)
    crew = assemble(together)
    place = Path(folder)
    with crew.leader_first():
        made = place / "made"
        if crew.leads:
            made.touch()
        assert made.exists()
    learner: TinyLearner = TinyPair()
    if rank == 1:
        with torch.no_grad():
            learner.first.weight += 1  # what the leading process has is to count
    train(learner, place / "pair", together, crew=crew)
    note(place / f"pair-{rank}", learner, learner.seen)
    learner = Troubled(rank)
    listener = Listener()
    train(learner, place / "troubled", together, listener, crew=crew)
    note(place / f"troubled-{rank}", learner, listener.said)
    train(Troubled(rank), place / "troubled", settings(14, devices=2), listener, crew=crew)


def note(path: Path, learner: TinyLearner, said: object) -> None:
    digest = hashlib.sha256()
    for tensor in learner.state_dict().values():
        digest.update(tensor.contiguous().numpy().tobytes())
    path.write_text(f"{digest.hexdigest()}\n{said}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes have trained."""
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    starter = multiprocessing.get_context("forkserver")
    starter.set_forkserver_preload([__name__, "lightning_fabric", "torch.utils.tensorboard"])
    two = [starter.Process(target=work, args=(rank, port, str(folder))) for rank in (0, 1)]
    for process in two:
        process.start()
    for process in two:
        process.join(120)
        process.kill()
    assert [process.exitcode for process in two] == [0, 0]
    return folder


def _values(folder: Path) -> Tensor:
    return torch.tensor(
        [[line["totals"][player] for player in ("network", "judge")] for line in read_losses(folder)]
    )


def test_both_have_the_same_weights(place: Path) -> None:
    for name in ("pair", "troubled"):
        first, second = ((place / f"{name}-{rank}").read_text().splitlines()[0] for rank in (0, 1))
        assert first == second


def test_each_learns_from_its_own_part(place: Path) -> None:
    for rank in (0, 1):
        assert (place / f"pair-{rank}").read_text().splitlines()[1] == str([(step, 4) for step in range(12)])


def test_the_losses_are_those_of_one_process_with_the_same_batch(place: Path, tmp_path: Path) -> None:
    learner = TinyPair()
    train(learner, tmp_path, settings(12, parts=2))
    alone = _values(tmp_path)
    assert alone.shape == (12, 2)
    assert torch.allclose(_values(place / "pair"), alone, rtol=1e-5)
    assert not torch.allclose(alone[:-1], alone[1:], rtol=1e-3)


def test_trouble_in_one_is_everybodys(place: Path) -> None:
    said = (place / "troubled-0").read_text().splitlines()[1]
    assert "now worked in 4 pieces" in said
    assert "At step 6 the loss of the network is no longer a number; going on from step 0" in said
    assert (place / "troubled-1").read_text().splitlines()[1] == "[]", "only the leading process speaks"
    assert [line[0] for line in losses(place / "troubled")] == list(range(14))


@pytest.mark.parametrize(
    ("environment", "changes", "words"),
    [
        ({"TORCHELASTIC_RUN_ID": "x", "WORLD_SIZE": "4"}, {}, "torchrun started 4 processes, but 1 devices"),
        ({}, {"device": "cuda", "devices": 9}, "CUDA device"),
    ],
)
def test_devices_that_do_not_fit(
    environment: dict[str, str], changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInputError, match=words):
        assemble(settings(**changes))
