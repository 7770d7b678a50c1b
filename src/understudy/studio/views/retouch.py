"""Retouch: strokes become drafts, drafts are previewed over a range, and kept, or not."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from understudy.errors import BadInputError
from understudy.pipeline.retouching import Edit, Retouching, Source, Stroke
from understudy.studio.desk import AtDesk, Desk
from understudy.studio.films import Film
from understudy.studio.pictures import AskedCut, encode
from understudy.studio.streaming import streamed
from understudy.studio.views.jobs import Job

router = APIRouter(prefix="/films/{film}/retouch", tags=["retouch"])

Pixel = Annotated[float, Field(ge=-32768, le=65536, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Brushed = Literal["paint", "clone", "heal", "colour", "sharpen", "blur", "show-plate", "show-result"]
MOST_PREVIEWED = 600


class DrawnStroke(BaseModel):
    """The way of a brush over a frame, in its pixels; `pressures` one a point, or none."""

    points: Annotated[list[tuple[Pixel, Pixel]], Field(min_length=1, max_length=20_000)]
    pressures: Annotated[list[Share], Field(max_length=20_000)] | None = None
    radius: Annotated[float, Field(gt=0, le=4096)]
    softness: Share = 0.5
    opacity: Share = 1.0


class CloneSource(BaseModel):
    """Where cloned colours come from; `likeness` is the picture that the swap chose for the frame."""

    kind: Literal["plate", "frame", "place", "likeness"]
    frame: Annotated[int, Field(ge=0)] = 0
    offset: tuple[Pixel, Pixel] = (0.0, 0.0)
    in_light: bool = True


class Drawing(BaseModel):
    """Strokes of one operation at a frame; `onto` is the edit that they are added to."""

    frame: Annotated[int, Field(ge=0)]
    operation: Brushed
    strokes: Annotated[list[DrawnStroke], Field(min_length=1, max_length=64)]
    colour: tuple[Share, Share, Share] | None = None
    source: CloneSource | None = None
    values: Annotated[dict[str, float], Field(max_length=8)] = {}
    onto: Edit | None = None


class Nudge(BaseModel):
    """Skin taken hold of at `point` and drawn by `way`, falling off over `radius`; pixels of the frame."""

    frame: Annotated[int, Field(ge=0)]
    point: tuple[Pixel, Pixel]
    way: tuple[Pixel, Pixel]
    radius: Annotated[float, Field(ge=2, le=4096)]
    onto: Edit | None = None


class Gaze(BaseModel):
    """Irises turned, in degrees: right_yaw, right_pitch, left_yaw, left_pitch; yaw to the picture's right."""

    frame: Annotated[int, Field(ge=0)]
    degrees: Annotated[dict[str, float], Field(max_length=4)]
    onto: Edit | None = None


class Setting(BaseModel):
    """How a face is made and put into the plate: numbers at a frame, a colour mode and an engine over all of
    the edit; the engine "" is the swap's own.
    """

    frame: Annotated[int, Field(ge=0)]
    values: Annotated[dict[str, float], Field(max_length=8)] = {}
    colour_mode: Literal["match", "own"] = "match"
    engine: Annotated[str, Field(max_length=64)] = ""
    onto: Edit | None = None


class Told(BaseModel):
    """An edit, and what a person reads of it."""

    edit: Edit
    sentence: str


class Draft(Told):
    """An edit that is tried; pictures with it are asked for by `number`.

    `lacks` says why they do not show all of it.
    """

    number: int
    lacks: str | None


class Face(BaseModel):
    """A replaced face: a track, and its frames in the film."""

    number: int
    first: int
    last: int


class RetouchState(BaseModel):
    """The edits that are kept. `revision` has to be named by whoever changes them; `lacks` says why pictures
    do not show all of them.
    """

    revision: int
    edits: list[Told]
    can_undo: bool
    can_redo: bool
    versions: list[str]
    faces: list[Face]
    preview: bool
    lacks: str | None


class Seen(BaseModel):
    """The revision that a change was made on."""

    revision: int


class Kept(Seen):
    """An edit to be kept: a new one, or one that is changed."""

    edit: Edit


class Dropped(Seen):
    """Edits to be taken away."""

    ids: Annotated[list[str], Field(min_length=1, max_length=1000)]


class Named(BaseModel):
    """A version's name."""

    name: Annotated[str, Field(min_length=1, max_length=100)]


class Restored(Seen):
    """A version to go back to."""

    name: Annotated[str, Field(min_length=1, max_length=100)]


class Range(BaseModel):
    """Frames first..last of the film."""

    first: Annotated[int, Field(ge=0)]
    last: Annotated[int, Field(ge=0)]


@router.get("")
def read_retouch(film: int, desk: AtDesk) -> RetouchState:
    """The edits of a film."""
    return _state(desk.opened.retouching(desk.film(film)))


@router.post("/strokes")
def draw_strokes(film: int, drawing: Drawing, desk: AtDesk) -> Draft:
    """Draw, as a draft."""
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    strokes = [
        Stroke(
            np.array(stroke.points, np.float64),
            stroke.radius,
            stroke.softness,
            None if stroke.pressures is None else np.array(stroke.pressures),
            stroke.opacity,
        )
        for stroke in drawing.strokes
    ]
    edit = retouching.draw(
        drawing.frame,
        strokes,
        drawing.operation,
        colour=drawing.colour,
        source=None if drawing.source is None else _source(desk, one, drawing.frame, drawing.source),
        values=drawing.values or None,
        onto=drawing.onto,
    )
    return drafted(desk, one, edit)


@router.post("/nudges")
def nudge_skin(film: int, nudge: Nudge, desk: AtDesk) -> Draft:
    """Take hold of the skin and draw it somewhere else, as a draft."""
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    edit = retouching.nudge(nudge.frame, nudge.point, nudge.way, nudge.radius, onto=nudge.onto)
    return drafted(desk, one, edit)


@router.post("/gazes")
def turn_eyes(film: int, gaze: Gaze, desk: AtDesk) -> Draft:
    """Turn the irises, as a draft."""
    one = desk.film(film)
    edit = desk.opened.retouching(one).gaze(gaze.frame, gaze.degrees, onto=gaze.onto)
    return drafted(desk, one, edit)


@router.post("/settings")
def set_range(film: int, setting: Setting, desk: AtDesk) -> Draft:
    """Settings of a range, as a draft."""
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    edit = retouching.settings(
        setting.frame, setting.values, colour_mode=setting.colour_mode, onto=setting.onto
    )
    return drafted(desk, one, edit.changed(engine=setting.engine or None))


@router.post("/holds")
def hold_frames(film: int, span: Range, desk: AtDesk) -> Draft:
    """Put bad frames together from the good ones beside them, as a draft."""
    one = desk.film(film)
    return drafted(desk, one, desk.opened.retouching(one).hold(span.first, span.last))


@router.post("/drafts")
def change_draft(film: int, edit: Edit, desk: AtDesk) -> Draft:
    """An edit with another range, strength or fading, as a draft; also one that was kept, to be changed."""
    one = desk.film(film)
    last = desk.opened.retouching(one).frames - 1
    if edit.last > last:
        raise BadInputError(f"The film ends at frame {last}.")
    return drafted(desk, one, edit)


@router.post("/drafts/{draft}/preview", response_class=StreamingResponse)
def preview_draft(film: int, draft: int, span: Range, desk: AtDesk) -> StreamingResponse:
    """Draw a draft over a range: one line of JSON a frame, as soon as its picture is there."""
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    edit = desk.drafts.get(one, draft)
    first, last = max(span.first, edit.first), min(span.last, edit.last, retouching.frames - 1)
    if last - first >= MOST_PREVIEWED:
        raise BadInputError(f"A preview has {MOST_PREVIEWED} frames at most.")

    def lines() -> Generator[str]:
        for frame in desk.drafts.preview(retouching, one, draft, list(range(first, last + 1))):
            yield json.dumps({"frame": frame}) + "\n"

    return StreamingResponse(streamed(lines()), media_type="application/x-ndjson")


@router.get("/frames/{frame}", response_class=Response)
def read_retouched(
    film: int,
    frame: int,
    desk: AtDesk,
    cut: AskedCut,
    draft: int | None = None,
) -> Response:
    """A frame with the kept edits, and with a draft where one is named."""
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    if not 0 <= frame < retouching.frames:
        raise BadInputError(f"The film has frames 0 to {retouching.frames - 1}.")
    if draft is None:
        picture = retouching.repaired_frame(frame)
    else:
        picture = desk.drafts.picture(retouching, one, draft, frame)
    found = encode(picture, cut)
    # a draft's number is never given twice; what is kept changes under the same address
    cached = "no-store" if draft is None else "private, max-age=600"
    return Response(found.data, media_type=found.kind, headers={"cache-control": cached})


@router.post("/keep")
def keep_edit(film: int, kept: Kept, desk: AtDesk) -> RetouchState:
    """Keep an edit."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.keep(kept.edit, kept.revision)
    return changed(desk, retouching)


@router.post("/drop")
def drop_edits(film: int, dropped: Dropped, desk: AtDesk) -> RetouchState:
    """Take edits away."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.drop(dropped.ids, dropped.revision)
    return changed(desk, retouching)


@router.post("/undo")
def undo_edit(film: int, seen: Seen, desk: AtDesk) -> RetouchState:
    """Take back the last step."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.undo(seen.revision)
    return changed(desk, retouching)


@router.post("/redo")
def redo_edit(film: int, seen: Seen, desk: AtDesk) -> RetouchState:
    """Do the last step again that was taken back."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.redo(seen.revision)
    return changed(desk, retouching)


@router.post("/versions")
def name_version(film: int, named: Named, desk: AtDesk) -> RetouchState:
    """Keep the edits as they are under a name."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.name_version(named.name)
    return changed(desk, retouching)


@router.post("/restore")
def restore_version(film: int, restored: Restored, desk: AtDesk) -> RetouchState:
    """Go back to a version; that can be undone, too."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.restore(restored.name, restored.revision)
    return changed(desk, retouching)


@router.post("/render", status_code=202)
def render_retouched(film: int, desk: AtDesk) -> Job:
    """Let the film be written with its edits, beside the film as it was made."""
    one = desk.film(film)
    if not desk.opened.retouching(one).edits():
        raise BadInputError("There is nothing to render yet: keep an edit first.")
    row = desk.queue.add("retouch", f"Render {one.path.name} with its edits", {"film": film})
    return Job.model_validate(row)


def _source(desk: Desk, film: Film, frame: int, asked: CloneSource) -> Source:
    if asked.kind != "likeness":
        return Source(asked.kind, asked.frame, asked.offset, in_light=asked.in_light)
    example = desk.opened.swap(film).example(film.begin + frame)
    if example is None:
        raise BadInputError("There is no replaced face in this frame.")
    return Source("picture", picture=example.picture, landmarks=example.landmarks, in_light=asked.in_light)


def drafted(desk: Desk, film: Film, edit: Edit) -> Draft:
    """An edit that is tried from now on. Raises as `EngineChoices.check`."""
    retouching = desk.opened.retouching(film)
    retouching.engines.check([edit])
    number = desk.drafts.add(film, edit)
    return Draft(edit=edit, sentence=edit.sentence, number=number, lacks=retouching.lacks([edit]))


def changed(desk: Desk, retouching: Retouching) -> RetouchState:
    """The edits after a change, of which other windows are told."""
    desk.changed()
    return _state(retouching)


def _state(retouching: Retouching) -> RetouchState:
    state = retouching.state()
    return RetouchState(
        revision=state.revision,
        edits=[Told(edit=edit, sentence=edit.sentence) for edit in state.edits],
        can_undo=state.can_undo,
        can_redo=state.can_redo,
        versions=retouching.versions(),
        faces=[
            Face(number=number, first=first, last=last)
            for number, (first, last) in sorted(retouching.tracks.items())
        ],
        preview=retouching.is_preview,
        lacks=retouching.lacks(state.edits),
    )
