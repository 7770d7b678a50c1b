"""A project in which another process of the same command works: what it makes is waited for, and read."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from understudy.errors import BadInputError
from understudy.project import corrections, selections
from understudy.project.beside import NOT_YET, read_beside
from understudy.project.corrections import Correction
from understudy.project.recipe import Recipe
from understudy.project.selections import Selection
from understudy.project.settings import Settings, read_settings
from understudy.project.stage import Stage, StageRecord

_PAUSE = 0.2

Found = TypeVar("Found")


class FollowedProject:
    """A project folder that the leading process holds; nothing is written to it from here.

    folder     the project's folder
    settings   `project.toml`
    catalog    None: the leading process keeps it
    """

    catalog = None

    def __init__(self, folder: Path) -> None:
        """Wait until there is a project in `folder`. Raises BadInputError where its settings are wrong."""
        self.folder = folder
        watch = _Watch()
        while not (folder / "project.toml").exists():
            watch.wait()
        self.settings: Settings = read_settings(folder / "project.toml")

    def selection(self, fingerprint: str) -> Selection | None:
        """Which faces of the clip with this content are used; None: all of them."""
        return self._read(lambda session: selections.read(session, fingerprint))

    def corrections(self, fingerprint: str) -> tuple[Correction, ...]:
        """What was put right of the landmarks in the clip with this content."""
        return self._read(lambda session: corrections.read(session, fingerprint))

    def _read(self, read: Callable[[Session], Found]) -> Found:
        watch = _Watch()
        while True:
            found = read_beside(self.folder / "catalog.db", read)
            if found is not NOT_YET:
                return found
            watch.wait()

    def run(self) -> FollowedRun:
        """What the leading process does."""
        return FollowedRun(self.folder / "stages")


class FollowedRun:
    """A run of the leading process, which does the same stages; nothing is done here: `stages` is empty."""

    def __init__(self, stages: Path) -> None:
        self.stages: list[StageRecord] = []
        self._stages = stages

    def stage(self, recipe: Recipe, work: Callable[[Stage], int | None]) -> Stage:
        """The stage of `recipe` when it is done; `work` is left to the leading process."""
        del work
        stage, watch = Stage(self._stages, recipe), _Watch()
        while not stage.done:
            watch.wait()
        return stage


class _Watch:
    """Waits as long as the process that started this one lives."""

    def __init__(self) -> None:
        self._parent = os.getppid()

    def wait(self) -> None:
        if os.getppid() != self._parent:
            raise BadInputError("The process that leads this training has ended: run the command again.")
        time.sleep(_PAUSE)
