"""A take as a video."""

from __future__ import annotations

from pathlib import Path

from understudy.media.fresh import write_clip
from understudy.progress import Progress, SilentProgress
from understudy.takes.slate import Slate, write_slate
from understudy.takes.take import Take

SUFFIXES = (".mp4", ".mov", ".mkv")


def write_video(
    take: Take,
    path: Path,
    *,
    codec: str = "h264",
    quality: float | None = None,
    progress: Progress | None = None,
) -> None:
    """Render `take` and encode it to `path`, which appears when it is whole and has been read back.

    Beside it lies its slate, by which it is known as a performer's: see `takes.slate`.

    Raises BadInputError for a codec, quality or container that cannot be, OutputError where writing fails.
    """
    pictures = take.pictures(range(take.frames), progress or SilentProgress())
    images = (picture.image for _, picture in pictures)
    write_clip(path, images, width=take.size, height=take.size, rate=take.rate, codec=codec, quality=quality)
    write_slate(path, Slate(take))
