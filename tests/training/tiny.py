"""A learner of a few hundred weights: it learns to draw blurred dots sharp. A step takes milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from understudy.training.budget import Budget
from understudy.training.learner import Batch, Learner, Losses
from understudy.training.sampling import Sampler
from understudy.training.settings import TrainingSettings


def settings(steps: int = 20, **changes: Any) -> TrainingSettings:
    """Settings of a short training on the CPU."""
    usual: dict[str, Any] = {
        "budget": Budget(steps=steps),
        "batch": 8,
        "warm_up": 4,
        "precision": "fp32",
        "device": "cpu",
        "ema": 0.9,
    }
    return TrainingSettings(**{**usual, **changes})


class TinyLearner(Learner):
    """Its batches, dropout and schedule depend on all that a training must restore."""

    name: ClassVar[str] = "tiny"

    def __init__(self, width: int = 8, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.first = nn.Conv2d(3, width, 3, padding=1)
            self.last = nn.Conv2d(width, 3, 3, padding=1)
        self.sampler = Sampler(np.arange(12), hard=1.0)
        self.noise = 0.0
        self.told: list[float] = []
        self.seen: list[tuple[int, int]] = []

    def architecture(self) -> Mapping[str, Any]:
        return {"width": self.first.out_channels}

    def schedule(self, progress: float) -> None:
        self.told.append(progress)
        self.noise = 0.1 * progress

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        faces = self.sampler.draw(count, chance)
        density = 0.8 + 0.015 * faces.float()[:, None, None, None]
        sharp = (torch.rand(count, 3, 8, 8, generator=chance) > density).float()
        blurred = functional.avg_pool2d(sharp, 3, 1, 1)
        noise = torch.randn(blurred.shape, generator=chance) * self.noise
        return {"blurred": blurred + noise * self.training, "sharp": sharp, "faces": faces}

    def forward(self, blurred: Tensor) -> Tensor:
        hidden = functional.dropout(functional.relu(self.first(blurred)), 0.1, self.training)
        drawn: Tensor = self.last(hidden)
        return drawn

    def losses(self, batch: Batch, step: int) -> Losses:
        self.seen.append((step, len(batch["sharp"])))
        each = (self(batch["blurred"]) - batch["sharp"]).square().mean((1, 2, 3))
        self.sampler.tell(batch["faces"], each)
        return Losses({"network": each.mean()}, {"worst": each.detach().amax()})

    def reweigh(self) -> None:
        self.sampler.refresh()

    def score(self) -> float:
        batch = self.draw(16, torch.Generator().manual_seed(99))
        return -float((self(batch["blurred"]) - batch["sharp"]).square().mean())

    def preview(self) -> npt.NDArray[np.uint8]:
        drawn = self(self.draw(1, torch.Generator().manual_seed(7))["blurred"])[0]
        return (drawn.clamp(0, 1) * 255).byte().permute(1, 2, 0).contiguous().numpy()
