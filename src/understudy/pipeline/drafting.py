"""What an artist does at one frame, as a draft of an edit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.pipeline.recompositing import Recompositor
from understudy.pipeline.retouch_scene import FilmScene
from understudy.pipeline.stroking import At, Brush, Source, after_stroke, face_in
from understudy.pixels import to_bytes, to_float
from understudy.retouch.canvas import Area, chart, eye_distance
from understudy.retouch.edits import MASKED, PAINTED, Edit, Key, Operation, new_id, read_edit
from understudy.retouch.making import Mask, Stroke, brushed, difference, patch_of
from understudy.retouch.moving import offsets_of
from understudy.retouch.patch import Patch
from understudy.retouch.repairing import Repaired, Repairer
from understudy.retouch.store import EditStore

Bytes = npt.NDArray[np.uint8]


class Drafting:
    """Makes edits of a film. A draft is not kept; only its patch lies on the disk."""

    scene: FilmScene
    store: EditStore
    _repairer: Repairer
    _recompositor: Recompositor

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return self.scene.frames

    @property
    def width(self) -> int:
        """Of the film, pixels."""
        return self.scene.width

    @property
    def height(self) -> int:
        """Of the film, pixels."""
        return self.scene.height

    @property
    def tracks(self) -> dict[int, tuple[int, int]]:
        """The replaced faces: first and last frame of the film, by the track's number."""
        return self.scene.tracks

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
        key = self._key(frame, track, mask, kind, Brush(colour, source), onto, beneath)
        key = key.model_copy(update={"values": values or {}})
        return self._edit(kind, track, key, onto)

    def repaired_as(
        self, frame: int, picture: npt.NDArray[Any], *, onto: Edit | None = None, track: int | None = None
    ) -> Edit:
        """A frame that was repaired elsewhere, in any paint program, as an edit: wherever it differs from
        `repaired_frame(frame)` by two code values or more.

        picture   (H, W, 3), or (H, W, 4) with nothing transparent in it, uint8 or uint16, of the film's size.
                  Raises BadInputError for another size, and where nothing differs.
        """
        if picture.shape[2:] == (4,) and (picture[..., 3] < np.iinfo(picture.dtype).max).any():
            raise BadInputError("The repaired frame is transparent in places: flatten its layers first.")
        picture = to_bytes(picture)
        beneath = [each for each in self.store.edits() if onto is None or each.id != onto.id]
        film = self._drawn(frame, beneath).image
        if picture.shape != film.shape:
            raise BadInputError(
                f"The repaired frame is {picture.shape[1]} x {picture.shape[0]}, and the film "
                f"{self.width} x {self.height}: save it in the film's size."
            )
        mask = difference(to_bytes(film), picture)
        if track is None:
            y, x = np.nonzero(mask.matte)
            track = self.track_at(frame, float(x.mean() + mask.area.x0), float(y.mean() + mask.area.y0))
        face = face_in(self.scene, track, frame)
        patch = patch_of(face, film, mask, to_float(picture[mask.area.within]))
        return self._edit(
            Operation.PAINT, track, Key(frame=frame, patch=self.store.patches.keep(patch)), onto
        )

    def nudge(
        self,
        frame: int,
        point: tuple[float, float],
        way: tuple[float, float],
        radius: float,
        *,
        onto: Edit | None = None,
        track: int | None = None,
    ) -> Edit:
        """Skin taken hold of at `point` and drawn by `way` (x, y), falling off over `radius`; pixels.

        With `onto` it is added to what was drawn at that frame, or becomes one more keyframe of that edit.
        """
        numbers = np.array([*point, *way, radius], np.float64)
        if not np.isfinite(numbers).all() or not 2 <= radius <= max(self.width, self.height):
            raise BadInputError("A nudge wants a point, a way and a radius of two pixels or more.")
        if track is None:
            track = self.track_at(frame, *point) if onto is None else onto.track
        face = face_in(self.scene, track, frame)
        offsets = offsets_of(face, numbers[:2], numbers[2:4], float(radius))
        if not np.abs(offsets).max() > 0:
            raise BadInputError(
                "There is nothing of a face within the nudge's radius: take hold of the face."
            )
        before = next((key for key in onto.keys if key.frame == frame), None) if onto is not None else None
        if before is not None and before.patch is not None:
            earlier = self.store.patches[before.patch].offsets
            offsets = offsets if earlier is None else np.clip(offsets + earlier, -1, 1)
        area = Area.of(np.array([point]), radius, self.height, self.width)
        mask = Mask(area, np.ones(area.shape, np.float32))
        patch = replace(patch_of(face, self.scene.result(frame), mask), offsets=offsets)
        return self._edit(
            Operation.NUDGE, track, Key(frame=frame, patch=self.store.patches.keep(patch)), onto
        )

    def gaze(
        self,
        frame: int,
        degrees: dict[str, float],
        *,
        onto: Edit | None = None,
        track: int | None = None,
    ) -> Edit:
        """Irises turned: right_yaw, right_pitch, left_yaw, left_pitch in degrees, those that are given.

        Yaw > 0 to the picture's right, pitch > 0 down; "right" is the performer's own right eye. More
        keyframes by `onto`: between them the angles are interpolated.
        """
        return self._numbers(Operation.GAZE, frame, degrees, onto, track)

    def settings(
        self,
        frame: int,
        values: dict[str, float],
        *,
        colour_mode: str | None = None,
        engine: str | None = None,
        onto: Edit | None = None,
        track: int | None = None,
    ) -> Edit:
        """How the face is made and put into the plate: numbers keyed at a frame (`edits.SETTING_RANGES`),
        and over the whole edit a colour mode and an engine, which stay as they are where they are None.
        """
        edit = self._numbers(Operation.SETTINGS, frame, values, onto, track)
        told = {"colour_mode": colour_mode, "engine": engine}
        return edit.changed(**{name: value for name, value in told.items() if value is not None})

    def hold(self, first: int, last: int, *, track: int | None = None) -> Edit:
        """Bad frames first..last put together from the good ones beside them."""
        if track is None:
            track = self.track_at(first, self.width / 2, self.height / 2)
        begin, end = self.span(track)
        if not begin <= first <= last <= end or (first, last) == (begin, end):
            raise BadInputError(
                f"Frames {first}-{last} have no good frame beside them: the face is in {begin}-{end}."
            )
        return _checked(Operation.HOLD, track, first, last, Key(frame=first))

    def _drawn(self, frame: int, edits: Sequence[Edit], image: npt.NDArray[Any] | None = None) -> Repaired:
        """A frame with edits, unmarked: on `image`, which has the settings in it, or on the film, with
        settings as far as they can be seen.
        """
        areas: dict[str, Area] = {}
        if image is None:
            with suppress(BadInputError):  # `Retouching.lacks` tells
                image, areas = self._recompositor.seen(frame, edits) or (None, areas)
        found = self._repairer.repaired(frame, edits, image)
        return Repaired(found.image, {**areas, **found.areas})

    def _numbers(
        self,
        kind: Operation,
        frame: int,
        values: dict[str, float],
        onto: Edit | None,
        track: int | None,
    ) -> Edit:
        if track is None:
            middle = (self.width / 2, self.height / 2)
            track = self.track_at(frame, *middle) if onto is None else onto.track
        face_in(self.scene, track, frame)
        return self._edit(kind, track, Key(frame=frame, values=values), onto)

    def span(self, track: int) -> tuple[int, int]:
        """The first and the last frame of a replaced track. Raises BadInputError for any other."""
        if track not in self.tracks:
            known = ", ".join(map(str, sorted(self.tracks)))
            raise BadInputError(
                f"Track {track} was not replaced in {self.scene.made.film.name}: there is {known}."
            )
        return self.tracks[track]

    def _key(
        self,
        frame: int,
        track: int,
        mask: Mask,
        kind: Operation,
        brush: Brush,
        onto: Edit | None,
        beneath: Sequence[Edit],
    ) -> Key:
        face = face_in(self.scene, track, frame)
        film = self._drawn(frame, beneath).image
        before = next((key for key in onto.keys if key.frame == frame), None) if onto is not None else None
        now, drawn = film, mask
        if before is not None and before.patch is not None and onto is not None:
            drawn = mask.joined(_mask_of(self.store.patches[before.patch], face, self.height, self.width))
            if kind in PAINTED:
                alone = onto.changed(keys=[before], strength=1.0, fade=0, first=frame, last=frame)
                now = self._drawn(frame, [*beneath, alone]).image
        repaired = None
        if kind in PAINTED:
            repaired = after_stroke(self.scene, kind, brush, now, At(track, frame, face), mask, drawn.area)
        return Key(frame=frame, patch=self.store.patches.keep(patch_of(face, film, drawn, repaired)))

    def _edit(self, kind: Operation, track: int, key: Key, onto: Edit | None) -> Edit:
        if onto is not None:
            if onto.operation is not kind:
                raise BadInputError(f"That edit is of another kind ({onto.operation.value}): draw a new one.")
            return onto.with_key(key)
        first, last = self.span(track)
        return _checked(kind, track, first, last, key)

    def copied(self, edits: Sequence[Edit], track: int) -> tuple[Edit, ...]:
        """Edits as drafts for another track of the same person: over all of it, with ids of their own.

        Frames that are held are left out: what holds them are their own neighbours. Raises BadInputError for
        a track that was not replaced, and where nothing is left.
        """
        first, last = self.span(track)
        some = [edit for edit in edits if edit.operation is not Operation.HOLD]
        if not some:
            raise BadInputError(f"There are no edits that could be copied to track {track}.")
        return tuple(edit.changed(id=new_id(), track=track, first=first, last=last) for edit in some)


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


def _checked(kind: Operation, track: int, first: int, last: int, key: Key) -> Edit:
    """A new edit. Raises BadInputError for values out of range."""
    told = {"id": new_id(), "operation": kind, "track": track, "first": first, "last": last}
    return read_edit(told | {"keys": [key.model_dump(mode="json")]})


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
