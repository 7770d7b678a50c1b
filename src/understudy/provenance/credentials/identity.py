"""The certificate that signs masters: made on first use, or the studio's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.provenance.credentials.trust import CLAIM_SIGNING
from understudy.provenance.keys import (
    Keyring,
    PrivateKey,
    PublicKey,
    read_certificates,
    read_private_key,
)

KEY_NAME = "credentials"
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
    algorithm, sign = _signing(key)
    return Identity(algorithm, chain, sign, timestamps)


def chain_path(keyring: Keyring) -> Path:
    """Where the certificates of `own_identity` lie."""
    return keyring.folder / "keys" / f"{KEY_NAME}.chain.pem"


def studio_identity(chain: Path, key: Path, timestamps: str | None = None) -> Identity:
    """An identity from PEM files: a chain, the signer's certificate first, and its Ed25519 or P-256 key.

    Other keys, and keys in hardware, go into `Identity` directly.

    Raises BadInputError where a file cannot be used, where others can read the key, or where the two do not
    belong together.
    """
    certificates, private = read_certificates(chain), read_private_key(key)
    if private.public_key() != certificates[0].public_key():
        raise BadInputError(f"The key {key} does not belong to the first certificate of {chain}.")
    algorithm, sign = _signing(private)
    return Identity(algorithm, "".join(_pem(one) for one in certificates), sign, timestamps)


def _signing(key: PrivateKey) -> tuple[str, Callable[[bytes], bytes]]:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519", key.sign
    return "es256", lambda data: key.sign(data, ec.ECDSA(SHA256()))


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
