"""A take as a video."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from understudy.media import ClipInfo, Colour, OutputSpec
from understudy.media.assembly import assemble, check_output
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.progress import Progress, SilentProgress
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
    """Render `take` and encode it to `path`, which appears only when it is whole and has been read back.

    Raises BadInputError for a codec, quality or container that cannot be, OutputError where writing fails.
    """
    info = _info(take, path)
    spec = OutputSpec.for_clip(info, codec, quality)
    check_output(path, spec, info)
    with TemporaryDirectory(prefix=".part-", dir=path.absolute().parent) as folder:
        segment = Path(folder) / f"take{SEGMENT_SUFFIX}"
        images = (
            picture.image for _, picture in take.pictures(range(take.frames), progress or SilentProgress())
        )
        encode_segment(segment, images, spec)
        assemble([segment], path, spec=spec, source=info)


def _info(take: Take, path: Path) -> ClipInfo:
    """What a clip of the take's frames would say of itself."""
    return ClipInfo(
        path=path.with_name(path.name + ".nothing"),
        width=take.size,
        height=take.size,
        rate=take.rate,
        time_base=1 / take.rate,
        pts=np.arange(take.frames, dtype=np.int64),
        codec="rawvideo",
        pixel_format="rgb24",
        bit_depth=8,
        colour=Colour("bt709", "bt709", "bt709", "tv"),
    )
