"""Weights averaged over the last steps: steadier and better than the last ones alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class AveragedWeights:
    """What of a module's parameters is scored, shown and exported.

    Exponential moving averages, whose decay at step t is min(decay, (1 + t) / (10 + t)), as in TensorFlow's
    ExponentialMovingAverage, so that the random beginning is soon forgotten. Optimisers that average by
    themselves (they have a scope `averaged`) do so for their parameters. With a decay of None the others are
    taken as they are.
    """

    def __init__(self, module: nn.Module, decay: float | None, optimisers: Sequence[Optimizer]) -> None:
        self._decay = decay
        self._self_averaging: list[Any] = [each for each in optimisers if hasattr(each, "averaged")]
        averaged = {
            id(parameter)
            for each in self._self_averaging
            for group in each.param_groups
            for parameter in group["params"]
        }
        self._by_optimiser = {name: own for name, own in module.named_parameters() if id(own) in averaged}
        self._own = {
            name: own
            for name, own in module.named_parameters()
            if decay is not None and own.requires_grad and id(own) not in averaged
        }
        self._averages = {name: own.detach().clone() for name, own in self._own.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step number `step`, counted from 0."""
        if self._decay is not None and self._own:
            decay = min(self._decay, (1 + step) / (10 + step))
            torch._foreach_lerp_([*self._averages.values()], [*self._own.values()], 1 - decay)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Inside the block the module has the averages as its weights; afterwards its own, bit for bit."""
        with torch.no_grad():
            held = {name: own.clone() for name, own in self._by_optimiser.items()}
            self._exchange()
        with ExitStack() as scopes:
            for each in self._self_averaging:
                scopes.enter_context(each.averaged())
            try:
                yield
            finally:
                scopes.close()
                with torch.no_grad():
                    self._exchange()
                    for name, own in self._by_optimiser.items():
                        own.copy_(held[name])

    def tensors(self) -> Mapping[str, Tensor]:
        """The averages by the names of the parameters."""
        found = dict(self._averages)
        if self._by_optimiser:
            with self.shown():
                found |= {name: own.detach().clone() for name, own in self._by_optimiser.items()}
        return found

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what `tensors` gave; where a parameter has none, from its present weights."""
        for name, average in self._averages.items():
            average.copy_(tensors.get(name, self._own[name]))

    def _exchange(self) -> None:
        """Swap the module's weights and the averages, in place."""
        for name, own in self._own.items():
            average = self._averages[name]
            held = own.clone()
            own.copy_(average)
            average.copy_(held)
