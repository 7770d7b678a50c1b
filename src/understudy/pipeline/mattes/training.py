"""A network trained on faces that a person has labelled, by consent of who is shown in them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from understudy.errors import BadInputError
from understudy.mattes.areas import face_area
from understudy.mattes.drawing import drawn, is_untouched
from understudy.mattes.labels import LabelledFace, read_labels
from understudy.mattes.network import Shape
from understudy.pipeline import aligning
from understudy.pipeline.aligning import Aligner, Shown
from understudy.pipeline.consenting import bind_plates
from understudy.pipeline.footage import Footage
from understudy.pipeline.learning import trained_steps
from understudy.pipeline.mattes import FRAMING, training_folder
from understudy.pipeline.mattes.labelling import NAME
from understudy.pipeline.mattes.plates import at_work, looked_at
from understudy.pipeline.records import load_records
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Studied
from understudy.progress import Progress
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.settings import TrainingTable
from understudy.provenance.audit.models import What, note_model
from understudy.provenance.consent.checking import Purpose
from understudy.provenance.consent.warrant import Warrant
from understudy.provenance.keys import Keyring

if TYPE_CHECKING:
    from understudy.mattes.learner import LabelledFaces
    from understudy.training.loop import Outcome
    from understudy.training.settings import TrainingSettings

LEAST_FACES = 4
_BUDGET = "10m"
# Of a training of a few hundred steps; those of `TrainingSettings` are meant for many thousands.
_DEFAULTS: dict[str, Any] = {"batch": 8, "rate": 2e-3, "ema": 0.99, "warm_up": 20, "score_every": 20.0}


@dataclass(frozen=True)
class MatteTraining:
    """What is asked for.

    labels          files of mattes, or the folders that `matte label` made
    plates          the clips that they are about
    afresh          forget what was learned in this project before
    plate_consent   records of who is in the plates; `consent` may be one that speaks of plates, too
    """

    labels: tuple[Path, ...]
    plates: tuple[Path, ...]
    project: Path
    shape: Shape = field(default_factory=Shape)
    training: TrainingTable = field(default_factory=TrainingTable)
    afresh: bool = False
    consent: tuple[Path, ...] = ()
    plate_consent: tuple[Path, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, for the catalogue."""
        return {
            "labels": [str(path) for path in self.labels],
            "plates": [str(path) for path in self.plates],
            "shape": asdict(self.shape),
            "training": self.training.given,
            "afresh": self.afresh,
        }


@dataclass(frozen=True)
class MatteTrained:
    """What came of it: how many faces were learned from, and the best held-out score over all runs."""

    folder: Path
    faces: int
    steps: int
    score: float | None
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return vars(self) | {"folder": str(self.folder), "warnings": list(self.warnings)}


@dataclass(frozen=True)
class _Told:
    """Labelled faces of one clip, and the folder where painted ones lie."""

    clip: Footage
    faces: tuple[LabelledFace, ...]
    folder: Path


def train_matte(
    request: MatteTraining, progress: Progress | None = None, keyring: Keyring | None = None
) -> MatteTrained:
    """Train until the budget is spent, going on from what was trained in this project before.

    Raises BadInputError, ConsentError or OutputError, with one sentence.
    """
    with at_work(request.project, "matte train", request.to_json(), progress) as session:
        clips = [session.open(path) for path in request.plates]
        told = _told(session, request.labels, clips)
        records = load_records(
            request.consent,
            request.plate_consent,
            None,
            session.project.settings.consent,
            session.project.folder,
        )
        permission = bind_plates(session, records, [one.clip for one in told])
        warrant = permission.warrant(session.project.folder)
        warrant.demand(Purpose.TRAIN)
        faces = _faces(session, told, request.shape.resolution)
        outcome = _train(session, request, faces, warrant, keyring or Keyring())
        score = max((point.score for point in outcome.curve), default=None)
        folder = training_folder(session.project.folder)
        return MatteTrained(folder, len(faces), outcome.steps, score, tuple(session.warnings))


def _train(
    session: Session, request: MatteTraining, faces: LabelledFaces, warrant: Warrant, keyring: Keyring
) -> Outcome:
    """Train, and note it in the project's log."""
    from understudy.mattes.learner import MatteLearner
    from understudy.mattes.network import generic_start
    from understudy.training.checkpoint import WEIGHTS
    from understudy.training.loop import train

    project = session.project
    folder = training_folder(project.folder)
    if request.afresh and folder.exists():
        shutil.rmtree(folder)
    before = trained_steps(folder)
    settings = _settings(request.training, project.settings.training)
    told = {"training": settings.to_json(), "faces": len(faces)}

    def log(what: What, steps: int, model: Path | None = None) -> None:
        note_model(
            project.folder,
            what,
            warrant,
            engine=MatteLearner.name,
            settings=told | {"steps": steps},
            model=model,
            keyring=keyring,
        )

    log("train-begun" if before is None else "train-resumed", before or 0)
    learner = MatteLearner(request.shape, faces)
    start = generic_start(request.shape) if before is None else None
    if start is not None:
        learner.network.load_state_dict(start.state_dict())
    outcome = train(
        learner,
        folder,
        settings,
        session.progress,
        warrant.metadata(),
        permit=partial(warrant.demand, Purpose.TRAIN),
    )
    if outcome.steps != before:
        log("train", outcome.steps, outcome.last / WEIGHTS)
    return outcome


def _settings(asked: TrainingTable, project: TrainingTable) -> TrainingSettings:
    """What was asked for, else what the project says, else what suits a matte; an end has to be asked for."""
    from understudy.training.budget import make_budget
    from understudy.training.settings import TrainingSettings

    ends = ("budget", "steps", "until_plateau")
    given = _DEFAULTS | {
        name: value for name, value in (project.given | asked.given).items() if name not in ends
    }
    ending = any(getattr(asked, name) for name in ends)
    budget = make_budget(asked.budget if ending else _BUDGET, asked.steps, bool(asked.until_plateau))
    return TrainingSettings(budget=budget, **given)


def _told(session: Session, paths: Sequence[Path], clips: Sequence[Footage]) -> list[_Told]:
    """What the files say of the clips. Raises BadInputError where that is nothing, or too little."""
    found, named, idle = [], set[str](), 0
    for given in paths:
        path = given / NAME if given.is_dir() else given
        labels = read_labels(path)
        named |= {clip.name for clip in labels.clips}
        for clip in clips:
            mine = labels.of(clip.digest)
            if mine is None:
                continue
            if (mine.width, mine.height) != (clip.info.width, clip.info.height):
                raise BadInputError(f"{path} gives another size for {clip.info.path.name}: label it again.")
            faces = tuple(face for face in mine.faces if not is_untouched(path.parent, face))
            idle += len(mine.faces) - len(faces)
            found.append(_Told(clip, faces, path.parent))
    count = sum(len(one.faces) for one in found)
    if not found:
        raise BadInputError(
            f"These mattes are of {', '.join(sorted(named)) or 'nothing'} and not of "
            f"{clips[0].info.path.name}: give the clip that they were made of."
        )
    if count < LEAST_FACES:
        raise BadInputError(
            f"{count} of the faces {'is' if count == 1 else 'are'} labelled and at least {LEAST_FACES} are "
            "needed: erase what stands before the face in more of the pictures, and save those where nothing "
            "does as well."
        )
    if idle:
        pictures = "1 picture is" if idle == 1 else f"{idle} pictures are"
        session.warn(f"{pictures} as given to be labelled, and left out: erase in them, or save them anew.")
    return [one for one in found if one.faces]


def _faces(session: Session, told: Sequence[_Told], size: int) -> LabelledFaces:
    from understudy.mattes.learner import LabelledFaces

    images, mattes, weights = [], [], []
    for one in told:
        plate = looked_at(session, one.clip)
        rows = _rows(plate, one)
        order = np.argsort(rows)
        shown = Shown(one.clip, rows[order], plate.analysis.faces.frame[rows[order]].astype(np.int64))
        aligner = Aligner(plate.analysis.faces.landmarks, [shown], size, FRAMING)
        parameters = {"size": size, "framing": FRAMING, "rows": rows[order].tolist()}
        stage = session.stage(
            Recipe("labelled", code_hash(aligning.__name__), parameters, {"faces": plate.digest}),
            "labelled faces",
            len(rows),
            aligner.run,
            "faces",
        )
        cut = aligner.opened(stage)
        for place, index in enumerate(order):
            matte = drawn(one.faces[index], cut.to_crop[place], size, one.folder)
            images.append(cut.images[place])
            mattes.append(np.round(255.0 * matte).astype(np.uint8))
            weights.append(face_area(cut.landmarks[place], size))
    return LabelledFaces(np.array(images), np.array(mattes), np.array(weights))


def _rows(plate: Studied, told: _Told) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The row of each labelled face. Raises BadInputError for one that is not there."""
    faces, rows = plate.analysis.faces, []
    for face in told.faces:
        found = np.flatnonzero((faces.frame == face.frame) & (faces.track == face.track))
        if not len(found):
            there = faces.track[faces.frame == face.frame].tolist()
            known = f"there are tracks {', '.join(map(str, there))}" if there else "there is no face"
            raise BadInputError(
                f"Frame {face.frame} of {told.clip.info.path.name} has no face of track {face.track} "
                f"({known}): take it out of the labels, or label the clip again."
            )
        rows.append(int(found[0]))
    return np.array(rows, np.int64)
