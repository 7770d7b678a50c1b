"""Files appear under their final name whole, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from understudy.errors import OutputError


def partial_name(path: Path) -> Path:
    """Where `path` is written until it is whole: beside it, hidden, with the same suffix."""
    return path.with_name(f".{path.stem}.partial{path.suffix}")


def publish(partial: Path, path: Path) -> None:
    """Make a whole file visible under its final name, surely on the disk first."""
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(path)


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what goes wrong in writing `path` into one OutputError sentence."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            message = f"The disk is full while writing {path}; make room and run the same command again."
        else:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            message = f"{path} cannot be written ({reason}); choose another place."
        raise OutputError(message) from error


def check_writable(path: Path) -> None:
    """Make sure, before hours of work, that a file can be made at `path`; makes its folder if need be.

    Raises OutputError, in one sentence.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file.")
    with written(path):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".understudy-"):
            pass
