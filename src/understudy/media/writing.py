"""What goes wrong while media are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from understudy.atomic import output_error


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what FFmpeg or the system says in writing `path` into one OutputError sentence."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error
    except av.FFmpegError as error:
        raise output_error(path, OSError(0, str(error))) from error
