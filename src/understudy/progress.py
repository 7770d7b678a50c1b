"""How long-running work tells others how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """One stage under way."""

    def advance(self, count: int = 1) -> None:
        """Say that `count` more units (frames, unless the stage says otherwise) are done."""

    def tell(self, text: str) -> None:
        """Say how it goes, in a few words that replace those before."""


class Progress(Protocol):
    """Receives stages as they start; the command line draws them, tests record them."""

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:  # noqa: ARG002
        """Open a stage of `total` units (None: unknown)."""
        yield _SilentTask()

    def warn(self, message: str) -> None:
        """Say something the user should know, in one sentence, without stopping."""


class _SilentTask:
    def advance(self, count: int = 1) -> None:
        """Do nothing."""

    def tell(self, text: str) -> None:
        """Do nothing."""


class SilentProgress:
    """A progress that tells nobody."""

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:  # noqa: ARG002
        """Open a stage that nobody watches."""
        yield _SilentTask()

    def warn(self, message: str) -> None:
        """Drop the message."""
