"""Progress on the screen: bars with speed and time left on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.progress import Task as Bar
from rich.text import Text

from understudy.progress import Progress, SilentProgress, Task

_TELL_EVERY = 60.0


def shown_progress(console: Console, quiet: bool) -> AbstractContextManager[Progress]:
    """A progress for `console`, to be used in a `with` block. `quiet` leaves only warnings."""
    if quiet:
        return nullcontext(WarningsOnly(console))
    if console.is_terminal:
        return _bars(console)
    return nullcontext(Lines(console))


class WarningsOnly(SilentProgress):
    """Shows no stages."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def warn(self, message: str) -> None:
        """Print the message."""
        self._console.print(Text(f"Warning: {message}", style="yellow"), soft_wrap=True)


class Lines(WarningsOnly):
    """Prints one line when a stage ends, for logs."""

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:  # noqa: ARG002
        """Count a stage, and say what it took."""
        count = _Count(self._say, name)
        begun = time.perf_counter()
        yield count
        seconds = time.perf_counter() - begun
        speed = f", {count.done / seconds:.1f} {unit}/s" if count.done and seconds > 0 else ""
        self._say(f"{name}: {count.done} {unit} in {seconds:.1f} s{speed}")

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True, highlight=False)


class DrawnBars(WarningsOnly):
    """Draws one bar per stage."""

    def __init__(self, console: Console, bars: Bars) -> None:
        super().__init__(console)
        self._bars = bars

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:
        """Draw a stage until it ends; its bar stays."""
        bar = self._bars.add_task(name, total=total, unit=unit, told="")
        yield _BarTask(self._bars, bar)
        done = self._bars.tasks[self._bars.task_ids.index(bar)].completed
        self._bars.update(bar, total=done)
        self._bars.stop_task(bar)


class _Count:
    """Counts; of what is told, a log gets a line a minute."""

    def __init__(self, say: Callable[[str], None], name: str) -> None:
        self.done = 0
        self._say = say
        self._name = name
        self._next = time.monotonic()

    def advance(self, count: int = 1) -> None:
        self.done += count

    def tell(self, text: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TELL_EVERY
            self._say(f"{self._name}: {text}")


class _BarTask:
    def __init__(self, bars: Bars, bar: TaskID) -> None:
        self._bars = bars
        self._bar = bar

    def advance(self, count: int = 1) -> None:
        self._bars.advance(self._bar, count)

    def tell(self, text: str) -> None:
        self._bars.update(self._bar, told=text)


class _SpeedColumn(ProgressColumn):
    def render(self, task: Bar) -> Text:
        speed = task.finished_speed or task.speed
        return Text(
            "" if speed is None else f"{speed:.1f} {task.fields['unit']}/s", style="progress.data.speed"
        )


@contextmanager
def _bars(console: Console) -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _SpeedColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Bars(*columns, console=console) as bars:
        yield DrawnBars(console, bars)
