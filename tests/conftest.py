"""Fixtures for every room's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# numba compiles in the first call of a test, and a red build must be red again when it is run again
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of real clips: UNDERSTUDY_FOOTAGE, else `shared/footage` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "footage"
    folder = Path(os.environ.get("UNDERSTUDY_FOOTAGE", beside))
    if not folder.is_dir():
        pytest.skip("real clips are not here: set UNDERSTUDY_FOOTAGE to their folder")
    return folder
