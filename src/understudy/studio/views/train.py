"""Train: what engines learn in a project, how it goes, and how it is begun and gone on with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, StringConstraints

from understudy.project import jobs
from understudy.project.settings import TrainingTable
from understudy.studio.desk import AtDesk, Desk
from understudy.studio.films import UnknownError
from understudy.studio.trainings import (
    ENGINES,
    Casting,
    Standing,
    casting_of,
    castings_of,
    choices,
    lasting_first,
    request_for,
    same_training,
    standing_of,
    standings_of,
)
from understudy.studio.views.jobs import Job
from understudy.training.budget import Budget, describe_budget

router = APIRouter(prefix="/train", tags=["train"])

Word = Annotated[str, StringConstraints(max_length=200)]
Value = bool | int | float | str
_SET = ("batch", "rate", "optimiser", "precision", "device")


class EngineOption(BaseModel):
    """An option at its default. With another value of one that `lasts` another training begins."""

    name: str
    value: Value
    lasts: bool


class LearningEngine(BaseModel):
    """An engine that learns, its options, and how it wants to be trained."""

    name: str
    options: list[EngineOption]
    training: dict[str, Value | None]


class CastingState(BaseModel):
    """Who plays whom on which footage."""

    number: int
    likeness: list[str]
    plate: str
    frames: list[int] | None
    track: int | None
    consent: bool


class TrainingState(BaseModel):
    """A training. `budget` is that of its last run, `job` the one that works or waits to work on it."""

    name: str
    engine: str
    likeness: list[str]
    plate: str
    tracks: list[int]
    options: dict[str, Value]
    settings: dict[str, Value | None]
    budget: str
    steps: int
    examples: int
    seconds: float
    score: float | None
    preview: str | None
    warnings: list[str]
    casting: int | None
    job: int | None


class TrainState(BaseModel):
    """Everything about training in the project."""

    engines: list[LearningEngine]
    castings: list[CastingState]
    trainings: list[TrainingState]


class LossCurve(BaseModel):
    """One curve: steps and values."""

    name: str
    steps: list[float]
    values: list[float]


class TrainingCurves(BaseModel):
    """Losses by player, their parts, the learning rate, and the held-out score at the checkpoints."""

    last: int
    losses: list[LossCurve]
    parts: list[LossCurve]
    rate: LossCurve
    score: LossCurve


class TrainingStart(BaseModel):
    """What to train, how, and for how long."""

    casting: int
    engine: Literal["guided", "df", "liae", "amp", "quick96"]
    options: Annotated[dict[Word, Word], Field(max_length=100)] = {}
    budget: Word | None = None
    steps: Annotated[int | None, Field(ge=1, le=10**9)] = None
    until_plateau: bool = False
    batch: Annotated[int | None, Field(ge=1, le=65536)] = None
    rate: Annotated[float | None, Field(gt=0, le=10)] = None
    optimiser: Word | None = None
    precision: Literal["auto", "bf16", "fp32"] | None = None
    device: Literal["auto", "cpu", "cuda", "mps"] | None = None


@router.get("")
def read_training(desk: AtDesk) -> TrainState:
    """What was trained, and what can be."""
    castings = castings_of(desk.catalog)
    at_work = _jobs(desk)
    return TrainState(
        engines=[_engine(name) for name in ENGINES],
        castings=[_casting(each) for each in castings],
        trainings=[_training(each, castings, at_work) for each in standings_of(desk.folder)],
    )


@router.get("/{training}/curves")
def read_curves(training: str, desk: AtDesk) -> TrainingCurves:
    """How the losses and the held-out score went."""
    standing = standing_of(desk.folder, training)
    found = desk.losses.curves(standing.folder)

    def curves(kind: str) -> list[LossCurve]:
        return [
            _curve(name.removeprefix(kind), found.steps, values)
            for name, values in sorted(found.values.items())
            if name.startswith(kind)
        ]

    steps, scores = ([each[place] for each in standing.curve] for place in (0, 1))
    none = np.zeros(0)
    return TrainingCurves(
        last=found.last,
        losses=curves("loss "),
        parts=curves("part "),
        rate=_curve("learning rate", found.steps, found.values.get("rate", none)),
        score=_curve("held-out score", np.array(steps, np.float64), np.array(scores, np.float64)),
    )


@router.get("/{training}/preview", response_class=FileResponse)
def read_preview(training: str, desk: AtDesk) -> FileResponse:
    """The sheet of what it can do now."""
    path = standing_of(desk.folder, training).folder / "preview.png"
    if not path.is_file():
        raise UnknownError("There is no preview of this training yet.")
    return FileResponse(path, media_type="image/png", headers={"cache-control": "private, max-age=600"})


@router.post("", status_code=202)
def start_training(start: TrainingStart, desk: AtDesk) -> Job:
    """Begin a training, or go on with one; it is in the queue when this answers."""
    casting = casting_of(desk.catalog, start.casting)
    given = {name: getattr(start, name) for name in (*_SET, "budget", "steps")}
    table = TrainingTable(**given, until_plateau=start.until_plateau or None)
    request = request_for(desk.folder, casting, start.engine, start.options, table)
    title = f"Train {start.engine}: {', '.join(casting.likeness)} onto {casting.plate}"
    told = {"request": request.to_json(), "casting": casting.number}
    return Job.model_validate(desk.queue.add("train", title[:200], told))


def _engine(name: str) -> LearningEngine:
    found = choices(name)
    return LearningEngine(
        name=name,
        options=[
            EngineOption(name=option, value=found.values[option], lasts=option in found.lasting)
            for option in lasting_first(found)
        ],
        training={key: found.training.get(key) for key in _SET},
    )


def _casting(casting: Casting) -> CastingState:
    run = casting.run
    return CastingState(
        number=casting.number,
        likeness=list(casting.likeness),
        plate=casting.plate,
        frames=run.get("frames"),
        track=run.get("track"),
        consent=bool(run.get("consent")),
    )


def _jobs(desk: Desk) -> list[tuple[int, dict[str, Any]]]:
    with desk.catalog.transaction() as session:
        return [
            (row.id, row.settings)
            for row in jobs.every(session)
            if row.kind == "train" and row.state in ("waiting", "running")
        ]


def _training(
    standing: Standing, castings: list[Casting], at_work: list[tuple[int, dict[str, Any]]]
) -> TrainingState:
    mine = None
    for job, told in at_work:
        asked = told["request"]
        for casting in castings:
            options = asked["learning"]["options"]
            if casting.number == told["casting"] and same_training(
                standing, asked["engine"], casting, options
            ):
                mine = job
    names = (sorted(standing.likeness), standing.plate)
    known = [each.number for each in castings if (sorted(each.likeness), each.plate) == names]
    preview = standing.folder / "preview.png"
    budget = standing.settings.get("budget")
    return TrainingState(
        name=standing.name,
        engine=standing.engine,
        likeness=list(standing.likeness),
        plate=standing.plate,
        tracks=list(standing.tracks),
        options={name: value for name, value in standing.options.items() if isinstance(value, Value)},
        settings={key: standing.settings.get(key) for key in _SET if key in standing.settings},
        budget=describe_budget(Budget(**budget)) if isinstance(budget, dict) else "",
        steps=standing.steps,
        examples=standing.examples,
        seconds=standing.seconds,
        score=max((score for _, score in standing.curve), default=None),
        preview=f"{preview.stat().st_mtime_ns:x}" if preview.is_file() else None,
        warnings=list(standing.warnings),
        casting=known[0] if known else None,
        job=mine,
    )


def _curve(name: str, steps: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> LossCurve:
    known = np.isfinite(values)
    return LossCurve(
        name=name,
        steps=steps[known].round(1).tolist(),
        values=[float(f"{value:.6g}") for value in values[known]],
    )
