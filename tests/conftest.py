"""Fixtures for every room's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# numba compiles in the first call of a test, and a red build must be red again when it is run again
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A configuration folder of the tests' own: nobody's keys are read, none are left behind."""
    folder = tmp_path_factory.mktemp("config")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERSTUDY_CONFIG", str(folder))
        yield folder


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of real clips: UNDERSTUDY_FOOTAGE, else `shared/footage` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "footage"
    folder = Path(os.environ.get("UNDERSTUDY_FOOTAGE", beside))
    if not folder.is_dir():
        pytest.skip("real clips are not here: set UNDERSTUDY_FOOTAGE to their folder")
    return folder
