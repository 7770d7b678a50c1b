"""A project that looks like one after a swap, without the minutes that a swap takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from tests.pipeline.agreed import swap
from tests.pipeline.films import act, film
from tests.studio.browser import chromium, studio
from understudy.media import open_clip
from understudy.pipeline.request import SwapRequest
from understudy.project.catalog import Shot, Track
from understudy.project.fingerprint import fingerprint
from understudy.project.folder import Project
from understudy.studio.app import build
from understudy.studio.desk import Desk
from understudy.studio.guard import Door

DOOR = Door("a-token-that-nobody-knows", 8780)
ADDRESS = "http://127.0.0.1:8780"
FRAMES, SIZE = 12, 64
SWAPPED = 24
"""Frames of the film that was really swapped."""


def picture(data: bytes) -> np.ndarray:
    """An encoded picture as RGB."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def marked(shade: int) -> list[np.ndarray]:
    """Pictures whose brightness tells their number, and whose colour which film they are of."""
    pictures = []
    for number in range(FRAMES):
        picture = np.full((SIZE, SIZE, 3), (shade, 20 + 16 * number, 60), np.uint8)
        picture[:8, :8] = 255
        pictures.append(picture)
    return pictures


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder, with a film of frames 2-11 of its plate."""
    home = tmp_path_factory.mktemp("finished")
    lossless = {"encoder": "ffv1", "pixel_format": "bgr0", "options": {}}
    plate = film(home / "plate.mkv", marked(40), **lossless)
    made = film(home / "film.mkv", marked(200)[2:], **lossless)
    with Project(home / "film.mkv.understudy") as project:
        with project.run("swap", {"plate": str(plate), "frames": [2, 11]}, made):
            pass
        with open_clip(plate) as clip:
            info = clip.info
        number = project.catalog.record_clip(
            plate, [plate], fingerprint(plate), frames=FRAMES, rate=info.rate, width=SIZE, height=SIZE
        )
        shots = [Shot(0, 5), Shot(6, 11)]
        tracks = [Track(0, 0, 1, 5, faces=5), Track(1, 1, 6, 11, faces=4, missed=((8, 9),))]
        project.catalog.replace_shots(number, shots, tracks)
    return home / "film.mkv.understudy"


@pytest.fixture(scope="session")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of a swap of two digital performers."""
    home = tmp_path_factory.mktemp("swapped")
    likeness = film(home / "arjun.mp4", act("arjun", seed=9, count=SWAPPED, pace=8).images)
    plate = film(home / "marco.mp4", act("marco", seed=8, count=SWAPPED, pace=12.5).images)
    swap(SwapRequest((likeness,), plate, home / "film.mp4"))
    return home / "film.mp4.understudy"


@pytest.fixture(scope="module")
def copied(swapped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that project, to be changed: its catalogue is its own, its film the one that was made."""
    folder = tmp_path_factory.mktemp("copied") / "film.mp4.understudy"
    shutil.copytree(swapped, folder)
    return folder


@pytest.fixture(scope="module")
def swap_desk(copied: Path) -> Iterator[Desk]:
    """That copy at a desk where no job is begun."""
    desk = Desk(copied)
    yield desk
    desk.__exit__()


@pytest.fixture
def desk(finished: Path) -> Iterator[Desk]:
    """The project at a desk where no job is begun."""
    desk = Desk(finished)
    yield desk
    desk.__exit__()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    """Somebody who has the token."""
    with TestClient(build(desk, DOOR), ADDRESS, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {DOOR.token}"
        yield client


@pytest.fixture
def swap_client(swap_desk: Desk) -> Iterator[TestClient]:
    """Somebody who has the token of a studio on the project that was really swapped."""
    with TestClient(build(swap_desk, DOOR), ADDRESS, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {DOOR.token}"
        yield client


@pytest.fixture
def number(desk: Desk) -> int:
    """The film's number."""
    return desk.films()[0].number


@pytest.fixture(scope="module")
def address(copied: Path) -> Iterator[str]:
    """Where a studio of the module's own copy of the project is."""
    with studio(copied) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module's stories."""
    with chromium() as browser:
        yield browser
