"""Optimisers by name: what trains networks fast, and what DeepFaceLab trains them with.

All keep their state as tensors, draw from nothing but a seed and the number of the step, and are chosen by
`optimiser`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.optim import Optimizer

from understudy.errors import BadInputError
from understudy.training.optimisers.belief import AdaBelief
from understudy.training.optimisers.dropped import DroppedRms
from understudy.training.optimisers.muon import Muon
from understudy.training.optimisers.schedule_free import ScheduleFree
from understudy.training.optimisers.weighted import AdamW


@dataclass(frozen=True)
class Kind:
    """An optimiser that can be asked for.

    rate     its own learning rate
    falls    whether the rate should fall towards the end of a training
    options  what it is made with
    summed   its `eps` is meant for gradients of the sum over a batch
    """

    make: Callable[..., Optimizer] = field(repr=False)
    rate: float
    falls: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    summed: bool = False


def _deepfacelab(make: Callable[..., Optimizer], rate: float, **options: Any) -> Kind:
    return Kind(make, rate, falls=False, options={"eps": 1e-6, **options}, summed=True)


KINDS: Mapping[str, Kind] = {
    "adamw": Kind(AdamW, 1e-3),
    "muon": Kind(Muon, 5e-3),
    "schedule-free": Kind(ScheduleFree, 1e-3, falls=False),
    "adabelief": Kind(AdaBelief, 1e-3),
    # DeepFaceLab's, with its rate of 5e-5 throughout. It adds losses up over a batch where means are taken
    # here: the step is the same with an eps that is as much smaller.
    "dfl-adabelief": _deepfacelab(AdaBelief, 5e-5, correct_bias=False),
    "dfl-adabelief-dropout": _deepfacelab(AdaBelief, 5e-5, correct_bias=False, dropout=0.3),
    "dfl-rmsprop": _deepfacelab(DroppedRms, 5e-5),
    "dfl-rmsprop-dropout": _deepfacelab(DroppedRms, 5e-5, dropout=0.3),
    "dfl-quick96": _deepfacelab(DroppedRms, 2e-4, dropout=0.3),
}


def kind(name: str) -> Kind:
    """The kind called `name`. Raises BadInputError for one that there is not."""
    if name not in KINDS:
        raise BadInputError(f"There is no optimiser called {name!r}; choose one of: {', '.join(KINDS)}.")
    return KINDS[name]


def optimiser(
    name: str, parameters: Iterable[nn.Parameter], rate: float | None = None, batch: int = 1, **options: Any
) -> Optimizer:
    """The optimiser called `name`, for `parameters`, at its own rate where none is given.

    `batch` is how many examples gradients are means over. `options` go to its class, over those of its kind;
    `seed` to those that draw at random.
    """
    chosen = kind(name)
    lr = chosen.rate if rate is None else rate
    own = dict(chosen.options)
    if chosen.summed:
        own["eps"] /= batch
    return chosen.make(list(parameters), lr=lr, **{**own, **options})
