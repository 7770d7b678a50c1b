"""What a person looks at when a swap is done: the contact sheet and the wipe."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from understudy.atomic import replacing
from understudy.compositing.composite import Box
from understudy.mastering.sheet import Row, contact_sheet, encode_png
from understudy.mastering.wipe import wipe, wipe_position
from understudy.media import Image, open_clip
from understudy.media.assembly import assemble
from understudy.media.codecs import OutputSpec
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.pipeline.cast import Part, appearances
from understudy.pipeline.footage import Footage
from understudy.progress import Task

_ROOM = 0.35


def write_sheet(path: Path, plate: Footage, output: Path, parts: list[Part], count: int, task: Task) -> None:
    """Write likeness, plate and result around the face, for `count` frames spread over the swap."""
    frames = np.unique(np.concatenate([part.faces.frame for part in parts]))
    chosen = frames[np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))]
    rows = []
    with open_clip(output) as result:
        for number in chosen:
            before = plate.clip.read(int(number)).image
            after = result.read(int(number) - plate.first).image
            height, width = before.shape[:2]
            face = list(appearances(parts, int(number), width, height))[-1]
            part = parts[face.part]
            box = Box.around(part.faces.landmarks[face.row], width, height, _ROOM)
            likeness = part.crops[part.model.example(face.row)].image
            pictures = [likeness, before[box.rows, box.columns], after[box.rows, box.columns], after]
            rows.append(Row(f"frame {number}: likeness, plate, result", pictures))
            task.advance()
    with replacing(path) as temporary:
        temporary.write_bytes(encode_png(contact_sheet(rows)))


def write_comparison(path: Path, plate: Footage, output: Path, task: Task) -> None:
    """Write a video with a line that wanders between plate and result, with the plate's sound."""
    spec = OutputSpec.for_clip(plate.info, "h264")

    def pictures() -> Iterator[Image]:
        with open_clip(output) as result:
            for before, after in zip(plate.frames(plate.numbers), result.frames(), strict=True):
                seconds = (before.index - plate.first) / float(plate.info.rate)
                yield wipe(_like(before.image, after.image), after.image[..., :3], wipe_position(seconds))
                task.advance()

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".wipe-") as folder:
        segment = Path(folder) / f"wipe{SEGMENT_SUFFIX}"
        encode_segment(segment, pictures(), spec)
        assemble([segment], path, spec=spec, source=plate.info, first=plate.first)


def _like(image: Image, other: Image) -> Image:
    """An image in the depth of another, without alpha."""
    image = image[..., :3]
    if image.dtype == other.dtype:
        return image
    return (image >> 8).astype(np.uint8) if other.dtype == np.uint8 else image.astype(np.uint16) * 257
