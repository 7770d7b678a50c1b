"""Landmarks of a clip's faces that somebody put right: what the catalogue keeps of it, and how it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from understudy.project.schema import CorrectionRow


@dataclass(frozen=True)
class Moved:
    """A landmark that was dragged: its index, and by how many pixels, to the right and down."""

    index: int
    dx: float
    dy: float


@dataclass(frozen=True)
class Correction:
    """What is wrong with the landmarks of one face in one frame.

    frame   of the file
    x, y    the face's centre there as it was found (the middle of its landmarks' bounds), pixels; so that the
            face is known again when faces are found anew
    moved   what was dragged
    reach   over so many frames before and after it fades away; between two corrections of a track that reach
            each other it passes over from one to the other
    """

    frame: int
    x: float
    y: float
    moved: tuple[Moved, ...]
    reach: int = 12


def digest_of(corrections: Sequence[Correction]) -> str:
    """A hash of what is put right: equal corrections give equal ones, in whatever order they were made."""
    told = sorted(json.dumps(asdict(each), sort_keys=True) for each in corrections)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def read(session: Session, fingerprint: str) -> tuple[Correction, ...]:
    """The corrections of a clip with this content, by frame."""
    query = select(CorrectionRow).where(CorrectionRow.fingerprint == fingerprint)
    rows = session.scalars(query.order_by(CorrectionRow.frame, CorrectionRow.id))
    return tuple(
        Correction(
            row.frame,
            row.x,
            row.y,
            tuple(Moved(int(index), dx, dy) for index, dx, dy in row.moved),
            row.reach,
        )
        for row in rows
    )


def replace(session: Session, fingerprint: str, corrections: Sequence[Correction], now: datetime) -> None:
    """Write the corrections of a clip, in place of those that were there."""
    session.execute(delete(CorrectionRow).where(CorrectionRow.fingerprint == fingerprint))
    session.add_all(
        CorrectionRow(
            fingerprint=fingerprint,
            frame=each.frame,
            x=each.x,
            y=each.y,
            reach=each.reach,
            moved=[[moved.index, moved.dx, moved.dy] for moved in each.moved],
            changed=now,
        )
        for each in corrections
    )
