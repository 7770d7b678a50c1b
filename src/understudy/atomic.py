"""Files that are either whole or not there: written under a temporary name, synced, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from understudy.errors import OutputError

_PART = ".part-"

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and run the same command again",
    errno.EDQUOT: "the disk quota is used up; free some space and run the same command again",
    errno.EACCES: "there is no permission to write there; choose another folder",
    errno.EPERM: "there is no permission to write there; choose another folder",
    errno.EROFS: "that file system is read-only; choose another folder",
    errno.EFBIG: "that file system holds no file this large; choose another place",
}
_ONLY_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


def part_name(path: Path) -> Path:
    """The temporary name for `path`: same folder, and same suffix, because encoders go by it."""
    return path.with_name(_PART + path.name)


def is_part(path: Path) -> bool:
    """Whether `path` is a temporary name, left behind by something interrupted if nobody writes to it now."""
    return path.name.startswith(_PART)


def output_error(path: Path, error: OSError) -> OutputError:
    """`error`, met while writing `path`, as one sentence for the user."""
    reason = _REASONS.get(error.errno or 0, f"{error.strerror or error}; choose another place")
    return OutputError(f"Cannot write {path}: {reason}.")


def check_writable(path: Path) -> None:
    """Make sure, before hours of work, that a file can be made at `path`; makes its folder if need be.

    Raises OutputError where it cannot.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file.")
    folder = path.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=_PART):
            pass
    except OSError as error:
        raise output_error(path, error) from error


@contextmanager
def replacing(path: Path, *, alone: bool = True) -> Iterator[Path]:
    """Give a temporary path to write to; when the block ends well, its file gets the name `path` in one step.

    Where another process may be writing the same file at this very moment, `alone` is False: the temporary
    name is this process's own then.
    The data is on the disk before the rename, and the rename before this returns, so that neither a kill nor
    a power cut leaves half a file under `path`. When the block raises, the temporary file is removed and
    whatever was at `path` stays. Raises OutputError where the disk is full or the folder cannot be written
    to; other errors of the block, such as an input that cannot be read, go through as they are.
    """
    part = part_name(path if alone else path.with_name(f"{os.getpid()}-{path.name}"))
    try:
        yield part
        sync(part)
        part.replace(path)
        sync(path.parent)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError) and _is_about_writing(error, part):
            raise output_error(path, error) from error
        raise


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a new temporary folder to write files into; when the block ends well, it gets the name `path`.

    As `replacing`, for a folder of files that only make sense together. A folder that was at `path` is gone
    afterwards; a kill between two renames can leave neither under that name, but never a mixture.
    """
    part = part_name(path)
    old = part_name(path.with_name(f"old-{path.name}"))
    try:
        for leftover in (part, old):
            shutil.rmtree(leftover, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        for file in part.iterdir():
            sync(file)
        sync(part)
        if path.exists():
            path.replace(old)
        part.replace(path)
        sync(path.parent)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists() and not path.exists():
            old.replace(path)
        if isinstance(error, OSError) and (error.errno in _ONLY_WRITING or _lies_in(error.filename, part)):
            raise output_error(path, error) from error
        raise


def _lies_in(name: object, folder: Path) -> bool:
    return isinstance(name, str | Path) and (Path(name) == folder or folder in Path(name).parents)


def _is_about_writing(error: OSError, part: Path) -> bool:
    return error.errno in _ONLY_WRITING or error.filename in (part, str(part))


def sync(path: Path) -> None:
    """Wait until what was written to the file or folder `path` is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders, and its renames are journalled
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
