"""A clip made from pictures alone, with no source whose times and sound it would keep."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from understudy.media.assembly import assemble, check_output
from understudy.media.codecs import OutputSpec
from understudy.media.frame import ClipInfo, Colour, Image
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment


def write_clip(
    path: Path,
    images: Iterable[Image],
    *,
    width: int,
    height: int,
    rate: Fraction,
    codec: str = "h264",
    quality: float | None = None,
) -> None:
    """Encode `images`, (height, width, 3) uint8, to `path`, which appears when it is whole and was read back.

    Nothing is drawn from `images` before the rest has been checked. Raises BadInputError for a codec, quality
    or container that cannot be, and OutputError where writing fails.
    """
    info = _info(path, width, height, rate, 0)
    spec = OutputSpec.for_clip(info, codec, quality)
    check_output(path, spec, info)
    with TemporaryDirectory(prefix=".part-", dir=path.absolute().parent) as folder:
        segment = Path(folder) / f"pictures{SEGMENT_SUFFIX}"
        count = encode_segment(segment, images, spec)
        assemble([segment], path, spec=spec, source=_info(path, width, height, rate, count))


def _info(path: Path, width: int, height: int, rate: Fraction, count: int) -> ClipInfo:
    """What such a clip would say of itself, were there a file."""
    return ClipInfo(
        path=path.with_name(path.name + ".nothing"),
        width=width,
        height=height,
        rate=rate,
        time_base=1 / rate,
        pts=np.arange(count, dtype=np.int64),
        codec="rawvideo",
        pixel_format="rgb24",
        bit_depth=8,
        colour=Colour("bt709", "bt709", "bt709", "tv"),
    )
