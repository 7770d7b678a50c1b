"""A wish to stop, kept until a training is at a point where it can."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class StopWish:
    """Set by the first Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def raise_if_wished(self) -> None:
        """End as the signal would have ended the program, now that everything is saved."""
        if self.signal == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)
        if self.signal is not None:
            raise KeyboardInterrupt


@contextmanager
def stopping_gently() -> Iterator[StopWish]:
    """Inside, the first Ctrl-C (or SIGTERM, as schedulers send it) is only noted; the second ends at once.

    In a thread other than the main one, where signals do not arrive, nothing is changed.
    """
    wish = StopWish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before: dict[signal.Signals, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        if wish.signal is not None:
            raise KeyboardInterrupt
        wish.signal = number

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, note)
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
