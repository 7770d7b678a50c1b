"""Signed JSON beside files that can hold no credentials: working files, image sequences, EXR, Matroska.

It tells what Content Credentials tell, binds it to files by their SHA-256, and is signed by the same
certificate. Of one file it lies at `shot.mkv.credentials.json`; of a sequence at `credentials.json` in its
folder. People can read it as it is, and no other program than this one can check it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import rfc8785
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field

from understudy import __version__
from understudy.atomic import replacing
from understudy.provenance.consent.certificates import UntrustedChainError, check_chain, name_of
from understudy.provenance.consent.values import Base64, Line, Moment, Sha256, Strict, as_line, now
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.credentials.reading import (
    Credentials,
    UnreadableCredentialsError,
    facts_told,
    said,
)
from understudy.provenance.credentials.statement import Statement
from understudy.provenance.credentials.trust import PURPOSES
from understudy.provenance.strict_json import strict_json

LARGEST = 64 << 20
_OF_FOLDER = "credentials.json"
_CONTEXT = b"understudy-sidecar/1\n"
_HASHES: dict[str, HashAlgorithm] = {"es256": SHA256(), "es384": SHA384(), "es512": SHA512()}


class BoundFile(Strict):
    """A file by its content. Its name is told for people, and to find it in a sequence."""

    name: Line
    sha256: Sha256
    bytes: Annotated[int, Field(ge=1)]


class Sidecar(Strict):
    """A sidecar as it stands in its file; `says` is `Statement.facts`."""

    format: Literal["understudy-sidecar/1"]
    tool: Line
    at: Moment
    files: Annotated[tuple[BoundFile, ...], Field(min_length=1, max_length=500_000)]
    says: dict[str, Any]
    algorithm: Literal["ed25519", "es256", "es384", "es512", "ps256"]
    certificates: Annotated[tuple[Base64, ...], Field(min_length=1, max_length=5)]
    signature: Base64


def json_sidecar_of(path: Path) -> Path:
    """Where the sidecar of a file lies, or of a folder with a sequence."""
    return path / _OF_FOLDER if path.is_dir() else path.with_name(f"{path.name}.{_OF_FOLDER}")


@dataclass(frozen=True)
class Named:
    """A file to be bound: what it is called, and its content."""

    name: str
    sha256: str
    bytes: int


def write_sidecar(target: Path, files: Sequence[Named], statement: Statement, identity: Identity) -> None:
    """Write the sidecar of `files` to `target`, signed. Raises OutputError."""
    chain = x509.load_pem_x509_certificates(identity.chain.encode())
    unsigned = {
        "format": "understudy-sidecar/1",
        "tool": f"Understudy {__version__}",
        "at": now(),
        "files": tuple(BoundFile(**(vars(file) | {"name": as_line(file.name)})) for file in files),
        "says": statement.facts(),
        "algorithm": identity.algorithm,
        "certificates": tuple(base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain),
        "signature": "",
    }
    sidecar = Sidecar.model_validate(unsigned)
    signature = base64.b64encode(identity.sign(_signed(sidecar))).decode()
    text = rfc8785.dumps(sidecar.model_copy(update={"signature": signature}).model_dump(mode="json"))
    with replacing(target) as part:
        part.write_bytes(text + b"\n")


def read_sidecar(path: Path, sha256: str, anchors: str = "") -> Credentials | None:
    """What a sidecar says of the file at `path`, whose content has this SHA-256; None where there is none.

    `anchors` are the root certificates that are believed, as PEM. Raises UnreadableCredentialsError.
    """
    sidecar = _find(path)
    if sidecar is None:
        return None
    try:
        chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in sidecar.certificates]
        signed = _fits(chain[0], sidecar)
        trusted = signed and _trusted(chain, sidecar, anchors)
        signer, issuer = name_of(chain[0]), _organisation(chain[0])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnreadableCredentialsError(said(str(error))) from error
    bound = any(file.sha256 == sha256 for file in sidecar.files)
    faults = [] if bound else ["sidecar.file.mismatch"]
    faults += [] if signed else ["sidecar.signature.mismatch"]
    faults += [] if trusted else ["signingCredential.untrusted"]
    return Credentials(
        signed=signed,
        bound=bound,
        trusted=trusted,
        failures=tuple(faults),
        signer=said(signer),
        issuer=said(issuer),
        time=None,
        tool=said(sidecar.tool),
        title=said(sidecar.says.get("title")),
        **facts_told(sidecar.says),
    )


def _find(path: Path) -> Sidecar | None:
    """The sidecar of one file; else the one of its folder, if that names it."""
    own = _read(json_sidecar_of(path))
    if own is not None:
        return own
    shared = _read(path.absolute().parent / _OF_FOLDER)
    if shared is not None and any(file.name == as_line(path.name) for file in shared.files):
        return shared
    return None


def _read(path: Path) -> Sidecar | None:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        return None
    try:
        value = strict_json(data, LARGEST, fractions=True)
        if not isinstance(value, dict) or value.get("format") != "understudy-sidecar/1":
            return None  # somebody else's file of that name
        return Sidecar.model_validate_json(data)
    except (ValueError, RecursionError) as error:
        if b"understudy-sidecar/1" not in data:
            return None
        raise UnreadableCredentialsError(said(str(error))) from error


def _fits(certificate: x509.Certificate, sidecar: Sidecar) -> bool:
    key, value = certificate.public_key(), base64.b64decode(sidecar.signature)
    data, algorithm = _signed(sidecar), sidecar.algorithm
    try:
        if isinstance(key, ed25519.Ed25519PublicKey) and algorithm == "ed25519":
            key.verify(value, data)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _HASHES:
            key.verify(value, data, ec.ECDSA(_HASHES[algorithm]))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm == "ps256":
            key.verify(value, data, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _trusted(chain: Sequence[x509.Certificate], sidecar: Sidecar, anchors: str) -> bool:
    roots = x509.load_pem_x509_certificates(anchors.encode()) if anchors else []
    with suppress(UntrustedChainError, x509.ExtensionNotFound):
        purposes = chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if {purpose.dotted_string for purpose in purposes} & PURPOSES:
            check_chain(chain, sidecar.at, roots)
            return True
    return False


def _organisation(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else ""


def _signed(sidecar: Sidecar) -> bytes:
    plain = sidecar.model_dump(mode="json")
    return _CONTEXT + rfc8785.dumps({name: value for name, value in plain.items() if name != "signature"})
