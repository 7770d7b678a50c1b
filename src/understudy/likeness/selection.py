"""Which faces of a likeness are used, as a JSON file that goes from one project to another."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.likeness.gallery import Gallery

_LARGEST = 256 << 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DroppedFace(_Part):
    """A face that is not used: the frame of its file, its centre in pixels, and why."""

    frame: Annotated[int, Field(ge=0, lt=2**31)]
    x: Annotated[float, Field(ge=-1e6, le=1e6)]
    y: Annotated[float, Field(ge=-1e6, le=1e6)]
    why: Annotated[str, Field(min_length=1, max_length=200)]


class ClipSelection(_Part):
    """One clip, known by its content: every `step`-th frame was looked at, and all but `dropped` is used."""

    name: Annotated[str, Field(max_length=4096)]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    step: Annotated[int, Field(ge=1, le=10000)]
    faces: Annotated[int, Field(ge=0)]
    dropped: Annotated[tuple[DroppedFace, ...], Field(max_length=2_000_000)] = ()


class SelectionFile(_Part):
    """A whole selection."""

    kind: Literal["understudy-selection"] = "understudy-selection"
    version: Literal[1] = 1
    clips: Annotated[tuple[ClipSelection, ...], Field(max_length=10_000)]


def write_selection(path: Path, clips: tuple[ClipSelection, ...]) -> None:
    """Write a selection, whole or not at all. Raises OutputError where that cannot be."""
    with replacing(path) as part:
        part.write_text(told(clips), "utf-8")


def told(clips: tuple[ClipSelection, ...]) -> str:
    """A selection as the text of its file."""
    text = json.dumps(SelectionFile(clips=clips).model_dump(mode="json"), indent=1, ensure_ascii=False)
    return text + "\n"


def read_selection(path: Path) -> tuple[ClipSelection, ...]:
    """What `write_selection` wrote. Raises BadInputError, in one sentence, for anything else."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInputError(f"{path} is too large for a selection: check that it is one.")
        return understood(path.read_bytes(), str(path))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error


def understood(content: bytes, name: str) -> tuple[ClipSelection, ...]:
    """A selection from the bytes of a file, which is called `name` where it is complained of.

    Raises BadInputError, in one sentence, for anything else.
    """
    try:
        return SelectionFile.model_validate_json(content).clips
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        message = f"{key}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        raise BadInputError(f"{name} is no selection of faces. {message}.") from error


def speaking_of(
    clips: tuple[ClipSelection, ...], fingerprints: Collection[str], name: str
) -> tuple[ClipSelection, ...]:
    """What a selection called `name` says of some clips. Raises BadInputError where that is nothing."""
    found = tuple(each for each in clips if each.fingerprint in fingerprints)
    if not found:
        raise BadInputError(
            f"{name} speaks of other clips than these: give the clips that it was made with, unchanged."
        )
    return found


def dropped_of(gallery: Gallery, clip: int) -> tuple[DroppedFace, ...]:
    """The faces of one clip that are not used."""
    rows = np.flatnonzero((gallery.clip == clip) & ~gallery.kept)
    return tuple(
        DroppedFace(
            frame=int(gallery.frame[row]),
            x=round(float(gallery.place[row, 0]), 2),
            y=round(float(gallery.place[row, 1]), 2),
            why=str(gallery.dropped[row]),
        )
        for row in rows
    )
