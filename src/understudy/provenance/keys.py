"""The keys of the person at this machine, and what this machine knows of other people's keys.

All of it lies in the user's configuration folder, never in a project, which may be shared:

    keys/NAME.pem           a signing key of one's own (Ed25519, PKCS #8), readable by its owner alone
    people/FINGERPRINT.json somebody whose key was enrolled: who it belongs to, as somebody made sure
    roots/FINGERPRINT.pem   an X.509 root whose certificates are believed, in records and in credentials
    signers/FINGERPRINT.pem a certificate authority whose holders' Content Credentials are believed
    audits/LOG.json         how far the log of a project has come
    revocations/…           statements that were received
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from filelock import FileLock

from understudy.atomic import output_error, replacing
from understudy.errors import BadInputError, OutputError

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey
"""What signs records: Ed25519, or ECDSA on P-256 for the holders of such certificates."""

ENVIRONMENT = "UNDERSTUDY_CONFIG"
"""Environment variable that names another configuration folder."""

OWN = "me"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LARGEST = 4 << 20
"""Bytes of a file with keys or certificates; lists of trust hold some hundred."""


@dataclass(frozen=True)
class Enrolled:
    """A public key (base64 of DER SubjectPublicKeyInfo) and whose it is, as somebody made sure of."""

    name: str
    key: str
    since: str


PROJECT = Enrolled(
    "The Understudy developers",
    "MCowBQYDK2VwAyEA/sJUIgGyQAhoc8BVGS7TPOgb9dm6Jx2dhMTLnrp6KGg=",
    "2026-11-22T00:00:00Z",
)
"""Who signs what comes with the program; enrolled everywhere."""


def config_folder() -> Path:
    """Where the user's configuration lies. It need not exist."""
    from platformdirs import user_config_path

    chosen = os.environ.get(ENVIRONMENT)
    return Path(chosen) if chosen else user_config_path("understudy", appauthor=False)


class Keyring:
    """The keys in a configuration folder; `folder` is the user's own unless given."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or config_folder()

    def signing_key(self, name: str = OWN) -> PrivateKey:
        """One's own key called `name`, made on first use.

        Raises BadInputError where the key is damaged or others can read it, and OutputError where it cannot
        be made.
        """
        if not _NAME.fullmatch(name):
            raise BadInputError(f'A key cannot be called "{name}": use a-z, 0-9 and dashes.')
        path = self._folder("keys") / f"{name}.pem"
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                _write_secret(path, Ed25519PrivateKey.generate())
        return read_private_key(path)

    def enrol(self, name: str, key: str, since: str) -> Enrolled:
        """Note that a public key is `name`'s. Raises OutputError."""
        person = Enrolled(name, key, since)
        digest = hashlib.sha256(base64.b64decode(key)).hexdigest()
        with replacing(self._folder("people") / f"{digest}.json") as part:
            part.write_text(json.dumps(vars(person), ensure_ascii=False, indent=1) + "\n", "utf-8")
        return person

    def people(self) -> tuple[Enrolled, ...]:
        """Everybody who is enrolled, by name. Raises BadInputError for a damaged file."""
        found = [PROJECT]
        for path in sorted((self.folder / "people").glob("*.json")):
            try:
                found.append(Enrolled(**json.loads(path.read_text("utf-8"))))
            except (OSError, ValueError, TypeError) as error:
                raise BadInputError(f"{path} is damaged: delete it and enrol that person again.") from error
        return tuple(sorted(found, key=lambda person: person.name))

    def enrol_root(self, certificate: x509.Certificate) -> Path:
        """Believe what this root certificate vouches for. Raises OutputError."""
        path = self._folder("roots") / f"{sha256_of(certificate)}.pem"
        with replacing(path) as part:
            part.write_bytes(certificate.public_bytes(Encoding.PEM))
        return path

    def roots(self) -> tuple[x509.Certificate, ...]:
        """The roots that are believed. Raises BadInputError for a damaged file."""
        paths = sorted((self.folder / "roots").glob("*.pem"))
        return tuple(certificate for path in paths for certificate in read_certificates(path))

    def trust(self, certificate: x509.Certificate) -> Path:
        """Believe the Content Credentials of whoever this authority vouches for, and nothing else of theirs.

        Raises OutputError.
        """
        path = self._folder("signers") / f"{sha256_of(certificate)}.pem"
        with replacing(path) as part:
            part.write_bytes(certificate.public_bytes(Encoding.PEM))
        return path

    def signers(self) -> tuple[x509.Certificate, ...]:
        """The authorities of `trust`. Raises BadInputError for a damaged file."""
        paths = sorted((self.folder / "signers").glob("*.pem"))
        return tuple(certificate for path in paths for certificate in read_certificates(path))

    def distrust(self, fingerprint: str) -> tuple[x509.Certificate, ...]:
        """Forget the authorities whose SHA-256 begins with `fingerprint`, hex digits; return them."""
        gone = tuple(one for one in self.signers() if sha256_of(one).startswith(fingerprint.lower()))
        for certificate in gone:
            (self.folder / "signers" / f"{sha256_of(certificate)}.pem").unlink(missing_ok=True)
        return gone

    def revocations(self) -> tuple[Path, ...]:
        """Files of the revocations that were received or made here."""
        return tuple(sorted((self.folder / "revocations").glob("*.json")))

    def revocation_path(self, digest: str) -> Path:
        """Where a revocation with this digest is to lie. Raises OutputError."""
        return self._folder("revocations") / f"{digest}.json"

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise output_error(folder, error) from error
        return folder


def sha256_of(certificate: x509.Certificate) -> str:
    """A certificate's fingerprint: SHA-256 of its DER, 64 hex digits."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def read_private_key(path: Path) -> PrivateKey:
    """A key that signs records, from a PEM file: Ed25519 or P-256.

    Raises BadInputError for what is none, and for a file that others can read.
    """
    key = read_any_private_key(path)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInputError(f"{path} is not an Ed25519 or P-256 key: let Understudy make one.")
    return key


def read_any_private_key(path: Path) -> PrivateKeyTypes:
    """A key of whatever kind from a PEM file; errors as for `read_private_key`."""
    data = _read(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadInputError(f"Others can read the key {path}: run chmod 600 on it.")
    try:
        return load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInputError(f"{path} is not an unencrypted signing key in PEM form.") from error


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """The X.509 certificates in a PEM file, in order. Raises BadInputError where there is none."""
    try:
        return tuple(x509.load_pem_x509_certificates(_read(path)))
    except ValueError as error:
        raise BadInputError(f"{path} holds no certificates in PEM form.") from error


def _write_secret(path: Path, key: Ed25519PrivateKey) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with replacing(path) as part:
            part.unlink(missing_ok=True)
            # Readable by nobody else from its first moment on, whatever the umask is.
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
    except OSError as error:
        raise OutputError(f"The key {path} cannot be written: {error.strerror or error}.") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        raise BadInputError(f"There is no file {path}: check its name and folder.") from None
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error
