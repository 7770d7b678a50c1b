"""Facesets on disk: what was saved comes back, and nothing else is believed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from understudy.errors import BadInputError
from understudy.faces.faceset import COLUMNS, Faceset, Found, concatenate


@st.composite
def facesets(draw: st.DrawFn) -> Faceset:
    places = draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(-1, 50)), max_size=4, unique=True))
    n = len(places)
    place = np.array(sorted(places), np.int32).reshape(-1, 2)
    numbers = st.floats(-1e6, 1e6, width=32)
    base = draw(arrays(np.float32, (n, 1, 3), elements=numbers))
    return Faceset(
        frame=place[:, 0].copy(),
        track=place[:, 1].copy(),
        landmarks=base + np.arange(478, dtype=np.float32)[:, None],
        score=draw(arrays(np.float32, n, elements=st.floats(0, 1, width=32))),
        found=draw(arrays(np.uint8, n, elements=st.integers(0, max(Found)))),
        light=draw(arrays(np.float32, (n, 2), elements=st.floats(-2, 2, width=32))),
    )


@given(facesets())
def test_what_was_saved_comes_back(faces: Faceset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.npz"
        faces.save(path)
        again = Faceset.load(path)
        assert [p.name for p in Path(folder).iterdir()] == ["faces.npz"]
    for name in COLUMNS:
        column = getattr(again, name)
        np.testing.assert_array_equal(column, getattr(faces, name))
        assert column.dtype == getattr(faces, name).dtype


def _columns(count: int = 2) -> dict[str, np.ndarray]:
    return {
        "frame": np.arange(count, dtype=np.int32),
        "track": np.zeros(count, np.int32),
        "landmarks": np.zeros((count, 478, 3), np.float32),
        "score": np.ones(count, np.float32),
        "found": np.zeros(count, np.uint8),
        "light": np.zeros((count, 2), np.float32),
    }


HOSTILE = {
    "light that is no number": {"light": np.full((2, 2), np.nan, np.float32)},
    "light of another shape": {"light": np.zeros((2, 3), np.float32)},
    "floats as frames": {"frame": np.array([0.0, 1.0])},
    "frames out of order": {"frame": np.array([1, 0], np.int32)},
    "a negative frame": {"frame": np.array([-1, 0], np.int32)},
    "a negative track": {"track": np.array([-2, 0], np.int32)},
    "a missing row": {"score": np.ones(1, np.float32)},
    "a flat landmark array": {"landmarks": np.zeros((2, 478 * 3), np.float32)},
    "too few landmarks": {"landmarks": np.zeros((2, 468, 3), np.float32)},
    "double landmarks": {"landmarks": np.zeros((2, 478, 3))},
    "landmarks that are no numbers": {"landmarks": np.full((2, 478, 3), np.nan, np.float32)},
    "a score above one": {"score": np.array([0.5, 1.5], np.float32)},
    "a score that is no number": {"score": np.array([0.5, np.nan], np.float32)},
    "an unknown way of finding": {"found": np.array([0, 99], np.uint8)},
    "pickled objects": {"frame": np.array([{}, {}], dtype=object)},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_columns_are_refused_in_one_sentence(tmp_path: Path, change: dict[str, np.ndarray]) -> None:
    path = tmp_path / "faces.npz"
    np.savez(path, **(_columns() | change))
    with pytest.raises(BadInputError, match=r"faces\.npz.*run again\.$"):
        Faceset.load(path)


def test_the_same_columns_unchanged_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    np.savez(path, **_columns())
    assert len(Faceset.load(path)) == 2


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.npz"
        path.write_bytes(data)
        with pytest.raises(BadInputError):
            Faceset.load(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    np.savez(path, **_columns())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadInputError):
        Faceset.load(path)


def test_concatenation_keeps_order_and_nothing_is_an_empty_faceset() -> None:
    one, two = Faceset(**_columns(1)), Faceset(**_columns(2))
    assert concatenate([one, two]).frame.tolist() == [0, 0, 1]
    assert len(concatenate([])) == 0
