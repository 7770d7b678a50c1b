"""Fingerprints change with the content, at any place, and with nothing else."""

import os
import shutil

import pytest

from understudy.errors import BadInputError
from understudy.project import fingerprint as module
from understudy.project.fingerprint import fingerprint


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "plate.mov"
    path.write_bytes(bytes(range(256)) * 40)
    return path


@pytest.fixture
def large(monkeypatch):
    """Make files of the test's size count as large."""
    monkeypatch.setattr(module, "WHOLE", 100)
    monkeypatch.setattr(module, "BLOCK", 16)


def test_a_moved_and_copied_file_is_the_same(clip, tmp_path):
    copy = tmp_path / "copy.mov"
    shutil.copyfile(clip, copy)
    os.utime(copy, (1, 1))
    assert fingerprint(copy) == fingerprint(clip)


@pytest.mark.parametrize("place", [0, 5000, 10239])
def test_one_changed_byte_anywhere_in_a_small_file(clip, place):
    before = fingerprint(clip)
    data = bytearray(clip.read_bytes())
    data[place] ^= 1
    clip.write_bytes(data)
    assert fingerprint(clip) != before


@pytest.mark.usefixtures("large")
def test_a_large_file_reads_head_and_tail(clip):
    status = clip.stat()
    prints = {fingerprint(clip)}
    for place in (0, -1):
        data = bytearray(clip.read_bytes())
        data[place] ^= 1
        clip.write_bytes(data)
        os.utime(clip, ns=(status.st_atime_ns, status.st_mtime_ns))
        prints.add(fingerprint(clip))
    assert len(prints) == 3


@pytest.mark.usefixtures("large")
def test_a_large_file_that_was_touched_is_new_and_an_untouched_copy_is_not(clip, tmp_path):
    copy = tmp_path / "copy.mov"
    shutil.copy2(clip, copy)
    assert fingerprint(copy) == fingerprint(clip)
    os.utime(copy, (1, 1))
    assert fingerprint(copy) != fingerprint(clip)


def test_a_sequence_counts_its_files_and_their_order(tmp_path):
    paths = []
    for index in range(3):
        paths.append(tmp_path / f"{index}.png")
        paths[-1].write_bytes(bytes([index]) * 10)
    prints = {fingerprint(*paths), fingerprint(*paths[:2]), fingerprint(*reversed(paths))}
    assert len(prints) == 3


def test_bytes_do_not_run_from_one_file_into_the_next(tmp_path):
    one, other = tmp_path / "a", tmp_path / "b"
    one.write_bytes(b"abc")
    other.write_bytes(b"def")
    before = fingerprint(one, other)
    one.write_bytes(b"abcd")
    other.write_bytes(b"ef")
    assert fingerprint(one, other) != before


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInputError, match=r"gone\.mov"):
        fingerprint(tmp_path / "gone.mov")
