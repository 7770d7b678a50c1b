"""What a stroke makes of a frame: painted, healed, or cloned from somewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.pipeline.retouch_scene import FilmScene
from understudy.pixels import Floats, to_float
from understudy.retouch.canvas import Area, chart, eye_distance
from understudy.retouch.edits import Operation
from understudy.retouch.healing import healed
from understudy.retouch.making import Mask
from understudy.retouch.sources import brought, in_the_light_of

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """Where cloned colours come from.

    kind      "plate"     the plate's frame, at the same place
              "frame"     the film's frame `frame`: the same place of the face there
              "place"     the same frame, `offset` (x, y) pixels away from the brush
              "picture"   `picture` (H, W, 3) uint8 with a face (478, 3) at `landmarks`: a frame of the
                          likeness
    in_light  whether the source takes on the broad colours around the brush; None: from another frame or
              picture
    """

    kind: Literal["plate", "frame", "place", "picture"]
    frame: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    picture: Bytes | None = field(default=None, repr=False)
    landmarks: npt.NDArray[np.floating[Any]] | None = field(default=None, repr=False)
    in_light: bool | None = None

    @property
    def relit(self) -> bool:
        """Whether it does."""
        return self.kind in ("frame", "picture") if self.in_light is None else self.in_light


@dataclass(frozen=True)
class Brush:
    """With what a stroke is painted, or where it is cloned from."""

    colour: tuple[float, float, float] | None
    source: Source | None


@dataclass(frozen=True)
class At:
    """A face (478, 3) of a track in a frame."""

    track: int
    frame: int
    face: npt.NDArray[np.float32] = field(repr=False)


def face_in(scene: FilmScene, track: int, frame: int) -> npt.NDArray[np.float32]:
    """The landmarks of a track in a frame. Raises BadInputError where it has none."""
    found = scene.landmarks(track, frame)
    if found is None:
        raise BadInputError(f"Track {track} has no face in frame {frame}: choose another frame.")
    return found


def after_stroke(
    scene: FilmScene,
    kind: Operation,
    brush: Brush,
    now: npt.NDArray[Any],
    at: At,
    mask: Mask,
    area: Area,
) -> Floats:
    """What an area shows after a stroke, (h, w, 3) in [0, 1]."""
    unit = eye_distance(at.face)
    room = area.grown(1.2 * unit, *now.shape[:2])
    film, matte = to_float(now[room.within]), mask.over(room)
    if kind is Operation.HEAL:
        after = healed(film, matte, chart(at.face, room).covered)
    else:
        other = film
        if kind is Operation.PAINT:
            if brush.colour is None or not np.isfinite(brush.colour).all():
                raise BadInputError("Painting wants a colour.")
            other = np.broadcast_to(np.clip(np.array(brush.colour, np.float32), 0, 1), film.shape)
        elif brush.source is None:
            raise BadInputError("Cloning wants a source: the plate, a frame, a place or a picture.")
        else:
            other = _source(scene, brush.source, now, at, room, film)
            if brush.source.relit:
                other = in_the_light_of(other, film, matte, unit)
        after = film + matte[..., None] * (other - film)
    y, x = area.y0 - room.y0, area.x0 - room.x0
    return np.ascontiguousarray(after[y : y + area.shape[0], x : x + area.shape[1]], np.float32)


def _source(
    scene: FilmScene, source: Source, now: npt.NDArray[Any], at: At, room: Area, film: Floats
) -> Floats:
    if source.kind == "plate":
        return to_float(scene.plate(at.frame)[room.within])
    if source.kind == "place":
        return _moved(now, room, source.offset)
    if source.kind == "frame":
        if not 0 <= source.frame < scene.frames:
            raise BadInputError(f"The film has the frames 0-{scene.frames - 1}, and no {source.frame}.")
        found = brought(
            scene.result(source.frame), face_in(scene, at.track, source.frame), at.face, room, like=now
        )
    elif source.picture is None or source.landmarks is None:
        raise BadInputError("A picture as a source wants the landmarks of its face, too.")
    else:
        found = brought(source.picture, source.landmarks, at.face, room)
    return np.where(found.known[..., None], found.picture, film)


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
