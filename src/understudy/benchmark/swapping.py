"""A swap in a process of its own, so that what it takes is its alone."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import Any

from understudy.benchmark.records import Cost, StageCost
from understudy.errors import BadInputError, OutputError, UnderstudyError
from understudy.pipeline.request import SwapRequest
from understudy.progress import Progress, Task

KEYS = "keys"
"""The folder beside the project with the keys that sign what is told of the swap."""


def swap_apart(request: SwapRequest, progress: Progress) -> tuple[Cost, dict[str, Any]]:
    """Run `pipeline.swap` in a fresh process; what it took, and its result as JSON values.

    Raises BadInputError with the sentence of a swap that was refused, OutputError with that of one that could
    not write. An interrupt ends the process at once:
    a swap may be killed at any point.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, request), daemon=True)
    process.start()
    there.close()
    try:
        told, cpu_seconds = _listen(here, progress)
    except EOFError:
        process.join()
        raise RuntimeError(f"the swap's process ended by itself, exit code {process.exitcode}") from None
    finally:
        process.terminate()
        process.join()
        here.close()
    stages = [StageCost.model_validate(_speed(stage)) for stage in told["stages"] if not stage["skipped"]]
    cost = Cost(
        frames=told["frames"],
        seconds=told["seconds"],
        cpu_seconds=cpu_seconds,
        peak_mb=told["peak_memory_mb"],
        stages=tuple(stages),
    )
    return cost, told


def _speed(stage: dict[str, Any]) -> dict[str, Any]:
    return {key: stage[key] for key in ("name", "seconds", "frames_per_second")}


def _listen(pipe: Connection, progress: Progress) -> tuple[dict[str, Any], float]:
    """Show the progress that comes in, until the end does."""
    stages: dict[int, tuple[ExitStack, Task]] = {}
    try:
        while True:
            what, *values = pipe.recv()
            if what == "stage":
                number, name, total, unit = values
                stack = ExitStack()
                stages[number] = (stack, stack.enter_context(progress.stage(name, total, unit)))
            elif what == "advance":
                stages[values[0]][1].advance(values[1])
            elif what == "end":
                stages.pop(values[0])[0].close()
            elif what == "warn":
                progress.warn(values[0])
            elif what == "refused":
                raise BadInputError(values[0])
            elif what == "unwritable":
                raise OutputError(values[0])
            elif what == "broken":
                raise RuntimeError(values[0])
            else:
                return values[0], values[1]
    finally:
        for stack, _ in stages.values():
            stack.close()


def _work(pipe: Connection, request: SwapRequest) -> None:
    """The other process."""
    # Whoever started this ends it; a Ctrl-C reaches both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from understudy.pipeline.swap import swap
    from understudy.provenance.keys import Keyring

    begun = time.process_time()
    try:
        # Keys of its own: a benchmark leaves nothing among the user's.
        result = swap(request, _Sender(pipe), Keyring(request.project_folder.with_name(KEYS)))
        pipe.send(("done", result.to_json(), time.process_time() - begun))
    except OutputError as error:
        pipe.send(("unwritable", str(error)))
    except UnderstudyError as error:
        pipe.send(("refused", str(error)))
    except BaseException:
        pipe.send(("broken", traceback.format_exc()))


class _Sender:
    """A progress that tells the process that waits."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock, self._count = pipe, threading.Lock(), 0

    def send(self, *message: Any) -> None:
        """Send one message, whichever thread it comes from."""
        with self._lock:
            self._pipe.send(message)

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:
        """Tell of a stage, from its beginning to its end."""
        self._count += 1
        number = self._count
        self.send("stage", number, name, total, unit)
        yield _SentTask(self, number)
        self.send("end", number)

    def warn(self, message: str) -> None:
        """Pass a warning on."""
        self.send("warn", message)


class _SentTask:
    def __init__(self, sender: _Sender, number: int) -> None:
        self._sender, self._number = sender, number

    def advance(self, count: int = 1) -> None:
        self._sender.send("advance", self._number, count)

    def tell(self, text: str) -> None:
        """Not passed on: a benchmark shows how far it is, not how it goes."""
