"""Jobs at work: child processes, one a lane at a time, told of in the catalogue.

The server stays free to answer, a job can be stopped at any moment, and what it has done so far is kept by
the project's stages as after any kill.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from understudy.project import jobs
from understudy.project.catalog import Catalog
from understudy.project.schema import JobRow
from understudy.studio.films import UnknownError

LANES: Mapping[str, str] = {"inspect": "look", "proxy": "look"}
"""Kinds that do not wait for the long ones; every other kind is in the lane `make`."""
_LONG = "make"
_PATIENCE = 10.0
_TELL_EVERY = 0.5


@dataclass
class _Child:
    job: int
    process: subprocess.Popen[bytes]
    cancelled: bool = False


class Queue:
    """The jobs of one project. `version` grows with every change, for those who wait for one."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._folder, self._catalog = folder, catalog
        self._children: dict[str, _Child] = {}
        self._change = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []
        self.version = 0

    def start(self) -> None:
        """Begin to work; what an earlier studio left running counts as interrupted."""
        with self._catalog.transaction() as session:
            jobs.interrupted(session)
        for lane in dict.fromkeys([*LANES.values(), _LONG]):
            thread = threading.Thread(target=self._work, args=(lane,), name=f"jobs-{lane}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop what runs, and wait for it. It can be taken up again."""
        with self._change:
            self._closing = True
            for child in self._children.values():
                _stop(child.process)
            self._change.notify_all()
        for thread in self._threads:
            thread.join(_PATIENCE + 5)

    def add(self, kind: str, title: str, settings: Mapping[str, Any]) -> JobRow:
        """Put a job at the end of the queue; it is in the catalogue when this returns.

        An equal one that has not ended yet is returned instead.
        """
        with self._catalog.transaction() as session:
            for row in jobs.every(session):
                same = (row.kind, row.settings) == (kind, dict(settings))
                if same and row.state in ("waiting", "running"):
                    return row
            row = jobs.add(session, kind, title, settings)
        self._changed()
        return row

    def cancel(self, job: int) -> None:
        """Stop a job, or take it out of the queue. Raises UnknownError where it has ended."""
        with self._change:
            for child in self._children.values():
                if child.job == job:
                    child.cancelled = True
                    _stop(child.process)
                    return
            with self._catalog.transaction() as session:
                row = jobs.get(session, job)
                if row is None or row.state != "waiting":
                    raise UnknownError("This job has ended.")
                jobs.end(session, job, "cancelled")
        self._changed()

    def retry(self, job: int) -> None:
        """Let a job that ended badly run again. Raises UnknownError where it did not."""
        with self._catalog.transaction() as session:
            if not jobs.again(session, job):
                raise UnknownError("Only a job that was stopped or failed can be taken up again.")
        self._changed()

    def _changed(self) -> None:
        with self._change:
            self.version += 1
            self._change.notify_all()

    def _work(self, lane: str) -> None:
        while True:
            with self._change:
                if self._closing:
                    return
                seen = self.version
            job = self._next(lane)
            if job is not None:
                self._run(lane, job)
                continue
            with self._change:
                self._change.wait_for(lambda seen=seen: self._closing or self.version != seen)  # type: ignore[misc]

    def _next(self, lane: str) -> int | None:
        with self._catalog.transaction() as session:
            for row in jobs.waiting(session):
                if LANES.get(row.kind, _LONG) == lane and jobs.begin(session, row.id):
                    return row.id
        return None

    def _run(self, lane: str, job: int) -> None:
        command = [sys.executable, "-m", "understudy.studio.working", str(self._folder), str(job)]
        with tempfile.TemporaryFile() as said:
            # A session of its own: Ctrl-C in the terminal is for the server, which then ends its children.
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, start_new_session=True
            )
            child = _Child(job, process)
            with self._change:
                self._children[lane] = child
                if self._closing:
                    _stop(process)
            self._changed()
            message = self._listen(child)
            code = process.wait()
            with self._change:
                del self._children[lane]
            state: jobs.State = "done" if code == 0 else "failed"
            if code != 0:
                state = "cancelled" if child.cancelled else "interrupted" if self._closing else state
            if state == "failed" and not message:
                message = f"It ended unexpectedly (code {code}): {_last_line(said)}"
            with self._catalog.transaction() as session:
                jobs.end(session, job, state, message if state in ("done", "failed") else "")
        self._changed()

    def _listen(self, child: _Child) -> str:
        """Note what a child says of its progress; return its last word."""
        assert child.process.stdout is not None
        message, told = "", 0.0
        stage = ""
        for line in child.process.stdout:
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                if "message" in said:
                    message = str(said["message"])
                    continue
                now = time.monotonic()
                if said["stage"] == stage and now - told < _TELL_EVERY and said["done"] != said["total"]:
                    continue
                stage, told = said["stage"], now
                with self._catalog.transaction() as session:
                    jobs.tell(session, child.job, **said)
                self._changed()
        return message


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process as Ctrl-C would; kill it where it does not end."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)

    def kill() -> None:
        with suppress(ProcessLookupError):
            process.kill()

    timer = threading.Timer(_PATIENCE, kill)
    timer.daemon = True
    timer.start()


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
