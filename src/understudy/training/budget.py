"""How long a network may learn: on the clock, in processor time, in steps, or until it learns no more."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from understudy.errors import BadInputError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:cpu)?[smhd])+", re.ASCII)
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(cpu)?([smhd])", re.ASCII)
_LONGEST = 366 * 86400.0

_OPEN_STEPS = 3000.0
_OPEN_SHARE = 0.7
"""Without a limit nobody knows how far a training is: it nears 0.7 in some thousands of steps."""


@dataclass(frozen=True)
class Point:
    """One measurement of the held-out score.

    seconds and cpu_seconds are what the training had spent by then, as `Budget` counts them.
    """

    step: int
    seconds: float
    cpu_seconds: float
    score: float


@dataclass(frozen=True)
class Budget:
    """When a training ends: at the first of its limits. What earlier runs of the same training spent counts.

    seconds      on the clock, everything included
    cpu_seconds  of processor time of all processes, in drawing batches and in steps only, so that what is
                 measured does not pay for the measuring
    steps        of the optimiser
    plateau      end when the held-out score no longer rises, after a last stretch at a falling rate
    """

    seconds: float | None = None
    cpu_seconds: float | None = None
    steps: int | None = None
    plateau: bool = False

    def __post_init__(self) -> None:
        for name, value in (
            ("time", self.seconds),
            ("time", self.cpu_seconds),
            ("number of steps", self.steps),
        ):
            if value is not None and not 0 < value < math.inf:
                raise BadInputError(
                    f"The budget's {name} must be above zero, not {value}; give for example 10m."
                )
        if self.seconds is None and self.cpu_seconds is None and self.steps is None and not self.plateau:
            raise BadInputError(
                "A training needs an end: give --budget (as 10m), --steps or --until-plateau."
            )

    @property
    def has_limit(self) -> bool:
        """Whether it ends for sure."""
        return not (self.seconds is None and self.cpu_seconds is None and self.steps is None)

    def progress(
        self, step: int, seconds: float, cpu_seconds: float, plateau_step: int | None = None
    ) -> float:
        """How much of the budget is used, 0 to 1; 1 means that it is spent.

        `plateau_step` is the step at which the score was found to rise no more.
        """
        spent = 0.0
        if self.seconds is not None:
            spent = max(spent, seconds / self.seconds)
        if self.cpu_seconds is not None:
            spent = max(spent, cpu_seconds / self.cpu_seconds)
        if self.steps is not None:
            spent = max(spent, step / self.steps)
        if self.plateau and plateau_step is not None:
            last_stretch = max(1.0, plateau_step / 4)
            along = (step - plateau_step) / last_stretch
            spent = max(spent, _OPEN_SHARE + (1 - _OPEN_SHARE) * along)
        elif not self.has_limit:
            spent = _OPEN_SHARE * (1 - math.exp(-step / _OPEN_STEPS))
        return min(1.0, spent)


def parse_budget(text: str) -> Budget:
    """The budget that `text` gives: 90s, 10m, 1h30m, 2d on the clock; 10cpum in processor time; both:
    10m8cpum.

    Raises BadInputError where it is none.
    """
    clean = text.strip().lower().replace(" ", "")
    if not _WHOLE.fullmatch(clean):
        raise BadInputError(
            f"{text!r} is no budget; write it like 90s, 10m, 1h30m, or 10cpum for minutes of processor time."
        )
    totals = {"": 0.0, "cpu": 0.0}
    for number, clock, unit in _PIECE.findall(clean):
        totals[clock] += float(number) * _UNITS[unit]
    if max(totals.values()) > _LONGEST:
        raise BadInputError(f"A budget of {text} is longer than a year; write it like 90s, 10m or 8h.")
    if max(totals.values()) <= 0:
        raise BadInputError(f"A budget of {text} is no time at all; write it like 90s, 10m or 8h.")
    return Budget(seconds=totals[""] or None, cpu_seconds=totals["cpu"] or None)


def make_budget(text: str | None = None, steps: int | None = None, until_plateau: bool = False) -> Budget:
    """The budget of the options --budget, --steps and --until-plateau; at least one must be given."""
    if text is None:
        return Budget(steps=steps, plateau=until_plateau)
    return replace(parse_budget(text), steps=steps, plateau=until_plateau)


def describe_budget(budget: Budget) -> str:
    """`budget` in the words of the options, as "10m" or "10cpum, 500 steps"."""
    words = []
    if budget.seconds is not None:
        words.append(_duration(budget.seconds, ""))
    if budget.cpu_seconds is not None:
        words.append(_duration(budget.cpu_seconds, "cpu"))
    if budget.steps is not None:
        words.append(f"{budget.steps} steps")
    if budget.plateau:
        words.append("until plateau")
    return ", ".join(words)


def _duration(seconds: float, clock: str) -> str:
    for unit in "dhm":
        if seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{clock}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + f"{clock}s"


def has_plateaued(curve: Sequence[Point]) -> bool:
    """Whether the last third of the scores brought less than 2 % of all that was gained; needs nine scores.

    Free of the score's unit. A third of the way grows with the training: slow learners are not cut off.
    """
    if len(curve) < 9:
        return False
    scores = [point.score for point in curve]
    split = len(scores) - len(scores) // 3
    before, after = max(scores[:split]), max(scores[split:])
    gained = max(before, after) - scores[0]
    return after - before <= 0.02 * gained
