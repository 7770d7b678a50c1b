"""Which plates of a project have a learned matte, and the networks that draw them.

What a swap uses is a copy of the network, so that training may go on meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.mattes.network import Shape, digest_of, write_network
from understudy.pipeline.footage import Footage
from understudy.pipeline.mattes import FOLDER, training_folder

_APPLIED = "applied.json"


@dataclass(frozen=True)
class Applied:
    """The matte of one plate.

    sha256   of the network, whose file is named by it
    alone    what is found without training has no say
    clip     the plate's name, for people
    """

    sha256: str
    alone: bool
    clip: str


def applied(project: Path, clip: Footage) -> Applied | None:
    """The learned matte that a plate has in a project, or None. Raises BadInputError for a damaged entry."""
    return _entries(project).get(clip.digest)


def give(project: Path, clip: Footage, *, alone: bool) -> Applied:
    """Give a plate the matte that was trained in the project. Raises BadInputError where none was."""
    from understudy.training.weights import load_weights

    weights = load_weights(training_folder(project))
    shape = Shape(**weights.facts.architecture)
    own = {
        name.removeprefix("network."): each
        for name, each in weights.tensors.items()
        if name.startswith("network.")
    }
    sha256 = digest_of(shape, own)
    write_network(network_path(project, sha256), shape, own, weights.facts.notes)
    entry = Applied(sha256, alone, clip.info.path.name)
    _write(project, _entries(project) | {clip.digest: entry})
    return entry


def take_away(project: Path, clip: Footage) -> bool:
    """Take a plate's learned matte away; False where it had none."""
    entries = _entries(project)
    had = entries.pop(clip.digest, None) is not None
    if had:
        _write(project, entries)
    return had


def _entries(project: Path) -> dict[str, Applied]:
    path = project / FOLDER / _APPLIED
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text("utf-8"))
        return {
            digest: Applied(str(one["sha256"]), one["alone"] is True, str(one["clip"]))
            for digest, one in told.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError(f"{path} is damaged: delete it, and apply the matte again.") from error


def _write(project: Path, entries: Mapping[str, Applied]) -> None:
    """Write the entries, and delete the networks that none of them uses."""
    folder = project / FOLDER
    with replacing(folder / _APPLIED) as part:
        told = {digest: asdict(one) for digest, one in entries.items()}
        part.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    used = {network_path(project, one.sha256) for one in entries.values()}
    for path in set(folder.glob("*.safetensors")) - used:
        path.unlink()


def network_path(project: Path, sha256: str) -> Path:
    """Where the network with this hash is."""
    return project / FOLDER / f"{sha256[:16]}.safetensors"
