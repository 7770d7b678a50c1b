"""Whether a film may be mastered: the one place where mastering asks for consent.

The swap has held the footage against the records and kept both in the project (`pipeline.consenting`). Here
the records are read again and asked again, since one may have expired or been revoked in the meantime.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from understudy.errors import BadInputError, ConsentError
from understudy.project.folder import default_folder
from understudy.provenance.audit.entry import RecordUsed
from understudy.provenance.audit.log import used
from understudy.provenance.consent.checking import Held, Purpose, hold, permit
from understudy.provenance.consent.material import Digest, speaks_of
from understudy.provenance.consent.record import GeneratedMaterial, Medium, Part
from understudy.provenance.credentials.statement import ConsentNote, note_of


@dataclass(frozen=True)
class Granted:
    """The records by which a film may be mastered; `plate_reason` is why there is none of the plate."""

    likeness: tuple[Held, ...]
    plate: tuple[Held, ...]
    plate_reason: str | None = None

    @property
    def notes(self) -> tuple[ConsentNote, ...]:
        """What the credentials tell of them."""
        return (
            *(note_of(held, "likeness") for held in self.likeness),
            *(note_of(held, "plate") for held in self.plate),
        )

    @property
    def used(self) -> tuple[RecordUsed, ...]:
        """What the project's log tells of them."""
        return (
            *(used(held, "likeness") for held in self.likeness),
            *(used(held, "plate") for held in self.plate),
        )

    @property
    def wants_label(self) -> bool:
        """Whether a record asks for a label that the audience sees."""
        held = (*self.likeness, *self.plate)
        return any(one.record.payload.disclosure.visible_label == "always" for one in held)

    def check_footage(self, likeness: Footage, plate: Footage) -> None:
        """Raise ConsentError where the footage is not what the records speak of."""
        _check_footage(self.likeness, likeness)
        if self.plate:
            _check_footage(self.plate, plate)


Footage = Sequence[tuple[Path, Digest]]


@dataclass(frozen=True)
class Publication:
    """Where a master is to go; None where that is not known. Records may allow one thing and not another."""

    medium: Medium | None = None
    production: str | None = None


def parse_medium(name: str | None) -> Medium | None:
    """A medium by its name in consent records. Raises BadInputError for one that is none."""
    if name is None or name in get_args(Medium):
        return cast("Medium | None", name)
    raise BadInputError(f"There is no medium {name}; choose one of {', '.join(get_args(Medium))}.")


def granted(film: Path, project: Path | None = None, publication: Publication = Publication()) -> Granted:
    """The records that permit the mastering of `film`, made in the folder `project`, now.

    Raises ConsentError, in one sentence, where it is not permitted, and BadInputError where what the project
    has kept cannot be read.
    """
    folder = (project or default_folder(film)) / "consent"
    kept = _kept(folder / f"{film.name}.json")
    if kept.standing == "preview":
        raise ConsentError(
            f"{film.name} was made without a consent record, so it is a preview and cannot be mastered: "
            "swap again with --consent RECORD."
        )
    records = Granted(_held(folder, kept.likeness), _held(folder, kept.plate), kept.plate_reason)
    if not records.likeness or not (records.plate or records.plate_reason):
        raise ConsentError(
            f"Nothing in {folder} says who agreed to {film.name}: swap again with --consent RECORD."
        )
    parts: tuple[tuple[Part, tuple[Held, ...]], ...] = (
        ("likeness", records.likeness),
        ("plate", records.plate),
    )
    for part, held in parts:
        for one in held:
            permit(
                one,
                Purpose.MASTER,
                part=part,
                medium=publication.medium,
                production=publication.production,
            )
    return records


@dataclass(frozen=True)
class _Record:
    """A record by its digest, and the file that was given for it, where that was noted."""

    sha256: str
    given: Path | None


@dataclass(frozen=True)
class _Kept:
    standing: str
    likeness: tuple[_Record, ...] = field(default=())
    plate: tuple[_Record, ...] = field(default=())
    plate_reason: str | None = None


def _kept(path: Path) -> _Kept:
    """What the swap has noted; a film of a project that noted nothing is a preview."""
    try:
        noted: dict[str, Any] = json.loads(path.read_text("utf-8"))
        likeness, plate = (_noted(noted[part]) for part in ("likeness", "plate"))
        return _Kept(str(noted["standing"]), likeness, plate, noted.get("plate_reason"))
    except FileNotFoundError:
        return _Kept("preview")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{path} is damaged: run the swap again.") from error


def _noted(records: Iterable[dict[str, str]]) -> tuple[_Record, ...]:
    found = tuple(
        _Record(record["sha256"], Path(record["given"]) if "given" in record else None) for record in records
    )
    if any(len(record.sha256) != 64 or not record.sha256.isalnum() for record in found):
        raise ValueError(found)
    return found


def _held(folder: Path, records: Iterable[_Record]) -> tuple[Held, ...]:
    return tuple(hold(folder / f"{record.sha256}.consent.json", given=record.given) for record in records)


def _check_footage(held: Sequence[Held], footage: Footage) -> None:
    if any(isinstance(item, GeneratedMaterial) for one in held for item in one.record.payload.material):
        return  # takes of performers are told by rendering them anew, which the swap has done
    for path, digest in footage:
        if not any(speaks_of(one.record, digest) for one in held):
            raise ConsentError(
                f"{path.name} is not, or no longer, the footage that was agreed on: swap again with the "
                "footage that the record names."
            )
