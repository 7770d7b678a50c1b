"""AdamW, with the options that are sensible here."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


class AdamW(torch.optim.AdamW):
    """torch's AdamW (Loshchilov & Hutter 2019), beta2 for short trainings, weight decay off.

    On CUDA all parameters are moved by one fused kernel.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, foreach=True)
