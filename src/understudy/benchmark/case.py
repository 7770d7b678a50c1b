"""What a benchmark can run: footage of a likeness and a plate, and whatever is known to be true of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from understudy.errors import BadInputError
from understudy.progress import Progress

ALL = "all"


@dataclass(frozen=True)
class TruthFiles:
    """What a perfect swap of this plate looks like.

    picture    a clip, frame by frame beside the plate; the plate itself where both are one performer
    mattes     a clip of mattes (see `filming`), None where only the picture is known
    landmarks  array file (frames, 478, 3) of the true swap's, in pixels
    """

    picture: Path
    mattes: Path | None = None
    landmarks: Path | None = None


@dataclass(frozen=True)
class Footage:
    """The files of one case. `frames` of the plate are to be swapped, `cuts` begin its later shots."""

    likeness: tuple[Path, ...]
    plate: Path
    frames: int
    truth: TruthFiles | None = None
    cuts: tuple[int, ...] = ()


class Case(Protocol):
    """One swap that is worth measuring."""

    @property
    def name(self) -> str:
        """Its name in tables and folders: small letters, digits and dashes."""

    @property
    def description(self) -> str:
        """What is hard about it, in a few words."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Sets that it belongs to."""

    @property
    def digest(self) -> str:
        """Changes exactly when the footage does."""

    def limited(self, seconds: float) -> Case:
        """The same case with only the first `seconds` of its plate."""

    def footage(self, folder: Path, progress: Progress) -> Footage:
        """Its files; what has to be made first is made inside `folder`, once."""


C = TypeVar("C", bound=Case)


def chosen(cases: Iterable[C], words: Sequence[str]) -> list[C]:
    """The cases whose name or tag is one of `words`, in their own order; all of them for the word "all".

    Raises BadInputError for a word that fits nothing.
    """
    cases = list(cases)
    for word in words:
        if word != ALL and not any(word == case.name or word in case.tags for case in cases):
            names = ", ".join(case.name for case in cases) or "none"
            tags = ", ".join(sorted({tag for case in cases for tag in case.tags} | {ALL}))
            raise BadInputError(
                f"There is no case called {word}; choose of the cases {names}, or a set: {tags}."
            )
    return [
        case for case in cases if ALL in words or case.name in words or not set(words).isdisjoint(case.tags)
    ]
