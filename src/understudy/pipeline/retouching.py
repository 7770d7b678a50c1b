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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.marking import mark
from understudy.errors import BadInputError
from understudy.parallel import ordered_map
from understudy.pipeline.retouch_scene import FilmScene, Swapped, swapped
from understudy.pixels import Floats, to_bytes, to_float
from understudy.project.catalog import Catalog
from understudy.project.journals import ConflictError
from understudy.retouch.bundle import export_edits, import_edits
from understudy.retouch.canvas import NOWHERE, Area, chart, eye_distance
from understudy.retouch.edits import MASKED, PAINTED, Edit, Key, Operation, new_id
from understudy.retouch.healing import healed
from understudy.retouch.making import Mask, Stroke, brushed, difference, patch_of
from understudy.retouch.patch import Patch
from understudy.retouch.repairing import Repaired, Repairer
from understudy.retouch.sources import brought, in_the_light_of
from understudy.retouch.store import EditStore

__all__ = ["ConflictError", "Edit", "Operation", "Retouching", "Source", "State", "Stroke"]

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """Where cloned colours come from.

    kind      "plate"     the plate's frame, at the same place
              "frame"     the film's frame `frame`: the same place of the face there
              "place"     the same frame, `offset` (x, y) pixels away from the brush
              "picture"   `picture` (H, W, 3) uint8 with a face (478, 3) at `landmarks`: a frame of the
                          likeness
    in_light  whether the source takes on the broad colours around the brush
    """

    kind: Literal["plate", "frame", "place", "picture"]
    frame: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    picture: Bytes | None = field(default=None, repr=False)
    landmarks: npt.NDArray[np.floating[Any]] | None = field(default=None, repr=False)
    in_light: bool = False


@dataclass(frozen=True)
class State:
    """The edits at one moment; `revision` is what the next write has to name."""

    revision: int
    edits: tuple[Edit, ...]
    can_undo: bool
    can_redo: bool


class Retouching:
    """A finished swap, opened to be retouched. Use as a context manager.

    film      the swap's output, which edits belong to
    frames    how many there are
    width, height   pixels
    rate      frames a second
    tracks    the replaced faces: first and last frame of the film, by the track's number
    is_preview   whether it was made without a consent record: then the mark is laid over every edit again
    """

    def __init__(self, made: Swapped) -> None:
        """See `open`."""
        self.made, self.film = made, made.film
        self.scene = FilmScene(made)
        self._catalog = Catalog(made.project / "catalog.db")
        self.store = EditStore(self._catalog, made.project, made.film)
        self._repairer = Repairer(self.scene, self.store.patches)
        self.frames, self.tracks = self.scene.frames, self.scene.tracks
        self.width, self.height = self.scene.width, self.scene.height
        self.rate = float(self.scene.film.info.rate)
        self.is_preview = _standing(made) == "preview"

    @classmethod
    def open(cls, film_or_project: Path, project: Path | None = None) -> Self:
        """Open a film, or the last finished swap of a project's folder.

        `project` is the folder of the film's project where it is not beside the film. Raises BadInputError in
        one sentence where there is nothing to retouch or a file is gone.
        """
        return cls(swapped(film_or_project, project))

    def close(self) -> None:
        """Release files and catalogue."""
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
            yield frame, area.x0, area.y0, to_bytes(found.image[area.within])

    def with_edits(self, frame: int, edits: Sequence[Edit], image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A frame that was drawn just now, (H, W, 3) in the film's size and any depth, with edits."""
        return self._repaired(frame, edits, image).image

    def _repaired(self, frame: int, edits: Sequence[Edit], image: npt.NDArray[Any] | None = None) -> Repaired:
        found = self._repairer.repaired(frame, edits, image)
        if not self.is_preview or found.area.empty:
            return found
        return Repaired(marked_again(self.scene, frame, found), found.areas)

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
        """
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

    def copied(self, edits: Sequence[Edit], track: int) -> tuple[Edit, ...]:
        """Edits as drafts for another track of the same person: over all of it, with ids of their own.

        Raises BadInputError for a track that was not replaced.
        """
        if track not in self.tracks:
            known = ", ".join(map(str, self.tracks))
            raise BadInputError(f"Track {track} was not replaced in {self.film.name}: there is {known}.")
        first, last = self.tracks[track]
        return tuple(edit.changed(id=new_id(), track=track, first=first, last=last) for edit in edits)

    def export(self, path: Path, edits: Sequence[Edit] | None = None) -> int:
        """Write edits, all unless given, into one file; return how many. Raises OutputError."""
        some = self.edits() if edits is None else tuple(edits)
        if not some:
            raise BadInputError(f"{self.film.name} has no edits to export.")
        export_edits(path, some, self.store.patches)
        return len(some)

    def imported(self, path: Path, track: int | None = None) -> tuple[Edit, ...]:
        """The edits of a file as drafts, for a track of this film where one is given; `keep` keeps them.

        Raises BadInputError for a file that holds none, and for edits of a track that is not here.
        """
        edits = import_edits(path, self.store.patches)
        if track is not None:
            return self.copied(edits, track)
        for edit in edits:
            if edit.track not in self.tracks:
                raise BadInputError(
                    f"{path.name} has edits of track {edit.track}, which was not replaced in "
                    f"{self.film.name}: say whose they are by --to-track."
                )
        return edits

    # --- making edits

    def track_at(self, frame: int, x: float, y: float) -> int:
        """The replaced face nearest to a pixel. Raises BadInputError where there is none in the frame."""
        return track_at(self.scene, frame, x, y)

    def draw(
        self,
        frame: int,
        stroke: Stroke | Sequence[Stroke],
        operation: Operation | str,
        *,
        colour: tuple[float, float, float] | None = None,
        source: Source | None = None,
        values: dict[str, float] | None = None,
        onto: Edit | None = None,
        track: int | None = None,
        edits: Sequence[Edit] | None = None,
    ) -> Edit:
        """One stroke or several, at a keyframe, as an edit over the whole track.

        operation   paint (wants `colour`, R G B in [0, 1]), clone (wants `source`), heal, colour, sharpen,
                    blur (`values`, see `retouch.edits.Operation`), show-plate, show-result
        onto        the edit that this is one more stroke of: at its keyframe it is added to what was drawn
                    there, at another frame it becomes one more keyframe. Kept or not; it keeps its id
        track       whose face; the one nearest to the stroke's beginning unless given
        edits       the other edits, which lie beneath; the kept ones unless given

        Change range, strength and fading by `edit.changed(first=…, last=…, strength=…, fade=…, note=…)`.
        Raises BadInputError for a stroke beside any face, and for values out of range.
        """
        strokes = [stroke] if isinstance(stroke, Stroke) else list(stroke)
        kind = _operation(operation)
        if kind not in MASKED:
            raise BadInputError(f"{kind.value} is not drawn with a brush.")
        mask = brushed(strokes[0], self.height, self.width)
        for more in strokes[1:]:
            mask = mask.joined(brushed(more, self.height, self.width))
        if track is None:
            at = np.asarray(strokes[0].points, np.float64).reshape(-1, 2)[0]
            track = onto.track if onto is not None else self.track_at(frame, float(at[0]), float(at[1]))
        others = self.store.edits() if edits is None else edits
        beneath = [each for each in others if onto is None or each.id != onto.id]
        key = self._key(frame, track, mask, kind, _Brush(colour, source), onto, beneath)
        key = key.model_copy(update={"values": values or {}})
        return self._edit(kind, track, key, onto)

    def repaired_as(
        self, frame: int, picture: Bytes, *, onto: Edit | None = None, track: int | None = None
    ) -> Edit:
        """A frame that was repaired elsewhere, in any paint program, as an edit: wherever it differs from
        `repaired_frame(frame)` by two code values or more.

        picture   (H, W, 3) uint8, of the film's size. Raises BadInputError for another size, and where
                  nothing
        differs.
        """
        beneath = [each for each in self.store.edits() if onto is None or each.id != onto.id]
        film = self._repairer.repaired(frame, beneath).image
        if picture.shape != film.shape:
            raise BadInputError(f"The repaired frame has to be {self.width} x {self.height}, as the film is.")
        mask = difference(to_bytes(film), picture)
        if track is None:
            y, x = np.nonzero(mask.matte)
            track = self.track_at(frame, float(x.mean() + mask.area.x0), float(y.mean() + mask.area.y0))
        face = self._face(track, frame)
        patch = patch_of(face, film, mask, to_float(picture[mask.area.within]))
        return self._edit(
            Operation.PAINT, track, Key(frame=frame, patch=self.store.patches.keep(patch)), onto
        )

    def _key(
        self,
        frame: int,
        track: int,
        mask: Mask,
        kind: Operation,
        brush: _Brush,
        onto: Edit | None,
        beneath: Sequence[Edit],
    ) -> Key:
        face = self._face(track, frame)
        film = self._repairer.repaired(frame, beneath).image
        before = next((key for key in onto.keys if key.frame == frame), None) if onto is not None else None
        now, drawn = film, mask
        if before is not None and before.patch is not None and onto is not None:
            drawn = mask.joined(_mask_of(self.store.patches[before.patch], face, self.height, self.width))
            if kind in PAINTED:
                alone = onto.changed(keys=[before], strength=1.0, fade=0, first=frame, last=frame)
                now = self._repairer.repaired(frame, [*beneath, alone]).image
        repaired = None
        if kind in PAINTED:
            repaired = self._colours(kind, brush, now, face, frame, track, mask, drawn.area)
        return Key(frame=frame, patch=self.store.patches.keep(patch_of(face, film, drawn, repaired)))

    def _colours(
        self,
        kind: Operation,
        brush: _Brush,
        now: npt.NDArray[Any],
        face: npt.NDArray[np.float32],
        frame: int,
        track: int,
        mask: Mask,
        area: Area,
    ) -> Floats:
        """What an area shows after a stroke, (h, w, 3) in [0, 1]."""
        unit = eye_distance(face)
        room = area.grown(1.2 * unit, self.height, self.width)
        film, matte = to_float(now[room.within]), mask.over(room)
        if kind is Operation.HEAL:
            after = healed(film, matte, chart(face, room).covered)
        else:
            other = film
            if kind is Operation.PAINT:
                if brush.colour is None or not np.isfinite(brush.colour).all():
                    raise BadInputError("Painting wants a colour.")
                other = np.broadcast_to(np.clip(np.array(brush.colour, np.float32), 0, 1), film.shape)
            elif brush.source is None:
                raise BadInputError("Cloning wants a source: the plate, a frame, a place or a picture.")
            else:
                other = self._source(brush.source, now, face, frame, track, room, film)
                if brush.source.in_light:
                    other = in_the_light_of(other, film, matte, unit)
            after = film + matte[..., None] * (other - film)
        y, x = area.y0 - room.y0, area.x0 - room.x0
        return np.ascontiguousarray(after[y : y + area.shape[0], x : x + area.shape[1]], np.float32)

    def _source(
        self,
        source: Source,
        now: npt.NDArray[Any],
        face: npt.NDArray[np.float32],
        frame: int,
        track: int,
        room: Area,
        film: Floats,
    ) -> Floats:
        if source.kind == "plate":
            return to_float(self.scene.plate(frame)[room.within])
        if source.kind == "place":
            return _moved(now, room, source.offset)
        if source.kind == "frame":
            if not 0 <= source.frame < self.frames:
                raise BadInputError(f"The film has the frames 0-{self.frames - 1}, and no {source.frame}.")
            found = brought(
                self.scene.result(source.frame), self._face(track, source.frame), face, room, like=now
            )
        elif source.picture is None or source.landmarks is None:
            raise BadInputError("A picture as a source wants the landmarks of its face, too.")
        else:
            found = brought(source.picture, source.landmarks, face, room)
        return np.where(found.known[..., None], found.picture, film)

    def _edit(self, kind: Operation, track: int, key: Key, onto: Edit | None) -> Edit:
        if onto is not None:
            if onto.operation is not kind:
                raise BadInputError(f"That edit is of another kind ({onto.operation.value}): draw a new one.")
            return onto.with_key(key)
        first, last = self.tracks[track]
        return Edit(id=new_id(), operation=kind, track=track, first=first, last=last, keys=(key,)).changed()

    def _face(self, track: int, frame: int) -> npt.NDArray[np.float32]:
        found = self.scene.landmarks(track, frame)
        if found is None:
            raise BadInputError(f"Track {track} has no face in frame {frame}: choose another frame.")
        return found


@dataclass(frozen=True)
class _Brush:
    colour: tuple[float, float, float] | None
    source: Source | None


def with_draft(edits: Sequence[Edit], draft: Edit) -> tuple[Edit, ...]:
    """Edits with a draft in the place of the one with its id, or after them."""
    if any(each.id == draft.id for each in edits):
        return tuple(draft if each.id == draft.id else each for each in edits)
    return (*edits, draft)


def track_at(scene: FilmScene, frame: int, x: float, y: float) -> int:
    """The replaced face nearest to a pixel, in eye distances. Raises BadInputError without any."""
    best, found = np.inf, None
    for track in scene.tracks:
        face = scene.landmarks(track, frame)
        if face is None:
            continue
        low, high = face[:, :2].min(0), face[:, :2].max(0)
        away = np.maximum(np.maximum(low - (x, y), np.array((x, y)) - high), 0)
        score = float(np.hypot(*away)) / eye_distance(face)
        if score < best:
            best, found = score, track
    if found is None:
        raise BadInputError(f"There is no replaced face in frame {frame}: choose another frame.")
    return found


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


def _operation(name: Operation | str) -> Operation:
    try:
        return Operation(name)
    except ValueError as error:
        known = ", ".join(each.value for each in Operation)
        raise BadInputError(f"There is no operation {name}; there are {known}.") from error


def _mask_of(patch: Patch, face: npt.NDArray[np.float32], height: int, width: int) -> Mask:
    """A patch's matte at its own keyframe."""
    area = patch.sheet.area_in(face, 1.0, height, width)
    found = chart(face, area)
    texels = patch.sheet.texels(found.place)
    texels[~found.covered] = -1e4
    matte = cv2.remap(patch.matte, texels, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return Mask(area, np.clip(matte, 0, 1))


def _moved(picture: npt.NDArray[Any], room: Area, offset: tuple[float, float]) -> Floats:
    """An area of a frame as it is `offset` (x, y) pixels away."""
    if not np.isfinite(offset).all():
        raise BadInputError("The offset of a clone has to be two numbers.")
    y, x = np.mgrid[room.y0 : room.y1, room.x0 : room.x1].astype(np.float32)
    return np.asarray(
        cv2.remap(
            to_float(picture),
            x + np.float32(offset[0]),
            y + np.float32(offset[1]),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
