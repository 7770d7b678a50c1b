"""X.509 chains beside signatures: who a key belongs to, as somebody vouches for it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from understudy.provenance.consent.record import Signature


class UntrustedChainError(ValueError):
    """A chain that vouches for nothing; the message says why, without a full stop."""


def vouched_for(signature: Signature, roots: Iterable[x509.Certificate]) -> str | None:
    """The name that the signature's certificates vouch for; None where it has none.

    The first certificate has to hold the signing key, each has to be issued by the next, which has to be a
    certificate authority, all have to be valid at the moment of signing, and the last has to be one of
    `roots` or issued by one. Raises UntrustedChainError.
    """
    if not signature.certificates:
        return None
    chain = [_certificate(text) for text in signature.certificates]
    if _public_key(chain[0]) != base64.b64decode(signature.key):
        raise UntrustedChainError("its certificate belongs to another key")
    check_chain(chain, signature.at, roots)
    return name_of(chain[0])


def check_chain(chain: Sequence[x509.Certificate], at: datetime, roots: Iterable[x509.Certificate]) -> None:
    """Raise UntrustedChainError where `roots` do not vouch for a chain's first, as in `vouched_for`."""
    if _is_authority(chain[0]):
        raise UntrustedChainError("its certificate is one for issuing certificates, not for signing")
    path = [*chain, *_root_above(chain[-1], list(roots))]
    for certificate in path:
        _check_dates(certificate, at)
    for below, (certificate, issuer) in enumerate(pairwise(path)):
        _check_issued(certificate, issuer, below)


def _root_above(last: x509.Certificate, roots: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The root that issued the last certificate of a chain; nothing where that is a root itself."""
    if last in roots:
        return []
    for root in roots:
        if _issued(last, root):
            return [root]
    raise UntrustedChainError("its certificates lead to a root that is not enrolled here")


def _check_issued(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> None:
    """`below` counts the certificate authorities between the signer's certificate and the issuer."""
    if not _issued(certificate, issuer):
        raise UntrustedChainError("its certificates do not vouch for one another")
    if not _is_authority(issuer):
        raise UntrustedChainError("one of its certificates may not issue others")
    limit = _constraints(issuer).path_length
    if limit is not None and below > limit:
        raise UntrustedChainError("its chain of certificates is longer than one of them allows")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_dates(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise UntrustedChainError("one of its certificates was not valid when it was signed")


def _certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(text))
    except ValueError:
        raise UntrustedChainError("one of its certificates is damaged") from None


def _public_key(certificate: x509.Certificate) -> bytes:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise UntrustedChainError("its certificate holds no usable key") from None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _constraints(certificate: x509.Certificate) -> x509.BasicConstraints:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        return x509.BasicConstraints(ca=False, path_length=None)


def _is_authority(certificate: x509.Certificate) -> bool:
    if not _constraints(certificate).ca:
        return False
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False


def name_of(certificate: x509.Certificate) -> str:
    """Whose certificate it is, in its own words."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        values = certificate.subject.get_attributes_for_oid(oid)
        if values:
            return str(values[0].value)
    return certificate.subject.rfc4514_string()
