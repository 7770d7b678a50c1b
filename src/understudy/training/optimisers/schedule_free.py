"""Schedule-Free AdamW: as good at any moment as if the rate had been lowered for that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from understudy.training.optimisers.stepping import Stepping


class ScheduleFree(Stepping):
    """Defazio et al. 2024, algorithm 1. Gradients are taken between the fast weights z and their average x.

    The parameters hold y = (1 - beta1) z + beta1 x; inside `averaged` they hold x, which is what to score and
    save. The average is weighted by the square of the rate, so that a warm-up counts for little.
    """

    averages: ClassVar[tuple[str, ...]] = ("square",)

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 2.5e-3,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def start(self, parameter: Tensor) -> dict[str, Tensor]:
        """The fast weights start where the parameters are; `weight` is that of the average so far."""
        fast = parameter.detach().clone(memory_format=torch.preserve_format)
        return {**super().start(parameter), "fast": fast, "weight": torch.zeros(())}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As any optimiser's; the weights stay on the CPU, where they are read."""
        super().load_state_dict(state_dict)
        for state in self.state.values():
            state["weight"] = state["weight"].cpu()

    def move(self, group: dict[str, Any], moved: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """One step."""
        beta1, beta2 = group["betas"]
        step = self.advance(moved)
        fast, squares = self.of("fast", moved), self.of("square", moved)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, list(gradients), list(gradients), 1 - beta2)
        updates = torch._foreach_sqrt(squares)
        torch._foreach_mul_(updates, (1 - beta2**step) ** -0.5)
        torch._foreach_add_(updates, group["eps"])
        updates = torch._foreach_div(list(gradients), updates)
        if group["weight_decay"]:
            torch._foreach_add_(updates, list(moved), alpha=group["weight_decay"])
        rate = group["lr"]
        weights = self.of("weight", moved)
        torch._foreach_add_(weights, rate**2)
        share = rate**2 / max(float(weights[0]), 1e-30)
        # y follows x and z without x being kept: x moves towards z by `share`, z by the update
        torch._foreach_lerp_(list(moved), fast, share)
        torch._foreach_add_(list(moved), updates, alpha=-rate * (1 - beta1 * (1 - share)))
        torch._foreach_add_(fast, updates, alpha=-rate)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The parameters are the average x inside the block."""
        self._towards_fast(lambda beta1: 1 - 1 / beta1)
        try:
            yield
        finally:
            self._towards_fast(lambda beta1: 1 - beta1)

    @torch.no_grad()
    def _towards_fast(self, share: Any) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                if "fast" in self.state[parameter]:
                    parameter.lerp_(self.state[parameter]["fast"], share(group["betas"][0]))
