"""The last look at the plate: every frame composited, and encoded in segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from understudy.compositing.adjusting import Adjustment, adjusted
from understudy.compositing.blend import BlendName
from understudy.compositing.composite import Placed, composite, matte_in
from understudy.compositing.light import Shading
from understudy.faces.steadying.by_flow import eye_distance
from understudy.media import Frame, Image
from understudy.media.codecs import OutputSpec
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.parallel import ordered_map
from understudy.pipeline.cast import Appearance, Part, appearances
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.matching import Matches
from understudy.pipeline.preview import Preview
from understudy.pixels import Floats, to_float
from understudy.progress import Task
from understudy.project.stage import Stage

CHUNK = 48
"""Frames in a segment: what a kill costs at most, against a keyframe every so often."""


Wishes = Callable[[int, int], Adjustment | None]
"""What a person wants of a face, by its track and the plate's frame; None: as usual."""


class Renderer:
    """Composites frames as a pure function of the plate and what the earlier stages found."""

    def __init__(
        self,
        parts: Sequence[Part],
        matches: Matches,
        blend: BlendName,
        seed: int,
        preview: Preview | None = None,
        wishes: Wishes | None = None,
    ) -> None:
        self.parts, self.matches, self.blend, self.seed = parts, matches, blend, seed
        self.preview, self.wishes = preview, wishes

    def frame(self, frame: Frame) -> Image:
        """The composite of one plate frame; small and marked where it is a preview."""
        height, width = frame.image.shape[:2]
        image = frame.image
        faces = list(appearances(self.parts, frame.index, width, height))
        for face in faces:
            placed = self._place(image, face)
            image = composite(image, [placed], self.blend, seed=(self.seed << 24) + frame.index)
        if self.preview is None:
            return image
        return self.preview.of_frame(
            image, [self.parts[face.part].faces.landmarks[face.row] for face in faces]
        )

    def matte(self, frame: Frame) -> Floats:
        """How much of one plate frame is replaced, (H, W) in [0, 1], at the plate's own size."""
        height, width = frame.image.shape[:2]
        kept = np.ones((height, width), np.float32)
        for face in appearances(self.parts, frame.index, width, height):
            placed = self._place(frame.image, face)
            kept[face.box.rows, face.box.columns] *= 1.0 - matte_in(frame.image, placed)
        return 1.0 - kept

    def _place(self, image: Image, face: Appearance) -> Placed:
        part, box = self.parts[face.part], face.box
        seen = to_float(image[face.view.rows, face.view.columns])
        rendered = part.render(face.row, seen, face.view.to_crop).within(*face.in_view)
        picture = np.ascontiguousarray(seen[face.in_view])
        match = self.matches[face.part, face.row]
        placed = Placed(
            box=box,
            rgb=rendered.rgb,
            matte=rendered.matte,
            own=rendered.own,
            shading=Shading.of(part.faces.landmarks[face.row], box.to_crop, *picture.shape[:2]),
            light=match.light,
            detail=match.detail,
            occluder=part.occluder(face.row, picture, box.to_crop),
        )
        frame, track = int(part.faces.frame[face.row]), int(part.faces.track[face.row])
        wanted = None if self.wishes is None else self.wishes(track, frame)
        if wanted is None:
            return placed
        return adjusted(placed, wanted, eye_distance(part.faces.landmarks[face.row : face.row + 1]))


def render(stage: Stage, plate: Footage, renderer: Renderer, spec: OutputSpec, task: Task) -> int:
    """Make the segments that are missing; returns the frames rendered."""
    done, reel = 0, plate.reel()
    for index, numbers in missing_chunks(stage, plate, CHUNK, task, SEGMENT_SUFFIX):
        images = ordered_map(renderer.frame, reel.frames(numbers))
        done += encode_segment(stage.path(stage.chunk(index, SEGMENT_SUFFIX)), _counted(images, task), spec)
        for part in renderer.parts:
            part.release()
    return done


def segments(stage: Stage, plate: Footage) -> list[Path]:
    """The segments of a finished rendering, in order."""
    return stage.chunks(plate.chunk_count(CHUNK), SEGMENT_SUFFIX)


def _counted(images: Iterable[Image], task: Task) -> Iterator[Image]:
    for image in images:
        yield image
        task.advance()
