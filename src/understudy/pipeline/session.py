"""One command at work in a project: its stages, the clips it has open, and what it has to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from understudy.faces.stretches import kept_in
from understudy.pipeline.footage import Footage, open_footage
from understudy.progress import Progress, Task
from understudy.project.catalog import Catalog
from understudy.project.folder import Project, Run
from understudy.project.following import FollowedProject, FollowedRun
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage


class Session:
    """What all stages of a command share. Use as a context manager: it closes the clips it opened.

    warnings   what the user was told, in order
    """

    def __init__(
        self, project: Project | FollowedProject, run: Run | FollowedRun, progress: Progress
    ) -> None:
        self.project, self.run, self.progress = project, run, progress
        self.warnings: list[str] = []
        self._clips = ExitStack()
        self._clips.enter_context(kept_in(project.folder))
        self._footage: list[Footage] = []
        self._told: set[Path] = set()

    @property
    def project_catalog(self) -> Catalog:
        """The project's catalogue, for commands that no other process follows."""
        if self.project.catalog is None:
            raise ValueError("a project that is followed has no catalogue here")
        return self.project.catalog

    def open(
        self, path: Path, frames: tuple[int, int] | None = None, rate: Fraction | None = None
    ) -> Footage:
        """Open a clip (see `open_footage`); says so where the file breaks off."""
        footage = open_footage(path, frames, rate)
        self._clips.callback(footage.clip.close)
        self._footage.append(footage)
        count = footage.info.frame_count
        if footage.clip.fault is not None and footage.stop == count:
            self.warn_of(footage, f"{footage.clip.fault} Its {count} readable frames are used.")
        return footage

    def warn(self, message: str) -> None:
        """Tell the user something without stopping."""
        self.warnings.append(message)
        self.progress.warn(message)

    def warn_of(self, footage: Footage, message: str) -> None:
        """Tell what is wrong with a clip, unless something was told of it before."""
        if footage.info.path not in self._told:
            self._told.add(footage.info.path)
            self.warn(message)

    def warn_of_faults(self) -> None:
        """Tell of damage that was come upon while the clips were read."""
        for footage in self._footage:
            if footage.clip.fault is not None:
                self.warn_of(footage, f"{footage.clip.fault} Look at the result there.")

    def stage(
        self, recipe: Recipe, label: str, total: int, work: Callable[[Stage, Task], int], unit: str = "frames"
    ) -> Stage:
        """The stage of `recipe`, done by an earlier run or by `work` now, which is shown as `label`."""

        def shown(stage: Stage) -> int:
            with self.progress.stage(label, total, unit) as task:
                return work(stage, task)

        return self.run.stage(recipe, shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clips.close()
