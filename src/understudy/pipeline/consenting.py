"""Footage held against consent records: what a swap may become.

Without a record a swap is a preview. With records, all footage has to be what they speak of.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from understudy.atomic import replacing
from understudy.errors import ConsentError
from understudy.pipeline.footage import Footage
from understudy.pipeline.records import Records
from understudy.pipeline.session import Session
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.fingerprint import fingerprint
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage
from understudy.provenance.audit.entry import RecordUsed
from understudy.provenance.audit.log import used
from understudy.provenance.consent.checking import Held, Purpose
from understudy.provenance.consent.material import Digest, digest_files, speaks_of
from understudy.provenance.consent.reading import write
from understudy.provenance.consent.record import Part
from understudy.provenance.consent.warrant import Ground, Warrant
from understudy.provenance.credentials.statement import ConsentNote, note_of
from understudy.takes import consented
from understudy.takes.consented import names_performers, speaks_of_take
from understudy.takes.slate import slate_path

_DIGEST, _VERDICT = "sha256.json", "verdict.json"


class Standing(StrEnum):
    """What a swap is.

    PREVIEW   nobody has agreed: small, marked across the face, never mastered
    RESEARCH  footage for measuring: unmarked working files, a visible label on masters
    GRANTED   everybody concerned has agreed
    """

    PREVIEW = "preview"
    RESEARCH = "research"
    GRANTED = "granted"


@dataclass(frozen=True)
class Bound:
    """A clip, and the record that speaks of it; `generated` where it is a take that was rendered anew."""

    clip: Footage
    held: Held
    digest: Digest
    generated: bool = False


@dataclass(frozen=True)
class Permission:
    """What a swap may become, and by what.

    likeness, plate   the footage with its records; empty for previews, `plate` also where a reason is given
    plate_reason      why the plate's performer need not be asked
    """

    standing: Standing
    likeness: tuple[Bound, ...] = field(default=(), repr=False)
    plate: tuple[Bound, ...] = field(default=(), repr=False)
    plate_reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The permission as JSON values, without names."""
        return {
            "standing": self.standing.value,
            "likeness": [held.summary for held in _held(self.likeness)],
            "plate": [held.summary for held in _held(self.plate)],
            "plate_reason": self.plate_reason,
        }

    def keep(self, folder: Path, output: Path) -> None:
        """Keep the records in a project's folder, and what they permit for `output`. Raises OutputError."""
        noted = self.to_json() | {
            part: [held.summary | {"given": str(held.path.absolute())} for held in _held(bound)]
            for part, bound in (("likeness", self.likeness), ("plate", self.plate))
        }
        self.keep_records(folder)
        with replacing(_home(folder) / f"{output.name}.json") as part:
            part.write_text(json.dumps(noted, indent=1) + "\n", "utf-8")

    def warrant(self, folder: Path) -> Warrant:
        """What training and exporting stand on from now on; its records are kept in a project's folder.

        Raises ConsentError where there is no record of the likeness, and OutputError.
        """
        if self.standing is Standing.PREVIEW:
            raise ConsentError(
                "There is no consent record of the likeness: give --consent RECORD; without one there are "
                "previews and nothing else."
            )
        self.keep_records(folder)
        parts: tuple[tuple[Part, tuple[Bound, ...]], ...] = (
            ("likeness", self.likeness),
            ("plate", self.plate),
        )
        grounds = [
            Ground(
                part,
                _kept(folder, each.held),
                each.held.summary["sha256"],
                each.held.path.absolute(),
                each.digest,
                each.generated,
            )
            for part, bound in parts
            for each in bound
        ]
        return Warrant(tuple(grounds), self.plate_reason)

    def used(self) -> tuple[RecordUsed, ...]:
        """The records, as the project's log tells of them."""
        return (
            *(used(held, "likeness") for held in _held(self.likeness)),
            *(used(held, "plate") for held in _held(self.plate)),
        )

    def notes(self) -> tuple[ConsentNote, ...]:
        """The records, as credentials tell of them."""
        return (
            *(note_of(held, "likeness") for held in _held(self.likeness)),
            *(note_of(held, "plate") for held in _held(self.plate)),
        )

    def keep_records(self, folder: Path) -> None:
        """Keep copies of the records in a project's folder. Raises OutputError."""
        _home(folder).mkdir(exist_ok=True)
        for held in (*_held(self.likeness), *_held(self.plate)):
            # Every process of one training does this, and at the same time.
            write(_kept(folder, held), held.record, alone=False)


def cleared(
    session: Session,
    records: Records,
    purpose: Purpose,
    likeness: Sequence[Footage],
    plate: Footage | None = None,
) -> Warrant:
    """Hold footage against the records, and make sure that all of them permit `purpose` now.

    What comes back is what training, resuming and exporting ask from then on. Raises ConsentError with one
    sentence, and OutputError.
    """
    warrant = bind(session, records, likeness, plate).warrant(session.project.folder)
    warrant.demand(purpose)
    return warrant


def bind(
    session: Session, records: Records, likeness: Sequence[Footage], plate: Footage | None
) -> Permission:
    """Hold the footage against the records, and keep these in the project; `plate` is None for nobody.

    Raises ConsentError for footage that no record speaks of, and where nothing is said about the plate.
    """
    if not records.likeness:
        return Permission(Standing.PREVIEW)
    shown = tuple(_bound(session, records.likeness, clip, "likeness") for clip in likeness)
    # One's own record, or a research set's, may allow both.
    both = [held for held in records.likeness if "plate" in held.record.payload.use.parts]
    replaced: tuple[Bound, ...] = ()
    if plate is None:
        pass
    elif records.plate or (both and records.plate_reason is None):
        replaced = (_bound(session, [*records.plate, *both], plate, "plate"),)
    elif records.plate_reason is None:
        raise ConsentError(
            f"Nothing says that the performer of {plate.info.path.name} agreed: give --plate-consent RECORD, "
            "or --plate-reason with the reason why no record is needed."
        )
    kinds = {bound.held.record.payload.kind for bound in (*shown, *replaced)}
    standing = Standing.RESEARCH if "research" in kinds else Standing.GRANTED
    permission = Permission(standing, shown, replaced, records.plate_reason)
    permission.keep_records(session.project.folder)
    return permission


def bind_plates(session: Session, records: Records, plates: Sequence[Footage]) -> Permission:
    """Hold plates by themselves against the records, and keep these in the project: for what learns of nobody
    else. A reason instead of a record is not enough there.

    Raises ConsentError for footage that no record speaks of.
    """
    known = [*records.plate, *(held for held in records.likeness if "plate" in held.record.payload.use.parts)]
    if not known:
        raise ConsentError(
            "There is no consent record of who is in the plate: give --plate-consent RECORD; nothing learns "
            "from a face without one."
        )
    bound = tuple(_bound(session, known, plate, "plate") for plate in plates)
    research = any(each.held.record.payload.kind == "research" for each in bound)
    permission = Permission(Standing.RESEARCH if research else Standing.GRANTED, (), bound)
    permission.keep_records(session.project.folder)
    return permission


def _home(folder: Path) -> Path:
    return folder / "consent"


def _kept(folder: Path, held: Held) -> Path:
    return _home(folder) / f"{held.summary['sha256']}.consent.json"


def _held(bound: Sequence[Bound]) -> list[Held]:
    """The records, each once."""
    return list({each.held.summary["id"]: each.held for each in bound}.values())


def _bound(session: Session, records: Sequence[Held], clip: Footage, part: Part) -> Bound:
    digest = _digest(session, clip)
    for held in records:
        if speaks_of(held.record, digest):
            return Bound(clip, held, digest)
        if _is_take(session, held, clip):
            return Bound(clip, held, digest, generated=True)
    names = " nor ".join(held.path.name for held in records)
    raise ConsentError(
        f"{clip.info.path.name} is not the footage that {names} {'speaks' if len(records) == 1 else 'speak'} "
        f"of: give the record of this {part}, or swap without one to see a preview."
    )


def _is_take(session: Session, held: Held, clip: Footage) -> bool:
    """Whether the clip is a take of a performer that the record names; rendered anew once in a project."""
    slate = slate_path(clip.info.path)
    if not slate.exists() or not names_performers(held.record):
        return False

    def work(stage: Stage, task: Task) -> int:
        verdict = speaks_of_take(held.record, clip.clip, clip.digest)
        with stage.writing(_VERDICT) as path:
            path.write_text(json.dumps(verdict), "utf-8")
        task.advance()
        return 0

    inputs = {"clip": clip.digest, "slate": fingerprint(slate)}
    recipe = Recipe("take", code_hash(consented.__name__), {"record": held.summary["sha256"]}, inputs)
    stage = session.stage(recipe, "take rendered anew", 1, work, "clips")
    return stage.path(_VERDICT).read_text("utf-8") == "true"


def _digest(session: Session, clip: Footage) -> Digest:
    """Hashed once in a project, as long as the clip's fingerprint is what it was."""
    size = sum(file.stat().st_size for file in clip.clip.files)

    def work(stage: Stage, task: Task) -> int:
        digest = digest_files(clip.clip.files, task.advance)
        with stage.writing(_DIGEST) as path:
            path.write_text(json.dumps(vars(digest)), "utf-8")
        return 0

    stage = session.stage(Recipe("material", 1, {}, {"clip": clip.digest}), "material", size, work, "bytes")
    return Digest(**json.loads(stage.path(_DIGEST).read_text("utf-8")))
