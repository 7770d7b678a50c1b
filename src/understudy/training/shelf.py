"""The checkpoints of a training: the last few and the best, in one folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from understudy.atomic import is_part
from understudy.errors import BadInputError
from understudy.progress import Progress
from understudy.training.checkpoint import (
    Checkpoint,
    DamagedCheckpointError,
    read_facts,
    read_files,
    unpack,
    write,
)

_NAME = re.compile(r"step-(\d{9,})")


class Shelf:
    """The checkpoints below `folder`/checkpoints; only one process may write there."""

    def __init__(self, folder: Path, keep: int = 1) -> None:
        self._folder = folder / "checkpoints"
        self._keep = keep

    def paths(self) -> list[Path]:
        """All checkpoints, the oldest first."""
        if not self._folder.is_dir():
            return []
        named = [path for path in self._folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
        return sorted(named, key=_step)

    def put(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint, and delete those that need not be kept. Raises OutputError."""
        path = self._folder / f"step-{checkpoint.facts.course.step:09d}"
        write(path, checkpoint)
        self._prune()
        return path

    def newest(self, progress: Progress) -> dict[str, bytes] | None:
        """The files of the newest checkpoint that is whole; None where there was never one.

        Damaged ones are warned about. Raises BadInputError where all are damaged.
        """
        return self._first_whole(list(reversed(self.paths())), progress)

    def best(self, progress: Progress) -> dict[str, bytes] | None:
        """The files of the checkpoint with the highest held-out score, else of the newest, as `newest`."""
        return self._first_whole([path for _, path in self._ranked()], progress)

    def best_path(self) -> Path | None:
        """Where the checkpoint with the highest held-out score is; None where none has a score."""
        ranked = [path for score, path in self._ranked() if score is not None]
        return ranked[0] if ranked else None

    def discard(self, path: Path) -> None:
        """Delete a checkpoint."""
        shutil.rmtree(path, ignore_errors=True)

    def discard_after(self, step: int) -> None:
        """Delete the checkpoints of later steps: the training went wrong there and will do them anew."""
        for path in self.paths():
            if _step(path) > step:
                self.discard(path)

    def tidy(self, newest: int) -> None:
        """Before a training goes on from step `newest`: name later, damaged checkpoints so, to be left alone.

        What killed runs left half-written is deleted.
        """
        if not self._folder.is_dir():
            return
        for path in [path for path in self._folder.iterdir() if is_part(path)]:
            shutil.rmtree(path, ignore_errors=True)
        for path in self.paths():
            if _step(path) > newest:
                aside = path.with_name(f"damaged-{path.name}")
                shutil.rmtree(aside, ignore_errors=True)
                path.replace(aside)

    def _first_whole(self, paths: list[Path], progress: Progress) -> dict[str, bytes] | None:
        for path in paths:
            try:
                files = read_files(path)
                unpack(files)
            except DamagedCheckpointError as error:
                progress.warn(f"The checkpoint {path} is damaged ({error}); the one before is used.")
            else:
                return files
        if paths:
            raise BadInputError(
                f"No checkpoint in {self._folder} can be read; delete that folder to begin from nothing."
            )
        return None

    def _ranked(self) -> list[tuple[float | None, Path]]:
        """Checkpoints with their scores, the highest first, then those without a score, the newest first."""
        entries = [(score, path) for path, score in self._scores()]
        return sorted(
            entries,
            key=lambda entry: (entry[0] is not None, entry[0] or 0.0, _step(entry[1])),
            reverse=True,
        )

    def _scores(self) -> Iterator[tuple[Path, float | None]]:
        for path in self.paths():
            try:
                yield path, read_facts(path).score
            except DamagedCheckpointError:
                yield path, None

    def _prune(self) -> None:
        paths = self.paths()
        kept = {*paths[-self._keep :], self.best_path()}
        for path in paths:
            if path not in kept:
                self.discard(path)


def _step(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else -1
