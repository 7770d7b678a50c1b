"""Processes that begin at once, and may be killed: a server has imported what takes seconds, and forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

_IMPORTED = [
    *("lightning_fabric", "torch.utils.tensorboard", "mediapipe", "scipy.ndimage"),
    *("understudy.cli", "understudy.pipeline.swap", "understudy.pipeline.train", "understudy.training.loop"),
]


def forking() -> ForkServerContext:
    """Where to start processes from. One server serves all tests of a run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context


@dataclass(frozen=True)
class Command:
    """`understudy` on the command line, running in a process of its own.

    told, said   files of what it prints and of what it complains about
    """

    process: BaseProcess
    told: Path
    said: Path

    @classmethod
    def start(cls, folder: Path, words: list[str], before: Callable[[], None] | None = None) -> Command:
        """Begin; `before` is called in the process. What it says goes into files in `folder`."""
        told, said = folder / "told.txt", folder / "said.txt"
        process = forking().Process(target=_work, args=(words, told, said, before))
        process.start()
        return cls(process, told, said)

    @property
    def runs(self) -> bool:
        return self.process.is_alive()

    def send(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def ended(self, within: float = 300) -> int:
        """Its exit code, when it has ended: negative where a signal ended it."""
        self.process.join(within)
        if self.process.exitcode is None:
            self.process.kill()
            raise TimeoutError(f"it still ran after {within} s: {self.said.read_text()}")
        return self.process.exitcode

    def finished(self) -> str:
        """What it printed; it has to end well."""
        assert self.ended() == 0, self.said.read_text()
        return self.told.read_text()

    def until(self, reached: Callable[[], bool], within: float = 300) -> None:
        """Wait until something is reached, or the process has ended."""
        begun = time.monotonic()
        while self.runs and not reached():
            assert time.monotonic() - begun < within
            time.sleep(0.002)


def _work(words: list[str], told: Path, said: Path, before: Callable[[], None] | None) -> None:
    import torch

    from understudy.cli import main

    for number, path in ((1, told), (2, said)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    # a test run in a shell's background would hand on that it ignores Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    torch.set_num_threads(1)
    sys.argv = ["understudy", *words]
    if before is not None:
        before()
    main()
