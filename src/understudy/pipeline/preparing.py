"""Roles made ready to be drawn: how the plate's faces move, what the engine plans, the pictures it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.engines.base import Engine, Model
from understudy.engines.choices import Choices
from understudy.faces.columns import load_all_columns, save_columns
from understudy.pipeline import crops, motion
from understudy.pipeline.cast import Part
from understudy.pipeline.crops import CropStore
from understudy.pipeline.mattes.learned import Faces, with_learned
from understudy.pipeline.roles import Role
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Likeness, Studied
from understudy.pipeline.workshops import Pupil, Tuition, promoted_in, teach, workshop
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage
from understudy.provenance.consent.material import digest_files

MODEL = "model.npz"


@dataclass(frozen=True)
class Prepared:
    """All parts of a swap, and a hash of what went into them.

    model_sha256   of the file of the trained model; of all of them together where there are several
    """

    parts: tuple[Part, ...]
    digest: str
    model_sha256: str | None = None


@dataclass(frozen=True)
class Method:
    """How faces are made: an engine, its options, and, where it learns, how and by whose leave."""

    maker: Engine
    choices: Choices
    tuition: Tuition | None = None


def prepare(
    session: Session, plate: Studied, roles: Sequence[tuple[Role, Likeness]], method: Method
) -> Prepared:
    """Everything that `rendering` and `matching` need for each role and the likeness that plays it."""
    ready = [ready_part(session, method, pupil) for pupil in pupils(session, plate, roles)]
    return together(ready)


@dataclass(frozen=True)
class Ready:
    """One role ready to be drawn; `planned` names what went into it, `sha256` is its trained model's."""

    part: Part
    planned: str
    sha256: str | None = None


def ready_part(session: Session, method: Method, pupil: Pupil) -> Ready:
    """Everything that is needed to draw one role."""
    mapped: tuple[npt.NDArray[Any], ...] = ()
    sha256 = None
    if method.tuition is None:
        planned, model, mapped = _plan(session, method, pupil)
    else:
        planned, model, sha256 = _learn(session, method.maker, method.tuition, pupil)
    pictures = cut_crops(session, pupil.likeness, model, planned)
    return Ready(Part(pupil.faces, model, pictures, pupil.occlusions, mapped), planned, sha256)


def together(ready: Sequence[Ready]) -> Prepared:
    """All roles as one."""
    parts = tuple(each.part for each in ready)
    models = [each.sha256 for each in ready if each.sha256 is not None]
    return Prepared(parts, "-".join(each.planned for each in ready), one_hash(models))


def pupils(session: Session, plate: Studied, roles: Sequence[tuple[Role, Likeness]]) -> list[Pupil]:
    """The roles with their plate faces as they are drawn on: steady, and with what stands before them."""
    tracks = sorted({track for role, _ in roles for track in role.tracks})
    observed = observe(session, plate, tracks)
    found = []
    for role, likeness in roles:
        faces = role.faces(observed.faces)
        mine = {track: observed.occlusions[track] for track, _ in faces.by_track()}
        found.append(Pupil(plate.footage, faces, mine, observed.digest, likeness))
    return found


def observe(session: Session, plate: Studied, tracks: list[int]) -> Faces:
    """The plate faces of some tracks, steady, and what stands before them: as was found, or was learned."""
    chosen = plate.analysis.faces.select(np.isin(plate.analysis.faces.track, tracks))
    recipe = Recipe("motion", code_hash(motion.__name__), {"tracks": tracks}, {"faces": plate.digest})
    stage = session.stage(
        recipe,
        "motion and occluders",
        len(plate.footage),
        lambda stage, task: motion.Observer(stage, plate.footage, chosen).run(task),
    )
    found = Faces(motion.steadied(stage, chosen), motion.occlusions(stage, chosen), recipe.hash)
    return with_learned(session, plate.footage, found)


def _plan(session: Session, method: Method, pupil: Pupil) -> tuple[str, Model, tuple[npt.NDArray[Any], ...]]:
    maker = method.maker
    recipe = Recipe(
        "plan",
        code_hash(type(maker).__module__),
        {"engine": maker.name, "options": method.choices.values, "tracks": pupil.tracks},
        {"likeness": pupil.likeness.digest, "motion": pupil.digest},
    )

    def fit(stage: Stage, task: Task) -> int:
        save_columns(stage.path(MODEL), maker.fit(pupil.likeness.faces, pupil.faces).save())
        task.advance(len(pupil.faces))
        return len(pupil.faces)

    stage = session.stage(recipe, "choose likeness frames", len(pupil.faces), fit, "faces")
    columns = load_all_columns(stage.path(MODEL), mapped=True)
    return recipe.hash, maker.load(columns), tuple(columns.values())


def _learn(session: Session, maker: Engine, tuition: Tuition, pupil: Pupil) -> tuple[str, Model, str]:
    place = workshop(session, maker, tuition, pupil)
    some, digest = promoted_in(session, pupil)
    repaired = {"promoted": digest} if some else {}
    recipe = Recipe(
        "learn",
        code_hash(type(maker).__module__),
        {
            "engine": maker.name,
            "options": tuition.choices.values,
            "settings": place.settings.to_json(),
            "tracks": pupil.tracks,
        },
        {"likeness": pupil.likeness.digest, "motion": pupil.digest} | repaired,
    )

    def fit(stage: Stage) -> int:
        # What is shown while it learns, the training shows itself.
        save_columns(stage.path(MODEL), teach(session, maker, tuition, pupil, place).save())
        return 0

    stage = session.run.stage(recipe, fit)
    path = stage.path(MODEL)
    return recipe.hash, maker.load(load_all_columns(path)), digest_files([path]).sha256


def one_hash(hashes: Sequence[str]) -> str | None:
    """A hash that stands for all of them; None for none."""
    if len(hashes) < 2:
        return hashes[0] if hashes else None
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def cut_crops(session: Session, likeness: Likeness, model: Model, planned: str) -> CropStore:
    """The pictures of a likeness that a model asks for; `planned` names what went into the model."""
    boxes = crops.crop_boxes(likeness.faces, likeness.clips, model.needs)
    stage = session.stage(
        Recipe("crops", code_hash(crops.__name__), {}, {"plan": planned}),
        "likeness pictures",
        len(boxes),
        lambda stage, task: crops.gather(stage, likeness.faces, likeness.clips, boxes, task),
        "faces",
    )
    return crops.open_store(stage, boxes)
