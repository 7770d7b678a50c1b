"""Edits as a file: what goes out comes back, and what was tampered with does not."""

import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from understudy.errors import BadInputError
from understudy.retouch.bundle import export_edits, import_edits
from understudy.retouch.canvas import VERTEX_COUNT, Sheet
from understudy.retouch.edits import Edit, Key, Operation, read_edit
from understudy.retouch.patch import Patch, Patches, packed, unpacked


@st.composite
def some_patches(draw):
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    sheet = Sheet(64, draw(st.integers(0, 50)), draw(st.integers(0, 50)), width, height)
    matte = draw(arrays.arrays(np.uint16, (height, width))) / np.float32(65535)
    base = draw(arrays.arrays(np.uint8, (height, width, 3)))
    seen = draw(arrays.arrays(np.uint8, (height, width)))
    halves = st.floats(-8, 8, width=16)
    change = draw(st.none() | arrays.arrays(np.float16, (height, width, 3), elements=halves))
    offsets = draw(st.none() | st.just(np.full((VERTEX_COUNT, 2), 0.25, np.float32)))
    return Patch(
        sheet,
        matte.astype(np.float32),
        base,
        seen,
        None if change is None else change.astype(np.float32),
        offsets,
    )


def same(one, other):
    return one.sheet == other.sheet and all(
        (getattr(one, name) is None and getattr(other, name) is None)
        or np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("matte", "base", "seen", "change", "offsets")
    )


@settings(max_examples=15, deadline=None)
@given(some_patches())
def test_patches_round_trip_to_the_bit(patch):
    assert same(unpacked(packed(patch), "it"), patch)
    assert packed(unpacked(packed(patch), "it")) == packed(patch)


@st.composite
def some_edits(draw, digests):
    kinds = [Operation.PAINT, Operation.BLUR, Operation.GAZE, Operation.HOLD, Operation.SETTINGS]
    kind = draw(st.sampled_from(kinds))
    frames = sorted(draw(st.sets(st.integers(0, 500), min_size=1, max_size=4)))
    first = draw(st.integers(0, 500))
    values = {}
    if kind is Operation.GAZE:
        values = draw(st.dictionaries(st.sampled_from(["right_yaw", "left_pitch"]), st.floats(-30, 30)))
    if kind is Operation.SETTINGS:
        values = draw(st.dictionaries(st.just("strength"), st.floats(0, 1)))
    pictured = kind in (Operation.PAINT, Operation.BLUR)
    keys = tuple(
        Key(frame=frame, patch=draw(st.sampled_from(digests)) if pictured else None, values=values)
        for frame in frames
    )
    return Edit(
        id=draw(st.integers(0, 16**12 - 1).map("{:012x}".format)),
        operation=kind,
        track=draw(st.integers(0, 9)),
        first=first,
        last=first + draw(st.integers(0, 100)),
        keys=keys,
        strength=draw(st.floats(0, 1)),
        fade=draw(st.integers(0, 10)),
        note=draw(st.text(max_size=40)),
    )


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_edits_round_trip_through_a_file(data):
    with TemporaryDirectory() as folder:
        one, other = (Patches(Path(folder) / name) for name in ("one", "other"))
        digests = [one.keep(data.draw(some_patches())) for _ in range(2)]
        edits = data.draw(
            st.lists(some_edits(digests), min_size=1, max_size=5, unique_by=lambda edit: edit.id)
        )
        path = Path(folder) / "edits.zip"
        export_edits(path, edits, one)
        assert import_edits(path, other) == tuple(edits)
        for digest in frozenset().union(*(edit.patches for edit in edits)):
            assert same(other[digest], one[digest])
        export_edits(Path(folder) / "again.zip", edits, other)
        assert (Path(folder) / "again.zip").read_bytes() == path.read_bytes()


@pytest.fixture
def exported(tmp_path):
    patches = Patches(tmp_path / "one")
    patch = Patch(
        Sheet(64, 0, 0, 2, 2),
        np.ones((2, 2), np.float32),
        np.zeros((2, 2, 3), np.uint8),
        np.zeros((2, 2), np.uint8),
    )
    digest = patches.keep(patch)
    edit = Edit(
        id="ab" * 6, operation=Operation.BLUR, track=0, first=0, last=1, keys=(Key(frame=0, patch=digest),)
    )
    path = tmp_path / "edits.zip"
    export_edits(path, [edit], patches)
    return path, edit, digest


def rewritten(path, change):
    """The file with its members changed by `change`, a function of name and content."""
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def table(**values):
    def change(members):
        told = json.loads(members["edits.json"])
        edit = told["edits"][0]
        for name, value in values.items():
            if name in told:
                told[name] = value
            elif name.startswith("key_"):
                edit["keys"][0][name[4:]] = value
            else:
                edit[name] = value
        members["edits.json"] = json.dumps(told).encode()

    return change


def bomb(members):
    name = next(name for name in members if name.endswith(".npz"))
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("matte.npy", bytes(2 << 20))
    content = sink.getvalue()
    members[f"{sha256(content).hexdigest()}.npz"] = content
    table(key_patch=sha256(content).hexdigest())(members)
    del members[name]


def lie_about_shape(members):
    sink = io.BytesIO()
    np.lib.format.write_array_header_1_0(sink, {"descr": "<u2", "fortran_order": False, "shape": (1 << 40,)})
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("matte.npy", sink.getvalue())
    content = inner.getvalue()
    members[f"{sha256(content).hexdigest()}.npz"] = content
    table(key_patch=sha256(content).hexdigest())(members)


def pickled(members):
    sink = io.BytesIO()
    np.savez(sink, matte=np.array([{"a": 1}], dtype=object))
    content = sink.getvalue()
    members[f"{sha256(content).hexdigest()}.npz"] = content
    table(key_patch=sha256(content).hexdigest())(members)


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.pop("edits.json"),
        lambda members: members.update({"edits.json": b"{"}),
        lambda members: members.update({"edits.json": b"[" * 100_000}),
        lambda members: members.update({name: b"x" for name in members if name.endswith(".npz")}),
        lambda members: [members.pop(name) for name in list(members) if name.endswith(".npz")],
        table(format="understudy-edits/2"),
        table(edits=[]),
        table(first=-1),
        table(last=10**12),
        table(strength=2.0),
        table(strength=float("nan")),
        table(id="../../etc/passwd"),
        table(operation="format-disk"),
        table(key_patch="../" * 21 + "a"),
        table(key_frame="0"),
        table(surprise=1),
        bomb,
        lie_about_shape,
        pickled,
    ],
)
def test_what_was_tampered_with_is_refused_and_nothing_is_kept(exported, tmp_path, change, monkeypatch):
    monkeypatch.setattr("understudy.retouch.patch.MOST_BYTES", 1 << 20)
    path, _, _ = exported
    rewritten(path, change)
    other = Patches(tmp_path / "other")
    with pytest.raises(BadInputError):
        import_edits(path, other)
    assert not other.folder.exists() or not list(other.folder.iterdir())


@pytest.mark.parametrize("content", [b"", b"PK", b"nothing", bytes(1000)])
def test_what_is_no_such_file_is_refused(tmp_path, content):
    path = tmp_path / "edits.zip"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="holds no edits"):
        import_edits(path, Patches(tmp_path / "other"))
    with pytest.raises(BadInputError, match="cannot be read"):
        import_edits(tmp_path / "none.zip", Patches(tmp_path / "other"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"matte": np.full((2, 2), 1.5, np.float32)},
        {"matte": np.full((2, 2), np.nan, np.float32)},
        {"base": np.zeros((2, 3, 3), np.uint8)},
        {"change": np.full((2, 2, 3), np.inf, np.float32)},
        {"change": np.full((2, 2, 3), 9, np.float32)},
        {"offsets": np.full((VERTEX_COUNT, 2), 1.1, np.float32)},
        {"offsets": np.zeros((478, 2), np.float32)},
        {"sheet": Sheet(64, 63, 0, 2, 2)},
        {"sheet": Sheet(5000, 0, 0, 2, 2)},
    ],
)
def test_what_is_no_patch_is_refused(wrong):
    good = {
        "sheet": Sheet(64, 0, 0, 2, 2),
        "matte": np.ones((2, 2), np.float32),
        "base": np.zeros((2, 2, 3), np.uint8),
        "seen": np.zeros((2, 2), np.uint8),
    }
    Patch(**good)
    with pytest.raises(ValueError, match=r"\w"):
        Patch(**good | wrong)


@settings(max_examples=25, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_anything_that_is_no_edit_is_one_sentence(value):
    with pytest.raises(BadInputError, match="no edit"):
        read_edit(value)
