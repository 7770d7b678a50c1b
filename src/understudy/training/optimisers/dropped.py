"""RMSprop, of which only some elements move in a step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from understudy.training.optimisers.stepping import Stepping, drop_out, wave


class DroppedRms(Stepping):
    """RMSprop (Hinton 2012, lecture 6e) as DeepFaceLab has it: rho 0.9, eps 1e-6 beside the root.

    dropout, seed  see `AdaBelief`
    """

    averages: ClassVar[tuple[str, ...]] = ("square",)

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 5e-5,
        rho: float = 0.9,
        eps: float = 1e-6,
        dropout: float | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "rho": rho, "eps": eps, "dropout": dropout, "seed": seed})

    def move(self, group: dict[str, Any], moved: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """One step."""
        step = self.advance(moved)
        squares = self.of("square", moved)
        torch._foreach_mul_(squares, group["rho"])
        torch._foreach_addcmul_(squares, list(gradients), list(gradients), 1 - group["rho"])
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"])
        updates = torch._foreach_div(list(gradients), roots)
        rate = group["lr"]
        if group["dropout"] is not None:
            rate *= wave(step - 1)
            drop_out(updates, group["dropout"], group["seed"], step)
        torch._foreach_add_(list(moved), updates, alpha=-rate)
