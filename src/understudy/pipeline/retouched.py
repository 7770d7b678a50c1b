"""Edits applied to a rendering: only the segments that an edit touches are drawn again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from understudy.media import Frame, Image
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment
from understudy.parallel import ordered_map
from understudy.pipeline import rendering
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.rendering import Renderer, Wish
from understudy.pipeline.retouch_scene import RETOUCH
from understudy.pipeline.retouching import Retouching
from understudy.pipeline.session import Session
from understudy.pipeline.standing_in import stand_ins
from understudy.pipeline.swap import Drawing, Rehearsal
from understudy.pipeline.wishing import frames_by_engine, wish_of
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.fingerprint import fingerprint
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage
from understudy.provenance.keys import Keyring
from understudy.retouch.edits import Edit


class Finishing:
    """The edits of a film as the last stage of its swap; implements `swap.Finish`.

    desk     the film, which the edits were made on: places in it are known again by what it shows
    keyring  whose keys sign what is told of trained engines
    """

    name = RETOUCH

    def __init__(self, desk: Retouching, edits: Sequence[Edit], keyring: Keyring) -> None:
        self.desk, self.edits, self.keyring = desk, tuple(edits), keyring
        self._models: list[str] = []
        told = [edit.model_dump_json(exclude={"note"}) for edit in self.edits]
        self.digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
        self.settings: Mapping[str, Any] = {
            "film": str(desk.film.absolute()),
            "edits": len(self.edits),
            "edits_sha256": self.digest,
            "stand_ins": sorted(frames_by_engine(self.edits, desk.made.engine)),
        }

    @property
    def models(self) -> Sequence[str]:
        """Hashes of the trained models of the engines that stood in; known once it is finished."""
        return tuple(self._models)

    def finished(self, session: Session, rehearsal: Rehearsal, drawing: Drawing) -> Stage:
        """The segments with the edits in them."""
        plate = rehearsal.plate
        made = self.desk.made
        wanted = frames_by_engine(self.edits, made.engine)
        others = stand_ins(session, made, rehearsal, wanted, self.keyring)
        self._models = [each.sha256 for each in others.values() if each.sha256 is not None]
        drawn = {f"drawn by {name}": each.digest for name, each in others.items()}
        recipe = Recipe(
            "retouch",
            code_hash(__name__),
            {"edits": self.digest, "chunk": rendering.CHUNK},
            {"render": drawing.rendered.recipe.hash, "film": fingerprint(self.desk.film)} | drawn,
        )
        wishful = rehearsal.renderer.with_wishes(
            self.wish, {name: each.portrayal for name, each in others.items()}
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

    def wish(self, track: int, plate_frame: int) -> Wish:
        """What the settings of ranges want of a face."""
        return wish_of(self.edits, self.desk.made.engine, track, plate_frame - self.desk.made.begin)

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
            renderer.release()
        return done


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
