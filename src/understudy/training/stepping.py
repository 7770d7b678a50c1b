"""One step: losses of a batch, gradients over pieces and processes, each player's optimiser."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from understudy.training.chance import reseed
from understudy.training.crew import Crew
from understudy.training.faults import is_out_of_memory
from understudy.training.feeding import Order, Piece
from understudy.training.learner import Learner, Losses
from understudy.training.settings import TrainingSettings


@dataclass(frozen=True)
class Spent:
    """What one process has to tell the others with each step.

    seconds, cpu_seconds   what it has spent, in all
    stop                   it was asked to stop
    plateau                it found that the score rises no more
    """

    seconds: float
    cpu_seconds: float
    stop: bool = False
    plateau: bool = False


@dataclass(frozen=True)
class Reading:
    """What came of a step, over all processes; read after the fact, so that no device waits for Python.

    totals       by player, of the whole batch
    parts        what they are made of, of the leading process's share of the batch
    seconds      the leading process's clock; cpu_seconds, of all
    stop         some process was asked to stop
    plateau      some process found that the score rises no more
    ran_out      some process had no memory for its pieces, and the step was done without them
    """

    step: int
    totals: Mapping[str, float]
    parts: Mapping[str, float]
    seconds: float
    cpu_seconds: float
    stop: bool
    plateau: bool
    ran_out: bool


_HEADER = 6
"""Share of the batch, out of memory, stop, plateau, seconds, processor seconds."""


class Pending:
    """A step's figures on their way from the device."""

    def __init__(self, step: int, players: Sequence[str], sums: Tensor, parts: Mapping[str, Tensor]) -> None:
        self._step = step
        self._players = players
        self._parts = list(parts)
        values = torch.cat([sums, *(part.reshape(1) for part in parts.values())])
        self._values = values.to("cpu", non_blocking=True) if values.is_cuda else values
        self._event = _event() if values.is_cuda else None
        if self._event is not None:
            self._event.record()

    def read(self) -> Reading:
        """Wait for the figures."""
        if self._event is not None:
            self._event.synchronize()
        values: list[float] = self._values.tolist()
        share, ran_out, stop, plateau, seconds, cpu_seconds = values[:_HEADER]
        totals = values[_HEADER : _HEADER + len(self._players)]
        parts = values[_HEADER + len(self._players) :]
        return Reading(
            step=self._step,
            totals={
                player: total / max(share, 1e-12) for player, total in zip(self._players, totals, strict=True)
            },
            parts=dict(zip(self._parts, parts, strict=True)),
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            stop=stop > 0,
            plateau=plateau > 0,
            ran_out=ran_out > 0,
        )


@dataclass(frozen=True)
class _Sums:
    """This process's share of the batch, its weighed totals in the order of the players, and their parts."""

    share: float
    totals: Tensor
    parts: Mapping[str, Tensor]


class Stepper:
    """Takes steps with a learner. One gradient is computed for each player, from its own total alone.

    All gradients are computed before any player moves, so that players may share one pass forward.
    """

    def __init__(
        self,
        learner: Learner,
        optimisers: Mapping[str, Optimizer],
        crew: Crew,
        settings: TrainingSettings,
    ) -> None:
        self._crew = crew
        self._clip = settings.clip
        self._seed = settings.seed
        self._optimisers = optimisers
        self._players = {
            player: [each for each in parameters if each.requires_grad]
            for player, parameters in learner.players().items()
        }
        self._own_rates = {
            player: [group["lr"] for group in optimiser.param_groups]
            for player, optimiser in optimisers.items()
        }
        self._losses: Callable[[Mapping[str, Tensor], int], Losses] = learner.losses
        if settings.compile:
            self._losses = torch.compile(learner.losses)
        self._flat: Tensor | None = None

    def take(
        self, order: Order, pieces: Sequence[Piece] | None, rates: Mapping[str, float], spent: Spent
    ) -> Pending | None:
        """Do one step; None where this only process ran out of memory, and nothing has changed.

        pieces   this process's; None where there was no memory to draw them
        rates    what each player's own learning rates are multiplied by
        """
        sums = None if pieces is None else self._gradients(order, pieces)
        if sums is None:
            self._release()  # here, since the traceback inside keeps what fills the memory
            if self._crew.world == 1:
                return None
        clock = spent.seconds if self._crew.leads else 0.0
        share = 0.0 if sums is None else sums.share
        header = torch.tensor(
            [share, float(sums is None), float(spent.stop), float(spent.plateau), clock, spent.cpu_seconds]
        )
        totals = torch.zeros(len(self._players)) if sums is None else sums.totals
        figures = torch.cat([header.to(self._crew.device), totals.to(self._crew.device)])
        if self._crew.world > 1:
            self._add_up(figures, ran_out=sums is None)
        self._move(order, rates)
        return Pending(order.step, list(self._players), figures, {} if sums is None else sums.parts)

    def highest_rate(self) -> float:
        """The highest learning rate of the last step."""
        return max(group["lr"] for each in self._optimisers.values() for group in each.param_groups)

    def _gradients(self, order: Order, pieces: Sequence[Piece]) -> _Sums | None:
        """Compute and add up each piece's gradients; None where memory ran out."""
        try:
            share = sum(piece.share for piece in pieces)
            totals = torch.zeros(len(self._players), device=self._crew.device)
            parts: dict[str, Tensor] = {}
            for piece in pieces:
                reseed(self._seed, "losses", order.stretch, order.step, piece.number)
                with self._crew.autocast():
                    losses = self._losses(piece.batch, order.step)
                totals += self._backward(losses, piece.share)
                for name, value in losses.parts.items():
                    weighed = value.detach().float() * (piece.share / share)
                    parts[name] = parts[name] + weighed if name in parts else weighed
                del losses
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return None
        return _Sums(share, totals, parts)

    def _backward(self, losses: Losses, share: float) -> Tensor:
        """Gradients of each player's total, weighed by the piece's share; the weighed totals."""
        if set(losses.totals) != set(self._players):
            raise ValueError(f"losses are of {sorted(losses.totals)}, players are {sorted(self._players)}")
        totals = [losses.totals[player].float() * share for player in self._players]
        left = len(totals)
        for total, parameters in zip(totals, self._players.values(), strict=True):
            left -= 1
            torch.autograd.backward(total, inputs=parameters, retain_graph=left > 0)
        return torch.stack([total.detach() for total in totals])

    @torch.no_grad()
    def _add_up(self, figures: Tensor, *, ran_out: bool) -> None:
        """Sum figures and gradients over the processes, in one message; gradients become means again."""
        parameters = [each for player in self._players.values() for each in player]
        used = torch.tensor([float(each.grad is not None) for each in parameters]).to(figures.device)
        sizes = [len(figures), len(used), *(each.numel() for each in parameters)]
        if self._flat is None:
            self._flat = torch.empty(sum(sizes), device=figures.device)
        slots = torch.split(self._flat, sizes)
        slots[0].copy_(figures)
        slots[1].copy_(used)
        for each, slot in zip(parameters, slots[2:], strict=True):
            if each.grad is None:
                slot.zero_()
            else:
                slot.view(each.shape).copy_(each.grad)
        self._crew.add_up(self._flat)
        figures.copy_(slots[0])
        self._flat[sizes[0] :] /= figures[0].clamp(min=1e-12)
        # Whoever ran out has to look up which parameters take part; the others know.
        takes_part = (slots[1] > 0).tolist() if ran_out else [each.grad is not None for each in parameters]
        for each, slot, taken in zip(parameters, slots[2:], takes_part, strict=True):
            if taken:
                each.grad = torch.empty_like(each) if each.grad is None else each.grad
                each.grad.copy_(slot.view(each.shape))

    def _move(self, order: Order, rates: Mapping[str, float]) -> None:
        """Let each player's optimiser act on its gradients, alike in all processes."""
        reseed(self._seed, "move", order.stretch, order.step)
        for player, optimiser in self._optimisers.items():
            if self._clip is not None:
                nn.utils.clip_grad_norm_(self._players[player], self._clip)
            for group, own in zip(optimiser.param_groups, self._own_rates[player], strict=True):
                group["lr"] = own * rates[player]
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def _release(self) -> None:
        for optimiser in self._optimisers.values():
            optimiser.zero_grad(set_to_none=True)
        gc.collect()
        if self._crew.device.type == "cuda":
            torch.cuda.empty_cache()


def _event() -> torch.cuda.Event:
    return torch.cuda.Event()  # type: ignore[no-untyped-call]
