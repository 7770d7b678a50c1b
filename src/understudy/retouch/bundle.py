"""Edits as one file, to be taken to another project: a zip of `edits.json` and the patches that they need.

What comes back from a file is hostile until it has been read through: names, sizes and numbers are checked, a
patch has to have the hash that it is named by, and nothing is unpickled or written outside the project.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.retouch.edits import Edit, read_edit
from understudy.retouch.patch import MOST_BYTES, Patches, unpacked

FORMAT = "understudy-edits/1"
_TABLE = "edits.json"
_MOST_EDITS = 20_000
_MOST_TEXT = 64 << 20


def export_edits(path: Path, edits: Sequence[Edit], patches: Patches) -> None:
    """Write edits and their patches. Raises BadInputError for a missing patch, and OutputError."""
    told = {"format": FORMAT, "edits": [edit.model_dump(mode="json") for edit in edits]}
    with replacing(path) as part, zipfile.ZipFile(part, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_TABLE), json.dumps(told, indent=1) + "\n")
        for digest in sorted(frozenset[str]().union(*(edit.patches for edit in edits))):
            archive.writestr(zipfile.ZipInfo(f"{digest}.npz"), patches.read_file(digest))


def import_edits(path: Path, patches: Patches) -> tuple[Edit, ...]:
    """The edits of a file; their patches are kept in `patches`. Raises BadInputError, and OutputError.

    Nothing is kept of a file with anything wrong in it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            edits = _edits(path, archive)
            wanted = frozenset[str]().union(*(edit.patches for edit in edits))
            for digest in wanted:
                _checked(path, archive, digest)
            for digest in wanted:
                patches.keep_file(_member(path, archive, f"{digest}.npz", MOST_BYTES))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror or error}): check the path.") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise BadInputError(f"{path} holds no edits ({error}): export them again.") from error
    return edits


def _edits(path: Path, archive: zipfile.ZipFile) -> tuple[Edit, ...]:
    try:
        told: Any = json.loads(_member(path, archive, _TABLE, _MOST_TEXT))
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            f"{path} holds no edits (its table cannot be read): export them again."
        ) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("edits"), list):
        raise BadInputError(f"{path} holds no edits of this Understudy: export them again.")
    if not 0 < len(told["edits"]) <= _MOST_EDITS:
        raise BadInputError(f"{path} holds {len(told['edits'])} edits: 1 to {_MOST_EDITS} can be taken over.")
    edits = tuple(read_edit(value) for value in told["edits"])
    if len({edit.id for edit in edits}) < len(edits):
        raise BadInputError(f"{path} holds one edit twice: export them again.")
    return edits


def _checked(path: Path, archive: zipfile.ZipFile, digest: str) -> None:
    content = _member(path, archive, f"{digest}.npz", MOST_BYTES)
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadInputError(f"{path} was changed (a patch is not what its name says): export it again.")
    unpacked(content, f"{path}: {digest[:12]}")


def _member(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError as error:
        raise BadInputError(f"{path} lacks {name}: export the edits again.") from error
    if entry.file_size > most:
        raise BadInputError(f"{path} holds something too large ({name}): export the edits again.")
    with archive.open(entry) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadInputError(f"{path} holds something too large ({name}): export the edits again.")
    return content
