"""A swap that is stopped and run again: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.forked import Command
from tests.pipeline.agreed import drawn, swap
from tests.pipeline.films import Take, film, frames_of
from understudy.pipeline import analysis, matching, motion, rendering, viewing
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult

CHUNK = 4


def short_chunks() -> None:
    """Short films, and yet many chunks to be killed in."""
    for stage in (analysis, matching, motion, rendering, viewing):
        stage.CHUNK = CHUNK


@dataclass(frozen=True)
class Job:
    """One swap on the command line, in a folder of its own."""

    folder: Path
    likeness: Path
    plate: Path

    @property
    def output(self) -> Path:
        return self.folder / "out.mp4"

    @property
    def extras(self) -> dict[str, Path]:
        return {"--contact-sheet": self.folder / "sheet.png", "--compare": self.folder / "compare.mp4"}

    def start(self) -> Command:
        self.folder.mkdir(exist_ok=True)
        record = drawn(self.folder.with_suffix(".consent.json"), [self.likeness, self.plate])
        words = ["swap", self.likeness, "--onto", self.plate, "-o", self.output, "--json", "-", "--quiet"]
        words += ["--consent", record]
        words += [word for option in self.extras.items() for word in option]
        said = self.folder.with_suffix(".said")
        said.mkdir(exist_ok=True)
        return Command.start(said, [*map(str, words)], short_chunks)

    def finish(self) -> dict:
        told = self.start().finished()
        return json.loads(told)

    @property
    def progress(self) -> int:
        """How many files the stages hold by now."""
        return sum(1 for path in self.folder.glob("out.mp4.understudy/stages/*/*") if path.suffix != ".json")

    def results(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.output, *self.extras.values())]


@pytest.fixture(scope="module")
def short(folder: Path, marco: Take) -> Path:
    return film(folder / "short.mp4", marco.images[:12], tones=(440,), audio_codec="aac")


@pytest.fixture(scope="module")
def other(folder: Path, elin: Take) -> Path:
    return film(folder / "elin.mp4", elin.images)


@pytest.fixture(scope="module")
def calm(folder: Path, other: Path, short: Path) -> tuple[Job, dict]:
    """What comes out when nothing happens."""
    job = Job(folder / "calm", other, short)
    return job, job.finish()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_again_and_again(folder: Path, calm: tuple[Job, dict]) -> None:
    job = replace(calm[0], folder=folder / "killed")
    moments = random.Random(2)
    killed_at = []
    # Each run is killed a little after it has gone on: after one more file of a stage, or a few.
    for _ in range(5):
        goal = job.progress + moments.choice((1, 2, 4))
        command = job.start()
        command.until(lambda goal=goal: job.progress >= goal)
        time.sleep(moments.uniform(0, 0.05))
        command.send(signal.SIGKILL)
        killed_at.append(job.progress)
        if command.ended() != -signal.SIGKILL:
            break
    assert len(set(killed_at)) >= 4, f"the kills have lost their point: {killed_at}"
    again = job.finish()
    assert job.results() == calm[0].results()
    assert again["faces_swapped"] == calm[1]["faces_swapped"] == 12
    assert any(stage["skipped"] for stage in again["stages"])
    assert not [path for path in job.folder.rglob("*") if path.name.startswith((".part-", ".wipe-"))]
    assert {path.name for path in job.folder.iterdir()} == {path.name for path in calm[0].folder.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process")
def test_interrupted(folder: Path, calm: tuple[Job, dict]) -> None:
    job = replace(calm[0], folder=folder / "interrupted")
    command = job.start()
    command.until(lambda: job.progress >= 3)
    command.send(signal.SIGINT)
    assert command.ended() == 130
    assert command.told.read_text() == ""
    assert command.said.read_text().splitlines() == ["Stopped; run the same command again to go on."]
    assert not job.output.exists()
    job.finish()
    assert job.results() == calm[0].results()


def test_memory_stays_within_bounds(calm: tuple[Job, dict]) -> None:
    assert calm[1]["peak_memory_mb"] < 1500


def redone(result: SwapResult) -> list[str]:
    return [stage.name for stage in result.stages if not stage.skipped]


@pytest.fixture
def request_(folder: Path, swapped: tuple[SwapRequest, SwapResult]) -> SwapRequest:
    """The plain case once more, under another name, in the same project."""
    return replace(swapped[0], output=folder / "again.mkv", contact_sheet=None, compare=None)


def test_a_second_run_redoes_nothing(swapped: tuple[SwapRequest, SwapResult]) -> None:
    request = swapped[0]
    before = request.output.read_bytes()
    again = swap(request)
    assert redone(again) == []
    assert request.output.read_bytes() == before
    assert (again.tracks, again.frames) == (swapped[1].tracks, swapped[1].frames)


def test_another_blend_redoes_the_rendering_alone(request_: SwapRequest) -> None:
    assert redone(swap(replace(request_, blend="feather"))) == ["render"]


def test_another_likeness_leaves_what_is_known_of_the_plate(request_: SwapRequest, other: Path) -> None:
    made = redone(swap(replace(request_, likeness=(other,))))
    assert made == ["material", "faces", "plan", "crops", "match", "render"]
    assert redone(swap(request_)) == []


def test_the_size_of_chunks_does_not_show(
    swapped: tuple[SwapRequest, SwapResult], request_: SwapRequest, tmp_path: Path, monkeypatch
) -> None:
    for stage in (analysis, rendering):
        monkeypatch.setattr(stage, "CHUNK", 7)
    request = replace(request_, output=tmp_path / "chunks.mkv", project=tmp_path / "project")
    swap(request)
    for one, other in zip(frames_of(request.output), frames_of(swapped[0].output), strict=True):
        assert np.array_equal(one, other)
