"""The certificate that signs masters: made on first use, or the studio's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from understudy.atomic import replacing
from understudy.errors import BadInputError, OutputError
from understudy.provenance.credentials.trust import CLAIM_SIGNING
from understudy.provenance.keys import (
    Keyring,
    PublicKey,
    read_any_private_key,
    read_certificates,
)

KEY_NAME = "credentials"
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_DIGESTS: dict[int, HashAlgorithm] = {256: SHA256(), 384: SHA384(), 521: SHA512()}
_PATIENCE = 120
"""Seconds that a program may take to sign: somebody may have to touch a key."""
_VALID = timedelta(days=3650)
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Identity:
    """Who signs.

    algorithm   in C2PA's names: "ed25519", "es256", "es384", "es512" or "ps256"
    chain       certificates as PEM, the signer's own first
    sign        bytes -> signature; what holds the key may be a file, an agent or a hardware module
    timestamps  address of an RFC 3161 time-stamp authority, or None: signing then needs no network
    """

    algorithm: str
    chain: str = field(repr=False)
    sign: Callable[[bytes], bytes] = field(repr=False)
    timestamps: str | None = None

    @property
    def name(self) -> str:
        """The common name in the signer's certificate."""
        subject = x509.load_pem_x509_certificates(self.chain.encode())[0].subject
        return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def root(self) -> str:
        """The last certificate of the chain, as PEM: give it to those who are to trust these signatures."""
        return _pem(x509.load_pem_x509_certificates(self.chain.encode())[-1])


def own_identity(keyring: Keyring, name: str = "Understudy user", timestamps: str | None = None) -> Identity:
    """The identity of this machine's user, made on first use and then the same for ten years.

    Its certificate is issued by a root of its own, whose key is thrown away at once: nobody can issue another
    in its name. Others see an unknown signer until they enrol that root. Raises BadInputError and OutputError
    as `Keyring`.
    """
    key = keyring.signing_key(KEY_NAME)
    path = chain_path(keyring)
    if not path.exists():
        chain = _self_made_chain(key.public_key(), name)
        with replacing(path) as part:
            part.write_text(chain, "ascii")
        keyring.enrol_root(x509.load_pem_x509_certificates(chain.encode())[-1])
    chain = "".join(_pem(certificate) for certificate in read_certificates(path))
    algorithm = _algorithm(x509.load_pem_x509_certificates(chain.encode())[0], path)
    return Identity(algorithm, chain, _signing(key), timestamps)


def chain_path(keyring: Keyring) -> Path:
    """Where the certificates of `own_identity` lie."""
    return keyring.folder / "keys" / f"{KEY_NAME}.chain.pem"


def renamed_identity(keyring: Keyring, name: str) -> Identity:
    """`own_identity` with a new certificate that bears another name; the old root stays enrolled here."""
    own_identity(keyring, name)
    chain_path(keyring).unlink()
    return own_identity(keyring, name)


def studio_identity(chain: Path, key: Path, timestamps: str | None = None) -> Identity:
    """An identity from PEM files: a chain, the signer's certificate first, and its key.

    Ed25519, P-256, P-384, P-521 or RSA. Raises BadInputError where a file cannot be used, where others can
    read the key, or where the two do not belong together.
    """
    certificates, private = read_certificates(chain), read_any_private_key(key)
    algorithm = _algorithm(certificates[0], chain)
    if private.public_key() != certificates[0].public_key():
        raise BadInputError(f"The key {key} does not belong to the first certificate of {chain}.")
    return Identity(algorithm, "".join(map(_pem, certificates)), _signing(private), timestamps)


def guarded_identity(chain: Path, program: Path, timestamps: str | None = None) -> Identity:
    """An identity whose key nobody sees: `program` signs, an agent or a hardware module behind it.

    It is run without a shell, gets the bytes on its standard input and gives the plain signature on its
    standard output, ECDSA as DER. Raises BadInputError where the certificates or the program cannot be used.
    """
    certificates = read_certificates(chain)
    algorithm = _algorithm(certificates[0], chain)
    if not program.is_file() or not os.access(program, os.X_OK):
        raise BadInputError(
            f"{program} is not a program that can be run: check the path and its permissions."
        )

    def sign(data: bytes) -> bytes:
        done = subprocess.run([program.absolute()], input=data, capture_output=True, timeout=_PATIENCE)
        if done.returncode or not done.stdout:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise OutputError(f"{program} did not sign: {said[0][:200]}.")
        return done.stdout

    return Identity(algorithm, "".join(map(_pem, certificates)), sign, timestamps)


def _algorithm(certificate: x509.Certificate, chain: Path) -> str:
    """C2PA's name of the algorithm that a certificate's key signs with."""
    key = certificate.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPublicKey):
        return "ps256"
    raise BadInputError(f"{chain} is for a kind of key that C2PA does not know: use Ed25519, ECDSA or RSA.")


def _signing(key: PrivateKeyTypes) -> Callable[[bytes], bytes]:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    if isinstance(key, ec.EllipticCurvePrivateKey):
        digest = _DIGESTS[key.curve.key_size]
        return lambda data: key.sign(data, ec.ECDSA(digest))
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda data: key.sign(data, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())
    raise BadInputError("This kind of key does not sign: use Ed25519, ECDSA or RSA.")


def _self_made_chain(public: PublicKey, name: str) -> str:
    """A root and, below it, a certificate for `public` with what C2PA asks of signers' certificates."""
    root_key, now = ed25519.Ed25519PrivateKey.generate(), datetime.now(UTC)
    root_name, own_name = _x509_name(f"{name} (self-made root)"), _x509_name(name)
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())

    def certificate(subject: x509.Name, key: PublicKey, *, is_root: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCK_SKEW)
            .not_valid_after(now + _VALID)
            .add_extension(
                x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True
            )
            .add_extension(_key_usage(issues=is_root), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False
            )
        )

    purposes = x509.ExtendedKeyUsage([ObjectIdentifier(CLAIM_SIGNING), ExtendedKeyUsageOID.EMAIL_PROTECTION])
    own = certificate(own_name, public, is_root=False).add_extension(purposes, critical=False)
    root = certificate(root_name, root_key.public_key(), is_root=True)
    return _pem(own.sign(root_key, None)) + _pem(root.sign(root_key, None))


def _key_usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _x509_name(common: str) -> x509.Name:
    # C2PA readers show the organisation; a certificate without one reads as signed by nobody.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, common[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
