"""What a person looks at when a swap is done: the contact sheet and the wipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from understudy.atomic import replacing
from understudy.compositing.composite import Box
from understudy.mastering.sheet import Row, contact_sheet
from understudy.mastering.wipe import wipe, wipe_position
from understudy.media import Clip, Image, open_clip
from understudy.media.assembly import assemble
from understudy.media.codecs import OutputSpec
from understudy.media.png import write_png
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.pipeline.cast import Part, appearances
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.preview import resized, scaled
from understudy.pixels import to_bytes
from understudy.progress import Task
from understudy.project.stage import Stage

CHUNK = 48
_ROOM = 0.35
"""Share of the face's size that the contact sheet shows around it."""


def write_sheet(
    path: Path, plate: Footage, output: Path, parts: Sequence[Part], count: int, task: Task
) -> None:
    """Write likeness, plate and result around the face, for `count` frames spread over the swap."""
    frames = np.unique(np.concatenate([part.faces.frame for part in parts]))
    chosen = frames[np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))]
    rows = []
    with open_clip(output) as result:
        for number in chosen:
            before = plate.clip.read(int(number)).image
            after = result.read(int(number) - plate.first).image
            face = list(appearances(parts, int(number), before.shape[1], before.shape[0]))[-1]
            part = parts[face.part]
            height, width = after.shape[:2]
            before, scale = resized(before, width, height)
            box = Box.around(scaled(part.faces.landmarks[face.row], scale), width, height, _ROOM)
            likeness = part.crops[part.model.example(face.row)].image
            pictures = [likeness, before[box.rows, box.columns], after[box.rows, box.columns], after]
            rows.append(Row(f"frame {number}: likeness, plate, result", pictures))
            task.advance()
    with replacing(path) as temporary:
        write_png(temporary, contact_sheet(rows))


def comparison_spec(plate: Footage, output: Path) -> OutputSpec:
    """How a comparison is encoded: in the size of `output`, which for a preview is smaller than the plate."""
    with open_clip(output) as result:
        info = result.info
    return replace(OutputSpec.for_clip(plate.info, "h264"), width=info.width, height=info.height)


def encode_comparison(stage: Stage, plate: Footage, output: Path, task: Task) -> int:
    """Encode what is missing of a line that wanders between plate and result; returns the frames done."""
    spec = comparison_spec(plate, output)
    done = 0
    with open_clip(output) as result:
        for index, numbers in missing_chunks(stage, plate, CHUNK, task, SEGMENT_SUFFIX):
            path = stage.path(stage.chunk(index, SEGMENT_SUFFIX))
            done += encode_segment(path, _wiped(plate, result, numbers, task), spec)
    return done


def _wiped(plate: Footage, result: Clip, numbers: range, task: Task) -> Iterator[Image]:
    after = result.frames(numbers.start - plate.first, numbers.stop - plate.first)
    for frame, swapped in zip(plate.frames(numbers), after, strict=True):
        seconds = (frame.index - plate.first) / float(plate.info.rate)
        before, _ = resized(_like(frame.image, swapped.image), *swapped.image.shape[1::-1])
        yield wipe(before, swapped.image[..., :3], wipe_position(seconds))
        task.advance()


def deliver_comparison(stage: Stage, path: Path, plate: Footage, output: Path) -> None:
    """Write the video of a finished comparison of `plate` with `output`, with the plate's sound."""
    segments = stage.chunks(plate.chunk_count(CHUNK), SEGMENT_SUFFIX)
    assemble(segments, path, spec=comparison_spec(plate, output), source=plate.info, first=plate.first)


def _like(image: Image, other: Image) -> Image:
    """An image in the depth of another, without alpha."""
    image = image[..., :3]
    if image.dtype == other.dtype:
        return image
    return to_bytes(image) if other.dtype == np.uint8 else image.astype(np.uint16) * 257
