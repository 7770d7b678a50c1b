"""Keeps the notes of MediaPipe's C++ out of what the user reads."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_STDERR = 2
_NOTE = re.compile(rb"INFO: |[IW]\d{4} |WARNING: All log messages before absl::InitializeLog")
_one_at_a_time = Lock()


@contextmanager
def quiet_start() -> Iterator[None]:
    """Drop the notes and warnings that TensorFlow Lite and absl write to stderr while a graph starts.

    The wheel offers no switch for them. What the process writes to file descriptor 2 meanwhile is held back
    until the block ends; everything that is not such a note, errors first of all, is then passed on. Blocks
    of several threads take turns; they must not be nested.
    """
    with _one_at_a_time, tempfile.TemporaryFile() as held:
        try:
            stderr = os.dup(_STDERR)
        except OSError:  # there is no stderr
            yield
            return
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(stderr, _STDERR)
            held.seek(0)
            passed = b"".join(line for line in held if not _NOTE.match(line))
            with os.fdopen(stderr, "wb") as out:
                out.write(passed)
