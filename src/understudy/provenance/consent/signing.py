"""Signatures over records: Ed25519, or ECDSA on P-256 for the holders of such certificates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from understudy.provenance.consent.kinds import Signer
from understudy.provenance.consent.reading import plain
from understudy.provenance.consent.record import Payload, Record, RevocationPayload, Signature
from understudy.provenance.consent.values import normalised, now
from understudy.provenance.keys import PrivateKey, PublicKey


def digest(payload: Payload) -> str:
    """SHA-256 of a record's payload in canonical form (RFC 8785), 64 hex digits.

    Its salt keeps anybody who has only the digest from guessing what stands in the record.
    """
    return hashlib.sha256(_context(payload) + rfc8785.dumps(plain(payload))).hexdigest()


def sign(
    record: Record,
    key: PrivateKey,
    role: Signer,
    name: str,
    *,
    certificates: Sequence[bytes] = (),
    at: datetime | None = None,
) -> Record:
    """`record` with a signature in `role`, in place of an earlier one in that role.

    `certificates` are DER, as in `Signature`.
    """
    others = tuple(signature for signature in record.signatures if signature.role != role)
    signature = signature_over(record.payload, key, role, name, certificates=certificates, at=at)
    return Record(payload=record.payload, signatures=(*others, signature))


def signature_over(
    payload: Payload | RevocationPayload,
    key: PrivateKey,
    role: Signer,
    name: str,
    *,
    certificates: Sequence[bytes] = (),
    at: datetime | None = None,
) -> Signature:
    """A signature over a record's or a revocation's payload."""
    unsigned = Signature(
        role=role,
        name=normalised(name),
        at=at or now(),
        algorithm=_algorithm(key.public_key()),
        key=public_text(key.public_key()),
        certificates=tuple(base64.b64encode(certificate).decode() for certificate in certificates),
        value="",
    )
    value = signature_of(key, _signed_bytes(payload, unsigned))
    return unsigned.model_copy(update={"value": base64.b64encode(value).decode()})


def is_genuine(payload: Payload | RevocationPayload, signature: Signature) -> bool:
    """Whether `signature` was made over exactly this payload, by the key that it names."""
    try:
        key = public_key(signature.key)
        value = base64.b64decode(signature.value)
        data = _signed_bytes(payload, signature)
        if _algorithm(key) != signature.algorithm:
            return False
        return fits(key, value, data)
    except ValueError:
        return False


def signature_of(key: PrivateKey, data: bytes) -> bytes:
    """The plain signature of `key` over `data`: Ed25519, or ECDSA with SHA-256."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def fits(key: PublicKey, value: bytes, data: bytes) -> bool:
    """Whether `value` is the signature over `data` that the owner of `key` made with `signature_of`."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(value, data)
        else:
            key.verify(value, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def public_text(key: PublicKey) -> str:
    """A public key as records hold it: base64 of DER SubjectPublicKeyInfo."""
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def public_key(text: str) -> PublicKey:
    """The public key that a record holds. Raises ValueError for what is none, or of a kind not used here."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("that is not a public key") from error
    if isinstance(key, Ed25519PublicKey) or (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        return key
    raise ValueError("a key has to be Ed25519, or ECDSA on P-256")


def fingerprint(key: str) -> str:
    """A public key (as records hold it) for people to compare: 16 hex digits of its SHA-256, in fours."""
    text = hashlib.sha256(base64.b64decode(key)).hexdigest()[:16]
    return " ".join(text[k : k + 4] for k in range(0, 16, 4))


def _algorithm(key: PublicKey) -> Literal["Ed25519", "ES256"]:
    return "Ed25519" if isinstance(key, Ed25519PublicKey) else "ES256"


def _context(payload: Payload | RevocationPayload) -> bytes:
    # So that what was signed as one kind of statement can never be taken for another.
    return f"{payload.format}\n".encode()


def _signed_bytes(payload: Payload | RevocationPayload, signature: Signature) -> bytes:
    about = {name: value for name, value in plain(signature).items() if name != "value"}
    return _context(payload) + rfc8785.dumps({"payload": plain(payload), "signature": about})
