"""Where engines learn in a project: a folder that stays, faces from the footage, and leave to do so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.engines.base import Engine, Model
from understudy.engines.choices import Choices
from understudy.engines.workshop import Part, Workshop
from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, Found
from understudy.faces.occlusion.solving import Occlusion, refine
from understudy.geometry.framing import Framing
from understudy.pipeline import aligning
from understudy.pipeline.aligning import Aligner, Bytes, Matrix, Shown, thinned
from understudy.pipeline.consenting import Permission
from understudy.pipeline.footage import Footage
from understudy.pipeline.learning import budget_of, check_end, trained_steps, training_settings
from understudy.pipeline.promoted import aligned_promoted
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Likeness
from understudy.project.code import code_hash
from understudy.project.folder import Project
from understudy.project.following import FollowedProject
from understudy.project.recipe import Recipe, canonical_json
from understudy.project.settings import TrainingTable
from understudy.provenance.audit.models import What, note_model
from understudy.provenance.consent.checking import Purpose
from understudy.provenance.consent.warrant import Warrant
from understudy.provenance.keys import Keyring
from understudy.retouch.promoting import Promoted, promoted_of
from understudy.training.faces import TrainingFaces

if TYPE_CHECKING:
    from understudy.training.crew import Crew

FOLDER = "training"
"""Where in a project its trainings are: they are work, and never cleared away with the stages."""
ABOUT = "training.json"
MOST_FACES = 3000
"""Of one performer; more take room and teach little."""


@dataclass(frozen=True)
class Tuition:
    """How a command has engines learn.

    choices   options of the engine
    asked     settings of the training that the user gave
    crew      the processes that train together
    leave     by which it is permitted; None in processes that follow, where the leading one has it
    """

    choices: Choices
    asked: TrainingTable
    crew: Crew
    leave: Leave | None


@dataclass(frozen=True)
class Leave:
    """By which records training is permitted, and whose key signs the log of it."""

    warrant: Warrant
    keyring: Keyring


@dataclass(frozen=True)
class Pupil:
    """A role to be learned: its faces, and the likeness that plays it.

    faces        the plate's, with steady landmarks, sorted by track and then by frame
    occlusions   what stands before them, by track
    digest       names the faces and the occlusions
    """

    plate: Footage
    faces: Faceset = field(repr=False)
    occlusions: Mapping[int, Occlusion] = field(repr=False)
    digest: str
    likeness: Likeness

    @property
    def tracks(self) -> list[int]:
        """The plate's tracks, ascending."""
        return [int(track) for track in np.unique(self.faces.track)]


def enrol(
    project: Project | FollowedProject,
    maker: Engine,
    choices: Choices,
    asked: TrainingTable,
    permission: Permission,
    keyring: Keyring,
    crew: Crew | None = None,
) -> Tuition:
    """Make sure of everything that training needs, before the footage is looked at.

    Raises ConsentError where it is not permitted, and BadInputError for wrong settings, for devices that are
    not there and where a training would have no end.
    """
    table = project.settings.training
    if crew is not None and not crew.leads:
        return Tuition(choices, asked, crew, None)
    warrant = permission.warrant(project.folder)
    warrant.demand(Purpose.TRAIN)
    check_end(asked, table, any_training(project.folder, maker))
    together = crew or crew_for(choices, asked, table)
    return Tuition(choices, asked, together, Leave(warrant, keyring))


def crew_for(choices: Choices, asked: TrainingTable, table: TrainingTable) -> Crew:
    """The processes to train with. Raises BadInputError for wrong settings and devices that are not there."""
    from understudy.training.budget import Budget
    from understudy.training.crew import assemble
    from understudy.training.optimisers import kind

    settings = training_settings(choices, asked, table, Budget(steps=1))
    named = settings.optimiser
    for name in [named] if isinstance(named, str) else named.values():
        kind(name)
    return assemble(settings)


def any_training(project: Path, maker: Engine) -> bool:
    """Whether an engine has learned anything in a project."""
    return any((project / FOLDER).glob(f"{maker.name}-*"))


def training_folder(project: Path, maker: Engine, choices: Choices, who: Pupil) -> Path:
    """Where this training is kept, in whichever run: it is known by its footage and by what lasts.

    Not by budgets, nor by which version of Understudy found the faces: training goes on after an upgrade.
    """
    clips = [clip.digest for clip in who.likeness.clips]
    plate = who.plate
    return (
        project
        / FOLDER
        / training_name(
            maker.name,
            {name: choices.values[name] for name in choices.lasting},
            clips,
            (plate.digest, plate.first, plate.stop),
            who.tracks,
        )
    )


def training_name(
    engine: str,
    lasting: Mapping[str, Any],
    likeness: Sequence[str],
    plate: tuple[str, int, int],
    tracks: Sequence[int],
) -> str:
    """What the folder of a training is called.

    lasting   those of the engine's options that belong to what is learned
    likeness  hashes of the clips
    plate     its hash, and the frames first..stop-1 of it
    tracks    of the plate, ascending
    """
    known = {
        "engine": engine,
        "options": {name: lasting[name] for name in sorted(lasting)},
        "likeness": sorted(likeness),
        "plate": [*plate, list(tracks)],
    }
    digest = hashlib.sha256(canonical_json(known).encode()).hexdigest()
    return f"{engine}-{digest[:12]}"


def workshop(session: Session, maker: Engine, tuition: Tuition, who: Pupil) -> Workshop:
    """Where one training is done. Raises BadInputError, and ConsentError where training is not permitted."""
    folder = training_folder(session.project.folder, maker, tuition.choices, who)
    project = session.project.settings.training
    budget = budget_of(tuition.asked, project, folder)
    settings = training_settings(tuition.choices, tuition.asked, project, budget)
    notes, permit = {}, None
    if tuition.leave is not None:
        warrant = tuition.leave.warrant
        warrant.demand(Purpose.TRAIN)
        _write_about(folder, maker, tuition, warrant, who)
        notes, permit = warrant.metadata(), partial(warrant.demand, Purpose.TRAIN)
    return Workshop(
        folder=folder,
        settings=settings,
        choices=tuition.choices,
        material=lambda part, size, framing: _faces(session, who, part, size, framing),
        progress=session.progress,
        notes=notes,
        permit=permit,
        crew=tuition.crew,
        repaired=lambda size, framing: aligned_promoted(
            promoted_in(session, who)[0], who.faces, size, framing
        ),
    )


def promoted_in(session: Session, who: Pupil) -> tuple[list[Promoted], str]:
    """The repaired frames of a role, and a hash of them. Raises BadInputError for a damaged one."""
    return promoted_of(session.project.folder, who.plate.digest, who.tracks)


def teach(session: Session, maker: Engine, tuition: Tuition, who: Pupil, place: Workshop) -> Model:
    """Have an engine learn, and note it in the project's log. Errors as for `Engine.fit`."""
    before = trained_steps(place.folder)
    if before is None or place.settings.budget.steps != before:
        _note(session, maker, tuition, place, "train-begun" if before is None else "train-resumed")
    model = maker.fit(who.likeness.faces, who.faces, place)
    if trained_steps(place.folder) != before:
        _note(session, maker, tuition, place, "train")
    return model


def _note(session: Session, maker: Engine, tuition: Tuition, place: Workshop, what: What) -> None:
    """A line in the project's log, by the leading process; with the weights where a training has ended."""
    if tuition.leave is None:
        return
    from understudy.training.checkpoint import WEIGHTS
    from understudy.training.shelf import Shelf

    settings = {
        "options": dict(tuition.choices.values),
        "training": place.settings.to_json(),
        "folder": place.folder.name,
        "steps": trained_steps(place.folder) or 0,
    }
    note_model(
        session.project.folder,
        what,
        tuition.leave.warrant,
        engine=maker.name,
        settings=settings,
        model=Shelf(place.folder).paths()[-1] / WEIGHTS if what == "train" else None,
        keyring=tuition.leave.keyring,
    )


def _write_about(folder: Path, maker: Engine, tuition: Tuition, warrant: Warrant, who: Pupil) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "engine": maker.name,
        "options": dict(tuition.choices.values),
        "likeness": [clip.info.path.name for clip in who.likeness.clips],
        "plate": who.plate.info.path.name,
        "tracks": who.tracks,
        "warrant": warrant.to_json(),
    }
    with replacing(folder / ABOUT) as part:
        part.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_about(folder: Path) -> dict[str, Any]:
    """What the training in `folder` is of. Raises BadInputError where that cannot be read."""
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        if not isinstance(about["engine"], str) or not isinstance(about["options"], dict):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{folder} is no training, or damaged: train again.") from error
    found: dict[str, Any] = about
    return found


# --- faces


def _faces(session: Session, who: Pupil, part: Part, size: int, framing: Framing) -> TrainingFaces:
    smallest, largest = aligning.SIZES
    if not smallest <= size <= largest:
        raise BadInputError(f"Faces can be {smallest} to {largest} pixels wide, not {size}.")
    aligner, inputs = (
        _of_likeness(who, size, framing) if part == "likeness" else _of_plate(who, size, framing)
    )
    parameters = {
        "size": size,
        "framing": framing,
        "most": MOST_FACES,
        "chunk": aligning.CHUNK,
        "tracks": who.tracks if part == "plate" else [],
    }
    stage = session.stage(
        Recipe("aligned", code_hash(aligning.__name__), parameters, inputs),
        f"faces of the {part} to learn from",
        len(aligner.rows),
        aligner.run,
        "faces",
    )
    return aligner.opened(stage)


def _of_likeness(who: Pupil, size: int, framing: Framing) -> tuple[Aligner, dict[str, str]]:
    faces, likeness = who.likeness.faces, who.likeness
    chosen = thinned(np.arange(len(faces)), MOST_FACES)
    shown = []
    for number, clip in enumerate(likeness.clips):
        rows = chosen[faces.clip[chosen] == number]
        shown.append(Shown(clip, rows, faces.faces.frame[rows].astype(np.int64)))
    return Aligner(faces.faces.landmarks, shown, size, framing), {"likeness": likeness.digest}


def _of_plate(who: Pupil, size: int, framing: Framing) -> tuple[Aligner, dict[str, str]]:
    faces = who.faces
    chosen = thinned(np.flatnonzero(faces.found != Found.INTERPOLATED), MOST_FACES)
    shown = [Shown(who.plate, chosen, faces.frame[chosen].astype(np.int64))]
    place = _places(faces)

    def cover(row: int, picture: Bytes, to_crop: Matrix) -> npt.NDArray[np.float32] | None:
        occlusion = who.occlusions.get(int(faces.track[row]))
        if occlusion is None:
            return None
        return refine(occlusion.of_face(place[row]), occlusion.to_map[place[row]], picture, to_crop)

    return Aligner(faces.landmarks, shown, size, framing, cover), {"motion": who.digest}


def _places(faces: Faceset) -> npt.NDArray[np.int64]:
    """For each row how many faces of its track stand before it; rows go by track."""
    first = np.searchsorted(faces.track, faces.track, side="left")
    return np.arange(len(faces)) - first
