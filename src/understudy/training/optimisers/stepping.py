"""What the optimisers here have in common: the state of each parameter; all of them moved at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer


class Stepping(Optimizer):
    """An optimiser of dense parameters. One with no gradient is left as it is, state and all.

    averages  names of its running averages, kept for each parameter in its shape, at first zero
    """

    averages: ClassVar[tuple[str, ...]] = ()

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move all parameters that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [each for each in group["params"] if each.grad is not None]
            if moved:
                self.move(group, moved, [each.grad for each in moved])
        return loss

    def move(self, group: dict[str, Any], moved: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """Move these parameters of one group."""
        raise NotImplementedError

    def advance(self, moved: Sequence[Tensor]) -> int:
        """Count a step; how many these parameters have taken. All of a group go together."""
        counts = []
        for parameter in moved:
            state = self.state[parameter]
            if not state:
                state["step"] = torch.zeros(())
                state.update(self.start(parameter))
            counts.append(state["step"])
        torch._foreach_add_(counts, 1.0)
        return int(counts[0])

    def start(self, parameter: Tensor) -> dict[str, Tensor]:
        """What is kept for a parameter, as it is before the first step."""
        return {name: torch.zeros_like(parameter) for name in self.averages}

    def of(self, name: str, moved: Sequence[Tensor]) -> list[Tensor]:
        """An average of each parameter."""
        return [self.state[parameter][name] for parameter in moved]


def drop_out(updates: Sequence[Tensor], keep: float, seed: int, step: int) -> None:
    """Multiply each element by 1 with probability `keep`, else by 0; seed and step say which."""
    if not updates:
        return
    chance = torch.Generator(updates[0].device).manual_seed((seed * 1_000_003 + step) % 2**63)
    for update in updates:
        update.mul_(torch.empty_like(update).bernoulli_(keep, generator=chance))


def wave(step: int, period: int = 500) -> float:
    """(cos 2πt + 1) / 2 over `period` steps: 1 at its beginning, 0 in the middle."""
    return (math.cos(2 * math.pi * (step % period) / period) + 1) / 2
