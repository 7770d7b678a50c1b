"""The takes and films that end-to-end tests share: rendering them costs more than most tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pipeline.agreed import drawn, swap
from tests.pipeline.desk import Desk
from tests.pipeline.films import UNEVEN, Take, act, film
from tests.pipeline.school import School, steps
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult
from understudy.pipeline.train import train

COUNT = 20


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="session")
def arjun() -> Take:
    return act("arjun", seed=9, count=COUNT, pace=8)


@pytest.fixture(scope="session")
def marco() -> Take:
    return act("marco", seed=8, count=COUNT, pace=12.5)


@pytest.fixture(scope="session")
def elin() -> Take:
    return act("elin", seed=12, count=10, pace=12.5)


@pytest.fixture(scope="session")
def likeness(folder: Path, arjun: Take) -> Path:
    return film(folder / "arjun.mp4", arjun.images)


@pytest.fixture(scope="session")
def plate(folder: Path, marco: Take) -> Path:
    """With a sound, a timecode, and frames that are not shown at a steady rate."""
    metadata = {"timecode": "10:00:00:00"}
    return film(folder / "marco.mov", marco.images, tones=(440,), metadata=metadata, **UNEVEN)


@pytest.fixture(scope="session")
def swapped(folder: Path, likeness: Path, plate: Path) -> tuple[SwapRequest, SwapResult]:
    """The plain case, lossless, with everything that can be asked for beside it."""
    request = SwapRequest(
        (likeness,),
        plate,
        folder / "swapped.mkv",
        project=folder / "project",
        codec="ffv1",
        contact_sheet=folder / "sheet.png",
        sheet_frames=5,
        compare=folder / "compare.mp4",
    )
    return request, swap(request)


@pytest.fixture(scope="session")
def small(folder: Path, marco: Take) -> Path:
    """A plate in which every frame stands by itself."""
    return film(folder / "small.mov", marco.images[:10], encoder="mjpeg", pixel_format="yuvj420p")


@pytest.fixture
def desk(tmp_path: Path, folder: Path, likeness: Path, small: Path) -> Desk:
    return Desk(tmp_path, likeness, small, folder / "project")


@pytest.fixture(scope="session")
def studied(folder: Path, likeness: Path, small: Path) -> Path:
    """A project in which everything but the training is done."""
    home = folder / "school"
    home.mkdir()
    record = drawn(home / "agreed.consent.json", [likeness, small])
    train(School(home, likeness, small, record).train(steps(1)))
    shutil.rmtree(home / "project" / "training")
    return home


@pytest.fixture
def school(studied: Path, tmp_path: Path, likeness: Path, small: Path) -> School:
    shutil.copytree(studied, tmp_path / "school")
    return School(tmp_path / "school", likeness, small, tmp_path / "school" / "agreed.consent.json")
