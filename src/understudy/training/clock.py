"""What a training spends: time on the clock, and of the processor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Goes on from what earlier runs spent. Seconds everywhere."""

    def __init__(self, seconds: float, cpu_seconds: float) -> None:
        self._begun = time.monotonic() - seconds
        self._cpu_begun = time.process_time() - cpu_seconds

    @property
    def seconds(self) -> float:
        """On the clock, everything included."""
        return time.monotonic() - self._begun

    @property
    def cpu_seconds(self) -> float:
        """Of this process's processor time, all threads, without what was spent `aside`."""
        return time.process_time() - self._cpu_begun

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Processor time inside is not counted: scores, pictures and files are not training."""
        begun = time.process_time()
        try:
            yield
        finally:
            self._cpu_begun += time.process_time() - begun


class Every:
    """Says when an interval has passed again."""

    def __init__(self, seconds: float) -> None:
        self._interval = seconds
        self._next = time.monotonic() + seconds

    def passed(self) -> bool:
        """Whether the interval has passed since this last said so."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._interval
        return True
