"""The consent records that a swap is asked for with, read and found valid before anything is created."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import understudy.performers
from understudy.errors import BadInputError
from understudy.project.settings import ConsentSettings

if TYPE_CHECKING:
    from understudy.provenance.consent.checking import Held
    from understudy.provenance.consent.record import Part

PERFORMERS = "performers"
"""The name by which the digital performers' own record can be given, instead of a path."""
PERFORMERS_RECORD = Path(understudy.performers.__file__).with_name("performers.consent.json")


@dataclass(frozen=True)
class Records:
    """Records that are valid now and allow what is asked; not yet held against footage.

    plate_reason   why the plate's performer need not be asked, None where that was not said
    """

    likeness: tuple[Held, ...] = ()
    plate: tuple[Held, ...] = ()
    plate_reason: str | None = None


def load(
    likeness: Sequence[Path],
    plate: Sequence[Path],
    plate_reason: str | None = None,
    production: str | None = None,
) -> Records:
    """Read records, and make sure that each permits to bind footage to a face now.

    `production` is the reference of the production that asks, None where it is not known. Raises
    BadInputError for a file that cannot be read, and ConsentError.
    """
    if plate_reason is not None and not plate_reason.strip():
        raise BadInputError("--plate-reason is empty: say why the plate's performer need not be asked.")
    return Records(
        _permitting(likeness, "likeness", production), _permitting(plate, "plate", production), plate_reason
    )


def load_records(
    likeness: Sequence[Path],
    plate: Sequence[Path],
    plate_reason: str | None,
    project: ConsentSettings,
    folder: Path,
) -> Records:
    """The records that were asked for, else those that a project in `folder` names; errors as for `load`."""
    own = [[resolved(Path(name)) for name in names] for names in (project.likeness, project.plate)]
    own_likeness, own_plate = ([folder / path for path in paths] for paths in own)
    return load(
        likeness or own_likeness,
        plate or own_plate,
        project.plate_reason if plate_reason is None else plate_reason,
        project.production,
    )


def resolved(path: Path) -> Path:
    """The file of a record: the path itself, or the digital performers' record by its name."""
    return PERFORMERS_RECORD if str(path) == PERFORMERS and not path.exists() else path


def _permitting(paths: Sequence[Path], part: Part, production: str | None) -> tuple[Held, ...]:
    if not paths:
        return ()
    from understudy.provenance.consent.checking import Purpose, hold, permit

    found = tuple(hold(resolved(path)) for path in dict.fromkeys(paths))
    for held in found:
        permit(held, Purpose.BIND, part=part, production=production)
    return found
