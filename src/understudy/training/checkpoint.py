"""One moment of a training on disk: a folder of tensors and JSON that is whole or not there.

    weights.safetensors     what the learner's `state_dict` holds
    average.safetensors     its averaged parameters, where averages are kept
    optimisers.safetensors  what the optimisers remember
    state.json              everything else, with size and SHA-256 of the other files and of itself

Loading runs nothing and trusts nothing: what does not fit its hashes or its form is damaged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from understudy.atomic import replacing_folder
from understudy.training.course import Course

if TYPE_CHECKING:
    # What a checkpoint is of can be read without torch.
    from torch import Tensor

    from understudy.training.optimiser_state import OptimiserState

FORMAT = 1
STATE = "state.json"
WEIGHTS = "weights.safetensors"
AVERAGE = "average.safetensors"
OPTIMISERS = "optimisers.safetensors"


class DamagedCheckpointError(ValueError):
    """A checkpoint that is not what was written: cut off, altered, or by another version."""


@dataclass(frozen=True)
class Facts:
    """What a checkpoint is of.

    learner       the learner's name
    architecture  what its `architecture` said
    course        where the training stood
    score         held-out score of just these weights; None where it was not measured
    notes         the caller's own, as id and hash of a consent record
    settings      those of the run that wrote it, for the reader's information
    """

    learner: str
    architecture: Mapping[str, Any]
    course: Course
    score: float | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training, with all that is needed to go on from it."""

    facts: Facts
    weights: Mapping[str, Tensor] = field(repr=False)
    average: Mapping[str, Tensor] = field(repr=False)
    optimisers: Mapping[str, OptimiserState] = field(repr=False)


def pack(checkpoint: Checkpoint) -> Iterator[tuple[str, bytes]]:
    """The files of a checkpoint, name and content, one by one since together they may be gigabytes."""
    from safetensors.torch import save as bytes_of

    facts = checkpoint.facts
    label = {"learner": facts.learner, "step": str(facts.course.step), **facts.notes}
    memories = {
        f"{player}/{name}": tensor
        for player, state in checkpoint.optimisers.items()
        for name, tensor in state.tensors.items()
    }
    contents = {WEIGHTS: checkpoint.weights, AVERAGE: checkpoint.average, OPTIMISERS: memories}
    files = {}
    for name, tensors in contents.items():
        if tensors or name != AVERAGE:
            data = bytes_of(_plain(tensors), label)
            files[name] = {"bytes": len(data), "sha256": _sha256(data)}
            yield name, data
    state = {
        "format": FORMAT,
        **asdict(replace(facts, course=Course())),
        "course": facts.course.to_json(),
        "optimisers": {
            player: {"name": each.name, "facts": dict(each.facts), "groups": each.groups}
            for player, each in checkpoint.optimisers.items()
        },
        "files": files,
    }
    whole = {"sha256": _sha256(_canonical(state)), "state": state}
    yield STATE, json.dumps(whole, indent=1, allow_nan=False).encode()


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint as the folder `path`, all or nothing. Raises OutputError, as on a full disk."""
    with replacing_folder(path) as part:
        for name, data in pack(checkpoint):
            (part / name).write_bytes(data)


def read_files(path: Path) -> dict[str, bytes]:
    """The files of the checkpoint at `path`, held against their hashes. Raises DamagedCheckpointError."""
    files = {STATE: _read(path / STATE)}
    for name, about in _state_of(files[STATE])["files"].items():
        if name not in (WEIGHTS, AVERAGE, OPTIMISERS):
            raise DamagedCheckpointError(f"{name} does not belong there")
        data = _read(path / name)
        if len(data) != about["bytes"] or _sha256(data) != about["sha256"]:
            raise DamagedCheckpointError(f"{name} is not as it was written")
        files[name] = data
    return files


def read_facts(path: Path) -> Facts:
    """What the checkpoint at `path` is of, without reading its tensors. Raises DamagedCheckpointError."""
    return _facts(_state_of(_read(path / STATE)))


def unpack(files: Mapping[str, bytes]) -> Checkpoint:
    """The checkpoint that `files` make, tensors on the CPU. Raises DamagedCheckpointError."""
    from safetensors.torch import load as tensors_of

    from understudy.training.optimiser_state import OptimiserState

    state = _state_of(files[STATE])
    try:
        memories = tensors_of(files[OPTIMISERS])
        optimisers = {
            player: OptimiserState(
                name=str(each["name"]),
                tensors={
                    name.removeprefix(f"{player}/"): tensor
                    for name, tensor in memories.items()
                    if name.startswith(f"{player}/")
                },
                facts=dict(each["facts"]),
                groups=[dict(group) for group in each["groups"]],
            )
            for player, each in state["optimisers"].items()
        }
        return Checkpoint(
            facts=_facts(state),
            weights=tensors_of(files[WEIGHTS]),
            average=tensors_of(files[AVERAGE]) if AVERAGE in files else {},
            optimisers=optimisers,
        )
    except (KeyError, TypeError, ValueError, AttributeError, SafetensorError) as error:
        raise DamagedCheckpointError(str(error)) from error


def _facts(state: Mapping[str, Any]) -> Facts:
    try:
        score = state["score"]
        return Facts(
            learner=str(state["learner"]),
            architecture=dict(state["architecture"]),
            course=Course.from_json(state["course"]),
            score=None if score is None else float(score),
            notes={str(key): str(value) for key, value in state["notes"].items()},
            settings=dict(state["settings"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedCheckpointError(f"{STATE}: {error}") from error


def _state_of(data: bytes) -> dict[str, Any]:
    try:
        envelope = json.loads(data)
        state = envelope["state"]
        if envelope["sha256"] != _sha256(_canonical(state)):
            raise DamagedCheckpointError(f"{STATE} is not as it was written")
        if state["format"] != FORMAT:
            raise DamagedCheckpointError(f"it has format {state['format']}, and this version reads {FORMAT}")
        if not isinstance(state["files"], dict):
            raise DamagedCheckpointError(f"{STATE} lists no files")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, DamagedCheckpointError):
            raise
        raise DamagedCheckpointError(f"{STATE}: {error}") from error
    found: dict[str, Any] = state
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedCheckpointError(f"{path.name}: {error.strerror or error}") from error


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As safetensors can write them: on the CPU, contiguous, no two in the same memory."""
    plain, seen = {}, set()
    for name, tensor in tensors.items():
        moved = tensor.detach().cpu().contiguous()
        place = moved.untyped_storage().data_ptr()
        plain[name] = moved.clone() if place in seen else moved
        seen.add(place)
    return plain


def _canonical(state: object) -> bytes:
    return json.dumps(state, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
