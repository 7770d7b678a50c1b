"""The command line on a desk with footage on it, for tests of what can go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tests.pipeline.agreed import drawn
from tests.pipeline.films import frames_of
from understudy.cli import app
from understudy.media import open_clip
from understudy.provenance.keys import config_folder


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    sentences: list[str]


@dataclass(frozen=True)
class Desk:
    """A folder for the output, the footage, and the command line."""

    folder: Path
    likeness: Path
    plate: Path
    project: Path

    @property
    def output(self) -> Path:
        return self.folder / "out.mp4"

    def run(self, *more: Any, likeness: Path | None = None, plate: Path | None = None) -> Said:
        footage = [likeness or self.likeness, plate or self.plate, *(word for word in more if _is_clip(word))]
        words = [footage[0], "--onto", footage[1], "--project", self.project, *more]
        if all(path.exists() and (path.is_dir() or path.stat().st_size) for path in footage):
            words += ["--consent", drawn(config_folder() / "desk.consent.json", footage)]
        if "-o" not in more:
            words += ["-o", self.output]
        done = CliRunner().invoke(app, ["swap", "--quiet", *map(str, words)])
        return Said(done.exit_code, done.stderr.splitlines())

    def refusal(self, *more: Any, **footage: Path) -> str:
        """What is said of a request that is refused, after which all files are as they were."""
        before = self._files()
        said = self.run(*more, **footage)
        assert said.code == 2, said
        (sentence,) = said.sentences
        assert sentence.endswith(".")
        assert self._files() == before
        return sentence

    def files(self, name: str) -> list[Path]:
        """What the project's stages hold under this name."""
        found = sorted(self.project.glob(f"stages/{name}"))
        assert found, name
        return found

    def _files(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.folder.rglob("*") if path.is_file()}

    def warning(self, **footage: Path) -> str:
        """What is said of a request that is done with a warning."""
        said = self.run(**footage)
        assert said.code == 0, said
        (sentence,) = said.sentences
        assert sentence.startswith("Warning: ")
        return sentence.removeprefix("Warning: ")

    def assert_swapped(self, plate: Path, count: int) -> None:
        """The output is the first `count` frames of the plate, with another face."""
        with open_clip(plate) as clip:
            before = [frame.image.astype(int) for frame in clip.frames(0, count)]
        after = frames_of(self.output)
        assert len(after) == len(before) == count
        for one, other in zip(before, after, strict=True):
            differs = abs(one - other).max(-1)
            assert differs[:8].mean() < 3
            assert (differs > 20).mean() > 0.03


def _is_clip(word: Any) -> bool:
    return isinstance(word, Path) and word.is_file()
