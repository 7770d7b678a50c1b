"""Edits applied to a rendering: only the segments that an edit touches are drawn again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from understudy.compositing.adjusting import Adjustment
from understudy.media import Frame, Image
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.parallel import ordered_map
from understudy.pipeline import rendering
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.rendering import Renderer
from understudy.pipeline.retouch_scene import RETOUCH
from understudy.pipeline.retouching import Retouching
from understudy.pipeline.session import Session
from understudy.pipeline.swap import Drawing
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.fingerprint import fingerprint
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage
from understudy.retouch.edits import SETTING_RANGES, Edit, Operation


class Finishing:
    """The edits of a film as the last stage of its swap; implements `swap.Finish`.

    desk    the film, which the edits were made on: places in it are known again by what it shows
    """

    name = RETOUCH

    def __init__(self, desk: Retouching, edits: Sequence[Edit]) -> None:
        self.desk, self.edits = desk, tuple(edits)
        told = [edit.model_dump_json(exclude={"note"}) for edit in self.edits]
        self.digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
        self.settings: Mapping[str, Any] = {
            "film": str(desk.film.absolute()), "edits": len(self.edits), "edits_sha256": self.digest
        }  # fmt: skip

    def finished(self, session: Session, plate: Footage, renderer: Renderer, drawing: Drawing) -> Stage:
        """The segments with the edits in them."""
        rendered = drawing.rendered.recipe.hash
        recipe = Recipe(
            "retouch",
            code_hash(__name__),
            {"edits": self.digest, "chunk": rendering.CHUNK},
            {"render": rendered, "film": fingerprint(self.desk.film)},
        )
        wishful = Renderer(
            renderer.parts, renderer.matches, renderer.blend, renderer.seed, renderer.preview, self.wish
        )
        return session.stage(
            recipe,
            "retouch",
            len(plate),
            lambda stage, task: self._draw(stage, plate, wishful, drawing, task),
        )

    def touches(self, frame: int) -> bool:
        """Whether any edit changes a frame of the film."""
        return any(
            edit.first <= frame <= edit.last and self.desk.scene.landmarks(edit.track, frame) is not None
            for edit in self.edits
        )

    def wish(self, track: int, plate_frame: int) -> Adjustment | None:
        """What the settings of ranges want of a face; the last edit that says something counts."""
        frame = plate_frame - self.desk.made.begin
        found = None
        for edit in self.edits:
            if (edit.operation, edit.track) == (Operation.SETTINGS, track) and edit.strength_at(frame) > 0:
                found = adjustment(edit, frame)
        return found

    def _draw(self, stage: Stage, plate: Footage, renderer: Renderer, drawing: Drawing, task: Task) -> int:
        done, reel = 0, plate.reel()

        def drawn(frame: Frame) -> Image:
            image = renderer.frame(frame)
            return self.desk.with_edits(frame.index - self.desk.made.begin, self.edits, image)

        for index, numbers in missing_chunks(stage, plate, rendering.CHUNK, task, SEGMENT_SUFFIX):
            name = stage.chunk(index, SEGMENT_SUFFIX)
            if not any(self.touches(number - self.desk.made.begin) for number in numbers):
                _taken_over(drawing.rendered.path(name), stage, name)
                task.advance(len(numbers))
                continue
            images = _counted(ordered_map(drawn, reel.frames(numbers)), task)
            done += encode_segment(stage.path(name), images, drawing.spec)
            for part in renderer.parts:
                part.release()
        return done


def adjustment(edit: Edit, frame: int) -> Adjustment:
    """What a range's settings want at a frame; fading leads from what is usual to them."""
    share = edit.strength_at(frame)
    values = {}
    for name, (_, _, usual) in SETTING_RANGES.items():
        values[name] = usual + share * (edit.value(name, frame) - usual)
    return Adjustment(**values, own_light=edit.colour_mode == "own")


def _taken_over(segment: Path, stage: Stage, name: str) -> None:
    """A segment as it was rendered, under one more name; copied where the file system has no such names."""
    with stage.writing(name) as part:
        with suppress(OSError):
            part.unlink(missing_ok=True)
            os.link(segment, part)
            return
        part.write_bytes(segment.read_bytes())


def _counted(images: Iterator[Image], task: Task) -> Iterator[Image]:
    for image in images:
        yield image
        task.advance()
