"""Work on a stream with several threads, in order, holding only a few items at a time.

OpenCV, numba and MediaPipe release the interpreter's lock, so threads share one decoded frame instead of
copying it between processes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import RLock
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

PARSING = RLock()
"""To be held by whoever reads the header of an .npy file: numpy parses it as Python, and up to Python 3.11 a
parser in one thread makes that of another fail with a SystemError (python/cpython issue 106905).
"""
_MOST_WORKERS = 8
"""More would hold more frames in memory than they are worth."""


def core_count() -> int:
    """The cores that this process is allowed to use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def worker_count() -> int:
    """Threads that this process may keep busy: one a core, at most eight."""
    return min(_MOST_WORKERS, core_count())


def ordered_map(work: Callable[[T], R], items: Iterable[T], workers: int | None = None) -> Iterator[R]:
    """`work` of every item, in the items' order.

    At most `workers + 2` items are in memory at once: `items` is drawn from in this thread, only when there
    is room. The first exception is raised here and ends the work; whoever stops iterating early ends it too.
    """
    count = workers or worker_count()
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(count) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > count + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
