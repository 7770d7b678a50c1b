"""The trainings of a project: what is being learned, how far it is, and what can be trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from understudy.engines.base import engine
from understudy.engines.choices import Choices
from understudy.errors import BadInputError
from understudy.pipeline.exporting import trainings as training_folders
from understudy.pipeline.learning import Learning, check_end
from understudy.pipeline.train_request import TrainRequest, train_request_from_json, validate
from understudy.pipeline.workshops import any_training, read_about
from understudy.project.catalog import Catalog
from understudy.project.schema import RunRow
from understudy.project.settings import TrainingTable, read_settings
from understudy.studio.films import UnknownError

ENGINES = ("guided", "df", "liae", "amp", "quick96")
FROM_FILES = ("start", "perception")
"""Options that name files: these are not taken from the browser, but from the run that is gone on with."""


@dataclass(frozen=True)
class Casting:
    """Who plays whom on which footage, as a run said it. `number` is its first run's."""

    number: int
    likeness: tuple[str, ...]
    plate: str
    run: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Standing:
    """A training on disk.

    options    of the engine, all of them
    settings   of the training, at its last checkpoint; empty before there is one
    curve      held-out scores, (step, score)
    """

    name: str
    folder: Path
    engine: str
    likeness: tuple[str, ...]
    plate: str
    tracks: tuple[int, ...]
    options: Mapping[str, Any]
    steps: int = 0
    examples: int = 0
    seconds: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    curve: tuple[tuple[int, float], ...] = ()
    warnings: tuple[str, ...] = ()


def castings_of(catalog: Catalog) -> list[Casting]:
    """What swaps and trainings of the project were about, the latest first."""
    query = select(RunRow.id, RunRow.settings).where(RunRow.command.in_(("swap", "train")))
    with catalog.transaction() as session:
        runs = session.execute(query.order_by(RunRow.id)).all()
    found: dict[tuple[Any, ...], tuple[int, Casting]] = {}
    for run, settings in runs:
        try:
            request = train_request_from_json(settings, Path())
        except BadInputError:
            continue
        key = (
            request.likeness, request.plate, request.track, request.person, request.assignments,
            request.frames, request.rate,
        )  # fmt: skip
        paths = (*request.likeness, *(path for _, path in request.assignments))
        number = found[key][1].number if key in found else run
        names = tuple(path.name for path in paths)
        found[key] = run, Casting(number, names, request.plate.name, settings)
    return [casting for _, casting in sorted(found.values(), key=lambda each: -each[0])]


def casting_of(catalog: Catalog, number: int) -> Casting:
    """A casting by its number. Raises UnknownError."""
    for casting in castings_of(catalog):
        if casting.number == number:
            return casting
    raise UnknownError("No run of this project was about that.")


def standings_of(project: Path) -> list[Standing]:
    """Every training of the project, the one that was worked on last first."""
    found = []
    for folder in reversed(training_folders(project)):
        try:
            found.append(standing_in(folder))
        except BadInputError:
            continue
    return found


def standing_of(project: Path, name: str) -> Standing:
    """A training by its name. Raises UnknownError."""
    for folder in training_folders(project):
        if folder.name == name:
            return standing_in(folder)
    raise UnknownError("There is no such training in this project.")


def standing_in(folder: Path) -> Standing:
    """How a training stands. Raises BadInputError where that cannot be read."""
    from understudy.training.checkpoint import DamagedCheckpointError, read_facts
    from understudy.training.shelf import Shelf

    about = read_about(folder)
    standing = Standing(
        folder.name,
        folder,
        about["engine"],
        tuple(map(str, about.get("likeness", ()))),
        str(about.get("plate", "")),
        tuple(map(int, about.get("tracks", ()))),
        about["options"],
    )
    for path in reversed(Shelf(folder).paths()):
        try:
            facts = read_facts(path)
        except DamagedCheckpointError:
            continue
        course = facts.course
        return replace(
            standing,
            steps=course.step,
            examples=course.examples,
            seconds=course.seconds,
            settings=facts.settings,
            curve=tuple((point.step, point.score) for point in course.curve),
            warnings=tuple(course.warnings),
        )
    return standing


def choices(name: str) -> Choices:
    """The options of an engine at their defaults."""
    return engine(name).choose({})


def request_for(
    project: Path, casting: Casting, name: str, options: Mapping[str, str], table: TrainingTable
) -> TrainRequest:
    """What is to be trained, found good as far as that can be told now.

    Raises UnknownError, BadInputError or ConsentError, with one sentence.
    """
    if name not in ENGINES:
        raise UnknownError("There is no such engine that learns.")
    taken = [option for option in FROM_FILES if option in options]
    if taken:
        raise BadInputError(f"The option {taken[0]} names a file: give it to understudy train.")
    before = train_request_from_json(casting.run, project)
    kept = dict(before.learning.options) if before.engine == name else {}
    kept = {option: value for option, value in kept.items() if option in FROM_FILES}
    learning = Learning(tuple((kept | dict(options)).items()), table)
    request = replace(before, engine=name, learning=learning)
    validate(request)
    settings = read_settings(project / "project.toml")
    check_end(table, settings.training, any_training(project, engine(name)))
    return request


def same_training(standing: Standing, engine_name: str, casting: Casting, options: Mapping[str, str]) -> bool:
    """Whether a request would go on with a training, as far as its names and lasting options tell."""
    if (standing.engine, standing.plate) != (engine_name, casting.plate):
        return False
    if sorted(standing.likeness) != sorted(casting.likeness):
        return False
    try:
        chosen = engine(engine_name).choose(dict(options))
    except BadInputError:
        return False
    return all(standing.options.get(name) == chosen.values[name] for name in chosen.lasting)


def lasting_first(found: Choices, names: Sequence[str] | None = None) -> list[str]:
    """The names of an engine's options that the browser may set, those that last first."""
    every = [name for name in (names or found.values) if name not in FROM_FILES]
    return sorted(every, key=lambda name: (name not in found.lasting, list(found.values).index(name)))
