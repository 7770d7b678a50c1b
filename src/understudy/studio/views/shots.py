"""Shots: how each is composited, who has agreed to the film, and the film made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from understudy.errors import BadInputError
from understudy.pipeline.retouching import Edit, Retouching
from understudy.project.settings import Blend
from understudy.retouch.edits import SETTING_RANGES, Operation
from understudy.studio.desk import AtDesk
from understudy.studio.people import agreed
from understudy.studio.views.films import Span, film_spans
from understudy.studio.views.jobs import Job

router = APIRouter(prefix="/films/{film}", tags=["shots"])

_STRENGTH, _SCALE, _ERODE, _BLUR = (SETTING_RANGES[name] for name in ("strength", "scale", "erode", "blur"))


class Compositing(BaseModel):
    """How a face is made and put into the plate.

    strength     of the likeness over the plate
    scale        of the likeness's face about its middle
    erode, blur  of the matte's edge, in eye distances
    colour_mode  match takes over the plate's light, own keeps the likeness's
    engine       who draws it; "" is the swap's own
    """

    strength: Annotated[float, Field(ge=_STRENGTH[0], le=_STRENGTH[1])] = _STRENGTH[2]
    scale: Annotated[float, Field(ge=_SCALE[0], le=_SCALE[1])] = _SCALE[2]
    erode: Annotated[float, Field(ge=_ERODE[0], le=_ERODE[1])] = _ERODE[2]
    blur: Annotated[float, Field(ge=_BLUR[0], le=_BLUR[1])] = _BLUR[2]
    colour_mode: Literal["match", "own"] = "match"
    engine: Annotated[str, Field(max_length=64)] = ""


class ShotSettings(Span):
    """A shot, and its settings; `own` where somebody has set them."""

    settings: Compositing
    own: bool


class EngineChoice(BaseModel):
    """An engine: whether the film is by it, and what it lacks to draw a range of it, as a sentence."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    own: bool
    lacks: str | None


class Person(BaseModel):
    """Whose face it is, and what speaks against using it now: nothing, in the best case."""

    model_config = ConfigDict(from_attributes=True)
    part: Literal["likeness", "plate"]
    name: str
    kind: str
    until: datetime | None
    problems: list[str]


class ShotsState(BaseModel):
    """The shots of a film, and its people. `revision` is that of the film's edits.

    `lacks` says why pictures do not show all of the settings.
    """

    revision: int
    shots: list[ShotSettings]
    standing: str
    plate_reason: str | None
    people: list[Person]
    blend: Blend
    editable: bool
    lacks: str | None


class NewSettings(Span):
    """Settings for a shot; None: as all others."""

    settings: Compositing | None
    revision: int


class Anew(BaseModel):
    """What is to be different when a film is made anew."""

    blend: Blend


@router.get("/shots")
def read_shots(film: int, desk: AtDesk) -> ShotsState:
    """Shots with their settings, and the people."""
    one = desk.film(film)
    consent = agreed(desk.folder, one.path)
    editable = desk.opened.has_retouching(one)
    retouching = desk.opened.retouching(one) if editable else None
    state = retouching.state() if retouching else None
    edits = state.edits if state else ()
    tracks = retouching.tracks if retouching else {}
    shots = [_shot(span, edits, tracks) for span in film_spans(desk, one)]
    return ShotsState(
        revision=state.revision if state else 0,
        shots=shots,
        standing=consent.standing,
        plate_reason=consent.plate_reason,
        people=[Person.model_validate(person) for person in consent.people],
        blend=one.settings.get("blend", "multiband"),
        editable=editable,
        lacks=retouching.lacks(edits) if retouching else None,
    )


@router.get("/engines")
def read_engines(film: int, desk: AtDesk) -> list[EngineChoice]:
    """The engines that are installed, the film's own first."""
    return [
        EngineChoice.model_validate(each) for each in desk.opened.retouching(desk.film(film)).engines.all()
    ]


@router.put("/shots")
def set_shot(film: int, wanted: NewSettings, desk: AtDesk) -> ShotsState:
    """Set how a shot's faces are made and put in."""
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    before = [edit for edit in retouching.edits() if _is_for(edit, wanted, retouching.tracks)]
    if wanted.settings is None:
        if before:
            retouching.drop([edit.id for edit in before], wanted.revision)
    else:
        retouching.keep(_edits(retouching, wanted, wanted.settings, before), wanted.revision)
    desk.changed()
    return read_shots(film, desk)


@router.post("/render", status_code=202)
def render_anew(film: int, anew: Anew, desk: AtDesk) -> Job:
    """Let the swap be made again, with what it was asked for; stages that are there are not done anew."""
    one = desk.film(film)
    if one.retouched:
        raise BadInputError("This film is made of another one and its edits: render that one with its edits.")
    request = {**one.settings, "blend": anew.blend}
    row = desk.queue.add("render", f"Render {one.path.name}", {"request": request})
    return Job.model_validate(row)


def _shot(span: Span, edits: Sequence[Edit], tracks: Mapping[int, tuple[int, int]]) -> ShotSettings:
    found = next((edit for edit in edits if _is_for(edit, span, tracks)), None)
    if found is None:
        return ShotSettings(first=span.first, last=span.last, settings=Compositing(), own=False)
    values = {name: found.value(name, found.keys[0].frame) for name in SETTING_RANGES}
    told = {"colour_mode": found.colour_mode, "engine": found.engine or ""}
    settings = Compositing.model_validate(values | told)
    return ShotSettings(first=span.first, last=span.last, settings=settings, own=True)


def _is_for(edit: Edit, span: Span, tracks: Mapping[int, tuple[int, int]]) -> bool:
    """Whether it is the shot's own: over all of a face in it. Settings of a part are for Retouch."""
    if edit.operation is not Operation.SETTINGS or edit.track not in tracks:
        return False
    first, last = tracks[edit.track]
    return (edit.first, edit.last) == (max(first, span.first), min(last, span.last))


def _edits(retouching: Retouching, span: Span, wanted: Compositing, before: list[Edit]) -> list[Edit]:
    """One edit a face of the shot. Raises BadInputError where it shows none."""
    made = []
    for track, (first, last) in retouching.tracks.items():
        first, last = max(first, span.first), min(last, span.last)
        if first > last:
            continue
        known = next((edit for edit in before if edit.track == track), None)
        values = wanted.model_dump(exclude={"colour_mode", "engine"})
        frame = first if known is None else known.keys[0].frame
        edit = retouching.settings(frame, values, colour_mode=wanted.colour_mode, onto=known, track=track)
        made.append(edit.changed(first=first, last=last, engine=wanted.engine or None))
    if not made:
        raise BadInputError("No face was replaced in this shot: there is nothing to set.")
    return made
