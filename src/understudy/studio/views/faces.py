"""Faces: what the footage of a project shows, sorted and filtered, and which of it is used."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from understudy.faces.faceset import Found
from understudy.geometry.framing import Framing
from understudy.likeness.asking import Asked, asked_for
from understudy.likeness.gallery import NUMBERS, WORDS
from understudy.likeness.order import ALIKE, KEYS, ordered
from understudy.likeness.selection import told, understood
from understudy.likeness.strangers import sentences, strangers
from understudy.pipeline.galleries import Role
from understudy.studio.desk import AtDesk, Desk
from understudy.studio.galleries import Action, Chosen, Hanging
from understudy.studio.pictures import Cut, encode
from understudy.studio.sources import source_of, sources_of
from understudy.studio.thumbs import check_row, square, thumb
from understudy.studio.uploads import File
from understudy.studio.views.jobs import Job

router = APIRouter(prefix="/faces", tags=["faces"])

_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
_MOST = 2_000_000
SeenChoice = Annotated[str, Query(max_length=64)]


class FaceSource(BaseModel):
    """A likeness or a plate; `ready`: its faces were looked at."""

    key: str
    role: Role
    name: str
    clips: int
    ready: bool


class FaceColumn(BaseModel):
    """Something that faces are sorted by; `filters` where a condition may speak of it."""

    name: str
    words: str
    filters: bool


class PersonSeen(BaseModel):
    """Somebody who was told apart, and in how many faces; 0 is who is seen most, -1 is not told."""

    person: int
    faces: int
    kept: int


class DropReason(BaseModel):
    """Why some faces are not used."""

    why: str
    faces: int


class FacesState(BaseModel):
    """A gallery as a whole. `print` names its rows, `revision` what was chosen among them."""

    key: str
    role: Role
    name: str
    print: str
    revision: str
    stale: bool
    faces: int
    kept: int
    clips: list[str]
    people: list[PersonSeen]
    reasons: list[DropReason]
    sentences: list[str]
    columns: list[FaceColumn]


class FaceRows(BaseModel):
    """Faces in order, by row, and which of them are not used (1)."""

    print: str
    revision: str
    rows: list[int]
    dropped: list[int]


class FaceInfo(BaseModel):
    """One face: its clip, frame and track, how it was found, why it is not used, and its columns."""

    row: int
    clip: str
    frame: int
    track: int
    found: str
    dropped: str
    values: dict[str, float | None]


class FaceChoice(BaseModel):
    """Drop faces, keep only them, or use them again."""

    action: Literal["drop", "keep", "restore"]
    rows: Annotated[list[int], Field(min_length=1, max_length=_MOST)]
    seen: Annotated[str, Field(max_length=64)]


class FaceChoiceMade(BaseModel):
    """Which rows are not used any more and which are used again, how many are used now, and the revision of
    that.
    """

    dropped: list[int]
    restored: list[int]
    kept: int
    revision: str


@router.get("")
def read_sources(desk: AtDesk) -> list[FaceSource]:
    """Every likeness and plate of the project."""
    return [
        FaceSource(
            key=source.key,
            role=source.role,
            name=source.name,
            clips=len(source.clips),
            ready=desk.galleries.is_there(source),
        )
        for source in sources_of(desk.catalog)
    ]


@router.post("/{source}/look", status_code=202)
def look_at_faces(source: str, desk: AtDesk) -> Job:
    """Let the faces of some footage be looked at, or looked at anew."""
    one = source_of(desk.catalog, source)
    return Job.model_validate(desk.queue.add("faces", f"Faces of {one.name}", {"source": one.key}))


@router.get("/{source}")
def read_faces(source: str, desk: AtDesk) -> FacesState:
    """What there is, and what was chosen."""
    one = source_of(desk.catalog, source)
    now = desk.galleries.now(one)
    gallery = now.gallery
    odd = strangers(gallery) if one.role == "likeness" else np.zeros(0, np.int64)
    reasons = np.unique(gallery.dropped[~gallery.kept].astype(np.str_), return_counts=True)
    return FacesState(
        key=one.key,
        role=one.role,
        name=one.name,
        print=now.print,
        revision=now.revision,
        stale=desk.galleries.is_stale(one),
        faces=len(gallery),
        kept=int(gallery.kept.sum()),
        clips=list(gallery.clips),
        people=_people(now),
        reasons=[DropReason(why=str(why), faces=int(count)) for why, count in zip(*reasons, strict=True)],
        sentences=sentences(gallery, odd[gallery.kept[odd]]),
        columns=[
            FaceColumn(name=name, words=WORDS.get(name) or ALIKE[name], filters=name in WORDS)
            for name in KEYS
        ],
    )


@router.get("/{source}/rows")
def read_rows(
    source: str,
    desk: AtDesk,
    where: Annotated[str | None, Query(max_length=4000)] = None,
    sort: Annotated[str, Query(pattern="^[a-z_]{1,20}$")] = "order",
    reverse: bool = False,
    show: Literal["kept", "dropped", "all"] = "kept",
    person: Annotated[int | None, Query(ge=-1, le=100_000)] = None,
    odd: bool = False,
    alike: Annotated[float | None, Query(gt=0, le=255)] = None,
    best: Annotated[int | None, Query(ge=1, le=_MOST)] = None,
) -> FaceRows:
    """The faces that fit, in order."""
    now = desk.galleries.now(source_of(desk.catalog, source))
    gallery = now.gallery
    condition = where or None
    if person is not None:
        whose = f"person == {person}"
        condition = whose if where is None else f"({where}) and {whose}"
    asked = Asked(condition, show != "kept", odd, alike, best)
    rows = asked_for(gallery, asked)
    if show == "dropped":
        rows = rows[~gallery.kept[rows]]
    rows = ordered(gallery, rows, sort if sort in KEYS else "order", reverse=reverse)
    return FaceRows(
        print=now.print,
        revision=now.revision,
        rows=rows.tolist(),
        dropped=(~gallery.kept[rows]).astype(int).tolist(),
    )


@router.get("/{source}/rows/{row}")
def read_face(source: str, row: int, desk: AtDesk) -> FaceInfo:
    """What is known of a face."""
    now = desk.galleries.now(source_of(desk.catalog, source))
    check_row(now.kept, row)
    gallery = now.gallery
    return FaceInfo(
        row=row,
        clip=gallery.clips[int(gallery.clip[row])],
        frame=int(gallery.frame[row]),
        track=int(gallery.track[row]),
        found=Found(int(now.kept.found[row])).name.lower(),
        dropped=str(gallery.dropped[row]),
        values={
            name: _number(float(gallery.column(name)[row]))
            for name in NUMBERS
            if name not in ("order", "frame", "track")
        },
    )


@router.post("/{source}/choices")
def choose_faces(source: str, choice: FaceChoice, desk: AtDesk) -> FaceChoiceMade:
    """Choose which faces swaps and trainings use. It is in the catalogue when this answers."""
    action: Action = choice.action
    one = source_of(desk.catalog, source)
    return _made(desk, desk.galleries.choose(one, action, choice.rows, choice.seen))


@router.get("/{source}/selection", response_class=Response)
def export_selection(source: str, desk: AtDesk) -> Response:
    """What was chosen, as the file that `understudy curate --export` writes."""
    text = told(desk.galleries.told(source_of(desk.catalog, source)))
    return Response(text, media_type="application/json", headers={"cache-control": "no-store"})


@router.post("/{source}/selection")
def import_selection(source: str, desk: AtDesk, content: File, seen: SeenChoice) -> FaceChoiceMade:
    """Use the faces that such a file says."""
    one = source_of(desk.catalog, source)
    return _made(desk, desk.galleries.take_over(one, understood(content, "The file"), seen))


@router.delete("/{source}/selection")
def forget_selection(source: str, desk: AtDesk, seen: SeenChoice) -> FaceChoiceMade:
    """Forget every choice."""
    return _made(desk, desk.galleries.forget(source_of(desk.catalog, source), seen))


@router.get("/{source}/{print}/thumbs/{row}", response_class=FileResponse)
def read_thumb(source: str, print: str, row: int, desk: AtDesk) -> FileResponse:
    """A face, 128 pixels wide. `print` makes the address another one when the faces are looked at anew."""
    del print
    one = source_of(desk.catalog, source)
    kept, now = desk.galleries.file(one)
    path = thumb(desk.reels, desk.galleries.path(one), kept, now, row)
    return FileResponse(path, media_type="image/jpeg", headers=_FOR_EVER)


@router.get("/{source}/{print}/large/{row}", response_class=Response)
def read_large(
    source: str,
    print: str,
    row: int,
    desk: AtDesk,
    side: Annotated[int, Query(ge=64, le=1280)] = 640,
) -> Response:
    """A face with its surroundings, upright in a square (see `landmarks`, which says where that lies)."""
    del print
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    found = encode(square(desk.reels, kept, row, side, Framing.WHOLE), Cut())
    return Response(found.data, media_type=found.kind, headers=_FOR_EVER)


def _made(desk: Desk, made: Chosen) -> FaceChoiceMade:
    desk.changed()
    return FaceChoiceMade(
        dropped=list(made.dropped), restored=list(made.restored), kept=made.kept, revision=made.revision
    )


def _people(now: Hanging) -> list[PersonSeen]:
    gallery = now.gallery
    numbers, counts = np.unique(gallery.person, return_counts=True)
    return [
        PersonSeen(
            person=int(number), faces=int(count), kept=int((gallery.kept & (gallery.person == number)).sum())
        )
        for number, count in zip(numbers, counts, strict=True)
    ]


def _number(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
