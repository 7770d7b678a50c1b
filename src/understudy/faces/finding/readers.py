"""Frames read on several threads, each with models of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Self, TypeVar

from understudy.faces.finding.reading import FaceReader
from understudy.parallel import ordered_map, worker_count

T = TypeVar("T")
R = TypeVar("R")


class FaceReaders:
    """Face readers for `workers` threads (None: see `worker_count`). Close them after use."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or worker_count()
        self._idle: deque[FaceReader] = deque()

    def read(self, look: Callable[[FaceReader, T], R], items: Iterable[T]) -> Iterator[R]:
        """`look` at every item with a reader that no other thread uses meanwhile; see `ordered_map`."""

        def lend(item: T) -> R:
            try:
                reader = self._idle.pop()
            except IndexError:
                reader = FaceReader()
            try:
                return look(reader, item)
            finally:
                self._idle.append(reader)

        return ordered_map(lend, items, self._workers)

    def close(self) -> None:
        """Release the models. Closing twice is fine."""
        while self._idle:
            self._idle.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
