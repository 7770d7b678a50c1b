"""A project opened for work: locked, with its settings, catalogue and stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from understudy.atomic import output_error
from understudy.errors import BadInputError
from understudy.project.catalog import DONE, Catalog
from understudy.project.corrections import Correction
from understudy.project.fingerprint import fingerprint
from understudy.project.recipe import Recipe
from understudy.project.selections import Selection
from understudy.project.settings import Settings, read_settings
from understudy.project.stage import Stage, StageRecord, collect_garbage


def default_folder(output: Path) -> Path:
    """Where the project of `output` is unless the user says otherwise: `OUT.mp4.understudy/` beside it."""
    return output.with_name(output.name + ".understudy")


class Project:
    """A project folder, held by this process alone. Use as a context manager.

    folder     the project's folder
    settings   `project.toml` as it was when the project was opened
    catalog    the database
    """

    def __init__(self, folder: Path) -> None:
        """Open the project in `folder`, and make it first where there is none.

        Raises BadInputError where another process holds it, its settings are wrong or it is newer than this
        program; OutputError where it cannot be written to.
        """
        self.folder = folder
        if folder.exists() and not folder.is_dir():
            raise BadInputError(f"{folder} is a file: give a folder as --project.")
        try:
            (folder / "stages").mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder)
        except OSError as error:
            raise output_error(folder, error) from error
        try:
            self.settings: Settings = read_settings(folder / "project.toml")
            self.catalog = Catalog(folder / "catalog.db")
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Release the folder. Closing twice is fine."""
        self.catalog.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def owns(self, output: Path) -> bool:
        """Whether the file at `output` was made here and is as it was left, so that a run may write it anew.

        A run that was killed may have left the file in either state, and is believed.
        """
        run = self.catalog.last_run(output)
        if run is None:
            return False
        return run.output_fingerprint is None or run.output_fingerprint == fingerprint(output)

    def selection(self, fingerprint: str) -> Selection | None:
        """Which faces of the clip with this content are used; None: all of them."""
        return self.catalog.selection(fingerprint)

    def corrections(self, fingerprint: str) -> tuple[Correction, ...]:
        """What was put right of the landmarks in the clip with this content."""
        return self.catalog.corrections(fingerprint)

    @contextmanager
    def run(self, command: str, settings: Mapping[str, Any], output: Path | None = None) -> Iterator[Run]:
        """Note in the catalogue what this block does, with which settings (JSON values), and how it ended.

        When it ends well, stages that neither this nor the previous run of any output used are deleted.
        """
        run = self.catalog.start_run(command, settings, output)
        try:
            yield Run(self, run)
        except BaseException as error:
            self.catalog.end_run(run, f"{type(error).__name__}: {error}")
            raise
        written = fingerprint(output) if output is not None and output.is_file() else None
        self.catalog.end_run(run, DONE, written)
        collect_garbage(self.folder / "stages", self.catalog.recipes_in_use())


class Run:
    """One command at work in a project. `stages` lists what it did, in order."""

    def __init__(self, project: Project, number: int) -> None:
        self.stages: list[StageRecord] = []
        self._project = project
        self._number = number

    def stage(self, recipe: Recipe, work: Callable[[Stage], int | None]) -> Stage:
        """The stage of `recipe`, done: by an earlier run, or by `work` now (see `Stage.run`)."""
        stage = Stage(self._project.folder / "stages", recipe)
        record = stage.run(work)
        self.stages.append(record)
        self._project.catalog.record_stage(
            self._number,
            name=record.name,
            recipe=record.recipe,
            outputs=str(stage.folder.relative_to(self._project.folder)),
            seconds=record.seconds,
            frames=record.frames,
            skipped=record.skipped,
        )
        return stage


def _locked(folder: Path) -> FileLock:
    # The system's own lock, which ends with the process however it ends: a kill leaves nothing to clean up.
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BadInputError(
            f"Another Understudy is at work in {folder}: wait until it ends, or choose another --project."
        ) from error
    return lock
