"""What was done to the edits of a film, step by step: what the catalogue keeps so that all can be undone.

The catalogue does not know what an edit is: a change is JSON, read by `retouch.store`. Every write names the
revision that it was decided on; where somebody else has written since, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from understudy.errors import BadInputError
from understudy.project.schema import EntryRow, JournalRow, VersionRow

Change = dict[str, Any]


class ConflictError(BadInputError):
    """The edits were changed by somebody else since they were last read."""


@dataclass(frozen=True)
class Journal:
    """The changes of a film's edits, and which of them count.

    revision   grows with every write, an undo too; 0 where nothing was ever written
    cursor     the first `cursor` changes count; the others were undone
    """

    revision: int = 0
    cursor: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def current(self) -> tuple[Change, ...]:
        """Those that count."""
        return self.changes[: self.cursor]


@dataclass(frozen=True)
class Version:
    """A named state of a film's edits."""

    name: str
    state: Change
    made: datetime


def read(session: Session, output: str) -> Journal:
    """The journal of the film at `output`."""
    row = _row(session, output)
    if row is None:
        return Journal()
    query = select(EntryRow.change).where(EntryRow.journal == row.id).order_by(EntryRow.position)
    return Journal(row.revision, row.cursor, tuple(session.scalars(query)))


def append(session: Session, output: str, change: Change, revision: int, now: datetime) -> Journal:
    """Add a change after those that count; what was undone is forgotten. Raises ConflictError."""
    row = _claimed(session, output, revision)
    session.execute(delete(EntryRow).where(EntryRow.journal == row.id, EntryRow.position >= row.cursor))
    session.add(EntryRow(journal=row.id, position=row.cursor, change=change, made=now))
    row.cursor += 1
    session.flush()
    return read(session, output)


def move(session: Session, output: str, revision: int, step: Callable[[Journal], int]) -> Journal:
    """Undo or do again: let so many changes count as `step` says. Raises ConflictError."""
    row = _claimed(session, output, revision)
    row.cursor = step(read(session, output))
    session.flush()
    return read(session, output)


def name_version(session: Session, output: str, name: str, state: Change, now: datetime) -> None:
    """Keep a state under a name, in place of what had that name."""
    row = _row(session, output) or _new(session, output)
    session.execute(delete(VersionRow).where(VersionRow.journal == row.id, VersionRow.name == name))
    session.add(VersionRow(journal=row.id, name=name, state=state, made=now))


def versions(session: Session, output: str) -> list[Version]:
    """The named states, the oldest first."""
    row = _row(session, output)
    if row is None:
        return []
    query = select(VersionRow).where(VersionRow.journal == row.id).order_by(VersionRow.made, VersionRow.id)
    return [Version(each.name, each.state, each.made) for each in session.scalars(query)]


def everything(session: Session) -> list[Change]:
    """Every change and every named state of every film."""
    return [*session.scalars(select(EntryRow.change)), *session.scalars(select(VersionRow.state))]


def _claimed(session: Session, output: str, revision: int) -> JournalRow:
    """The journal's row, its revision raised by one, where `revision` is what it was."""
    row = _row(session, output) or _new(session, output)
    if row.revision != revision:
        raise ConflictError(
            f"The edits were changed elsewhere meanwhile (revision {row.revision}, not {revision}): "
            "look at them again, and repeat what you did."
        )
    row.revision += 1
    return row


def _row(session: Session, output: str) -> JournalRow | None:
    return session.scalars(select(JournalRow).where(JournalRow.output == output)).one_or_none()


def _new(session: Session, output: str) -> JournalRow:
    row = JournalRow(output=output, revision=0, cursor=0)
    session.add(row)
    session.flush()
    return row
