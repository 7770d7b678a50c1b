"""Which faces of a likeness's clip are used: what the catalogue keeps of it, and how it is read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from understudy.project.schema import DroppedRow, SelectionRow


@dataclass(frozen=True)
class Dropped:
    """A face that is not used: the frame of its file, its centre in pixels, and why."""

    frame: int
    x: float
    y: float
    why: str


@dataclass(frozen=True)
class Selection:
    """All faces of every `step`-th frame of a clip but the dropped ones.

    fingerprint   of the clip's content
    path          what the clip was called
    faces         how many there are, the dropped ones included
    """

    fingerprint: str
    path: str
    step: int
    faces: int
    dropped: tuple[Dropped, ...] = ()

    @cached_property
    def digest(self) -> str:
        """A hash of what is used: equal selections give equal ones."""
        told = [self.step, sorted(astuple(each)[:3] for each in self.dropped)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read(session: Session, fingerprint: str) -> Selection | None:
    """The selection of a clip with this content, or None."""
    row = session.scalars(select(SelectionRow).where(SelectionRow.fingerprint == fingerprint)).one_or_none()
    if row is None:
        return None
    columns = select(DroppedRow.frame, DroppedRow.x, DroppedRow.y, DroppedRow.why)
    found = session.execute(columns.where(DroppedRow.selection == row.id).order_by(DroppedRow.id))
    dropped = tuple(Dropped(*each) for each in found)
    return Selection(row.fingerprint, row.path, row.step, row.faces, dropped)


def forget(session: Session, fingerprint: str) -> None:
    """Use all faces of a clip again, as if nobody had chosen."""
    session.execute(delete(SelectionRow).where(SelectionRow.fingerprint == fingerprint))


def replace(session: Session, chosen: Selection, now: datetime) -> None:
    """Write a selection, in place of what was said of its clip before."""
    forget(session, chosen.fingerprint)
    row = SelectionRow(
        fingerprint=chosen.fingerprint, path=chosen.path, step=chosen.step, faces=chosen.faces, changed=now
    )
    session.add(row)
    session.flush()
    if chosen.dropped:
        values = [vars(each) | {"selection": row.id} for each in chosen.dropped]
        session.execute(insert(DroppedRow), values)
