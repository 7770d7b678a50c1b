"""What got better or worse since an earlier run, beyond noise.

Swaps are deterministic: the same code on the same footage gives the same figures, so that every difference
is real for these frames. Noise here is the question whether it would hold on other frames of the same kind:
clips of the same length are drawn from the frames of both runs at once (Künsch 1989, the moving-block
bootstrap: neighbouring frames are alike, so runs of frames are drawn and not frames). A figure is better or
worse where it changed by at least what is worth a word (`Figure.relevant`), and the drawn clips' middle 99 %
all change in one direction. Figures of the whole clip, without a value a frame, go by the first rule alone;
`Change.spread` is None then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from understudy.benchmark.figures import FIGURES, Array, Figure, Good, Group
from understudy.benchmark.records import Benchmark, Scored

BLOCK = 8
"""Frames that are drawn together: about a third of a second, what a blink or a syllable takes."""
_DRAWS = 1000
_INTERVAL = (0.5, 99.5)
_LEAST_FRAMES = 2 * BLOCK


class Verdict(Enum):
    """What came of a figure."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """One figure of one run, before and after.

    spread   the 99 % interval of how much worse it got (`Figure.badness`, below 0: better), None where there
             is no value a frame
    """

    case: str
    variant: str
    figure: Figure
    before: float
    after: float
    verdict: Verdict
    spread: tuple[float, float] | None = None

    @property
    def before_text(self) -> str:
        """The earlier value as in tables."""
        return self.figure.text(self.before)

    @property
    def after_text(self) -> str:
        """The new value as in tables."""
        return self.figure.text(self.after)

    @property
    def noise_text(self) -> str:
        """The interval of the change in the figure's own direction, or a dash."""
        if self.spread is None:
            return "–"
        sign = -1 if self.figure.good is Good.HIGH else 1
        low, high = sorted(sign * bound for bound in self.spread)
        return f"{low:+.{self.figure.digits}f} … {high:+.{self.figure.digits}f}"


@dataclass(frozen=True)
class Comparison:
    """Everything that got better or worse; runs that only one side has are named."""

    changes: tuple[Change, ...]
    compared: int
    alone: tuple[str, ...] = ()

    @property
    def better(self) -> tuple[Change, ...]:
        """What got better."""
        return tuple(change for change in self.changes if change.verdict is Verdict.BETTER)

    @property
    def worse(self) -> tuple[Change, ...]:
        """What got worse."""
        return tuple(change for change in self.changes if change.verdict is Verdict.WORSE)

    @property
    def sentence(self) -> str:
        """All of it in a sentence."""
        if not self.compared:
            return "The earlier run has none of these cases: there is nothing to compare."
        told = f"{len(self.better)} figures got better and {len(self.worse)} worse beyond noise"
        return f"{told}, in {self.compared} runs compared."


def compare(before: Benchmark, after: Benchmark) -> Comparison:
    """Compare every run with the run of the same case and variant.

    What a swap cost is compared only on the same machine, by processor time and memory.
    """
    earlier = {(run.case, run.variant): run for run in before.runs if run.figures}
    pairs = [(earlier.get((run.case, run.variant)), run) for run in after.runs if run.figures]
    same_machine = before.machine == after.machine
    changes = [change for old, new in pairs if old is not None for change in _changes(old, new, same_machine)]
    return Comparison(
        tuple(changes),
        compared=sum(old is not None for old, _ in pairs),
        alone=tuple(f"{run.case} ({run.variant})" for old, run in pairs if old is None),
    )


def _changes(before: Scored, after: Scored, same_machine: bool) -> list[Change]:
    found = []
    for figure in FIGURES:
        known = figure.key in before.figures and figure.key in after.figures
        if not known or figure.good is Good.NEITHER or (figure.group is Group.COST and not same_machine):
            continue
        if figure.key == "frames_per_second":  # depends on what else the machine does
            continue
        change = judged(before, after, figure)
        if change.verdict is not Verdict.SAME:
            found.append(change)
    return found


def judged(before: Scored, after: Scored, figure: Figure) -> Change:
    """One figure that both runs have."""
    old, new = before.figures[figure.key], after.figures[figure.key]
    worse_by = float(figure.badness(new) - figure.badness(old))
    spread = _spread(before, after, figure)
    verdict = Verdict.WORSE if worse_by > 0 else Verdict.BETTER
    within = spread is not None and spread[0] <= 0 <= spread[1]
    if abs(worse_by) < figure.relevant or within:
        verdict = Verdict.SAME
    return Change(after.case, after.variant, figure, old, new, verdict, spread)


def _spread(before: Scored, after: Scored, figure: Figure) -> tuple[float, float] | None:
    old, new = (run.curve(figure.curve or "") for run in (before, after))
    if not len(old) or len(old) != len(new):
        return None
    both = np.isfinite(old) & np.isfinite(new)
    if both.sum() < _LEAST_FRAMES:
        return None
    draws = blocks(int(both.sum()))
    worse_by = [
        float(figure.badness(figure.over(new[both][rows])) - figure.badness(figure.over(old[both][rows])))
        for rows in draws
    ]
    low, high = np.percentile(worse_by, _INTERVAL)
    return float(low), float(high)


def blocks(count: int, draws: int = _DRAWS, length: int = BLOCK) -> Array:
    """Rows (draws, count) of clips drawn from blocks of `length` neighbouring frames, with a fixed seed."""
    rng = np.random.default_rng(count)
    length = min(length, count)
    starts = rng.integers(0, count - length + 1, size=(draws, -(-count // length)))
    rows = (starts[..., None] + np.arange(length)).reshape(draws, -1)
    return rows[:, :count]


def runs_in_both(before: Benchmark, after: Sequence[Scored]) -> list[Scored]:
    """The earlier runs of the cases and variants in `after`."""
    wanted = {(run.case, run.variant) for run in after}
    return [run for run in before.runs if (run.case, run.variant) in wanted]
