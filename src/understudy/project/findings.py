"""What an inspection found in a film, kept for those who go through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from understudy.project.schema import EventRow, InspectionRow


@dataclass(frozen=True)
class Curve:
    """One flaw along a film: (frame, score) where the score is worth a look; 1 is just a flaw."""

    name: str
    marks: tuple[tuple[int, float], ...]


def replace(
    session: Session,
    film: str,
    fingerprint: str,
    *,
    frames: int,
    sentences: Sequence[str],
    events: Sequence[Mapping[str, Any]],
    curves: Sequence[Curve],
) -> int:
    """Keep what was found, in place of what was found before; `events` have `EventRow`'s names."""
    session.execute(delete(InspectionRow).where(InspectionRow.film == film))
    row = InspectionRow(
        film=film,
        fingerprint=fingerprint,
        made=datetime.now(UTC).replace(tzinfo=None),
        frames=frames,
        sentences=list(sentences),
        curves=[{"name": curve.name, "marks": [list(mark) for mark in curve.marks]} for curve in curves],
    )
    session.add(row)
    session.flush()
    if events:
        session.execute(insert(EventRow), [{**event, "inspection": row.id} for event in events])
    return row.id


def latest(session: Session, film: str) -> InspectionRow | None:
    """The last inspection of a film; None without."""
    query = select(InspectionRow).where(InspectionRow.film == film).order_by(InspectionRow.id.desc())
    return session.scalars(query.limit(1)).one_or_none()


def events(session: Session, inspection: int) -> list[EventRow]:
    """What it found, the worst first."""
    query = select(EventRow).where(EventRow.inspection == inspection)
    return list(session.scalars(query.order_by(EventRow.score.desc(), EventRow.id)))
