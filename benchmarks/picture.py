"""Make the README's picture: two digital performers, swapped. `python -m benchmarks.picture`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from understudy.mastering.sheet import Row, contact_sheet
from understudy.media import Colour, Image, open_clip
from understudy.media.codecs import CODECS, OutputSpec
from understudy.media.segments import encode_segment
from understudy.performers import Performance, cast, render_sequence
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.swap import swap

SIZE = 512
FRAMES = 72


def film(path: Path, name: str, performance: Performance, frames: range) -> None:
    """Write a clip of one performer."""
    (identity,) = cast(name)

    def pictures() -> Iterator[Image]:
        for picture in render_sequence(identity, performance, frames, SIZE):
            yield picture.image

    spec = OutputSpec(CODECS["ffv1"], SIZE, SIZE, Fraction(24), Colour("gbr", "bt709", "bt709", "pc"))
    encode_segment(path, pictures(), spec)


def main() -> None:
    """Film, swap, and lay likeness, plate and result side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likeness", default="arjun")
    parser.add_argument("--plate", default="marco")
    parser.add_argument("--out", type=Path, default=Path("docs/picture.jpg"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        likeness, plate, output = (Path(folder) / f"{name}.mkv" for name in ("likeness", "plate", "output"))
        film(likeness, options.likeness, Performance(5, yaw=25, pitch=10, lighting=0.3), range(2 * FRAMES))
        film(plate, options.plate, Performance(11, yaw=20, pitch=8, lighting=0.3), range(FRAMES))
        swap(SwapRequest((likeness,), plate, output, codec="ffv1"))
        with open_clip(likeness) as a, open_clip(plate) as b, open_clip(output) as c:
            columns = [[clip.read(k).image for clip in (b, c)] for k in (6, 24, 42, 60)]
            columns.insert(0, [a.read(20).image, a.read(70).image])
        sheet = contact_sheet([Row("", [column[row] for column in columns]) for row in range(2)], cell=256)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(options.out), np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 90])


if __name__ == "__main__":
    main()
