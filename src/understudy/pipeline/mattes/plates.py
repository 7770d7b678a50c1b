"""A plate with the faces in it that are meant, as for a swap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

from understudy.errors import BadInputError
from understudy.pipeline import people
from understudy.pipeline.footage import Footage
from understudy.pipeline.roles import cast_roles
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Studied, grouped, identities, study
from understudy.progress import Progress, SilentProgress
from understudy.project.folder import Project


@dataclass(frozen=True)
class PlateRequest:
    """Which plate of which project, and which faces of it; see `request.SwapRequest`, which chooses alike."""

    plate: Path
    project: Path
    track: int | None = None
    person: Path | None = None
    frames: tuple[int, int] | None = None
    rate: Fraction | None = None
    likeness: tuple[Path, ...] = ()
    assignments: tuple[tuple[int, Path], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, for the catalogue."""
        return {
            "plate": str(self.plate),
            "track": self.track,
            "person": None if self.person is None else str(self.person),
            "frames": self.frames,
            "rate": None if self.rate is None else str(self.rate),
        }


@dataclass(frozen=True)
class Looked:
    """A plate that was looked at, and the tracks that are meant, ascending."""

    plate: Studied
    tracks: tuple[int, ...]


@contextmanager
def at_work(
    project: Path, command: str, asked: dict[str, Any], progress: Progress | None
) -> Iterator[Session]:
    """A project, held for one command."""
    # Frames are worked on side by side: threads inside each would only compete.
    cv2.setNumThreads(1)
    with (
        Project(project) as opened,
        opened.run(command, asked | {"directory": str(Path.cwd())}) as run,
        Session(opened, run, progress or SilentProgress()) as session,
    ):
        yield session


def look(session: Session, request: PlateRequest) -> Looked:
    """Find the faces that are meant. Raises BadInputError where there is none."""
    plate = looked_at(session, session.open(request.plate, request.frames, request.rate))
    if request.person is not None:
        return Looked(plate, people.tracks_of_person(request.person, identities(session, plate)))
    roles = cast_roles(request, plate.analysis, grouped(session, plate))
    return Looked(plate, tuple(sorted({track for role in roles for track in role.tracks})))


def looked_at(session: Session, footage: Footage) -> Studied:
    """All faces of a plate. Raises BadInputError where there is none."""
    plate = study(session, footage, "plate")
    if not len(plate.analysis.faces):
        raise BadInputError(f"No face was found in {footage.info.path.name}: give another plate.")
    return plate
