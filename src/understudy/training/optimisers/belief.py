"""AdaBelief: steps are large where gradients come as expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from understudy.training.optimisers.stepping import Stepping, drop_out, wave


class AdaBelief(Stepping):
    """Zhuang et al. 2020, algorithm 2: like Adam, with the variance of the gradient for its square.

    correct_bias  as in the paper; DeepFaceLab does not
    dropout       the share of elements that move in a step, each with the rate on a wave of 500 steps
                  (DeepFaceLab's lr_dropout, 0.3); None: all, always
    seed          of what drops out
    """

    averages: ClassVar[tuple[str, ...]] = ("mean", "variance")

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        correct_bias: bool = True,
        dropout: float | None = None,
        seed: int = 0,
    ) -> None:
        options = {"lr": lr, "betas": betas, "eps": eps, "correct_bias": correct_bias, "dropout": dropout}
        super().__init__(parameters, {**options, "seed": seed})

    def move(self, group: dict[str, Any], moved: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """One step."""
        beta1, beta2 = group["betas"]
        step = self.advance(moved)
        means, variances = self.of("mean", moved), self.of("variance", moved)
        torch._foreach_lerp_(means, list(gradients), 1 - beta1)
        surprises = torch._foreach_sub(list(gradients), means)
        torch._foreach_mul_(variances, beta2)
        torch._foreach_addcmul_(variances, surprises, surprises, 1 - beta2)
        rate, scale = group["lr"], 1.0
        if group["correct_bias"]:
            rate /= 1 - beta1**step
            scale = (1 - beta2**step) ** -0.5
        updates = torch._foreach_sqrt(variances)
        torch._foreach_mul_(updates, scale)
        torch._foreach_add_(updates, group["eps"])
        updates = torch._foreach_div(means, updates)
        if group["dropout"] is not None:
            rate *= wave(step - 1)
            drop_out(updates, group["dropout"], group["seed"], step)
        torch._foreach_add_(list(moved), updates, alpha=-rate)
