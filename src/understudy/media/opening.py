"""One door for everything that can be read as a clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from understudy.media.frame import Clip


def open_clip(path: str | Path, *, rate: Fraction | int | None = None) -> Clip:
    """Open a video file, a still or an image sequence; close it after use, or use it in a `with` statement.

    Raises BadInputError, in one sentence, for whatever cannot be used.
    """
    # Imported here: the kernels behind it take half a second to load.
    from understudy.media.video import VideoClip

    return VideoClip(Path(path))
