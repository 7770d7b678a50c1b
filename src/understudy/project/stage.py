"""Run a stage once: its outputs stay on the disk and are taken from there while its recipe is the same."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from understudy.atomic import is_part, output_error, replacing
from understudy.project.recipe import Recipe

DONE = "done.json"
RECIPE = "recipe.json"
_HASH_DIGITS = 12


@dataclass(frozen=True)
class StageRecord:
    """What a stage took: `frames` and `seconds` of this run, without what earlier runs had done."""

    name: str
    recipe: str
    seconds: float
    frames: int
    skipped: bool

    @property
    def frames_per_second(self) -> float | None:
        """Speed; None for a stage that was skipped or counts no frames."""
        return self.frames / self.seconds if self.frames and self.seconds > 0 else None


class Stage:
    """The folder of one stage with one recipe.

    A work function writes its outputs here, each through `writing`. Long work goes chunk by chunk: a chunk is
    done exactly when its file is there, so a kill costs the chunk in hand and no more. The chunk's size, and
    whatever else decides what goes into it, belongs to the recipe's parameters.
    """

    def __init__(self, stages: Path, recipe: Recipe) -> None:
        self.recipe = recipe
        self.folder = stages / f"{recipe.stage}-{recipe.hash[:_HASH_DIGITS]}"

    def path(self, name: str) -> Path:
        """Where the output `name` is, or will be. Read it freely; write it through `writing`."""
        return self.folder / name

    def writing(self, name: str) -> AbstractContextManager[Path]:
        """Give a temporary path, which becomes output `name` when the block ends well (see `replacing`)."""
        return replacing(self.path(name))

    def chunk(self, index: int, suffix: str = ".npz") -> str:
        """Name of chunk `index`, as `chunk-00012.npz`."""
        return f"chunk-{index:05}{suffix}"

    def chunks(self, count: int, suffix: str = ".npz") -> list[Path]:
        """Paths of chunks 0..count-1, in order."""
        return [self.path(self.chunk(index, suffix)) for index in range(count)]

    def pending_chunks(self, count: int, suffix: str = ".npz") -> list[int]:
        """Which of chunks 0..count-1 are still to be made, ascending."""
        return [index for index, path in enumerate(self.chunks(count, suffix)) if not path.exists()]

    @property
    def done(self) -> bool:
        """Whether the stage ran to its end and every output is still there at its full size."""
        promised = self._read_done()
        return promised is not None and promised.items() <= self._sizes().items()

    def run(self, work: Callable[[Stage], int | None]) -> StageRecord:
        """Do `work`, unless it is done.

        `work` gets this stage and returns how many frames it worked on (None: it does not count frames). When
        it returns, the stage is done; when it raises, the chunks it wrote stay and the next `run` goes on
        from them.
        """
        if self.done:
            return StageRecord(self.recipe.stage, self.recipe.hash, 0.0, 0, skipped=True)
        self._prepare()
        begun = time.perf_counter()
        frames = work(self) or 0
        with self.writing(DONE) as path:
            path.write_text(json.dumps({"outputs": self._sizes()}), "utf-8")
        seconds = time.perf_counter() - begun
        return StageRecord(self.recipe.stage, self.recipe.hash, seconds, frames, skipped=False)

    def _prepare(self) -> None:
        """Make the folder, and clear what a killed run or a damaged disk left in it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            promised = self._read_done() or {}
            self.path(DONE).unlink(missing_ok=True)
            for path in self.folder.iterdir():
                damaged = promised.get(path.name, path.stat().st_size) != path.stat().st_size
                if is_part(path) or damaged:
                    path.unlink()
        except OSError as error:
            raise output_error(self.folder, error) from error
        with self.writing(RECIPE) as path:
            path.write_text(self.recipe.text + "\n", "utf-8")

    def _read_done(self) -> dict[str, int] | None:
        try:
            outputs = json.loads(self.path(DONE).read_text("utf-8"))["outputs"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return outputs if isinstance(outputs, dict) else None

    def _sizes(self) -> dict[str, int]:
        return {
            path.name: path.stat().st_size
            for path in self.folder.iterdir()
            if path.name != DONE and not is_part(path)
        }


def collect_garbage(stages: Path, keep: set[str]) -> list[Path]:
    """Delete the stage folders whose recipe hash is not in `keep`; return what was deleted."""
    names = {digest[:_HASH_DIGITS] for digest in keep}
    unused = [
        folder
        for folder in sorted(stages.iterdir())
        if folder.is_dir() and folder.name.rpartition("-")[2] not in names
    ]
    for folder in unused:
        # The mark goes first: a kill in the middle must not leave a gutted folder that says it is done.
        (folder / DONE).unlink(missing_ok=True)
        shutil.rmtree(folder)
    return unused
