"""What work on a face stands on while it goes on for hours: the records, and the footage they speak of.

A swap holds footage against records once (`pipeline.consenting`). Training, resuming and exporting ask again
through the `Warrant` that came of it, since a record may expire or be revoked in the meantime:

    warrant.demand(Purpose.TRAIN)          at the start, when work is resumed, and every hour
    warrant.demand(Purpose.EXPORT)         before a model leaves the project
    warrant.metadata()                     goes into the model: id and hash of every record
    check_model(metadata, records)         before a model is used: it was trained by these records
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError, ConsentError
from understudy.provenance.consent.checking import Held, Purpose, hold, permit
from understudy.provenance.consent.material import Digest, speaks_of
from understudy.provenance.consent.record import GeneratedMaterial, Part
from understudy.provenance.keys import Keyring
from understudy.provenance.strict_json import strict_json

METADATA = "understudy.consent"
"""The key of a model's metadata under which its records stand, as JSON text."""
_LARGEST = 1 << 20
_MOST = 200


@dataclass(frozen=True)
class Ground:
    """One clip, and the record by which it is used.

    part       whether the face in it is shown or replaced
    record     the record's file, as it is kept in the project
    sha256     the record's digest (`signing.digest`)
    given      the file that the user gave: refusals name it, and a revocation may lie beside it
    material   content of the clip
    generated  whether the clip is a performer's take, which was told by rendering it anew
    """

    part: Part
    record: Path
    sha256: str
    given: Path
    material: Digest
    generated: bool = False

    def held(self, keyring: Keyring | None = None) -> Held:
        """The record as it is now; errors as for `checking.hold`."""
        return hold(self.record, keyring, given=self.given)


@dataclass(frozen=True)
class Warrant:
    """Everything that some work on faces stands on; never empty."""

    grounds: tuple[Ground, ...]
    plate_reason: str | None = None

    def demand(self, purpose: Purpose, keyring: Keyring | None = None) -> None:
        """Do nothing where every record permits `purpose` now and speaks of the footage.

        Raises ConsentError (exit code 3) with one sentence where one is expired, revoked, edited, exchanged
        or does not reach so far, and BadInputError where one cannot be read.
        """
        if not self.grounds:
            raise ConsentError("There is no consent record: give --consent RECORD.")
        for ground in self.grounds:
            held = ground.held(keyring)
            permit(held, purpose, part=ground.part)
            if held.summary["sha256"] != ground.sha256:
                raise ConsentError(f"{held.path.name} is not the record that this work was begun with.")
            if not (_generates(held) if ground.generated else speaks_of(held.record, ground.material)):
                raise ConsentError(f"{held.path.name} does not speak of the footage that is used.")

    def records(self) -> tuple[tuple[Part, Held], ...]:
        """The records, each once for each part it plays."""
        found = {(ground.part, ground.sha256): ground for ground in self.grounds}
        return tuple((ground.part, ground.held()) for ground in found.values())

    def metadata(self) -> dict[str, str]:
        """What a model's metadata tell of its records: part, id, hash and kind, and no names."""
        told = [{"part": part, **held.summary} for part, held in self.records()]
        return {METADATA: json.dumps(told, separators=(",", ":"))}

    def to_json(self) -> dict[str, Any]:
        """As JSON values, to be kept beside checkpoints."""
        grounds = [
            asdict(ground) | {"record": str(ground.record), "given": str(ground.given)}
            for ground in self.grounds
        ]
        return {"grounds": grounds, "plate_reason": self.plate_reason}

    @classmethod
    def from_json(cls, value: Any) -> Warrant:
        """The inverse of `to_json`. Raises BadInputError for what is none."""
        try:
            grounds = tuple(
                Ground(
                    part=_part(one["part"]),
                    record=Path(one["record"]),
                    sha256=str(one["sha256"]),
                    given=Path(one["given"]),
                    material=Digest(**one["material"]),
                    generated=one["generated"] is True,
                )
                for one in value["grounds"]
            )
            return cls(grounds, value["plate_reason"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError("What this training stands on is damaged: start it anew.") from error


@dataclass(frozen=True)
class ModelConsent:
    """A record by which a model was trained, as the model's metadata tell of it."""

    part: Part
    id: str
    sha256: str
    kind: str = field(default="")


def consents_of(metadata: Mapping[str, str]) -> tuple[ModelConsent, ...]:
    """The records by which a model was trained; empty where its metadata name none, or nonsense."""
    text = metadata.get(METADATA, "[]")
    try:
        told = strict_json(text.encode(), _LARGEST)
        return tuple(
            ModelConsent(_part(one["part"]), str(one["id"]), str(one["sha256"]), str(one["kind"]))
            for one in told[:_MOST]
        )
    except (ValueError, TypeError, KeyError):
        return ()


def check_model(metadata: Mapping[str, str], records: Iterable[Held]) -> None:
    """Make sure that a model was trained by some of these records, as far as its likeness goes.

    Raises ConsentError where its metadata name no record, or another one.
    """
    known = {held.summary["sha256"] for held in records}
    shown = [one for one in consents_of(metadata) if one.part == "likeness"]
    if not shown:
        raise ConsentError("Nothing in this model says who agreed to it: train it by a consent record.")
    for one in shown:
        if one.sha256 not in known:
            raise ConsentError(f"This model was trained by another consent record, {one.id}: give that one.")


def _generates(held: Held) -> bool:
    return any(isinstance(item, GeneratedMaterial) for item in held.record.payload.material)


def _part(value: Any) -> Part:
    if value == "likeness":
        return "likeness"
    if value == "plate":
        return "plate"
    raise ValueError(value)
