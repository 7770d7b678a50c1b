from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.injected import Film
from benchmarks.inspection import looks
from tests.inspection.stage import stage
from understudy.faces.finding.reading import FaceReader
from understudy.inspection.looking import Look


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
