"""What is told of a finished swap: signed credentials beside it, and a line in the project's log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.mastering.origins import decisive, engines_of, sha256_of
from understudy.pipeline.consenting import Bound, Permission
from understudy.provenance.audit.entry import Deed
from understudy.provenance.audit.log import head, note, written
from understudy.provenance.consent.material import digest_files
from understudy.provenance.credentials.identity import Identity, own_identity
from understudy.provenance.credentials.sidecar import Named, json_sidecar_of, write_sidecar
from understudy.provenance.credentials.statement import Making, Role, Source, Statement
from understudy.provenance.keys import Keyring


@dataclass(frozen=True)
class Witness:
    """Who tells of what is made here, made sure of before the work begins: a key, and a certificate."""

    keyring: Keyring
    identity: Identity = field(repr=False)

    @classmethod
    def ready(cls, keyring: Keyring | None = None) -> Witness:
        """The user's own, made on first use. Raises BadInputError or OutputError where there can be none."""
        ring = keyring or Keyring()
        ring.signing_key()
        return cls(ring, own_identity(ring))


@dataclass(frozen=True)
class Made:
    """A finished swap: its film, other files that show it, its settings, and its model if one was trained.

    what   the word for it in the project's log
    """

    output: Path
    others: tuple[Path, ...]
    settings: Mapping[str, Any]
    seconds: float
    model_sha256: str | None = None
    what: str = "swap"


def attest(witness: Witness, project: Path, made: Made, permission: Permission) -> None:
    """Write the film's sidecar and the line in the log. Raises OutputError."""
    digest = digest_files([made.output])
    settings = decisive(made.settings)
    statement = Statement(
        title="Working file",
        sources=(*_sources(permission.plate, "plate"), *_sources(permission.likeness, "likeness")),
        consents=permission.notes(),
        making=Making(
            engine=engines_of(settings),
            settings_sha256=sha256_of(settings),
            model_sha256=made.model_sha256,
            plate_reason=permission.plate_reason,
            standing=permission.standing.value,
            log_sha256=head(project),
        ),
        mark=None,
        fingerprint=None,
        seconds=made.seconds,
    )
    named = Named(made.output.name, digest.sha256, digest.bytes)
    write_sidecar(json_sidecar_of(made.output), [named], statement, witness.identity)
    deed = Deed(
        made.what,
        records=permission.used(),
        engine=engines_of(settings),
        model_sha256=made.model_sha256,
        settings=settings,
        outputs=(written(made.output, digest), *map(written, made.others)),
        details={"standing": permission.standing.value, "plate_reason": permission.plate_reason},
    )
    note(project, deed, witness.keyring)


def _sources(bound: tuple[Bound, ...], role: Role) -> list[Source]:
    return [Source(role, each.clip.clip.files[0], each.digest.sha256, each.digest.bytes) for each in bound]
