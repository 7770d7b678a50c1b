"""The queue: what waits, runs and has ended."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from understudy.project import jobs
from understudy.studio.desk import AtDesk

router = APIRouter(tags=["jobs"])


class Job(BaseModel):
    """A job, and how far it is."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    kind: str
    title: str
    state: Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
    created: datetime
    started: datetime | None
    ended: datetime | None
    stage: str
    done: int
    total: int | None
    unit: str
    message: str


@router.get("/jobs")
def read_jobs(desk: AtDesk) -> list[Job]:
    """Every job, the newest first."""
    with desk.catalog.transaction() as session:
        return [Job.model_validate(row) for row in jobs.every(session)]


@router.post("/jobs/{job}/cancel", status_code=204)
def cancel_job(job: int, desk: AtDesk) -> None:
    """Stop a job; what it has done is kept."""
    desk.queue.cancel(job)


@router.post("/jobs/{job}/retry", status_code=204)
def retry_job(job: int, desk: AtDesk) -> None:
    """Take up a job that was stopped or has failed."""
    desk.queue.retry(job)
