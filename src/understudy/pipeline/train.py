"""`train`: an engine learns a likeness and a plate, in a project, without a swap being made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from understudy.engines.base import Engine
from understudy.engines.choices import Choices
from understudy.errors import BadInputError
from understudy.pipeline.casting import cast_all, open_all
from understudy.pipeline.consenting import bind
from understudy.pipeline.learning import choices_of
from understudy.pipeline.preparing import pupils
from understudy.pipeline.same_person import warn_of_same_person
from understudy.pipeline.session import Session
from understudy.pipeline.train_request import TrainRequest, validate
from understudy.pipeline.workshops import any_training, crew_for, enrol, teach, workshop
from understudy.progress import Progress, SilentProgress
from understudy.project.folder import Project
from understudy.project.following import FollowedProject
from understudy.project.settings import Settings, read_settings
from understudy.provenance.keys import Keyring

if TYPE_CHECKING:
    from understudy.training.crew import Crew


@dataclass(frozen=True)
class Trained:
    """What was trained for one role, over all runs: where, how many steps, and the best held-out score."""

    folder: Path
    tracks: tuple[int, ...]
    steps: int
    examples: int
    score: float | None


@dataclass(frozen=True)
class TrainResult:
    """What came of a training: one entry a role. `leads`: of the leading process, or the only one."""

    engine: str
    trained: tuple[Trained, ...]
    seconds: float
    warnings: tuple[str, ...] = ()
    leads: bool = True

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "engine": self.engine,
            "trained": [vars(each) | {"folder": str(each.folder)} for each in self.trained],
            "seconds": round(self.seconds, 3),
            "warnings": list(self.warnings),
        }


def train(
    request: TrainRequest, progress: Progress | None = None, keyring: Keyring | None = None
) -> TrainResult:
    """Do what `request` asks for. Run again after it was stopped, or with a larger budget, it goes on.

    With more than one device, or under torchrun, every process of the command calls this; all but the leading
    one, whose result counts, keep silent. Raises BadInputError, ConsentError or OutputError, with one
    sentence.
    """
    began = time.perf_counter()
    validate(request)
    cv2.setNumThreads(1)
    path = request.project / "project.toml"
    settings = read_settings(path) if path.exists() else Settings()
    maker = request.maker(settings)
    choices = choices_of(maker, request.learning, settings.engines)
    crew = crew_for(choices, request.learning.training, settings.training)
    with _at_work(request, crew, progress or SilentProgress()) as session:
        trained = _train(session, request, maker, choices, crew, keyring or Keyring())
        seconds = time.perf_counter() - began
        return TrainResult(maker.name, trained, seconds, tuple(session.warnings), crew.leads)


@contextmanager
def _at_work(request: TrainRequest, crew: Crew, progress: Progress) -> Iterator[Session]:
    """The project, at the hands of the leading process alone."""
    if not crew.leads:
        followed = FollowedProject(request.project)
        with Session(followed, followed.run(), SilentProgress()) as session:
            yield session
        return
    with (
        Project(request.project) as project,
        project.run("train", request.to_json() | {"directory": str(Path.cwd())}) as run,
        Session(project, run, progress) as session,
    ):
        yield session


def _train(
    session: Session, request: TrainRequest, maker: Engine, choices: Choices, crew: Crew, keyring: Keyring
) -> tuple[Trained, ...]:
    project = session.project
    if request.resume and not any_training(project.folder, maker):
        raise BadInputError(f"Nothing was trained in {project.folder} yet: leave out --resume.")
    opened = open_all(session, request)
    records = request.records(project.settings.consent, project.folder)
    permission = bind(session, records, list(opened.likeness.values()), opened.plate)
    tuition = enrol(project, maker, choices, request.learning.training, permission, keyring, crew)
    cast = cast_all(session, request, opened, permission, learns=True)
    if crew.leads:
        warn_of_same_person(session, cast)
    trained = []
    for pupil in pupils(session, cast.plate, cast.roles):
        place = workshop(session, maker, tuition, pupil)
        teach(session, maker, tuition, pupil, place)
        trained.append(_told(place.folder, pupil.tracks))
    session.warn_of_faults()
    return tuple(trained)


def _told(folder: Path, tracks: list[int]) -> Trained:
    from understudy.training.checkpoint import read_facts
    from understudy.training.shelf import Shelf

    shelf = Shelf(folder)
    last = read_facts(shelf.paths()[-1])
    best = shelf.best_path()
    score = None if best is None else read_facts(best).score
    return Trained(folder, tuple(tracks), last.course.step, last.course.examples, score)
