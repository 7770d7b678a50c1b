"""A take: who plays what, for how long, at which size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from understudy import __version__
from understudy.parallel import ordered_map
from understudy.performers import Identity, Performance, Picture, render, true_swap
from understudy.performers.stage import check_size
from understudy.progress import Progress


@dataclass(frozen=True)
class Take:
    """`performer` playing frames 0..`frames` - 1 of `performance`, `size` pixels wide and high.

    With `likeness` it is the true swap: that identity's face in the performer's frames. Raises BadInputError
    for a size that cannot be rendered.
    """

    performer: Identity
    performance: Performance
    frames: int
    size: int = 512
    likeness: Identity | None = None

    def __post_init__(self) -> None:
        check_size(self.size)

    @property
    def rate(self) -> Fraction:
        """Frames per second; NTSC's rates exactly."""
        whole = Fraction(self.performance.frame_rate).limit_denominator(1001)
        ntsc = Fraction(round(whole * 1001 / 1000) * 1000, 1001)
        return ntsc if abs(ntsc - whole) < Fraction(1, 500) else whole

    def picture(self, frame: int) -> Picture:
        """One of its frames."""
        if self.likeness is None:
            return render(self.performer, self.performance, frame, self.size)
        return true_swap(self.likeness, self.performer, self.performance, frame, self.size)

    def pictures(self, frames: Iterable[int], progress: Progress) -> Iterator[tuple[int, Picture]]:
        """The chosen frames with their numbers, in order, drawn on all cores."""
        wanted = list(frames)
        with progress.stage("render", len(wanted)) as task:
            if not wanted:
                return
            # alone: threads that begin together would build the same performers twice
            yield wanted[0], self.picture(wanted[0])
            task.advance()
            for frame, picture in zip(wanted[1:], ordered_map(self.picture, wanted[1:]), strict=True):
                yield frame, picture
                task.advance()

    def recipe(self) -> dict[str, Any]:
        """Everything that its pictures depend on, as JSON."""
        performance = asdict(self.performance)
        performance["companion"] = self.performance.companion and self.performance.companion.name
        return {
            "understudy": __version__,
            "performer": self.performer.name,
            "likeness": self.likeness and self.likeness.name,
            "frames": self.frames,
            "size": self.size,
            "performance": {k: list(v) if isinstance(v, tuple) else v for k, v in performance.items()},
        }
