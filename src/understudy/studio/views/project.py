"""The project as a whole, and the pulse by which windows see that something has changed."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from understudy import __version__
from understudy.project import jobs
from understudy.studio.desk import AtDesk
from understudy.studio.films import missing_of

router = APIRouter(tags=["project"])


class FilmName(BaseModel):
    """A film to choose."""

    number: int
    name: str


class ProjectState(BaseModel):
    """What the shell shows. `missing` are names of films that are not where they were."""

    name: str
    version: str
    films: list[FilmName]
    missing: list[str]


class Pulse(BaseModel):
    """Counters of changes by any window, and of jobs: what was fetched is old when they differ."""

    changes: int
    jobs: int
    running: int


@router.get("/project")
def read_project(desk: AtDesk) -> ProjectState:
    """The project's name and films."""
    name = desk.folder.absolute().name.removesuffix(".understudy")
    films = [FilmName(number=film.number, name=film.path.name) for film in desk.films()]
    missing = [film.path.name for film in missing_of(desk.catalog)]
    return ProjectState(name=name, version=__version__, films=films, missing=missing)


@router.get("/pulse")
def read_pulse(desk: AtDesk) -> Pulse:
    """Whether anything has changed; asked every second or two."""
    with desk.catalog.transaction() as session:
        busy = sum(row.state in ("waiting", "running") for row in jobs.every(session))
    return Pulse(changes=desk.version, jobs=desk.queue.version, running=busy)
