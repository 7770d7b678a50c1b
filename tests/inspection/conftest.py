from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.changes import Film
from benchmarks.inspection import looks
from tests.inspection.stage import stage
from tests.pipeline.films import film as write_film
from understudy.faces.finding.reading import FaceReader
from understudy.inspection.looking import Look

SHORT = 14
"""Frames of short films."""


@pytest.fixture(scope="session")
def film() -> Film:
    return stage()


@pytest.fixture(scope="session")
def reader() -> Iterator[FaceReader]:
    with FaceReader() as reader:
        yield reader


@pytest.fixture(scope="session")
def clean(film: Film, reader: FaceReader) -> list[Look]:
    return looks(reader, film, range(film.frames))


@pytest.fixture(scope="session")
def films(film: Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """plate.mp4 and short.mp4, missed.mp4 (frames 20 and 21 are the plate's), and a result out of shape."""
    folder = tmp_path_factory.mktemp("films")
    missed = [*film.result[:20], *film.plate[20:22], *film.result[22:]]
    write_film(folder / "plate.mp4", film.plate)
    write_film(folder / "missed.mp4", missed)
    write_film(folder / "short.mp4", film.result[:SHORT])
    write_film(folder / "later.mp4", film.result[20 : 20 + SHORT])
    write_film(folder / "cropped.mp4", [picture[:128] for picture in film.result[:4]])
    write_film(folder / "bare.mp4", [0 * picture + 90 for picture in film.plate[:4]])
    return folder
