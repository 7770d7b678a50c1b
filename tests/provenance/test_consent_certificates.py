"""X.509 chains beside signatures, honest ones and tricks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.provenance.consents import held, key, licence
from understudy.provenance.consent.certificates import UntrustedChainError, vouched_for
from understudy.provenance.consent.checking import Known, assurance, invalidities
from understudy.provenance.consent.drafting import unsigned
from understudy.provenance.consent.signing import sign

NOW = datetime.now(UTC)


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(name, owner, issuer, issuer_key, *, authority=False, days=30, length=None):
    algorithm = hashes.SHA256() if isinstance(issuer_key, ec.EllipticCurvePrivateKey) else None
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(owner.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=length), critical=True)
        .sign(issuer_key, algorithm)
    )


ROOT_KEY, MIDDLE_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
ROOT = certificate("Root", ROOT_KEY, "Root", ROOT_KEY, authority=True)
MIDDLE = certificate("Middle", MIDDLE_KEY, "Root", ROOT_KEY, authority=True, length=0)
LEAF = certificate("Jane P. Erformer", key("jane"), "Middle", MIDDLE_KEY)


def signed(*chain, at=NOW):
    data = [each.public_bytes(Encoding.DER) for each in chain]
    return sign(unsigned(licence()), key("jane"), "subject", "Jane Performer", certificates=data, at=at)


@pytest.mark.parametrize("chain", [(LEAF, MIDDLE), (LEAF, MIDDLE, ROOT)])
def test_a_chain_to_an_enrolled_root_gives_the_name(chain):
    (signature,) = signed(*chain).signatures
    assert vouched_for(signature, [ROOT]) == "Jane P. Erformer"
    assert assurance(signature, Known(roots=(ROOT,))) == "certified as Jane P. Erformer"


def test_without_certificates_nobody_vouches():
    (signature,) = signed().signatures
    assert vouched_for(signature, [ROOT]) is None
    assert assurance(signature, Known()).startswith("identity not checked")


OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
FALSE_ROOT = certificate("Root", OTHER_KEY, "Root", OTHER_KEY, authority=True)
FALSE_MIDDLE = certificate("Middle", MIDDLE_KEY, "Root", OTHER_KEY, authority=True)
NO_AUTHORITY = certificate("Middle", MIDDLE_KEY, "Root", ROOT_KEY)
DEEP = certificate("Deep", OTHER_KEY, "Middle", MIDDLE_KEY, authority=True)
OF_DEEP = certificate("Jane", key("jane"), "Deep", OTHER_KEY)


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ((LEAF,), "a root that is not enrolled"),
        ((LEAF, MIDDLE, FALSE_ROOT), "a root that is not enrolled"),
        ((LEAF, FALSE_MIDDLE), "a root that is not enrolled"),
        ((LEAF, ROOT), "do not vouch for one another"),
        ((certificate("Jane", key("anna"), "Middle", MIDDLE_KEY), MIDDLE), "belongs to another key"),
        ((certificate("Jane", key("jane"), "Middle", MIDDLE_KEY, authority=True), MIDDLE), "for issuing"),
        ((LEAF, NO_AUTHORITY), "may not issue others"),
        ((OF_DEEP, DEEP, MIDDLE), "longer than one of them allows"),
        ((certificate("Jane", key("jane"), "Middle", MIDDLE_KEY, days=-1), MIDDLE), "was not valid when"),
    ],
)
def test_chains_that_vouch_for_nothing(chain, message):
    record = signed(*chain)
    with pytest.raises(UntrustedChainError, match=message):
        vouched_for(record.signatures[0], [ROOT])
    reasons = list(invalidities(held(record, Known(roots=(ROOT,)))))
    assert any("the signature of Jane Performer cannot be believed" in reason for reason in reasons)


def test_a_certificate_that_has_ended_since_is_still_believed_for_what_was_signed_before():
    ended = certificate("Jane", key("jane"), "Middle", MIDDLE_KEY, days=-1)
    (signature,) = signed(ended, MIDDLE, at=NOW - timedelta(days=10)).signatures
    assert vouched_for(signature, [ROOT]) == "Jane"


def test_damaged_certificates():
    record = sign(unsigned(licence()), key("jane"), "subject", "Jane", certificates=[b"no certificate"])
    with pytest.raises(UntrustedChainError, match="is damaged"):
        vouched_for(record.signatures[0], [ROOT])
