"""How far a likeness covers a plate, kept for those who go through its films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from understudy.project.schema import CoverageRow


@dataclass(frozen=True)
class Told:
    """What a comparison said.

    likeness   what the likeness was called
    summary    how much is covered, in a sentence or two
    needs      what is to be recorded, a sentence each
    marks      (frame of the plate, distance): 1 is the border beyond which the likeness has nothing like it
    """

    likeness: str
    summary: str
    needs: tuple[str, ...]
    marks: tuple[tuple[int, float], ...]


def keep(session: Session, plate: str, told: Sequence[Told]) -> None:
    """Keep what was told of the plate with this content, in place of what was told before."""
    session.execute(delete(CoverageRow).where(CoverageRow.plate == plate))
    for each in told:
        session.add(
            CoverageRow(
                plate=plate,
                likeness=each.likeness,
                made=datetime.now(UTC).replace(tzinfo=None),
                summary=each.summary,
                needs=list(each.needs),
                marks=[list(mark) for mark in each.marks],
            )
        )


def of(session: Session, plate: str) -> list[Told]:
    """What was told of the plate with this content, the best fitting likeness first."""
    rows = session.scalars(select(CoverageRow).where(CoverageRow.plate == plate).order_by(CoverageRow.id))
    return [
        Told(
            row.likeness,
            row.summary,
            tuple(row.needs),
            tuple((int(frame), float(apart)) for frame, apart in row.marks),
        )
        for row in rows
    ]
