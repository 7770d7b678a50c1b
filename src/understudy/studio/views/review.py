"""Review: what an inspection found, what people say of it, and their notes."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, computed_field
from pydantic.dataclasses import dataclass

from understudy.inspection import events
from understudy.project import coverages, findings, reviews
from understudy.project.schema import EventRow, VerdictRow
from understudy.studio.desk import AtDesk, Desk
from understudy.studio.films import Film
from understudy.studio.views.jobs import Job

router = APIRouter(tags=["review"])

Verdict = Literal["approved", "rejected", "open"]


class Judged(BaseModel):
    """A verdict; `stale` where the film has been rendered anew since."""

    verdict: Verdict
    revision: int
    stale: bool


@dataclass(frozen=True, kw_only=True)
class Event(events.Event):
    """One flaw over some frames, where it is in the keyframe, and what was said of it."""

    box: list[float]
    judged: Judged

    @computed_field  # type: ignore[prop-decorator]
    @property
    def severity(self) -> events.Severity:
        """How bad it is."""
        return super().severity


class Shot(BaseModel):
    """A shot of which something was said."""

    first: int
    last: int
    judged: Judged


class Curve(BaseModel):
    """One flaw along the film: (frame, score) where the score is half a flaw or more."""

    name: str
    marks: list[tuple[int, float]]


class Covered(BaseModel):
    """How far the likeness covers the film's plate: (frame, distance), 1 is the border of what it has."""

    summary: str
    needs: list[str]
    marks: list[tuple[int, float]]


class Note(BaseModel):
    """What somebody wrote at a frame."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    frame: int
    text: str
    done: bool
    changed: datetime
    revision: int


class ReviewState(BaseModel):
    """Everything that Review shows beside the pictures. `inspected` is None where nobody has looked yet.

    stale   the film is another than the one that was inspected
    """

    inspected: datetime | None
    stale: bool
    sentences: list[str]
    events: list[Event]
    curves: list[Curve]
    shots: list[Shot]
    notes: list[Note]
    covered: Covered | None


class NewVerdict(BaseModel):
    """A verdict on an event or a shot; `seen` is the revision that it was made on, 0 for none."""

    kind: Literal["event", "shot"]
    first: Annotated[int, Field(ge=0)]
    last: Annotated[int, Field(ge=0)]
    flaw: Annotated[str, Field(max_length=40)] = ""
    region: Annotated[str, Field(max_length=40)] = ""
    verdict: Verdict
    seen: int


class NewNote(BaseModel):
    """A note to be written."""

    frame: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class ChangedNote(BaseModel):
    """A note as it is to be; `seen` is the revision that was read."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    done: bool
    seen: int


@router.get("/films/{film}/review")
def read_review(film: int, desk: AtDesk) -> ReviewState:
    """Events, curves, verdicts and notes of a film."""
    one = desk.film(film)
    print_ = desk.prints.of(one.path)
    with desk.catalog.transaction() as session:
        said = reviews.verdicts(session, one.key)
        found = findings.latest(session, one.key)
        rows = [] if found is None else findings.events(session, found.id)
        notes = [Note.model_validate(row) for row in reviews.notes(session, one.key)]
    return ReviewState(
        inspected=None if found is None else found.made,
        stale=found is not None and found.fingerprint != print_,
        sentences=[] if found is None else found.sentences,
        events=[_event(row, said, print_) for row in rows],
        curves=[] if found is None else [Curve.model_validate(curve) for curve in found.curves],
        shots=[
            Shot(first=row.first, last=row.last, judged=_judged(row, print_))
            for row in said
            if row.kind == "shot"
        ],
        notes=notes,
        covered=_covered(desk, one),
    )


@router.post("/films/{film}/inspection", status_code=202)
def inspect_film(film: int, desk: AtDesk) -> Job:
    """Let the film be inspected."""
    one = desk.film(film)
    row = desk.queue.add("inspect", f"Inspect {one.path.name}", {"film": film})
    return Job.model_validate(row)


@router.post("/films/{film}/coverage", status_code=202)
def cover_film(film: int, desk: AtDesk) -> Job:
    """Let likeness and plate of the film be compared."""
    one = desk.film(film)
    row = desk.queue.add("cover", f"Coverage of {one.path.name}", {"film": film})
    return Job.model_validate(row)


@router.put("/films/{film}/verdicts")
def put_verdict(film: int, verdict: NewVerdict, desk: AtDesk) -> Judged:
    """Approve or reject an event or a shot, or take that back (`open`)."""
    one = desk.film(film)
    subject = reviews.Subject(verdict.kind, verdict.first, verdict.last, verdict.flaw, verdict.region)
    print_ = desk.prints.of(one.path)
    with desk.catalog.transaction() as session:
        row = reviews.judge(session, one.key, subject, verdict.verdict, fingerprint=print_, seen=verdict.seen)
        judged = _judged(row, print_)
    desk.changed()
    return judged


@router.post("/films/{film}/notes", status_code=201)
def add_note(film: int, note: NewNote, desk: AtDesk) -> Note:
    """Write a note at a frame."""
    one = desk.film(film)
    with desk.catalog.transaction() as session:
        made = Note.model_validate(reviews.add_note(session, one.key, note.frame, note.text))
    desk.changed()
    return made


@router.put("/notes/{note}")
def change_note(note: int, changed: ChangedNote, desk: AtDesk) -> Note:
    """Change a note, or say that it is dealt with."""
    with desk.catalog.transaction() as session:
        row = reviews.change_note(session, note, text=changed.text, done=changed.done, seen=changed.seen)
        made = Note.model_validate(row)
    desk.changed()
    return made


@router.delete("/notes/{note}", status_code=204)
def delete_note(note: int, seen: Annotated[int, Query()], desk: AtDesk) -> None:
    """Take a note away."""
    with desk.catalog.transaction() as session:
        reviews.delete_note(session, note, seen=seen)
    desk.changed()


def _covered(desk: Desk, film: Film) -> Covered | None:
    if film.plate is None or not film.plate.is_file():
        return None
    with desk.catalog.transaction() as session:
        told = coverages.of(session, desk.prints.of(film.plate))
    if not told:
        return None
    best = told[0]
    marks = [(frame - film.begin, apart) for frame, apart in best.marks if frame >= film.begin]
    return Covered(summary=best.summary, needs=list(best.needs), marks=marks)


def _event(row: EventRow, said: list[VerdictRow], print_: str) -> Event:
    """An event with the verdict on it: a verdict on much the same frames of the same flaw counts, too."""
    best, common = None, 0
    for one in said:
        if (one.kind, one.flaw, one.region) == ("event", row.flaw, row.region):
            shared = min(one.last, row.last) - max(one.first, row.first) + 1
            if 2 * shared > max(one.last - one.first, row.last - row.first) + 1 and shared > common:
                best, common = one, shared
    exact = best is not None and (best.first, best.last) == (row.first, row.last)
    judged = Judged(verdict="open", revision=0, stale=False)
    if best is not None:
        judged = _judged(best, print_)
        if not exact:
            judged = judged.model_copy(update={"revision": 0})
    found = {each.name: getattr(row, each.name) for each in fields(events.Event)}
    return Event(**found, box=row.box, judged=judged)


def _judged(row: VerdictRow, print_: str) -> Judged:
    stale = row.verdict != "open" and row.fingerprint != print_
    return Judged.model_validate({"verdict": row.verdict, "revision": row.revision, "stale": stale})
