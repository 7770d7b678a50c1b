"""Taking a consent back: signed statements, and which of them count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import rfc8785

from understudy.errors import ConsentError
from understudy.provenance.consent.reading import plain, read_revocation, write
from understudy.provenance.consent.record import Record, Revocation, RevocationPayload
from understudy.provenance.consent.signing import digest, is_genuine, public_text, signature_over
from understudy.provenance.consent.values import normalised, now
from understudy.provenance.keys import Keyring, PrivateKey

SUFFIX = ".revocation.json"


def revoke(
    record: Record, key: PrivateKey, reason: str | None = None, at: datetime | None = None
) -> Revocation:
    """The statement that `record` is taken back, signed with a key that also signed the record.

    Raises ConsentError where the key did not.
    """
    mine = public_text(key.public_key())
    signed = next((s for s in record.signatures if s.key == mine and is_genuine(record.payload, s)), None)
    if signed is None:
        raise ConsentError(
            f"This key did not sign the record of {record.payload.subject.name}: "
            "only somebody who signed a record can revoke it."
        )
    moment = at or now()
    payload = RevocationPayload(
        format="likeness-revocation/1",
        record=record.payload.id,
        record_sha256=digest(record.payload),
        at=moment,
        reason=normalised(reason) if reason else None,
    )
    signature = signature_over(payload, key, signed.role, signed.name, at=moment)
    return Revocation(payload=payload, signature=signature)


def counts(revocation: Revocation, record: Record) -> bool:
    """Whether a statement speaks of this record and comes from somebody who signed it."""
    statement, signature = revocation.payload, revocation.signature
    if (statement.record, statement.record_sha256) != (record.payload.id, digest(record.payload)):
        return False
    signer = record.signature_by(signature.role)
    return (
        signer is not None
        and signer.key == signature.key
        and is_genuine(record.payload, signer)
        and is_genuine(statement, signature)
    )


def in_force_from(record: Record, revocations: Iterable[Revocation]) -> datetime | None:
    """From when on the record is revoked, notice included; None where it is not."""
    notice = timedelta(days=record.payload.revocation.notice_days)
    moments = [each.payload.at + notice for each in revocations if counts(each, record)]
    return min(moments, default=None)


def beside(path: Path) -> Path:
    """Where the revocation of the record in `path` is looked for first: `anna.revocation.json`."""
    return path.with_name(path.name.removesuffix(".json").removesuffix(".consent") + SUFFIX)


def known(records: Iterable[Path], keyring: Keyring) -> tuple[Revocation, ...]:
    """The revocations that lie beside a record's files or that were received on this machine.

    Raises ConsentError for one that is damaged: nobody knows what it said.
    """
    near = [place for place in map(beside, records) if place.is_file()]
    return tuple(read_revocation(each) for each in (*near, *keyring.revocations()))


def receive(revocation: Revocation, keyring: Keyring) -> Path:
    """Keep a revocation on this machine, for all projects. Raises OutputError."""
    name = hashlib.sha256(rfc8785.dumps(plain(revocation))).hexdigest()
    path = keyring.revocation_path(name)
    write(path, revocation)
    return path
