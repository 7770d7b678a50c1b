"""The file of mattes by hand: what is written comes back, and what strangers write is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.errors import BadInputError
from understudy.mattes.labels import (
    LabelledClip,
    LabelledFace,
    Labels,
    Painted,
    parse_labels,
    read_labels,
)

_NUMBERS = st.floats(-1e5, 1e5, allow_nan=False)
_POLYGONS = st.lists(
    st.lists(st.tuples(_NUMBERS, _NUMBERS), min_size=3, max_size=5).map(tuple), max_size=2
).map(tuple)


@st.composite
def _painted(draw: st.DrawFn) -> Painted:
    x0, y0 = draw(st.integers(0, 50)), draw(st.integers(0, 30))
    x1, y1 = draw(st.integers(x0 + 1, 64)), draw(st.integers(y0 + 1, 48))
    untouched = draw(st.none() | st.just("ab" * 32))
    return Painted(
        draw(st.sampled_from(["a.png", "000012-0.PNG", "gesicht ä.png"])), (x0, y0, x1, y1), untouched
    )


_FACES = st.builds(
    LabelledFace,
    frame=st.integers(0, 2**31 - 1),
    track=st.integers(0, 20),
    include=_POLYGONS,
    exclude=_POLYGONS,
    painted=st.none() | _painted(),
)


@st.composite
def _labels(draw: st.DrawFn) -> Labels:
    prints = draw(st.lists(st.sampled_from(["0" * 16, "ab" * 32, "cd" * 64]), unique=True, max_size=2))
    unique = st.lists(_FACES, max_size=3, unique_by=lambda face: (face.frame, face.track)).map(tuple)
    return Labels(
        tuple(LabelledClip(each, draw(st.text(max_size=9)), 64, 48, draw(unique)) for each in prints)
    )


@given(_labels())
@settings(max_examples=40)
def test_what_is_written_comes_back(labels: Labels) -> None:
    assert parse_labels(json.dumps(labels.to_json()).encode()) == labels


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["format", "clips", "faces"]), inner)
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode())
)
@settings(max_examples=60)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"it |is no|has |lacks "):
        parse_labels(data)


def _one(**changes: Any) -> dict[str, Any]:
    face = {"frame": 3, "track": 0, "exclude": [[[1, 2], [3, 4], [5, 2.5]]]} | changes
    clip = {"fingerprint": "0" * 64, "name": "a.mp4", "width": 64, "height": 48, "faces": [face]}
    return {"format": "understudy-mattes/1", "clips": [clip]}


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mattes.json"
    path.write_text(json.dumps(_one()))
    (clip,) = read_labels(path).clips
    assert clip.faces == (LabelledFace(3, 0, exclude=(((1.0, 2.0), (3.0, 4.0), (5.0, 2.5)),)),)
    assert read_labels(path).of("1" * 64) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"frame": -1}, "frame"),
        ({"frame": True}, "frame"),
        ({"track": 1.5}, "track"),
        ({"exclude": [[[1, 2], [3, 4]]]}, "fewer than 3"),
        ({"exclude": [[[1, 2]] * 2001]}, "more than 2000"),
        ({"include": [[[1, 2]] * 3] * 65}, "more than 64"),
        ({"include": [[[1, 2], [3, 4], [5, 1e9]]]}, "far outside"),
        ({"include": [[[1, 2], [3, 4], [5, "6"]]]}, "far outside"),
        ({"mask": []}, "unknown"),
        ({"painted": {"file": "../a.png", "box": [0, 0, 4, 4]}}, "name of a PNG"),
        ({"painted": {"file": "/etc/a.png", "box": [0, 0, 4, 4]}}, "name of a PNG"),
        ({"painted": {"file": "a.jpg", "box": [0, 0, 4, 4]}}, "name of a PNG"),
        ({"painted": {"file": "a.png", "box": [0, 0, 65, 4]}}, "inside its frame"),
        ({"painted": {"file": "a.png", "box": [4, 0, 4, 4]}}, "inside its frame"),
        ({"painted": {"file": "a.png", "box": [0, 0, 4]}}, "x0, y0"),
        ({"painted": {"file": "a.png", "box": [0, 0, 4, 4], "untouched": "00"}}, "SHA-256"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    path = tmp_path / "mattes.json"
    path.write_text(json.dumps(_one(**changes)))
    with pytest.raises(BadInputError, match=word) as caught:
        read_labels(path)
    assert str(caught.value).count(". ") == 0


def test_no_face_comes_twice() -> None:
    twice = _one()
    twice["clips"][0]["faces"] *= 2
    with pytest.raises(ValueError, match="face twice"):
        parse_labels(json.dumps(twice).encode())


def test_infinities_and_large_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it |is no|has |lacks "):
        parse_labels(json.dumps(_one(exclude=[[[1, 2], [3, 4], [5, float("inf")]]])).encode())
    path = tmp_path / "large.json"
    path.write_bytes(b" " * ((16 << 20) + 1))
    with pytest.raises(BadInputError, match="larger than 16 MiB"):
        read_labels(path)
    with pytest.raises(BadInputError, match="There are no mattes"):
        read_labels(tmp_path / "nothing.json")
