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
from typing import Any, BinaryIO

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.retouch.edits import Edit, read_edit
from understudy.retouch.patch import MOST_BYTES, Patches, unpacked

FORMAT = "understudy-edits/1"
_TABLE = "edits.json"
_MOST_EDITS = 20_000
_MOST_TEXT = 64 << 20
_MOST_UNPACKED = 1 << 30
"""Of everything in a file together: a small file must not fill the disk."""


def export_edits(path: Path, edits: Sequence[Edit], patches: Patches) -> None:
    """Write edits and their patches. Raises BadInputError for a missing patch, and OutputError."""
    told = {"format": FORMAT, "edits": [edit.model_dump(mode="json") for edit in edits]}
    with replacing(path) as part, zipfile.ZipFile(part, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_TABLE), json.dumps(told, indent=1) + "\n")
        for digest in sorted(frozenset[str]().union(*(edit.patches for edit in edits))):
            archive.writestr(zipfile.ZipInfo(f"{digest}.npz"), patches.read_file(digest))


def import_edits(path: Path, patches: Patches) -> tuple[Edit, ...]:
    """The edits of a file; see `read_edits`, which it adds to that a file may not be there."""
    try:
        with path.open("rb") as file:
            return read_edits(file, str(path), patches)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror or error}): check the path.") from error


def read_edits(file: BinaryIO, name: str, patches: Patches) -> tuple[Edit, ...]:
    """The edits of an open file, which is called `name` where it is complained of; their patches are kept in
    `patches`. Raises BadInputError, and OutputError.

    Nothing is kept of a file with anything wrong in it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_UNPACKED:
                raise BadInputError(f"{name} holds something too large: export fewer edits at a time.")
            edits = _edits(name, archive)
            wanted = frozenset[str]().union(*(edit.patches for edit in edits))
            for digest in wanted:
                _checked(name, archive, digest)
            for digest in wanted:
                patches.keep_file(_member(name, archive, f"{digest}.npz", MOST_BYTES))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise BadInputError(f"{name} holds no edits ({error}): export them again.") from error
    return edits


def _edits(name: str, archive: zipfile.ZipFile) -> tuple[Edit, ...]:
    try:
        told: Any = json.loads(_member(name, archive, _TABLE, _MOST_TEXT))
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            f"{name} holds no edits (its table cannot be read): export them again."
        ) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("edits"), list):
        raise BadInputError(f"{name} holds no edits of this Understudy: export them again.")
    if not 0 < len(told["edits"]) <= _MOST_EDITS:
        raise BadInputError(f"{name} holds {len(told['edits'])} edits: 1 to {_MOST_EDITS} can be taken over.")
    edits = tuple(read_edit(value) for value in told["edits"])
    if len({edit.id for edit in edits}) < len(edits):
        raise BadInputError(f"{name} holds one edit twice: export them again.")
    return edits


def _checked(name: str, archive: zipfile.ZipFile, digest: str) -> None:
    content = _member(name, archive, f"{digest}.npz", MOST_BYTES)
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadInputError(f"{name} was changed (a patch is not what its name says): export it again.")
    unpacked(content, f"{name}: {digest[:12]}")


def _member(name: str, archive: zipfile.ZipFile, member: str, most: int) -> bytes:
    try:
        entry = archive.getinfo(member)
    except KeyError as error:
        raise BadInputError(f"{name} lacks {member}: export the edits again.") from error
    if entry.file_size > most:
        raise BadInputError(f"{name} holds something too large ({member}): export the edits again.")
    with archive.open(entry) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadInputError(f"{name} holds something too large ({member}): export the edits again.")
    return content
