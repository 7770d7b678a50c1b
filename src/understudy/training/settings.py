"""What can be chosen about a training, whatever is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from understudy.errors import BadInputError
from understudy.training.budget import Budget

Precision = Literal["auto", "bf16", "fp32"]
Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training. All may be changed between its runs.

    budget         when it ends
    batch          examples in a step, over all processes
    optimiser      name for `optimisers.optimiser`, or one for each player by the player's name
    rate           learning rate; None for the optimiser's own
    precision      bf16: matrix products in bfloat16, weights in float32; auto: bf16 where the hardware has it
    device         auto: CUDA, else Apple's, else the processor
    devices, nodes processes a machine, and machines; under torchrun they must be what torchrun was given
    compile        torch.compile the losses
    channels_last  memory layout of pictures and convolutions
    clip           largest norm of each player's gradient; None: not clipped
    ema            decay of the averaged weights that are scored, shown and exported; None: no averaging
    warm_up        steps over which the rate rises, unless 5 % of the budget are over sooner
    seed           all randomness comes from it
    parts          draw the batch in at least so many parts. One process with `parts` = 2 computes what two do
    keep           so many last checkpoints are kept, and the best
    save_every, score_every, preview_every   seconds between checkpoints, held-out scores and preview sheets
    draw_ahead     draw the next batch in a thread while a step is computed
    rollbacks      give up after so many rollbacks on one stretch
    """

    budget: Budget
    batch: int = 16
    optimiser: str | Mapping[str, str] = "adamw"
    rate: float | None = None
    precision: Precision = "auto"
    device: Device = "auto"
    devices: int = 1
    nodes: int = 1
    compile: bool = False
    channels_last: bool = True
    clip: float | None = 1.0
    ema: float | None = 0.999
    warm_up: int = 100
    seed: int = 0
    parts: int = 1
    keep: int = 2
    save_every: float = 120.0
    score_every: float = 60.0
    preview_every: float = 60.0
    draw_ahead: bool = True
    rollbacks: int = 5

    def __post_init__(self) -> None:
        for name in ("batch", "devices", "nodes", "parts", "keep", "rollbacks"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("save_every", "score_every", "preview_every"):
            _check(getattr(self, name) > 0, name, getattr(self, name), "above zero")
        if self.rate is not None:
            _check(0 < self.rate < math.inf, "rate", self.rate, "above zero")
        if self.clip is not None:
            _check(self.clip > 0, "clip", self.clip, "above zero")
        if self.ema is not None:
            _check(0 <= self.ema < 1, "ema", self.ema, "from 0 to below 1")
        _check(self.warm_up >= 0, "warm_up", self.warm_up, "at least 0")
        _check(0 <= self.seed < 2**63, "seed", self.seed, "from 0 to 2^63 - 1")
        if self.precision not in ("auto", "bf16", "fp32"):
            raise BadInputError(f"There is no precision {self.precision!r}; choose auto, bf16 or fp32.")
        if self.device not in ("auto", "cpu", "cuda", "mps"):
            raise BadInputError(f"There is no device {self.device!r}; choose auto, cpu, cuda or mps.")

    def optimiser_of(self, player: str) -> str:
        """The name of the optimiser of `player`."""
        if isinstance(self.optimiser, str):
            return self.optimiser
        if player not in self.optimiser:
            raise BadInputError(
                f"No optimiser is named for {player!r}; name one for each player, or one for all."
            )
        return self.optimiser[player]

    def to_json(self) -> dict[str, Any]:
        """As JSON values, to be kept beside the weights; nothing reads them back."""
        return asdict(self)


def _check(right: bool, name: str, value: float, want: str) -> None:
    if not right:
        raise BadInputError(f"The training's {name} must be {want}, not {value}.")
