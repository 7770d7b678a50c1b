"""What goes wrong in a training, and how it is known."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import torch

_ENOUGH = 20
_IN_A_ROW = 5


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device or this machine has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def trouble(totals: Mapping[str, float], recent: Mapping[str, Sequence[float]]) -> str | None:
    """What is wrong with a step's totals, in words; None where nothing is.

    `recent` are the totals of the steps before, by player. Not a number, or infinite, is wrong at once. A
    collapse is a total that for five steps has stood above three times its running level (the median) and ten
    times its usual deviation from it (the median absolute deviation).
    """
    for player, total in totals.items():
        if not math.isfinite(total):
            return f"the loss of the {player} is no longer a number"
        before = recent.get(player, ())
        settled, last = before[: -(_IN_A_ROW - 1)], [*before[-(_IN_A_ROW - 1) :], total]
        if len(settled) < _ENOUGH:
            continue
        level = statistics.median(settled)
        deviation = statistics.median(abs(each - level) for each in settled)
        if min(last) > level + 2 * abs(level) + 10 * deviation:
            return f"the loss of the {player} has risen from {level:.3g} to {total:.3g}"
    return None
