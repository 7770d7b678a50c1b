"""Retouching a finished swap: what Studio and the command line call.

    with Retouching.open(Path("out.mp4")) as desk:                # or a project's folder
        edit = desk.draw(120, Stroke(points, radius=12), "clone", source=Source("plate"))
        for index, x, y, patch in desk.preview(edit, range(108, 132)):
            ...                                                    # patch (h, w, 3) uint8 at column x, row y
        revision = desk.keep(edit, desk.state().revision)          # in the catalogue when this returns
        revision = desk.undo(revision)

Frames are the film's, from 0. Pixels are the film's, x right and y down, pixel centres at integers. Pictures
are (H, W, 3) uint8 RGB, whatever the film's depth. A draft (what `draw` and its like return) is not kept
until `keep`: only its patch lies on the disk by then. Everything may be called by several threads. No project
lock is taken, so a swap may be running in the project; the edits are safe with several processes, too:
whoever writes names the revision that he has seen, and gets `ConflictError` where somebody else has written
since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from understudy.compositing.marking import mark
from understudy.errors import BadInputError
from understudy.parallel import ordered_map
from understudy.pipeline.drafting import Drafting
from understudy.pipeline.engine_choices import EngineChoices
from understudy.pipeline.recompositing import Recompositor
from understudy.pipeline.reopening import Reopened
from understudy.pipeline.retouch_scene import FilmScene, Swapped, swapped
from understudy.pipeline.stroking import Source, face_in
from understudy.pixels import to_bytes
from understudy.project.catalog import Catalog
from understudy.project.journals import ConflictError
from understudy.retouch.bundle import export_edits, import_edits, read_edits
from understudy.retouch.canvas import NOWHERE, Area, eye_distance
from understudy.retouch.edits import Edit, Operation
from understudy.retouch.making import Stroke
from understudy.retouch.promoting import MOST_WEIGHT, WEIGHT, Promoted
from understudy.retouch.repairing import Repaired, Repairer
from understudy.retouch.store import EditStore

__all__ = ["ConflictError", "Edit", "Operation", "Retouching", "Source", "State", "Stroke"]

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class State:
    """The edits at one moment; `revision` is what the next write has to name."""

    revision: int
    edits: tuple[Edit, ...]
    can_undo: bool
    can_redo: bool


class Retouching(Drafting):
    """A finished swap, opened to be retouched. Use as a context manager.

    Edits are made by `draw`, `nudge`, `gaze`, `hold`, `settings`, `repaired_as` and `copied` (see
    `Drafting`).

    film      the swap's output, which edits belong to
    frames, width, height, tracks   as in `Drafting`
    rate      frames a second
    is_preview   whether it was made without a consent record: then the mark is laid over every edit again
    engines   which engines may draw a range of it
    """

    def __init__(self, made: Swapped, reopen: Callable[[], Reopened] | None = None) -> None:
        """See `open`. `reopen` gives what the swap has left, where somebody has it open already."""
        self.made, self.film = made, made.film
        self.scene = FilmScene(made)
        self._catalog = Catalog(made.project / "catalog.db")
        self.store = EditStore(self._catalog, made.project, made.film)
        self._repairer = Repairer(self.scene, self.store.patches)
        self.rate = float(self.scene.film.info.rate)
        self.is_preview = _standing(made) == "preview"
        self._own: Reopened | None = None
        self._reopening = Lock()
        self._recompositor = Recompositor(self.scene, reopen or self._reopened)
        self.engines = EngineChoices(made, self.frames, self.is_preview)

    @classmethod
    def open(cls, film_or_project: Path, project: Path | None = None) -> Self:
        """Open a film, or the last finished swap of a project's folder.

        `project` is the folder of the film's project where it is not beside the film. Raises BadInputError in
        one sentence where there is nothing to retouch or a file is gone.
        """
        return cls(swapped(film_or_project, project))

    def close(self) -> None:
        """Release files and catalogue."""
        if self._own is not None:
            self._own.close()
        self.scene.close()
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- pictures

    def result_frame(self, frame: int) -> Bytes:
        """The film as it was made. Raises IndexError outside 0..frames-1."""
        return to_bytes(self.scene.result(frame))

    def plate_frame(self, frame: int) -> Bytes:
        """The plate beneath it, in the film's size."""
        return to_bytes(self.scene.plate(frame))

    def repaired_frame(self, frame: int, edits: Sequence[Edit] | None = None) -> Bytes:
        """The film with edits: those that are kept, or these in their place (a draft after the kept ones, as
        `with_draft` gives them).
        """
        return to_bytes(self._repaired(frame, self.store.edits() if edits is None else edits).image)

    def preview(
        self, edit: Edit, frames: Iterable[int], edits: Sequence[Edit] | None = None
    ) -> Iterator[tuple[int, int, int, Bytes]]:
        """What `edit` would change: (frame, x, y, patch) for each of `frames`, in their order.

        The patch (h, w, 3) uint8 lies at column x and row y of the frame that `repaired_frame` gives without
        the edit; (0, 0, 3) where it changes nothing there. `edits` are the other ones, the kept ones unless
        given. Frames next to each other are read quickest. Stop iterating to stop the work.
        """
        others = self.store.edits() if edits is None else edits
        whole, numbers = with_draft(others, edit), list(frames)
        for frame, found in zip(
            numbers, ordered_map(lambda n: self._repaired(n, whole), numbers), strict=True
        ):
            area = found.areas.get(edit.id, NOWHERE)
            if edit.operation is Operation.SETTINGS and not area.empty:
                area = found.area  # what lies on the face is drawn on another one
            yield frame, area.x0, area.y0, to_bytes(found.image[area.within])

    def with_edits(self, frame: int, edits: Sequence[Edit], image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A frame that was drawn just now, (H, W, 3) in the film's size and any depth, with edits."""
        return self._repaired(frame, edits, image).image

    def lacks(self, edits: Sequence[Edit] | None = None) -> str | None:
        """Why pictures show nothing, or not all, of the settings among edits (the kept ones unless given), as
        one sentence; None where they do. `making_ready.make_ready` makes what is missing.
        """
        return self._recompositor.lacks(self.store.edits() if edits is None else edits)

    def _reopened(self) -> Reopened:
        with self._reopening:
            if self._own is None:
                self._own = Reopened(self.made)
            return self._own

    def _repaired(self, frame: int, edits: Sequence[Edit], image: npt.NDArray[Any] | None = None) -> Repaired:
        found = self._drawn(frame, edits, image)
        if not self.is_preview or found.area.empty:
            return found
        return Repaired(marked_again(self.scene, frame, found), found.areas)

    def promote(self, frame: int, weight: float = WEIGHT, *, track: int | None = None) -> Path:
        """Keep a repaired frame to be learned from: trainings of `guided` in this project see it `weight`
        times as often as another face, there where it was repaired. Returns the file, which may be deleted.

        Raises BadInputError where the frame has no edit, and for a preview, from which nothing learns.
        """
        if not 0 < weight <= MOST_WEIGHT:
            raise BadInputError(f"The weight of a repaired frame is above 0 and at most {MOST_WEIGHT:g}.")
        if self.is_preview:
            raise BadInputError(f"{self.film.name} is a preview: nothing learns from what nobody agreed to.")
        number = self.track_at(frame, self.width / 2, self.height / 2) if track is None else track
        face = face_in(self.scene, number, frame)
        area = Area.of(face, 0.5 * eye_distance(face), self.height, self.width)
        # Settings are no lesson: a face at half its strength has half of the plate's performer in it.
        edits = [edit for edit in self.edits() if edit.operation is not Operation.SETTINGS]
        picture = self.repaired_frame(frame, edits)[area.within]
        film = self.result_frame(frame)[area.within]
        changed = (np.abs(picture.astype(np.int16) - film).max(-1) >= 2).astype(np.uint8) * np.uint8(255)
        if not changed.any():
            raise BadInputError(f"Frame {frame} of {self.film.name} is not repaired: make an edit first.")
        at = frame + self.made.begin
        plate = self.made.plate_digest
        kept = Promoted(plate, number, at, area.x0, area.y0, picture, changed, float(weight))
        return kept.save(self.made.project)

    # --- edits

    def state(self) -> State:
        """Revision, edits in the order in which they are applied, and whether there is something to undo."""
        return State(*self.store.read())

    def edits(self) -> tuple[Edit, ...]:
        """The edits that are kept, in the order in which they are applied."""
        return self.store.edits()

    def keep(self, edit: Edit | Sequence[Edit], revision: int) -> int:
        """Add an edit, or replace the one with its id; return the new revision. One step for undo.

        `revision` is what was last seen: raises ConflictError, and writes nothing, where it is not the last.
        Raises as `EngineChoices.check`, too.
        """
        self.engines.check([edit] if isinstance(edit, Edit) else edit)
        return self.store.keep(edit, revision)

    def drop(self, ids: str | Iterable[str], revision: int) -> int:
        """Take edits away. Raises BadInputError for unknown ids, and as `keep`."""
        return self.store.drop(ids, revision)

    def undo(self, revision: int) -> int:
        """Take back the last step, of today or last week. Raises BadInputError where there is none."""
        return self.store.undo(revision)

    def redo(self, revision: int) -> int:
        """Do again what was undone last. Raises BadInputError where there is nothing."""
        return self.store.redo(revision)

    def versions(self) -> list[str]:
        """Names of the versions, the oldest first."""
        return [version.name for version in self.store.versions()]

    def name_version(self, name: str) -> None:
        """Keep the edits as they are under a name."""
        self.store.name_version(name)

    def restore(self, name: str, revision: int) -> int:
        """Go back to a version; that, too, can be undone."""
        return self.store.restore(name, revision)

    def export(self, path: Path, edits: Sequence[Edit] | None = None) -> int:
        """Write edits, all unless given, into one file; return how many. Raises OutputError."""
        some = self.edits() if edits is None else tuple(edits)
        if not some:
            raise BadInputError(f"{self.film.name} has no edits to export.")
        export_edits(path, some, self.store.patches)
        return len(some)

    def imported(self, path: Path, track: int | None = None) -> tuple[Edit, ...]:
        """The edits of a file as drafts, for a track of this film where one is given; `keep` keeps them.

        Raises BadInputError for a file that holds none, and for edits of a track or frames that are not here.
        """
        return self._fitting(import_edits(path, self.store.patches), path.name, track)

    def received(self, file: BinaryIO, name: str, track: int | None = None) -> tuple[Edit, ...]:
        """As `imported`, of an open file that is called `name` where it is complained of."""
        return self._fitting(read_edits(file, name, self.store.patches), name, track)

    def _fitting(self, edits: tuple[Edit, ...], name: str, track: int | None) -> tuple[Edit, ...]:
        if track is not None:
            return self.copied(edits, track)
        whose = "say which track they are for (--to-track on the command line)."
        for edit in edits:
            if edit.track not in self.tracks:
                raise BadInputError(
                    f"{name} has edits of track {edit.track}, which was not replaced in "
                    f"{self.film.name}: {whose}"
                )
            if edit.first >= self.frames:
                raise BadInputError(
                    f"{name} has edits from frame {edit.first} on, and {self.film.name} ends at frame "
                    f"{self.frames - 1}: {whose}"
                )
        return tuple(edit.changed(last=min(edit.last, self.frames - 1)) for edit in edits)


def with_draft(edits: Sequence[Edit], draft: Edit) -> tuple[Edit, ...]:
    """Edits with a draft in the place of the one with its id, or after them."""
    if any(each.id == draft.id for each in edits):
        return tuple(draft if each.id == draft.id else each for each in edits)
    return (*edits, draft)


def marked_again(scene: FilmScene, frame: int, repaired: Repaired) -> npt.NDArray[Any]:
    """A preview's frame with its mark over what was edited: what nobody agreed to stays marked."""
    faces = [face for track in scene.tracks if (face := scene.landmarks(track, frame)) is not None]
    out = np.array(repaired.image)
    out[repaired.area.within] = mark(repaired.image, faces)[repaired.area.within]
    return out


def _standing(made: Swapped) -> str:
    """What the swap was by its consent records; a preview where nothing is noted."""
    try:
        noted = json.loads((made.project / "consent" / f"{made.film.name}.json").read_text("utf-8"))
        return str(noted["standing"])
    except (OSError, ValueError, KeyError, TypeError):
        return "preview"
