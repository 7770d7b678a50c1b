"""Roles made ready to be drawn: how the plate's faces move, what the engine plans, the pictures it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.engines.base import Model, engine
from understudy.faces.columns import load_all_columns, save_columns
from understudy.faces.faceset import Faceset
from understudy.faces.occlusion.solving import Occlusion
from understudy.pipeline import crops, motion
from understudy.pipeline.cast import Part
from understudy.pipeline.crops import CropStore
from understudy.pipeline.roles import Role
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Likeness, Studied
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage


@dataclass(frozen=True)
class Prepared:
    """All parts of a swap, and a hash of what went into them."""

    parts: tuple[Part, ...]
    digest: str


@dataclass(frozen=True)
class _Observed:
    """The plate faces to be replaced, steady, and what stands before them, by track."""

    faces: Faceset = field(repr=False)
    occlusions: Mapping[int, Occlusion] = field(repr=False)
    digest: str


def prepare(
    session: Session, plate: Studied, cast: Sequence[tuple[Role, Likeness]], engine_name: str
) -> Prepared:
    """Everything that `rendering` and `matching` need for each role and the likeness that plays it."""
    tracks = sorted({track for role, _ in cast for track in role.tracks})
    observed = _observe(session, plate, tracks)
    parts, digests = [], [observed.digest]
    for role, likeness in cast:
        faces = role.faces(observed.faces)
        planned, model, mapped = _plan(session, engine_name, likeness, faces, observed)
        crops = _cut(session, likeness, model, planned)
        mine = {track: observed.occlusions[track] for track, _ in faces.by_track()}
        parts.append(Part(faces, model, crops, mine, mapped))
        digests.append(planned)
    return Prepared(tuple(parts), "-".join(digests))


def _observe(session: Session, plate: Studied, tracks: list[int]) -> _Observed:
    chosen = plate.analysis.faces.select(np.isin(plate.analysis.faces.track, tracks))
    recipe = Recipe("motion", code_hash(motion.__name__), {"tracks": tracks}, {"faces": plate.digest})
    stage = session.stage(
        recipe,
        "motion and occluders",
        len(plate.footage),
        lambda stage, task: motion.Observer(stage, plate.footage, chosen).run(task),
    )
    return _Observed(motion.steadied(stage, chosen), motion.occlusions(stage, chosen), recipe.hash)


def _plan(
    session: Session, engine_name: str, likeness: Likeness, faces: Faceset, observed: _Observed
) -> tuple[str, Model, tuple[npt.NDArray[Any], ...]]:
    maker = engine(engine_name)
    tracks = [int(track) for track in np.unique(faces.track)]
    inputs = {"likeness": likeness.digest, "motion": observed.digest}
    recipe = Recipe(
        "plan", code_hash(type(maker).__module__), {"engine": maker.name, "tracks": tracks}, inputs
    )

    def fit(stage: Stage, task: Task) -> int:
        save_columns(stage.path("model.npz"), maker.fit(likeness.faces, faces).save())
        task.advance(len(faces))
        return len(faces)

    stage = session.stage(recipe, "choose likeness frames", len(faces), fit, "faces")
    columns = load_all_columns(stage.path("model.npz"), mapped=True)
    return recipe.hash, maker.load(columns), tuple(columns.values())


def _cut(session: Session, likeness: Likeness, model: Model, planned: str) -> CropStore:
    boxes = crops.crop_boxes(likeness.faces, likeness.clips, model.needs)
    stage = session.stage(
        Recipe("crops", code_hash(crops.__name__), {}, {"plan": planned}),
        "likeness pictures",
        len(boxes),
        lambda stage, task: crops.gather(stage, likeness.faces, likeness.clips, boxes, task),
        "faces",
    )
    return crops.open_store(stage, boxes)
