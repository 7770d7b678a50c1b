"""Records as people make them, for tests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from understudy.provenance.consent.checking import Held, Known
from understudy.provenance.consent.drafting import Draft, declared, own, unsigned
from understudy.provenance.consent.material import Digest, of_files
from understudy.provenance.consent.record import Record
from understudy.provenance.consent.signing import sign

FACE = b"a face"
USE = "Replace the face of the stunt double in scenes 12 to 14 with the performer's own face."


def key(name: str) -> Ed25519PrivateKey:
    """The key of a person, always the same."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def material(data: bytes = FACE, label: str = "face.mp4", **more: Any) -> Any:
    return of_files(label, Digest(hashlib.sha256(data).hexdigest(), len(data), 1), **more)


def licence(**changes: Any) -> Draft:
    """What Jane and a studio agreed on."""
    terms: dict[str, Any] = {
        "kind": "licensed",
        "subject": "Jane Performer",
        "grantee": "Example Studio",
        "description": USE,
        "media": ("feature-film", "trailer"),
        "material": (material(),),
        "adult": True,
        "production_title": "The Long Shot",
        "production_reference": "TLS-2026",
        "compensation": "paid",
        "compensation_reference": "DRR-0042",
        "union_agreement": "SAG-AFTRA TV/Theatrical 2026",
    }
    return Draft(**(terms | changes))


def licensed(**changes: Any) -> Record:
    """Jane's record, signed by both."""
    record = sign(unsigned(licence(**changes)), key("jane"), "subject", "Jane Performer")
    return sign(record, key("studio"), "grantee", "Example Studio")


def of_oneself(**changes: Any) -> Record:
    return sign(
        unsigned(own("Anna", (material(),), **({"adult": True} | changes))), key("anna"), "subject", "Anna"
    )


def declaration(kind: Any, **changes: Any) -> Record:
    more = {"public-domain": {"died": 1900}}.get(kind, {}) | changes
    draft = declared(kind, "The Subject", "Lab", "https://example.org/licence", (material(),), **more)
    return sign(unsigned(draft), key("lab"), "declarant", "Lab")


def estate(**changes: Any) -> Record:
    draft = licence(kind="estate", subject="Greta", died=1990, **changes)
    record = sign(unsigned(draft), key("heir"), "estate", "Greta's heirs")
    return sign(record, key("studio"), "grantee", "Example Studio")


def held(record: Record, known: Known | None = None) -> Held:
    return Held(Path("jane.consent.json"), record, known or Known())
