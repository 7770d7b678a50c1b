"""A job's own process: `python -m understudy.studio.working PROJECT JOB`.

Says how far it is as lines of JSON, and ends with 0, or with a sentence and another code. When nobody listens
any more it ends at the next line.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from understudy.errors import UnderstudyError
from understudy.progress import Task
from understudy.project import jobs
from understudy.project.catalog import Catalog

KINDS = {
    "cover": "understudy.studio.work.covering",
    "faces": "understudy.studio.work.hanging",
    "inspect": "understudy.studio.work.inspecting",
    "matte": "understudy.studio.work.matting",
    "proxy": "understudy.studio.work.proxying",
    "ready": "understudy.studio.work.readying",
    "render": "understudy.studio.work.rendering",
    "retouch": "understudy.studio.work.retouching",
    "train": "understudy.studio.work.training",
}
"""What does each kind of job: a module with `work(folder, settings, progress) -> sentence`."""
_EVERY = 0.2


class Spoken:
    """A progress that is read by the server."""

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:
        """Tell of a stage."""
        task = _Spoken(name, total, unit)
        task.say()
        yield task
        task.say()

    def warn(self, message: str) -> None:
        """Leave warnings to the log."""
        print(message, file=sys.stderr)


class _Spoken:
    def __init__(self, name: str, total: int | None, unit: str) -> None:
        self._name, self._total, self._unit = name, total, unit
        self._done, self._last = 0, 0.0

    def advance(self, count: int = 1) -> None:
        self._done += count
        if time.monotonic() - self._last >= _EVERY:
            self.say()

    def tell(self, text: str) -> None:
        del text

    def say(self) -> None:
        self._last = time.monotonic()
        say({"stage": self._name, "done": self._done, "total": self._total, "unit": self._unit})


def say(what: dict[str, Any]) -> None:
    """One line for the server."""
    print(json.dumps(what), flush=True)


def main(folder: Path, job: int) -> int:
    """Do a job; return the exit code."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        with catalog.transaction() as session:
            row = jobs.get(session, job)
        if row is None or row.kind not in KINDS:
            say({"message": "There is no such job."})
            return 2
    try:
        sentence = importlib.import_module(KINDS[row.kind]).work(folder, row.settings, Spoken())
    except UnderstudyError as error:
        say({"message": str(error)})
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    say({"message": sentence})
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
