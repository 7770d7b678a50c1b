"""The last look at the plate: every frame composited, and encoded in segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from understudy.compositing.adjusting import Adjustment, adjusted, mix
from understudy.compositing.blend import BlendName
from understudy.compositing.composite import Placed, composite, matte_in
from understudy.compositing.light import Shading
from understudy.faces.steadying.by_flow import eye_distance
from understudy.media import Frame, Image
from understudy.media.codecs import OutputSpec
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.parallel import ordered_map
from understudy.pipeline.cast import Appearance, Part, appearances, seen_for
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.matching import Matches
from understudy.pipeline.preview import Preview
from understudy.pixels import Floats, to_float
from understudy.progress import Task
from understudy.project.stage import Stage

CHUNK = 48
"""Frames in a segment: what a kill costs at most, against a keyframe every so often."""


@dataclass(frozen=True)
class Portrayal:
    """All roles of a swap as one engine draws them, and what each of their faces takes on."""

    parts: tuple[Part, ...]
    matches: Matches = field(repr=False)


@dataclass(frozen=True)
class Wish:
    """What a person wants of one face in one frame; the usual values change nothing.

    adjustment  how it is put in
    engine      who else draws it, by its name; None: nobody
    share       0 to 1, how much of the composite is with that engine's face; the rest is with the swap's own
    """

    adjustment: Adjustment | None = None
    engine: str | None = None
    share: float = 1.0


AS_USUAL = Wish()
Wishes = Callable[[int, int], Wish]
"""What a person wants of a face, by its track and the plate's frame."""


class Renderer:
    """Composites frames as a pure function of the plate and what the earlier stages found.

    `others` are other engines' portrayals of the same roles and faces, for those who wish them.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        matches: Matches,
        blend: BlendName,
        seed: int,
        preview: Preview | None = None,
        wishes: Wishes | None = None,
        others: Mapping[str, Portrayal] | None = None,
    ) -> None:
        self.own = Portrayal(tuple(parts), matches)
        self.blend, self.seed, self.preview, self.wishes = blend, seed, preview, wishes
        self.others = others or {}

    @property
    def parts(self) -> tuple[Part, ...]:
        """The roles, as the swap's own engine draws them."""
        return self.own.parts

    def with_wishes(self, wishes: Wishes, others: Mapping[str, Portrayal]) -> Renderer:
        """The same with wishes, and with those who are wished for."""
        own = self.own
        return Renderer(own.parts, own.matches, self.blend, self.seed, self.preview, wishes, others)

    def release(self) -> None:
        """Give back the memory of what lies in files; see `Part.release`."""
        for each in (self.own, *self.others.values()):
            for part in each.parts:
                part.release()

    def frame(self, frame: Frame) -> Image:
        """The composite of one plate frame; small and marked where it is a preview."""
        height, width = frame.image.shape[:2]
        image = frame.image
        faces = list(appearances(self.parts, frame.index, width, height))
        for face in faces:
            image = self._with(image, face, frame.index)
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
            placed = self._place(frame.image, face, self.own, None)
            kept[face.box.rows, face.box.columns] *= 1.0 - matte_in(frame.image, placed)
        return 1.0 - kept

    def _with(self, image: Image, face: Appearance, number: int) -> Image:
        """The picture with a face put in, by the engine that is wished for."""
        part = self.parts[face.part]
        wish = AS_USUAL if self.wishes is None else self.wishes(int(part.faces.track[face.row]), number)
        share = wish.share if wish.engine in self.others else 0.0
        seed = (self.seed << 24) + number

        def drawn(by: Portrayal) -> Image:
            return composite(image, [self._place(image, face, by, wish.adjustment)], self.blend, seed=seed)

        if share <= 0:
            made = drawn(self.own)
        else:
            # Of finished composites: each engine's face is lit, sharpened and matted by what suits it.
            made = drawn(self.others[str(wish.engine)])
            if share < 1:
                mix(drawn(self.own), made, share, face.box)
        if wish.adjustment is not None and wish.adjustment.strength < 1:
            mix(image, made, wish.adjustment.strength, face.box)
        return made

    def _place(self, image: Image, face: Appearance, by: Portrayal, wanted: Adjustment | None) -> Placed:
        height, width = image.shape[:2]
        part, box = by.parts[face.part], face.box
        view = face if by is self.own else seen_for(part, face, width, height)
        seen = to_float(image[view.view.rows, view.view.columns])
        rendered = part.render(face.row, seen, view.view.to_crop).within(*view.in_view)
        picture = np.ascontiguousarray(seen[view.in_view])
        match = by.matches[face.part, face.row]
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
        if wanted is None:
            return placed
        return adjusted(placed, wanted, eye_distance(part.faces.landmarks[face.row : face.row + 1]))


def render(stage: Stage, plate: Footage, renderer: Renderer, spec: OutputSpec, task: Task) -> int:
    """Make the segments that are missing; returns the frames rendered."""
    done, reel = 0, plate.reel()
    for index, numbers in missing_chunks(stage, plate, CHUNK, task, SEGMENT_SUFFIX):
        images = ordered_map(renderer.frame, reel.frames(numbers))
        done += encode_segment(stage.path(stage.chunk(index, SEGMENT_SUFFIX)), _counted(images, task), spec)
        renderer.release()
    return done


def segments(stage: Stage, plate: Footage) -> list[Path]:
    """The segments of a finished rendering, in order."""
    return stage.chunks(plate.chunk_count(CHUNK), SEGMENT_SUFFIX)


def _counted(images: Iterable[Image], task: Task) -> Iterator[Image]:
    for image in images:
        yield image
        task.advance()
