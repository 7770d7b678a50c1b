"""Who has agreed to a film, and whether that still holds today."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from understudy.errors import UnderstudyError
from understudy.provenance.consent.checking import Purpose, hold, refusals
from understudy.provenance.consent.record import Part

_PARTS: tuple[Part, ...] = ("likeness", "plate")


@dataclass(frozen=True)
class Agreement:
    """One person's consent as it is today.

    part       whether the face is shown or replaced
    until      when it ends, None where the record cannot be read
    problems   what speaks against using it now, and against mastering the film
    """

    part: Part
    name: str
    kind: str
    until: datetime | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Agreed:
    """What a film is by its records. `standing` is preview where there is none."""

    standing: str
    plate_reason: str | None
    people: tuple[Agreement, ...]


def agreed(folder: Path, film: Path) -> Agreed:
    """What was noted of a film's consent when it was made, looked at again now."""
    try:
        noted = json.loads((folder / "consent" / f"{film.name}.json").read_text("utf-8"))
        standing, reason = str(noted["standing"]), noted.get("plate_reason")
        records = [
            (part, str(each["sha256"]), Path(each["given"])) for part in _PARTS for each in noted[part]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return Agreed("preview", None, ())
    people = (_agreement(folder, part, sha256, given) for part, sha256, given in records)
    return Agreed(standing, reason if isinstance(reason, str) else None, tuple(people))


def _agreement(folder: Path, part: Part, sha256: str, given: Path) -> Agreement:
    try:
        # the copy that the project keeps; what was revoked is told beside the file that was given
        held = hold(folder / "consent" / f"{sha256}.consent.json", given=given)
    except UnderstudyError as error:
        return Agreement(part, given.name, "", None, (str(error),))
    payload = held.record.payload
    problems = dict.fromkeys(
        reason for purpose in (Purpose.BIND, Purpose.MASTER) for reason in refusals(held, purpose, part=part)
    )
    return Agreement(part, payload.subject.name, payload.kind, payload.term.end, tuple(problems))
