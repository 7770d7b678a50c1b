"""The log of a project: what it tells, and every way to change it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.errors import BadInputError, OutputError
from understudy.provenance.audit.entry import Deed, FileWritten, RecordUsed, hash_of, read_entry
from understudy.provenance.audit.examining import examine, signer, told
from understudy.provenance.audit.log import LOG, head, note, told_of, written
from understudy.provenance.keys import Keyring

RECORD = RecordUsed(part="likeness", id="urn:uuid:1", sha256="ab" * 32, kind="licensed")
FILE = FileWritten(name="out.mp4", sha256="cd" * 32, bytes=12)
SWAP = Deed("swap", (RECORD,), "warp", None, {"seed": 1, "quality": 16.5}, (FILE,))


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "config")


@pytest.fixture
def project(tmp_path: Path, ring: Keyring) -> Path:
    """A project with six lines in its log."""
    folder = tmp_path / "project"
    folder.mkdir()
    for number in range(6):
        note(folder, Deed("swap", (RECORD,), "warp", None, {"seed": number}, (FILE,)), ring)
    return folder


def lines(project: Path) -> list[bytes]:
    return (project / LOG).read_bytes().splitlines(keepends=True)


def rewrite(project: Path, data: list[bytes] | bytes) -> None:
    (project / LOG).write_bytes(data if isinstance(data, bytes) else b"".join(data))


def faults(project: Path, ring: Keyring, *heads: str) -> tuple[str, ...]:
    return examine(project, ring, heads).faults


def test_it_tells_what_was_done(tmp_path: Path, ring: Keyring) -> None:
    entry = note(tmp_path, SWAP, ring)
    found = examine(tmp_path, ring)
    assert found.entries == (entry,)
    assert found.intact
    assert (entry.what, entry.records, entry.outputs) == ("swap", (RECORD,), (FILE,))
    assert entry.settings == {"seed": 1, "quality": 16.5}
    assert found.head == head(tmp_path) == hash_of(lines(tmp_path)[0].rstrip(b"\n"))
    line = told(entry, signer(entry, ring))
    for words in ("swap, by you", "engine warp", "out.mp4 (cdcdcdcdcdcd)", "urn:uuid:1 (licensed)"):
        assert words in line
    assert signer(entry, Keyring(tmp_path / "elsewhere")).startswith("key ")
    assert told_of(tmp_path, "cd" * 32) == entry
    assert told_of(tmp_path, "ab" * 32) is None


def test_an_edited_line_is_named(project: Path, ring: Keyring) -> None:
    changed = lines(project)
    changed[2] = changed[2].replace(b'"seed":2', b'"seed":7')
    rewrite(project, changed)
    assert faults(project, ring) == (
        "Line 3 was changed after it was signed.",
        "Line 4 does not follow the line before it: something was changed there.",
    )


def test_a_line_that_somebody_else_put_in_does_not_fit(project: Path, ring: Keyring, tmp_path: Path) -> None:
    """A forger with a key of their own can sign a line, but not make the next one follow it."""
    whole = lines(project)
    rewrite(project, whole[:2])
    note(project, Deed("swap", settings={"seed": 99}), Keyring(tmp_path / "forger"))
    rewrite(project, [*lines(project), *whole[3:]])
    found = examine(project, ring)
    assert found.faults == ("Line 4 does not follow the line before it: something was changed there.",)
    assert len({entry.key for entry in found.entries}) == 2


@pytest.mark.parametrize("place", range(5))
def test_a_dropped_line_is_told(project: Path, ring: Keyring, place: int) -> None:
    kept = lines(project)
    del kept[place]
    rewrite(project, kept)
    assert any(f"Line {place + 1} bears the number {place + 2}" in fault for fault in faults(project, ring))


def test_reordered_and_repeated_lines_are_told(project: Path, ring: Keyring) -> None:
    kept = lines(project)
    rewrite(project, [kept[0], kept[2], kept[1], *kept[3:]])
    assert any("Line 2 bears the number 3" in fault for fault in faults(project, ring))
    rewrite(project, [*kept, kept[5]])
    assert any("Line 7 bears the number 6" in fault for fault in faults(project, ring))


@pytest.mark.parametrize("count", range(6))
def test_a_log_that_was_cut_off_is_told_by_what_is_remembered(
    project: Path, ring: Keyring, count: int, tmp_path: Path
) -> None:
    last = head(project)
    assert last is not None
    rewrite(project, lines(project)[:count])
    expected = "A log of 6 lines" if count == 0 else "This machine remembers 6 lines of it"
    assert expected in faults(project, ring)[0]
    stranger = Keyring(tmp_path / "another machine")
    if count:
        assert faults(project, stranger) == (), "nothing inside a chain says how long it was"
        assert faults(project, stranger, last) == (f"It holds no line with the hash {last}.",)


def test_a_log_that_was_taken_away_or_exchanged_is_told(project: Path, ring: Keyring) -> None:
    (project / LOG).unlink()
    assert faults(project, ring) == ("A log of 6 lines that this machine has written here is gone.",)
    note(project, SWAP, ring)
    assert faults(project, ring) == ("A log of 6 lines that this machine has written here is gone.",)


def test_where_there_is_no_log_one_sentence_says_so(tmp_path: Path, ring: Keyring) -> None:
    with pytest.raises(BadInputError, match="There is no log"):
        examine(tmp_path, ring)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 5000), cut=st.integers(0, 400), text=st.binary(max_size=40))
def test_no_edit_goes_unseen(project: Path, ring: Keyring, start: int, cut: int, text: bytes) -> None:
    whole = (project.parent / "whole").read_bytes() if (project.parent / "whole").exists() else None
    if whole is None:
        whole = (project / LOG).read_bytes()
        (project.parent / "whole").write_bytes(whole)
    start %= len(whole)
    data = whole[:start] + text + whole[start + cut :]
    rewrite(project, data)
    found = examine(project, ring)
    assert found.intact == (data == whole) or data.startswith(whole), found.faults
    if data.startswith(whole) and data != whole:
        assert found.notes or not found.intact


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[" * 5000,
        b'{"format":"understudy-audit/1"}',
        b"\xff\xfe",
        b'{"number":1e999}',
        b"9" * 10_000,
        b"{" * (1 << 21),
    ],
)
def test_hostile_lines_are_named_and_work_goes_on(project: Path, ring: Keyring, line: bytes) -> None:
    with (project / LOG).open("ab") as file:
        file.write(line + b"\n")
    note(project, SWAP, ring)
    found = examine(project, ring)
    assert "Line 7 is damaged" in found.faults[0]
    assert len(found.entries) == 7
    assert len(found.faults[0]) < 600


def test_a_line_that_was_torn_is_taken_away_and_told(project: Path, ring: Keyring) -> None:
    torn = lines(project)[5][:100]
    with (project / LOG).open("ab") as file:
        file.write(torn)
    found = examine(project, ring)
    assert found.intact
    assert "100 bytes are torn" in found.notes[0]
    note(project, SWAP, ring)
    found = examine(project, ring)
    assert found.intact
    assert found.entries[6].torn_bytes == 100
    assert "Before line 7 somebody was stopped" in found.notes[0]


WRITER = """
import sys
from pathlib import Path
from understudy.provenance.audit.entry import Deed
from understudy.provenance.audit.log import note
from understudy.provenance.keys import Keyring
project, ring = Path(sys.argv[1]), Keyring(Path(sys.argv[2]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    note(project, Deed("swap", settings={"who": sys.argv[4], "number": number}), ring)
    print(number, flush=True)
"""


def writing(project: Path, ring: Keyring, count: int, who: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(project), str(ring.folder), str(count), who]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_write_one_chain(tmp_path: Path, ring: Keyring) -> None:
    both = [writing(tmp_path, ring, 20, who) for who in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    found = examine(tmp_path, ring)
    assert found.faults == ()
    for who in ("a", "b"):
        numbers = [entry.settings["number"] for entry in found.entries if entry.settings["who"] == who]
        assert numbers == list(range(20))


def test_a_kill_loses_no_line_that_was_noted(tmp_path: Path, ring: Keyring) -> None:
    noted = 0
    for pause in (0.0, 0.004, 0.011, 0.03):
        process = writing(tmp_path, ring, 10_000, "killed")
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        noted += 1 + len(process.stdout.read().splitlines())
        process.wait()
        found = examine(tmp_path, ring)
        assert found.faults == ()
        assert noted <= len(found.entries)
        noted = len(found.entries)
    note(tmp_path, SWAP, ring)
    assert examine(tmp_path, ring).intact


def test_nothing_is_left_of_a_line_where_the_disk_is_full(
    project: Path, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    before = (project / LOG).read_bytes()
    write = os.write

    def full(descriptor: int, data: memoryview) -> int:
        if len(data) > 50:
            return write(descriptor, data[:50])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputError, match="the disk is full"):
        note(project, SWAP, ring)
    assert (project / LOG).read_bytes() == before


def test_odd_names_and_values_go_into_a_line(tmp_path: Path, ring: Keyring) -> None:
    path = tmp_path / "a\nb\u202e.mp4"
    path.write_bytes(b"x")
    entry = note(tmp_path, Deed("export-model", outputs=(written(path),)), ring)
    assert entry.outputs[0].name == "a_b_.mp4"
    assert read_entry(lines(tmp_path)[0].rstrip(b"\n")) == entry
    for deed in (Deed("Swap!"), Deed("swap", settings={"a": float("nan")})):
        with pytest.raises(ValueError):  # noqa: PT011
            note(tmp_path, deed, ring)
    assert json.loads(lines(tmp_path)[-1])["number"] == 0
