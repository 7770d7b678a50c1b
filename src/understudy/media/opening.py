"""One door for everything that can be read as a clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from understudy.media.frame import Clip


def open_clip(path: str | Path, *, rate: Fraction | int | None = None) -> Clip:
    """Open a video, a still, a folder of numbered pictures or a pattern (`shot.####.exr`, `shot.%04d.png`).

    `rate` is the frame rate of pictures, 24 unless given; videos have their own. Close the clip after use, or
    use it in a `with` statement. Raises BadInputError, in one sentence, for whatever cannot be used.
    """
    # What reads is imported here, because its kernels and libraries take half a second to load.
    from understudy.media.sequences import is_pattern, open_pictures
    from understudy.media.stills import SUFFIXES

    path = Path(path)
    if path.is_dir() or path.suffix.lower() in SUFFIXES or is_pattern(path):
        return open_pictures(path, None if rate is None else Fraction(rate))

    from understudy.media.video import VideoClip

    return VideoClip(path)
