"""Whether a film may be mastered: the one place where mastering asks for consent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.errors import ConsentError
from understudy.provenance.consent.checking import Held, Purpose, hold, permit
from understudy.provenance.consent.material import Digest, speaks_of
from understudy.provenance.consent.record import Part
from understudy.provenance.credentials.statement import ConsentNote


def permitted(records: Sequence[Path], part: Part) -> tuple[Held, ...]:
    """The records, held, if each permits mastering now.

    Raises ConsentError with one sentence where one does not, or where there is none, and BadInputError where
    one cannot be read.
    """
    if not records:
        whose, option = {
            "likeness": ("likeness", "--consent"),
            "plate": ("plate's performer", "--plate-consent"),
        }[part]
        raise ConsentError(
            f"Nothing is mastered without consent: give the record of the {whose} with {option} RECORD."
        )
    held = tuple(hold(record) for record in records)
    for one in held:
        permit(one, Purpose.MASTER, part=part)
    return held


def check_footage(held: Sequence[Held], footage: Sequence[tuple[Path, Digest]]) -> None:
    """Raise ConsentError where the records do not, between them, name all of `footage`."""
    for path, digest in footage:
        if not any(speaks_of(one.record, digest) for one in held):
            names = ", ".join(one.path.name for one in held)
            raise ConsentError(
                f"{path.name} is not the footage that {names} speaks of: use the footage that was agreed on, "
                "or a record that names this one."
            )


def note(held: Held, part: Part) -> ConsentNote:
    """What a master's credentials tell of a record: no name unless that was granted."""
    payload, told = held.record.payload, held.summary
    named = payload.disclosure.name_in_credentials
    return ConsentNote(
        part=part,
        id=told["id"],
        sha256=told["sha256"],
        kind=told["kind"],
        media=tuple(payload.use.media),
        until=payload.term.end.date().isoformat(),
        name=payload.subject.public_name if named else None,
    )


def wants_label(held: Sequence[Held]) -> bool:
    """Whether a record asks for a label that the audience sees."""
    return any(one.record.payload.disclosure.visible_label == "always" for one in held)
