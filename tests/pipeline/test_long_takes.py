"""Memory does not grow with the length of a take: nothing as long as it is kept but a few numbers a face."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from benchmarks.long_takes import LongTake
from understudy.engines.warp import shape
from understudy.faces import columns, stretches
from understudy.faces.steadying import following
from understudy.faces.stretches import kept_in

FEW, MANY, LIKENESS = 192, 576, 24
LANDMARKS = 478 * 3 * 4
"""Bytes that one face takes in the least of the columns that must not be kept."""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that changes with scale does so early, so that short takes show what long ones do."""
    for module, name, value in (
        (stretches, "STRETCH", 64),
        (stretches, "LARGE", 1 << 16),
        (columns, "LARGE", 1 << 16),
        (following, "_WINDOW", 64),
        (following, "_MARGIN", 16),
        (shape, "_MOST_CALM", 64),
    ):
        monkeypatch.setattr(module, name, value)


def peaks(count: int, folder: Path) -> dict[str, int]:
    """By stage, the most bytes in use, with what earlier stages left and without what lies in files."""
    folder.mkdir()
    take, found = LongTake(count, LIKENESS, folder), {}
    tracemalloc.start()
    for stage in take.stages:
        tracemalloc.reset_peak()
        stage()
        found[stage.__name__] = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_no_stage_keeps_a_column_of_landmarks(tmp_path: Path) -> None:
    LongTake(FEW, LIKENESS, tmp_path).warm_up()
    shutil.rmtree(tmp_path / "warm")
    with kept_in(tmp_path):
        few, many = (peaks(count, tmp_path / f"{count}") for count in (FEW, MANY))
    grown = {name: (many[name] - few[name]) / (MANY - FEW) for name in few}
    assert max(grown.values()) < LANDMARKS / 3, grown
    assert {path.name for path in tmp_path.iterdir()} == {f"{FEW}", f"{MANY}"}, "scratch files have no names"


def test_what_is_kept_in_files_is_what_is_kept_in_memory(tmp_path: Path) -> None:
    found = []
    for name in ("memory", "files"):
        (tmp_path / name).mkdir()
        take = LongTake(200, LIKENESS, tmp_path / name)
        if name == "memory":
            for stage in take.stages:
                stage()
        else:
            with kept_in(tmp_path):
                for stage in take.stages:
                    stage()
        found.append({"steady": take.faces.landmarks, **take.columns})
    in_memory, in_files = found
    assert in_memory.keys() == in_files.keys()
    for key, column in in_memory.items():
        np.testing.assert_array_equal(column, in_files[key])
