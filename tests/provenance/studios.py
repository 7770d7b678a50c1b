"""Studios with certificates of their own, of every kind and with every fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from understudy.provenance.credentials.identity import Identity, _signing

KEYS: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
}


class Studio:
    """A root, and below it a certificate for signing; `leaf` and `root` are PEM."""

    def __init__(
        self,
        kind: str = "ed25519",
        *,
        name: str = "Big Studio",
        valid: timedelta = timedelta(days=30),
        purpose: str = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string,
    ) -> None:
        self.kind = kind
        self.root_key, self.key = ed25519.Ed25519PrivateKey.generate(), KEYS[kind]()
        now = datetime.now(UTC)
        self.ends = now.replace(microsecond=0) + valid
        root = _builder(
            f"{name} root", f"{name} root", self.root_key.public_key(), self.root_key, is_root=True
        )
        leaf = _builder(name, f"{name} root", self.key.public_key(), self.root_key, is_root=False)
        leaf = leaf.not_valid_after(self.ends).add_extension(
            x509.ExtendedKeyUsage([ObjectIdentifier(purpose)]), critical=False
        )
        root = root.not_valid_after(now + timedelta(days=60))
        self.leaf, self.root = (
            builder.sign(self.root_key, None).public_bytes(Encoding.PEM).decode() for builder in (leaf, root)
        )

    def identity(self, timestamps: str | None = None) -> Identity:
        return Identity(self.kind, self.leaf + self.root, _signing(self.key), timestamps)

    def files(self, folder: Path) -> tuple[Path, Path]:
        """The chain and the key, as PEM files."""
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_text(self.leaf + self.root)
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key.chmod(0o600)
        return chain, key


def _builder(
    name: str, issuer: str, key: Any, signer: ed25519.Ed25519PrivateKey, *, is_root: bool
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(minutes=5))
        .add_extension(x509.BasicConstraints(is_root, 1 if is_root else None), critical=True)
        .add_extension(
            x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
