"""What requests say of their footage and of who plays whom, whatever is to be done with it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Protocol


class Asked(Protocol):
    """What a request says of who plays whom, see `request.SwapRequest`."""

    @property
    def likeness(self) -> tuple[Path, ...]:
        """Clips of the person to be seen."""

    @property
    def track(self) -> int | None:
        """The plate's track to be replaced."""

    @property
    def assignments(self) -> tuple[tuple[int, Path], ...]:
        """Likenesses by track."""


class Casting(Asked, Protocol):
    """What a request says of its footage and its faces, see `request.SwapRequest`."""

    @property
    def plate(self) -> Path:
        """The footage whose face is replaced."""

    @property
    def person(self) -> Path | None:
        """Picture of the plate's performer who is to be replaced."""

    @property
    def frames(self) -> tuple[int, int] | None:
        """First and last frame of the plate; None: all."""

    @property
    def rate(self) -> Fraction | None:
        """Frames a second of an image sequence."""
