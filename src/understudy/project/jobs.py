"""The queue of a project: what waits, runs and has ended, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from understudy.project.schema import JobRow

State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
STATES: tuple[State, ...] = ("waiting", "running", "done", "failed", "cancelled", "interrupted")
"""A job is `interrupted` when the program that ran it ended before it did."""
_KEPT = 200


def add(session: Session, kind: str, title: str, settings: Mapping[str, Any]) -> JobRow:
    """A new job at the end of the queue; of those that have ended only the latest are kept."""
    row = JobRow(
        kind=kind,
        title=title,
        settings=dict(settings),
        state="waiting",
        created=_now(),
        stage="",
        done=0,
        total=None,
        unit="frames",
        message="",
    )
    session.add(row)
    session.flush()
    session.execute(
        delete(JobRow).where(JobRow.id <= row.id - _KEPT, JobRow.state.not_in(("waiting", "running")))
    )
    return row


def every(session: Session) -> list[JobRow]:
    """All jobs, the newest first."""
    return list(session.scalars(select(JobRow).order_by(JobRow.id.desc())))


def get(session: Session, job: int) -> JobRow | None:
    """A job by its id."""
    return session.get(JobRow, job)


def waiting(session: Session) -> list[JobRow]:
    """What waits, in order."""
    return list(session.scalars(select(JobRow).where(JobRow.state == "waiting").order_by(JobRow.id)))


def begin(session: Session, job: int) -> bool:
    """Set a job running; False where it does not wait any more."""
    statement = update(JobRow).where(JobRow.id == job, JobRow.state == "waiting")
    values = {"state": "running", "started": _now(), "ended": None, "message": ""}
    return len(session.scalars(statement.values(values).returning(JobRow.id)).all()) == 1


def tell(session: Session, job: int, *, stage: str, done: int, total: int | None, unit: str) -> None:
    """Note how far a job is."""
    values = {"stage": stage, "done": done, "total": total, "unit": unit}
    session.execute(update(JobRow).where(JobRow.id == job).values(values))


def end(session: Session, job: int, state: State, message: str = "") -> None:
    """Note how a job ended."""
    values = {"state": state, "ended": _now(), "message": message}
    session.execute(update(JobRow).where(JobRow.id == job).values(values))


def again(session: Session, job: int) -> bool:
    """Let a job that did not end well wait anew; False where it is not such a job."""
    statement = update(JobRow).where(
        JobRow.id == job, JobRow.state.in_(("failed", "cancelled", "interrupted"))
    )
    values = {"state": "waiting", "started": None, "ended": None, "message": "", "stage": "", "done": 0}
    return len(session.scalars(statement.values(values).returning(JobRow.id)).all()) == 1


def interrupted(session: Session) -> int:
    """Mark what still counts as running, though the program that ran it has ended; return how many."""
    statement = update(JobRow).where(JobRow.state == "running")
    values = {"state": "interrupted", "ended": _now(), "message": "The studio ended before this did."}
    return len(session.scalars(statement.values(values).returning(JobRow.id)).all())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
