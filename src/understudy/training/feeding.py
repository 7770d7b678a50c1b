"""Batches for the steps, drawn ahead of time in a thread, and the same ones however they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import torch
from torch import Tensor

from understudy.training.chance import generator, seed_of
from understudy.training.crew import Crew
from understudy.training.faults import is_out_of_memory
from understudy.training.learner import Batch, Learner


@dataclass(frozen=True)
class Order:
    """Which batch is wanted. Equal orders give equal batches while the learner's schedule stays the same.

    stretch counts the rollbacks, so that the batches of a stretch that went wrong do not come again.
    """

    step: int
    stretch: int
    pieces: int


@dataclass(frozen=True)
class Piece:
    """A part of a batch: its number, its share of the examples in the whole, and the examples."""

    number: int
    share: float
    batch: Batch


class Feeder:
    """Draws this process's pieces of each batch. To be used in a `with` block, by one thread."""

    def __init__(
        self, learner: Learner, crew: Crew, batch: int, seed: int, *, channels_last: bool, ahead: bool
    ) -> None:
        self._learner = learner
        self._crew = crew
        self._batch = batch
        self._seed = seed
        self._channels_last = channels_last
        self._pool = ThreadPoolExecutor(1, "drawing") if ahead else None
        self._stream = _stream() if ahead and crew.device.type == "cuda" else None
        self._coming: tuple[Order, Future[list[Piece]]] | None = None

    def __enter__(self) -> Feeder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()
        if self._pool is not None:
            self._pool.shutdown()

    def take(self, order: Order) -> list[Piece] | None:
        """The pieces of `order` that are this process's to learn from; None where memory ran out."""
        coming = self._coming
        try:
            if coming is not None and coming[0] == order:
                self._coming = None
                pieces = coming[1].result()
                self._receive(pieces)
                return pieces
            self.drop()
            return self._draw(order)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return None

    def prepare(self, order: Order) -> None:
        """Begin drawing what will be taken next; does nothing without a thread."""
        if self._pool is not None:
            before = None if self._stream is None else torch.cuda.current_stream().record_event()
            self._coming = (order, self._pool.submit(self._draw_aside, order, before))

    def finish(self) -> None:
        """Wait for what is being drawn, and keep it."""
        if self._coming is not None:
            self._coming[1].exception()

    def drop(self) -> None:
        """Wait for what is being drawn, and forget it. After this nothing is drawn until asked for."""
        self.finish()
        self._coming = None

    def _draw_aside(self, order: Order, before: torch.cuda.Event | None) -> list[Piece]:
        if self._stream is None or before is None:
            return self._draw(order)
        self._stream.wait_event(before)  # what the learner made on the main stream may be drawn from
        with torch.cuda.stream(self._stream):
            pieces = self._draw(order)
        self._stream.synchronize()
        return pieces

    def _receive(self, pieces: Sequence[Piece]) -> None:
        """Tell CUDA's allocator that the main stream uses what was made on the other."""
        if self._stream is not None:
            for piece in pieces:
                for tensor in (each for each in piece.batch.values() if each.is_cuda):
                    tensor.record_stream(torch.cuda.current_stream())

    @torch.no_grad()
    def _draw(self, order: Order) -> list[Piece]:
        pieces = []
        seed = seed_of(self._seed, "rounds", order.stretch)
        for number in range(self._crew.rank, order.pieces, self._crew.world):
            count = piece_size(self._batch, order.pieces, number)
            if count:
                before = sum(piece_size(self._batch, order.pieces, each) for each in range(number))
                self._learner.begin(order.step * self._batch + before, seed)
                chance = generator(self._seed, "draw", order.stretch, order.step, number)
                batch = self._learner.draw(count, chance)
                laid_out = {name: self._lay_out(tensor) for name, tensor in batch.items()}
                pieces.append(Piece(number, count / self._batch, laid_out))
        return pieces

    def _lay_out(self, tensor: Tensor) -> Tensor:
        if self._channels_last and tensor.dim() == 4 and tensor.is_floating_point():
            return tensor.contiguous(memory_format=torch.channels_last)
        return tensor


def piece_size(batch: int, pieces: int, number: int) -> int:
    """Examples in one of the `pieces` that `batch` examples are divided into as evenly as can be."""
    return batch // pieces + (number < batch % pieces)


def _stream() -> torch.cuda.Stream:
    return torch.cuda.Stream()  # type: ignore[no-untyped-call]
