"""What the training loop trains: a learner draws its batches, says how wrong it is, and shows what it can."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Batch = Mapping[str, Tensor]


@dataclass(frozen=True)
class Losses:
    """How wrong a learner is on one batch.

    totals  one scalar with a gradient for each of the learner's players, by the player's name
    parts   what they are made of, scalars without a gradient, to be plotted
    """

    totals: Mapping[str, Tensor]
    parts: Mapping[str, Tensor] = field(default_factory=dict)


class Learner(nn.Module):
    """Networks with everything that is needed to train them. Every engine that learns makes one.

    The loop owns devices, precision, optimisers, budgets, checkpoints and faults; a learner owns its
    networks, its material and its losses. What is in `state_dict` is what is trained and saved.
    """

    name: ClassVar[str]

    def players(self) -> Mapping[str, list[nn.Parameter]]:
        """Parameters by who optimises them; two where one network judges the other. All in one by default."""
        return {"network": list(self.parameters())}

    def begin(self, drawn: int, seed: int) -> None:
        """Told before each `draw` how many examples were drawn before, for samplers that go in rounds.

        `seed` is the training's for these rounds. In the same thread as `draw`.
        """

    @abstractmethod
    def draw(self, count: int, chance: torch.Generator) -> Batch:
        """`count` examples, augmented, on the learner's device; all randomness comes from `chance`.

        `chance` is a generator on the CPU, so that checkpoints of one device go on on another.

        May run in another thread, one step ahead, while `losses` works on the batch before: what it depends
        on may change in `schedule` and `reweigh` only, when nothing is being drawn.
        """

    @abstractmethod
    def losses(self, batch: Batch, step: int) -> Losses:
        """The losses of a batch, means over its examples, so that batches of any size weigh alike."""

    @abstractmethod
    def score(self) -> float:
        """How good it is on faces that it has not learned from; higher is better. Deterministic."""

    @abstractmethod
    def preview(self) -> npt.NDArray[np.uint8]:
        """A sheet to look at, (H, W, 3) RGB."""

    def schedule(self, progress: float) -> None:
        """Told how much of the budget is used, 0 to 1: resolutions or weights may change.

        Told before the first step of every run, and then before a step when another hundredth of the budget
        or fifty steps have gone by. Told twice the same, it must change nothing.
        """

    def reweigh(self) -> None:
        """Told after `schedule`, but not when a run begins: let `draw` heed what `losses` has found hard."""

    def passing(self) -> tuple[str, ...]:
        """Beginnings of names in `state_dict` of what may come and go between runs: who judges, say.

        Where a checkpoint lacks it, or has it in another shape, it begins afresh.
        """
        return ()

    def architecture(self) -> Mapping[str, Any]:
        """What the shape of the networks depends on, as JSON values: a checkpoint of another is refused."""
        return {}
