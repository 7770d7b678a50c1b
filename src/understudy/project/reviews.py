"""What reviewers say of a film: verdicts on events and shots, and notes at frames.

Each row has a revision. Who changes one says which revision was seen; where another window was quicker,
nothing is written and `OutdatedError` tells what is there now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import BadInputError
from understudy.project.schema import NoteRow, VerdictRow

Kind = Literal["event", "shot"]
Verdict = Literal["approved", "rejected", "open"]


class OutdatedError(BadInputError):
    """What was to be changed has been changed elsewhere meanwhile."""


@dataclass(frozen=True)
class Subject:
    """What a verdict is about: frames of an event, with its flaw and region, or of a shot, without."""

    kind: Kind
    first: int
    last: int
    flaw: str = ""
    region: str = ""


def verdicts(session: Session, film: str) -> list[VerdictRow]:
    """Every verdict on a film, by first frame."""
    query = select(VerdictRow).where(VerdictRow.film == film).order_by(VerdictRow.first, VerdictRow.id)
    return list(session.scalars(query))


def judge(
    session: Session, film: str, subject: Subject, verdict: Verdict, *, fingerprint: str, seen: int
) -> VerdictRow:
    """Write a verdict on a film with some content; `seen` is the revision that the reviewer saw, 0 for none.

    Raises OutdatedError where that is not the latest.
    """
    query = select(VerdictRow).where(
        VerdictRow.film == film,
        VerdictRow.kind == subject.kind,
        VerdictRow.flaw == subject.flaw,
        VerdictRow.region == subject.region,
        VerdictRow.first == subject.first,
        VerdictRow.last == subject.last,
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        row = VerdictRow(film=film, **vars(subject), revision=0)
        session.add(row)
    _same(row.revision, seen, f"This was {row.verdict} in another window" if row.revision else "")
    row.verdict, row.fingerprint = verdict, fingerprint
    row.changed, row.revision = _now(), row.revision + 1
    session.flush()
    return row


def notes(session: Session, film: str) -> list[NoteRow]:
    """Every note on a film, by frame."""
    query = select(NoteRow).where(NoteRow.film == film).order_by(NoteRow.frame, NoteRow.id)
    return list(session.scalars(query))


def add_note(session: Session, film: str, frame: int, text: str) -> NoteRow:
    """Write a note at a frame."""
    now = _now()
    row = NoteRow(film=film, frame=frame, text=text, done=False, created=now, changed=now, revision=1)
    session.add(row)
    session.flush()
    return row


def change_note(session: Session, note: int, *, text: str, done: bool, seen: int) -> NoteRow:
    """Set a note's text and whether it is dealt with. Raises OutdatedError where it was changed meanwhile."""
    row = _note(session, note, seen)
    row.text, row.done = text, done
    row.changed, row.revision = _now(), row.revision + 1
    session.flush()
    return row


def delete_note(session: Session, note: int, *, seen: int) -> None:
    """Take a note away. Raises OutdatedError where it was changed meanwhile."""
    session.delete(_note(session, note, seen))


def _note(session: Session, note: int, seen: int) -> NoteRow:
    row = session.get(NoteRow, note)
    if row is None:
        raise OutdatedError("This note was deleted in another window.")
    _same(row.revision, seen, "This note was changed in another window")
    return row


def _same(revision: int, seen: int, what: str) -> None:
    if revision != seen:
        raise OutdatedError(f"{what or 'This was changed in another window'}: look at it again.")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
