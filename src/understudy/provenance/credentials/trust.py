"""Whose certificates are believed, and how strangers' files are read: offline, and nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from understudy.errors import BadInputError
from understudy.provenance.keys import Keyring, read_certificates

CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"

PURPOSES = frozenset({CLAIM_SIGNING, EMAIL_PROTECTION, DOCUMENT_SIGNING})
"""What a certificate has to be for, one of these, if it is to sign credentials."""
_PURPOSES = "\n".join([CLAIM_SIGNING, EMAIL_PROTECTION, DOCUMENT_SIGNING, TIME_STAMPING]) + "\n"


def settings(anchors: str = "") -> dict[str, Any]:
    """Settings of the C2PA library: `anchors` are the root certificates that are believed, as PEM.

    No manifest and no certificate status is ever fetched: who checks a film does not tell anybody, and a
    hostile file cannot make this machine call an address. Thumbnails are off, since one of a reference face
    would put that face into every delivery.
    """
    return {
        "version": 1,
        "verify": {
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_after_sign": False,  # read back once by ourselves, after signing
            "verify_trust": True,
        },
        # Without the list of purposes, certificates made for claim signing alone would be refused.
        "trust": {"trust_config": _PURPOSES} | ({"user_anchors": anchors} if anchors else {}),
        "builder": {
            "thumbnail": {"enabled": False},
            "actions": {
                f"auto_{action}_action": {"enabled": False} for action in ("created", "opened", "placed")
            },
        },
    }


def authorities(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificate authorities in a list of trust, a PEM file.

    Raises BadInputError where it holds none, or a certificate that may not issue others.
    """
    found = read_certificates(path)
    for certificate in found:
        try:
            issues = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except (x509.ExtensionNotFound, ValueError):
            issues = False
        if not issues:
            name = certificate.subject.rfc4514_string()
            raise BadInputError(f"{name} in {path} is no certificate authority: give the one that issued it.")
    return found


def anchors(keyring: Keyring, more: Sequence[Path] = ()) -> str:
    """The roots and signers' authorities that are believed here, and those in the PEM files `more`, as PEM.

    Raises BadInputError where a file holds no certificates.
    """
    given = (root for path in more for root in read_certificates(path))
    roots = dict.fromkeys([*keyring.roots(), *keyring.signers(), *given])
    return "".join(root.public_bytes(Encoding.PEM).decode("ascii") for root in roots)
