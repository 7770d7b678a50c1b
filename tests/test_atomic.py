"""Files are whole or not there."""

import errno

import pytest

from understudy.atomic import check_writable, is_part, part_name, replacing
from understudy.errors import OutputError


def write_half(path, error):
    with replacing(path) as part:
        part.write_text("half")
        raise error


def test_the_file_gets_its_name_at_the_end(tmp_path):
    path = tmp_path / "clip.mp4"
    with replacing(path) as part:
        part.write_text("new")
        assert part.suffix == ".mp4"
        assert is_part(part)
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(path, RuntimeError())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_in_one_sentence(tmp_path):
    path = tmp_path / "clip.mp4"
    with pytest.raises(OutputError, match=r"clip\.mp4: the disk is full") as caught:
        write_half(path, OSError(errno.ENOSPC, "No space left on device"))
    assert str(caught.value).count(".") == 2  # the file's suffix and the sentence's end
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="Cannot write"), replacing(tmp_path / "no" / "a.txt") as part:
        part.write_text("x")


def test_an_input_that_cannot_be_read_is_not_taken_for_the_output(tmp_path):
    with pytest.raises(FileNotFoundError, match="input"), replacing(tmp_path / "a.txt"):
        (tmp_path / "input").read_text()


@pytest.mark.parametrize("name", ["a.parts.npz", "face.part", ".hidden", "chunk-00001.npz"])
def test_ordinary_names_are_not_temporary(tmp_path, name):
    assert not is_part(tmp_path / name)
    assert is_part(part_name(tmp_path / name))


def test_unwritable_places_are_refused_early(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write"):
        check_writable(tmp_path / "file" / "out.mp4")
    with pytest.raises(OutputError, match="is a folder"):
        check_writable(tmp_path)
    check_writable(tmp_path / "new" / "folder" / "out.mp4")
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_processes_that_write_one_file_at_once_do_not_take_it_from_each_other(tmp_path) -> None:
    path = tmp_path / "record.json"
    with replacing(path, alone=False) as mine:
        mine.write_text("whole")
        with replacing(path) as other:  # as any other process would name it
            assert other != mine
            other.write_text("whole")
        assert path.read_text() == "whole"
    assert path.read_text() == "whole"
    assert is_part(mine)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
