"""The learning rate over a training, as a share of the optimiser's own."""

from __future__ import annotations

import math
from collections.abc import Iterable

from understudy.training.optimisers import kind
from understudy.training.settings import TrainingSettings

_WARM_SHARE = 0.05
_LAST_STRETCH = 0.7


def rate_share(step: int, progress: float, warm_up: int, *, falls: bool, late: bool = False) -> float:
    """What the learning rate is multiplied by at `step`, 0 to 1.

    It rises linearly over `warm_up` steps, or over 5 % of the budget where that is sooner over. If it
    `falls`, it follows half a cosine to zero at the budget's end (Loshchilov & Hutter 2017, without
    restarts), from the beginning, or if `late` from 0.7 of the budget on.
    """
    share = 1.0
    if warm_up > 0:
        share = min(1.0, max((step + 1) / warm_up, progress / _WARM_SHARE))
    if falls:
        start = _LAST_STRETCH if late else 0.0
        along = max(0.0, (progress - start) / (1 - start))
        share *= (1 + math.cos(math.pi * min(1.0, along))) / 2
    return share


def rate_shares(
    settings: TrainingSettings, players: Iterable[str], step: int, progress: float
) -> dict[str, float]:
    """`rate_share` for each player: it falls where its optimiser is better for it."""
    return {
        player: rate_share(
            step,
            progress,
            settings.warm_up,
            falls=kind(settings.optimiser_of(player)).falls,
            late=settings.budget.plateau,
        )
        for player in players
    }
