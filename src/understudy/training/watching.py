"""What a person sees of a training: the progress line, the log of losses, curves and pictures."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import output_error, replacing
from understudy.progress import Task
from understudy.training.budget import Budget, Point
from understudy.training.clock import Every
from understudy.training.course import Course
from understudy.training.settings import TrainingSettings
from understudy.training.stepping import Reading

_SHOW_EVERY = 1.0
"""Seconds between two changes of what is shown."""


class LossLog:
    """One JSON object a step, a line each: step, rate, totals by player, parts by name.

    Of a run that was killed the end may be torn; opening cuts the log back to the steps that count.
    """

    def __init__(self, path: Path, steps: int) -> None:
        self._path = path
        self._file = self._open(steps)

    def write(self, reading: Reading, rate: float) -> None:
        """Add a step."""
        line = {"step": reading.step, "rate": rate, "totals": reading.totals, "parts": reading.parts}
        self._file.write(json.dumps(line).encode() + b"\n")

    def flush(self) -> None:
        """Let others read what was written."""
        self._file.flush()

    def cut(self, steps: int) -> None:
        """Forget all but the first `steps` steps."""
        self._file.close()
        self._file = self._open(steps)

    def close(self) -> None:
        """Write what is left."""
        self._file.close()

    def _open(self, steps: int) -> IO[bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        end = 0
        if self._path.exists():
            with self._path.open("rb") as file:
                for line in file:
                    if not line.endswith(b"\n") or not _is_before(line, steps):
                        break
                    end += len(line)
        log = self._path.open("r+b" if self._path.exists() else "w+b")
        log.truncate(end)
        log.seek(end)
        return log


def _is_before(line: bytes, steps: int) -> bool:
    try:
        return int(json.loads(line)["step"]) < steps
    except (ValueError, KeyError, TypeError):
        return False


def read_losses(folder: Path) -> list[dict[str, Any]]:
    """The log of losses of the training in `folder`, a mapping a step."""
    lines = (folder / "losses.jsonl").read_bytes().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


class Board:
    """Curves and pictures for TensorBoard, below `folder`; nothing where that is not installed."""

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        self._writer: Any = None
        self.restart(step)

    def restart(self, step: int) -> None:
        """Go on from `step`; what was drawn of later steps is hidden."""
        self.close()
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._writer = SummaryWriter(str(self._folder), purge_step=step)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to each curve."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def picture(self, step: int, image: npt.NDArray[np.uint8]) -> None:
        """Add a preview sheet."""
        if self._writer is not None:
            self._writer.add_image("preview", image, step, dataformats="HWC")

    def flush(self) -> None:
        """Let others see what was added."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class Busyness:
    """The share of time in which the device had a step to work on, rather than waiting for a batch.

    On CUDA between events around each step's work; idle gaps between the kernels inside a step count as work.
    Elsewhere by the clock of the loop, in steps against all.
    """

    def __init__(self, cuda: bool) -> None:
        self._cuda = cuda
        self._marks: list[tuple[Any, Any]] = []
        self._begun = 0.0
        self._worked = 0.0
        self._since = time.monotonic()

    def begin(self) -> None:
        """A step begins."""
        if self._cuda:
            self._marks.append((_mark(), None))
        else:
            self._begun = time.monotonic()

    def end(self) -> None:
        """A step ends, or on CUDA: all of it is queued."""
        if self._cuda:
            self._marks[-1] = (self._marks[-1][0], _mark())
        else:
            self._worked += time.monotonic() - self._begun

    def share(self) -> float | None:
        """Since this was last asked; None where nothing was done. On CUDA up to the last full step."""
        if not self._cuda:
            now = time.monotonic()
            whole, worked = now - self._since, self._worked
            self._since, self._worked = now, 0.0
            return worked / whole if worked else None
        done = [marks for marks in self._marks if marks[1] is not None and marks[1].query()]
        if len(done) < 2:
            return None
        self._marks = self._marks[len(done) - 1 :]
        worked = sum(start.elapsed_time(end) for start, end in done[1:])
        whole = done[0][1].elapsed_time(done[-1][1])
        return float(worked / whole) if whole else None


def _mark() -> Any:
    import torch

    event: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    event.record()
    return event


class Watch:
    """Shows one training to the user. Only the leading process has one."""

    def __init__(
        self, folder: Path, course: Course, settings: TrainingSettings, task: Task, cuda: bool
    ) -> None:
        self.busy = Busyness(cuda)
        self._folder = folder
        self._batch = settings.batch
        self._budget = settings.budget
        self._task = task
        self._log = LossLog(folder / "losses.jsonl", course.step)
        self._board = Board(folder / "board", course.step)
        self._shown = self._units(course.step, course.seconds, course.cpu_seconds)
        self._task.advance(self._shown)
        self._now_and_then = Every(_SHOW_EVERY)
        self._steps, self._since = 0, time.monotonic()
        self._score = course.curve[-1].score if course.curve else None

    def step(self, reading: Reading, rate: float) -> None:
        """A step was read."""
        with writing(self._folder):
            self._log.write(reading, rate)
        self._steps += 1
        units = self._units(reading.step + 1, reading.seconds, reading.cpu_seconds)
        if units > self._shown:
            self._task.advance(units - self._shown)
            self._shown = units
        if self._now_and_then.passed():
            self._show(reading, rate)

    def scored(self, point: Point) -> None:
        """A held-out score was measured."""
        self._score = point.score
        self._board.scalars(point.step, {"score": point.score})

    def preview(self, step: int, sheet: npt.NDArray[np.uint8]) -> None:
        """Write a sheet over the one before, and add it to the board."""
        from understudy.media.png import write_png

        with replacing(self._folder / "preview.png") as path:
            write_png(path, sheet)
        self._board.picture(step, sheet)
        self._board.flush()

    def went_back(self, step: int) -> None:
        """The training was rolled back to `step`."""
        with writing(self._folder):
            self._log.cut(step)
        self._board.restart(step)

    def flush(self) -> None:
        """Let others read all that was written."""
        with writing(self._folder):
            self._log.flush()
        self._board.flush()

    def close(self) -> None:
        """The training ends, however it does."""
        with suppress(OSError):
            self._log.close()
        self._board.close()

    def _show(self, reading: Reading, rate: float) -> None:
        now = time.monotonic()
        speed = self._steps * self._batch / (now - self._since)
        self._steps, self._since = 0, now
        busy = self.busy.share()
        self.flush()
        curves = {f"loss/{player}": total for player, total in reading.totals.items()}
        curves |= {f"parts/{name}": part for name, part in reading.parts.items()}
        curves |= {"rate": rate, "samples per second": speed}
        words = [f"step {reading.step + 1}"]
        words += [f"{player} {total:.4g}" for player, total in reading.totals.items()]
        if self._score is not None:
            words.append(f"held-out {self._score:.4g}")
        words.append(f"{speed:.3g} samples/s")
        if busy is not None:
            curves["busy share"] = busy
            words.append(f"busy {busy:.0%}")
        self._board.scalars(reading.step, curves)
        self._task.tell(", ".join(words))

    def _units(self, step: int, seconds: float, cpu_seconds: float) -> int:
        """What the progress bar counts: see `total_units`."""
        budget = self._budget
        if budget.steps is not None or not budget.has_limit:
            return step
        return int(seconds if budget.seconds is not None else cpu_seconds)


def total_units(budget: Budget) -> tuple[int | None, str]:
    """How long the progress bar of a training is, and in what: steps where they are limited, else seconds."""
    if budget.steps is not None:
        return budget.steps, "steps"
    limit = budget.seconds if budget.seconds is not None else budget.cpu_seconds
    return (None, "steps") if limit is None else (int(limit), "seconds")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What goes wrong in writing files to `folder` becomes a sentence (OutputError)."""
    try:
        yield
    except OSError as error:
        raise output_error(folder, error) from error
