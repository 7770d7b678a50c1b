"""Whether a record permits something now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from understudy.errors import ConsentError
from understudy.provenance.consent import withdrawal
from understudy.provenance.consent.certificates import UntrustedChainError, vouched_for
from understudy.provenance.consent.kinds import RULES, Signer
from understudy.provenance.consent.reading import read_record
from understudy.provenance.consent.record import Medium, Part, Record, Revocation, Signature
from understudy.provenance.consent.signing import digest, fingerprint, is_genuine
from understudy.provenance.consent.values import now, spell
from understudy.provenance.keys import Enrolled, Keyring


class Purpose(StrEnum):
    """What is about to be done with a face."""

    BIND = "bind"
    TRAIN = "train"
    EXPORT = "export"
    MASTER = "master"


_RIGHT = {
    Purpose.BIND: ("create_replica", "making a likeness"),
    Purpose.TRAIN: ("train_model", "training a model"),
    Purpose.EXPORT: ("export_model", "exporting a model"),
    Purpose.MASTER: ("master", "mastering"),
}


@dataclass(frozen=True)
class Known:
    """What this machine knows beside the record itself."""

    people: tuple[Enrolled, ...] = ()
    roots: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    revocations: tuple[Revocation, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Held:
    """A record with the file it came from and what is known about it."""

    path: Path
    record: Record
    known: Known

    @property
    def summary(self) -> dict[str, str]:
        """What may be told of it in public, in a model's metadata for example: no names."""
        payload = self.record.payload
        return {"id": payload.id, "sha256": digest(payload), "kind": payload.kind}


def hold(path: Path, keyring: Keyring | None = None, given: Path | None = None) -> Held:
    """Read a record, and what this machine knows about it.

    Where `path` is a copy, `given` is the file that the user gave: what is said names that one, and a
    revocation beside it counts too. Raises BadInputError where the file cannot be read and ConsentError where
    it holds no record.
    """
    ring = keyring or Keyring()
    places = [path] if given is None else [path, given]
    known = Known(ring.people(), ring.roots(), withdrawal.known(places, ring))
    return Held(given or path, read_record(path), known)


def permit(
    held: Held,
    purpose: Purpose,
    *,
    part: Part = "likeness",
    medium: Medium | None = None,
    production: str | None = None,
    at: datetime | None = None,
) -> None:
    """Do nothing where the record permits this; raise ConsentError with the first reason where it does not.

    part        whether the face is shown or replaced
    medium      where it is to be published, if that is known already
    production  the reference of the production that asks; None: the record's own
    at          the moment asked about, now unless given
    """
    reason = next(refusals(held, purpose, part=part, medium=medium, production=production, at=at), None)
    if reason is not None:
        raise ConsentError(f"{held.path.name}: {reason}.")


def refusals(
    held: Held,
    purpose: Purpose,
    *,
    part: Part = "likeness",
    medium: Medium | None = None,
    production: str | None = None,
    at: datetime | None = None,
) -> Iterator[str]:
    """Everything that speaks against it, as sentences without a full stop."""
    payload, name = held.record.payload, held.record.payload.subject.name
    yield from invalidities(held, at)
    right, what = _RIGHT[purpose]
    if not getattr(payload.rights, right):
        yield f"{name} has not granted {what}"
    if part not in payload.use.parts:
        yield f"{name} has not agreed that their face is {'shown' if part == 'likeness' else 'replaced'}"
    if medium is not None and medium not in payload.use.media:
        yield f"{name} has not agreed to the medium {medium}, only to {', '.join(payload.use.media)}"
    if production not in (None, payload.production.reference) and not payload.rights.other_projects:
        yield (
            f"{name} has agreed to the production {payload.production.reference} "
            f"and to no other, not to {production}"
        )


def invalidities(held: Held, at: datetime | None = None) -> Iterator[str]:
    """Why the record is not valid at a moment, as sentences without a full stop; none where it is."""
    record, moment = held.record, at or now()
    payload = record.payload
    yield from _signature_faults(record, held.known)
    term, name = payload.term, payload.subject.name
    if moment < term.begin:
        yield f"the consent of {name} begins only on {spell(term.begin)}"
    if moment >= term.end:
        yield f"the consent of {name} has expired on {spell(term.end)}: ask for a new one"
    revoked = withdrawal.in_force_from(record, held.known.revocations)
    if revoked is not None and moment >= revoked:
        yield f"the consent of {name} is revoked since {spell(revoked)}: stop using the face"


def _signature_faults(record: Record, known: Known) -> Iterator[str]:
    payload, rule = record.payload, RULES[record.payload.kind]
    for signature in record.signatures:
        if not is_genuine(payload, signature):
            yield f"it was changed after {signature.name} signed it: ask for the record as it was signed"
            return
        try:
            vouched_for(signature, known.roots)
        except UntrustedChainError as error:
            yield f"the signature of {signature.name} cannot be believed: {error}"
    for role in rule.signers:
        signature_ = record.signature_by(role)
        if signature_ is None:
            yield _unsigned(role, record)
        elif (other := _other_key(signature_, known.people)) is not None:
            yield other
    keys = [signature.key for signature in record.signatures]
    if rule.countersigned and len(set(keys)) < len(keys):
        yield "one key has signed for both sides: each has to sign with a key of their own"


def _unsigned(role: Signer, record: Record) -> str:
    payload = record.payload
    if role == "grantee":
        return f"{payload.grantee.name} has not countersigned it: run understudy consent countersign"
    return f"it is not signed by the {role}: run understudy consent sign"


def _other_key(signature: Signature, people: Sequence[Enrolled]) -> str | None:
    keys = {person.key for person in people if person.name == signature.name}
    if not keys or signature.key in keys:
        return None
    return (
        f"it is signed as {signature.name} with the key {fingerprint(signature.key)}, which is not the key "
        f"enrolled for that name: ask them, and enrol the new key if it is theirs"
    )


def assurance(signature: Signature, known: Known) -> str:
    """How far it is known that the signer is who they say, for people."""
    try:
        name = vouched_for(signature, known.roots)
    except UntrustedChainError as error:
        return f"not believed: {error}"
    if name is not None:
        return f"certified as {name}"
    if any((person.name, person.key) == (signature.name, signature.key) for person in known.people):
        return "key enrolled here"
    return "identity not checked: nobody here has enrolled this key"
