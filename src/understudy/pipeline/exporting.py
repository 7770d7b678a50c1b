"""Trained models as files of their own: weights, and by which consent they were trained."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.pipeline.workshops import FOLDER, read_about
from understudy.provenance.audit.models import note_model
from understudy.provenance.consent.checking import Purpose
from understudy.provenance.consent.warrant import ModelConsent, Warrant, consents_of
from understudy.provenance.keys import Keyring

ENGINE, OPTIONS, STEPS, SCORE, ARCHITECTURE = (
    f"understudy.{name}" for name in ("engine", "options", "steps", "score", "architecture")
)
"""Keys of a model's metadata, beside the warrant's; values are text, all but the engine's name JSON."""
_STATE = "_extra_state"
_LARGEST_HEADER = 100 << 20


@dataclass(frozen=True)
class Exported:
    """A model's file, and what its metadata tell."""

    path: Path
    engine: str
    steps: int
    score: float | None
    consents: tuple[ModelConsent, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return vars(self) | {"path": str(self.path), "consents": [vars(one) for one in self.consents]}


def trainings(project: Path) -> list[Path]:
    """The folders of all trainings in a project, the one that was worked on last at the end."""
    found = [path.parent for path in (project / FOLDER).glob("*/training.json")]
    return sorted(found, key=lambda path: ((path / "training.json").stat().st_mtime_ns, path.name))


def export_model(
    project: Path, output: Path, training: str | None = None, keyring: Keyring | None = None
) -> Exported:
    """Write the best weights of a training in `project` as `output` (.safetensors).

    `training` names it, or its engine; the only one where not given. The averaged weights are taken where
    there are any, and nothing that was only needed to train. Raises BadInputError, ConsentError where
    exporting is not permitted by every record that it was trained by, and OutputError.
    """
    if output.suffix != ".safetensors":
        raise BadInputError(f"{output} has to end in .safetensors.")
    folder = _chosen(project, training)
    about = read_about(folder)
    warrant = Warrant.from_json(about.get("warrant"))
    warrant.demand(Purpose.EXPORT, keyring)
    # Only now: torch takes seconds to import.
    from safetensors.torch import save_file

    from understudy.training.weights import load_weights

    weights = load_weights(folder)
    facts = weights.facts
    metadata = {
        ENGINE: about["engine"],
        OPTIONS: json.dumps(about["options"], sort_keys=True),
        ARCHITECTURE: json.dumps(facts.architecture, sort_keys=True),
        STEPS: str(facts.course.step),
        SCORE: json.dumps(facts.score),
        **warrant.metadata(),
    }
    tensors = {
        name: tensor.contiguous() for name, tensor in weights.tensors.items() if not name.endswith(_STATE)
    }
    with replacing(output) as part:
        save_file(tensors, part, metadata)
    settings = {"options": about["options"], "folder": folder.name, "steps": facts.course.step}
    note_model(
        project,
        "export-model",
        warrant,
        engine=about["engine"],
        settings=settings,
        model=output,
        keyring=keyring,
    )
    return Exported(output, about["engine"], facts.course.step, facts.score, consents_of(metadata))


def read_model(path: Path) -> Exported:
    """What the metadata of a model's file tell. Raises BadInputError for anything that is no such file."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_LARGEST_HEADER, path.stat().st_size - 8):
                raise ValueError("no header")
            metadata = json.loads(file.read(length))["__metadata__"]
        if not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("metadata are text")
        score = json.loads(metadata[SCORE])
        return Exported(
            path,
            metadata[ENGINE],
            int(metadata[STEPS]),
            None if score is None else float(score),
            consents_of(metadata),
        )
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {path}: check its name and folder.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInputError(f"{path} is not a model that Understudy exported.") from error


def _chosen(project: Path, training: str | None) -> Path:
    found = trainings(project)
    fitting = [
        path
        for path in found
        if training is None or path.name == training or path.name.startswith(f"{training}-")
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not found:
        raise BadInputError(f"Nothing was trained in {project}: run understudy train first.")
    names = ", ".join(path.name for path in found)
    if not fitting:
        raise BadInputError(f"{project} has no training {training}; it has {names}.")
    raise BadInputError(f"{project} has several trainings: give --training with one of {names}.")
