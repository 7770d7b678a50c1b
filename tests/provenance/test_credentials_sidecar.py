"""Signed JSON beside working files and sequences: what holds, what shows, and what hostile ones can do."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.provenance.films import scene
from tests.provenance.signed import identity, statement
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.credentials.reading import UnreadableCredentialsError
from understudy.provenance.credentials.sidecar import Named, json_sidecar_of, read_sidecar, write_sidecar

FILE = b"v/1\x01 a picture"


def named(path: Path) -> Named:
    return Named(path.name, sha256(path.read_bytes()).hexdigest(), path.stat().st_size)


def read(path: Path, who: Identity | None = None):
    return read_sidecar(path, sha256(path.read_bytes()).hexdigest(), who.root if who else "")


@pytest.fixture
def me(tmp_path: Path) -> Identity:
    return identity(tmp_path / "config")


@pytest.fixture
def shot(tmp_path: Path, me: Identity) -> Path:
    path = tmp_path / "shot.exr"
    path.write_bytes(FILE)
    write_sidecar(json_sidecar_of(path), [named(path)], statement(tmp_path, scene(1, 2, 160, 90)), me)
    return path


def test_what_was_signed_holds(shot: Path, me: Identity) -> None:
    found = read(shot, me)
    assert (found.intact, found.trusted, found.failures) == (True, True, ())
    assert (found.signer, found.title) == ("Test Studio", "The Long Shot, 12")
    assert [step.action for step in found.steps][:2] == ["c2pa.opened", "c2pa.placed"]
    assert found.consents[0].id == "urn:uuid:1"
    assert found.files[0]["sha256"] == sha256(b"plate footage").hexdigest()
    assert found.fingerprint is not None
    assert found.marks[0].payload == 0x1122_3344_5566_7788
    assert "anna" not in json_sidecar_of(shot).read_text()


def test_a_stranger_is_not_trusted_though_the_file_is_intact(shot: Path, tmp_path: Path) -> None:
    found = read(shot, identity(tmp_path / "another machine"))
    assert (found.intact, found.trusted) == (True, False)


def test_a_changed_file_shows(shot: Path, me: Identity) -> None:
    shot.write_bytes(FILE + b"!")
    found = read(shot, me)
    assert (found.signed, found.bound, found.intact) == (True, False, False)


def test_a_sequence_has_one_sidecar_for_all_its_frames(tmp_path: Path, me: Identity) -> None:
    folder = tmp_path / "exr"
    folder.mkdir()
    frames = [folder / f"shot.{number:04}.exr" for number in range(101, 131)]
    for frame in frames:
        frame.write_bytes(frame.name.encode())
    write_sidecar(
        json_sidecar_of(folder), [named(frame) for frame in frames], statement(tmp_path, scene(1, 1)), me
    )
    assert all(read(frame, me).intact for frame in frames)
    frames[3].write_bytes(frames[4].read_bytes() + b"x")
    assert not read(frames[3], me).intact
    other = folder / "other.exr"
    other.write_bytes(b"x")
    assert read(other, me) is None, "it says nothing of files that it does not name"


def _values(value, here=()):
    yield here
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _values(value[key], (*here, key))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=JSON)
def test_no_changed_value_passes(shot: Path, me: Identity, data: st.DataObject, value: object) -> None:
    path = json_sidecar_of(shot)
    kept = shot.with_name("kept")
    if not kept.exists():
        kept.write_text(path.read_text())
    whole = json.loads(kept.read_text())
    place = data.draw(st.sampled_from([each for each in _values(whole) if each]))
    table = whole
    for key in place[:-1]:
        table = table[key]
    same = table[place[-1]] == value and type(table[place[-1]]) is type(value)
    table[place[-1]] = value
    path.write_text(json.dumps(whole))
    try:
        found = read(shot, me)
    except UnreadableCredentialsError:
        return
    assert same or found is None or not (found.intact and found.trusted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"format":"understudy-sidecar/1"' + ',"a":1' * 50_000 + "}",
        "\xff",
    ],
)
def test_hostile_sidecars_are_answered_at_once(shot: Path, text: str) -> None:
    json_sidecar_of(shot).write_text(text, "latin-1")
    started = time.process_time()
    with suppress(UnreadableCredentialsError):
        assert read(shot) is None
    assert time.process_time() - started < 2


def test_links_pipes_and_huge_files_are_no_sidecars(shot: Path, tmp_path: Path) -> None:
    path = json_sidecar_of(shot)
    path.unlink()
    for make in (lambda: path.symlink_to("/dev/zero"), lambda: os.mkfifo(path), path.mkdir):
        make()
        assert read(shot) is None
        path.rmdir() if path.is_dir() else path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert read(shot) is None
