"""The disk that films and projects are written to: full, or not to be trusted."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.desk import Desk
from understudy import atomic


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of which each stage finds the disk full, once those before it are done."""
    return tmp_path_factory.mktemp("full") / "project"


def fill_disk(patch: pytest.MonkeyPatch, here: Callable[[Path], bool]) -> None:
    """No bytes reach the disk in files whose path is `here`."""
    sync = atomic.sync

    def full(path: Path) -> None:
        if here(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(path)

    patch.setattr(atomic, "sync", full)


@pytest.mark.parametrize("stage", ["faces", "motion", "plan", "crops", "match", "render"])
def test_full_in_a_stage(desk: Desk, project: Path, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch, lambda path: f"/{stage}-" in str(path) and "recipe" not in path.name)
    said = desk.run("--project", project)
    assert said.code == 2
    (sentence,) = said.sentences
    assert "disk is full" in sentence
    assert sentence.endswith("run the same command again.")
    assert not desk.output.exists()
    assert not list(project.rglob(".part-*"))


def test_full_at_the_very_end(desk: Desk) -> None:
    desk.run()
    before = desk.output.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        fill_disk(patch, lambda path: path.name == ".part-out.mp4")
        said = desk.run("--blend", "feather")
    assert said.code == 2
    assert "disk is full" in said.sentences[0]
    assert [path.name for path in desk.folder.iterdir()] == ["out.mp4"]
    assert desk.output.read_bytes() == before
    assert desk.run("--blend", "feather").code == 0
    assert desk.output.read_bytes() != before


OUTPUTS = (
    "faces-*/chunk-*.npz",
    "faces-*/tracks.npz",
    "motion-*/chunk-*.npz",
    "motion-*/traces-*.npz",
    "motion-*/steady.npz",
    "plan-*/model.npz",
    "crops-*/*.png",
    "match-*/chunk-*.npz",
    "render-*/chunk-*.mkv",
)
UNREAD = ("faces-*/chunk-*.npz", "motion-*/chunk-*.npz", "motion-*/traces-*.npz", "crops-*/*.png")
"""What a finished project does not open again."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, likeness: Path, small: Path) -> Desk:
    """A swap that is done, in a project of its own."""
    folder = tmp_path_factory.mktemp("finished")
    desk = Desk(folder, likeness, small, folder / "project")
    assert desk.run().code == 0
    return desk


@pytest.mark.parametrize("name", OUTPUTS)
def test_files_of_a_project_that_lost_their_end_are_made_again(finished: Desk, name: str) -> None:
    before = finished.output.read_bytes()
    for path in finished.files(name):
        path.write_bytes(path.read_bytes()[:-9])
    assert finished.run().sentences == []
    assert finished.output.read_bytes() == before


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name not in UNREAD])
def test_of_garbage_in_a_project_it_is_said_what_to_delete(finished: Desk, name: str) -> None:
    before = finished.output.read_bytes()
    for path in finished.files(name):
        path.write_bytes(np.random.default_rng(0).bytes(path.stat().st_size))
    told = ""
    for _ in finished.files(name):
        said = finished.run()
        if said.code == 0:
            break
        (told,) = said.sentences
        assert said.code == 2
        assert re.search("delete it and run (again|the same command again)\\.$", told)
        Path(told.split(" ")[0]).unlink()
    assert told
    assert finished.run().sentences == []
    assert finished.output.read_bytes() == before


def test_a_catalogue_that_is_none(finished: Desk) -> None:
    (finished.project / "catalog.db").write_bytes(b"not a database at all" * 100)
    for leftover in finished.project.glob("catalog.db-*"):
        leftover.unlink()
    assert "catalog.db cannot be used as a catalogue" in finished.refusal()
    (finished.project / "catalog.db").unlink()
    finished.output.unlink()
    assert finished.run().code == 0
