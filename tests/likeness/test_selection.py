import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.likeness.galleries import gallery
from understudy.errors import BadInputError
from understudy.likeness.selection import (
    ClipSelection,
    DroppedFace,
    dropped_of,
    read_selection,
    write_selection,
)

DIGEST = "ab" * 32
finite = st.floats(-1e5, 1e5, allow_nan=False)
faces = st.builds(
    DroppedFace, frame=st.integers(0, 10**6), x=finite, y=finite, why=st.text(min_size=1, max_size=9)
)
clips = st.builds(
    ClipSelection, name=st.text(max_size=9), fingerprint=st.just(DIGEST), step=st.integers(1, 99),
    faces=st.integers(0, 10**6), dropped=st.lists(faces, max_size=4).map(tuple),
)  # fmt: skip


@given(chosen=st.lists(clips, max_size=3).map(tuple))
@settings(max_examples=25, deadline=None)
def test_what_is_written_is_read_again(tmp_path_factory, chosen):
    path = tmp_path_factory.mktemp("selection") / "chosen.json"
    write_selection(path, chosen)
    assert read_selection(path) == chosen


def good():
    face = {"frame": 3, "x": 1.0, "y": 2.0, "why": "blurred"}
    clip = {"name": "a.mp4", "fingerprint": DIGEST, "step": 1, "faces": 9, "dropped": [face]}
    return {"kind": "understudy-selection", "version": 1, "clips": [clip]}


def changed(**values):
    file = good()
    for key, value in values.items():
        *path, last = key.split("__")
        place = file
        for part in path:
            place = place[int(part) if part.isdigit() else part]
        place[last] = value
    return file


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1, 2",
        "[]",
        json.dumps(changed(kind="something")),
        json.dumps(changed(version=2)),
        json.dumps(changed(more=1)),
        json.dumps(changed(clips__0__fingerprint="../../etc")),
        json.dumps(changed(clips__0__step=0)),
        json.dumps(changed(clips__0__dropped__0__frame=-1)),
        json.dumps(changed(clips__0__dropped__0__frame=2**40)),
        json.dumps(changed(clips__0__dropped__0__x=1e300)),
        json.dumps(changed(clips__0__dropped__0__why="")),
        json.dumps(changed(clips__0__dropped__0__x=float("nan"))),
    ],
)
def test_anything_else_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "chosen.json"
    path.write_text(content)
    with pytest.raises(BadInputError, match="is no selection of faces") as caught:
        read_selection(path)
    assert "\n" not in str(caught.value)


def test_the_good_one_is_good(tmp_path):
    path = tmp_path / "chosen.json"
    path.write_text(json.dumps(good()))
    assert read_selection(path)[0].dropped == (DroppedFace(frame=3, x=1.0, y=2.0, why="blurred"),)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        read_selection(tmp_path / "none.json")


def test_what_is_dropped_is_told_by_clip_with_the_first_reason():
    faces = gallery(4, clips=("a", "b"), clip=np.array([0, 0, 1, 1], np.int32))
    faces = faces.dropping(np.array([1, 2]), "blurred").dropping(np.array([2, 3]), "double")
    assert [face.frame for face in dropped_of(faces, 0)] == [1]
    assert [face.why for face in dropped_of(faces, 1)] == ["blurred", "double"]
    assert faces.kept.tolist() == [True, False, False, False]
    assert faces.restoring(np.array([1, 3])).kept.tolist() == [True, True, False, True]
