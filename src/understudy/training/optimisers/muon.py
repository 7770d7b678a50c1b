"""Muon: the momentum of a weight matrix is made orthogonal before it is taken as a step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from understudy.training.optimisers.stepping import Stepping

_THINNEST = 8
_TALLEST = 512


class Muon(Stepping):
    """Jordan et al. 2024 (kellerjordan.github.io/posts/muon) for convolutions and dense layers, else AdamW.

    A convolution's weight is a matrix of its outputs by everything else; of more than 512 outputs, several.
    Steps have the size that was found to go with AdamW's rates (Liu et al. 2025, 2.2): a root mean square of
    0.2 lr. Biases, scales and matrices with a side below 8, such as those that draw three colours, are moved
    by AdamW at `plain` times the rate.

    torch.optim.Muon takes matrices only, and one kind of parameter.
    """

    averages: ClassVar[tuple[str, ...]] = ("momentum",)

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 5e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        steps: int = 5,
        plain: float = 0.2,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
    ) -> None:
        every = list(parameters)
        groups = [
            {"params": [each for each in every if _is_matrix(each)], "lr": lr, "orthogonal": True},
            {
                "params": [each for each in every if not _is_matrix(each)],
                "lr": lr * plain,
                "orthogonal": False,
            },
        ]
        options = {"momentum": momentum, "weight_decay": weight_decay, "steps": steps, "betas": betas}
        super().__init__([group for group in groups if group["params"]], {"lr": lr, **options, "eps": eps})

    def start(self, parameter: Tensor) -> dict[str, Tensor]:
        """Zeros; a second average is kept for what AdamW moves."""
        state = super().start(parameter)
        return state if _is_matrix(parameter) else {**state, "square": torch.zeros_like(parameter)}

    def move(self, group: dict[str, Any], moved: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """One step."""
        step = self.advance(moved)
        if group["weight_decay"]:
            torch._foreach_mul_(list(moved), 1 - group["lr"] * group["weight_decay"])
        if not group["orthogonal"]:
            self._move_plainly(group, moved, gradients, step)
            return
        momenta = self.of("momentum", moved)
        torch._foreach_lerp_(momenta, list(gradients), 1 - group["momentum"])
        ahead = torch._foreach_lerp(list(gradients), momenta, group["momentum"])
        for parameter, update in zip(moved, ahead, strict=True):
            matrices = orthogonal(_blocks(update.flatten(1)), group["steps"])
            size = 0.2 * max(matrices.shape[1:]) ** 0.5
            parameter.add_(matrices.view(parameter.shape).to(parameter.dtype), alpha=-group["lr"] * size)

    def _move_plainly(
        self, group: dict[str, Any], moved: Sequence[Tensor], gradients: Sequence[Tensor], step: int
    ) -> None:
        beta1, beta2 = group["betas"]
        means, squares = self.of("momentum", moved), self.of("square", moved)
        torch._foreach_lerp_(means, list(gradients), 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, list(gradients), list(gradients), 1 - beta2)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_mul_(roots, (1 - beta2**step) ** -0.5)
        torch._foreach_add_(roots, group["eps"])
        torch._foreach_addcdiv_(list(moved), means, roots, -group["lr"] / (1 - beta1**step))


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """About U Vᵀ of the singular value decompositions U S Vᵀ of matrices (N, m, n).

    In bfloat16 where that is fast, which is enough for a direction. Newton-Schulz iterations of the fifth
    order, with Jordan's coefficients: singular values end between about 0.7 and 1.2.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(_fast_type(x.device)).contiguous()
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.transpose(1, 2) if tall else x).contiguous()


def _blocks(matrix: Tensor) -> Tensor:
    """(m, n) as (N, m / N, n) of at most 512 rows where m can be so divided.

    The work grows with the cube of the rows: for df 128, two of whose convolutions have 2048, a step took 2.8
    s of one core this way, and 5.8 with whole matrices, beside 7.0 for the gradients of 4 faces a performer.
    """
    rows = matrix.shape[0]
    count = next((k for k in range(-(-rows // _TALLEST), rows + 1) if rows % k == 0), 1)
    return matrix.view(count if rows > _TALLEST else 1, -1, matrix.shape[1])


def _fast_type(device: torch.device) -> torch.dtype:
    if device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported():
        return torch.float32
    return torch.bfloat16


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim >= 2 and min(parameter.shape[0], parameter[0].numel()) >= _THINNEST
