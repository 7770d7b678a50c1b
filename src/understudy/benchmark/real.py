"""Cases from a folder of real clips: as `cases.toml` names them, or every clip onto every other.

[[case]]
name = "anna-onto-bert"
likeness = ["anna/*.mp4"]      # glob patterns inside the folder
plate = "bert/shot.mp4"
description = "profile, hard light"
cuts = [271]                   # first frames of the plate's later shots
tags = ["easy"]
self = false                   # true: both are one person, and the plate is what a perfect swap looks like
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from understudy.benchmark.case import Footage, TruthFiles
from understudy.errors import BadInputError
from understudy.media import open_clip
from understudy.progress import Progress
from understudy.project.fingerprint import fingerprint
from understudy.project.recipe import Recipe
from understudy.project.settings import one_sentence

CASES = "cases.toml"
_VIDEOS = {".mp4", ".mov", ".mkv", ".m4v", ".avi", ".webm", ".mxf"}


def _inside(pattern: str) -> str:
    path = PurePosixPath(pattern)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("a path inside the footage folder is wanted")
    return pattern


_Inside = Annotated[str, AfterValidator(_inside)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
    likeness: Annotated[tuple[_Inside, ...], Field(min_length=1)]
    plate: _Inside
    description: str = ""
    cuts: tuple[Annotated[int, Field(ge=1)], ...] = ()
    tags: tuple[str, ...] = ()
    itself: Annotated[bool, Field(alias="self")] = False


class _Listing(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    case: Annotated[tuple[_Entry, ...], Field(min_length=1)]


@dataclass(frozen=True)
class RealCase:
    """Likeness clips put onto a plate; `itself` where both are one person in different takes."""

    name: str
    likeness: tuple[Path, ...]
    plate: Path
    description: str = ""
    cuts: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    itself: bool = False
    seconds: float | None = None

    @cached_property
    def digest(self) -> str:
        """Of the clips' content, and of how much of the plate is used."""
        parameters = {"seconds": self.seconds, "cuts": self.cuts, "self": self.itself}
        inputs = {f"likeness {number}": fingerprint(path) for number, path in enumerate(self.likeness)}
        return Recipe("footage", 1, parameters, inputs | {"plate": fingerprint(self.plate)}).hash

    def limited(self, seconds: float) -> RealCase:
        """The same case with only the first `seconds` of its plate."""
        return replace(self, seconds=seconds)

    def footage(self, folder: Path, progress: Progress) -> Footage:  # noqa: ARG002
        """The clips where they are; nothing is made."""
        with open_clip(self.plate) as clip:
            frames = clip.info.frame_count
            if self.seconds is not None:
                frames = min(frames, math.ceil(self.seconds * clip.info.rate))
        return Footage(
            likeness=self.likeness,
            plate=self.plate,
            frames=frames,
            truth=TruthFiles(self.plate) if self.itself else None,
            cuts=tuple(cut for cut in self.cuts if cut < frames),
        )


def cases_in(folder: Path, listing: Path | None = None) -> list[RealCase]:
    """The cases of a folder of clips, from `listing` or the folder's own `cases.toml`.

    Without either, every ordered pair of its videos. Raises BadInputError for a folder without clips, for a
    listing that is wrong, and for a pattern that fits no file.
    """
    if not folder.is_dir():
        raise BadInputError(f"There is no folder {folder}: give the folder of your clips.")
    own = folder / CASES
    if listing is None and not own.exists():
        return _every_pair(folder)
    return list(_listed(folder, listing or own))


def _listed(folder: Path, listing: Path) -> Iterable[RealCase]:
    try:
        entries = _Listing.model_validate(tomllib.loads(listing.read_text("utf-8"))).case
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{listing} cannot be read: {error}.") from error
    except ValidationError as error:
        raise BadInputError(f"{listing} has a wrong value. {one_sentence(error)}") from error
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise BadInputError(f"{listing} has two cases called {name}: give each a name of its own.")
    for entry in entries:
        likeness = tuple(path for pattern in entry.likeness for path in _files(folder, pattern, listing))
        (plate, *others) = _files(folder, entry.plate, listing)
        if others:
            raise BadInputError(f"The plate {entry.plate} of {entry.name} fits several files: name one.")
        if plate in likeness:
            raise BadInputError(f"The plate of {entry.name} is among its likeness: take it out of one.")
        yield RealCase(entry.name, likeness, plate, entry.description, entry.cuts, entry.tags, entry.itself)


def _files(folder: Path, pattern: str, listing: Path) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise BadInputError(f"{listing.name} names {pattern}, which is not in {folder}: check both.")
    return found


def _every_pair(folder: Path) -> list[RealCase]:
    clips = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _VIDEOS)
    if len(clips) < 2:
        raise BadInputError(f"{folder} has fewer than two videos: a case is a likeness and a plate.")
    names = _short_names(folder, clips)
    return [
        RealCase(f"{names[likeness]}-onto-{names[plate]}", (likeness,), plate)
        for likeness in clips
        for plate in clips
        if likeness != plate
    ]


def _short_names(folder: Path, clips: list[Path]) -> dict[Path, str]:
    """A name for each clip, from its path, in letters that case names may have."""
    names: dict[Path, str] = {}
    for path in clips:
        plain = path.relative_to(folder).with_suffix("").as_posix().lower()
        name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "clip"
        taken = list(names.values()).count(name)
        names[path] = name if name not in names.values() else f"{name}-{taken + 1}"
    return names
