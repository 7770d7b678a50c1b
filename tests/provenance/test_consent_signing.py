"""Signatures: whatever is changed after signing, in the record or about a signature, breaks them."""

from __future__ import annotations

import base64
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.provenance.consents import held, key, licence, licensed, of_oneself
from understudy.provenance.consent.checking import invalidities
from understudy.provenance.consent.drafting import unsigned
from understudy.provenance.consent.kinds import Kind
from understudy.provenance.consent.reading import plain
from understudy.provenance.consent.record import Record
from understudy.provenance.consent.signing import (
    digest,
    fingerprint,
    is_genuine,
    public_key,
    public_text,
    sign,
)

RECORD = licensed()


def leaves(value: Any, here: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, dict | list) and value:
        for place in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[place], (*here, place))
    else:
        yield here


def tampered(record: Record, place: tuple[Any, ...]) -> Record:
    """The record with one value changed, past all rules: as the cleverest forger might get it through."""

    def other(value: Any) -> Any:
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value + 1
        if value is None:
            return "x"
        if value in get_args(Kind):
            return "self"
        if isinstance(value, str):
            return value[:-1] + ("A" if value[-1:] != "A" else "B")
        if isinstance(value, tuple):
            return (*value, "x")
        return value.replace(year=value.year + 1)

    def change(model: Any, place: tuple[Any, ...]) -> Any:
        if not place:
            return other(model)
        if isinstance(model, tuple):
            return tuple(change(each, place[1:]) if k == place[0] else each for k, each in enumerate(model))
        return model.model_copy(update={place[0]: change(getattr(model, place[0]), place[1:])})

    return change(record, place)


@pytest.mark.parametrize("place", list(leaves(plain(RECORD))), ids=lambda place: ".".join(map(str, place)))
@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_every_field_is_signed(place):
    forged = tampered(RECORD, place)
    assert forged != RECORD
    reasons = list(invalidities(held(forged)))
    assert any("it was changed after" in reason or "not signed" in reason for reason in reasons), reasons
    if place[0] == "payload":
        assert digest(forged.payload) != digest(RECORD.payload)


def test_a_signature_cannot_be_moved_to_another_record():
    other = licensed()
    forged = Record(payload=other.payload, signatures=RECORD.signatures)
    assert not any(is_genuine(forged.payload, signature) for signature in forged.signatures)


def test_who_signs_again_replaces_their_signature():
    again = sign(RECORD, key("studio"), "grantee", "Example Studio")
    assert [signature.role for signature in again.signatures] == ["subject", "grantee"]
    assert list(invalidities(held(again))) == []


def test_a_p256_key_signs_as_well():
    private = ec.generate_private_key(ec.SECP256R1())
    record = sign(unsigned(licence()), private, "subject", "Jane Performer")
    (signature,) = record.signatures
    assert signature.algorithm == "ES256"
    assert is_genuine(record.payload, signature)
    assert not is_genuine(record.payload, signature.model_copy(update={"algorithm": "Ed25519"}))


@settings(deadline=None)
@given(st.binary(min_size=64, max_size=64))
def test_no_other_value_is_a_signature(value):
    record = of_oneself()
    (signature,) = record.signatures
    text = base64.b64encode(value).decode()
    assert not is_genuine(record.payload, signature.model_copy(update={"value": text}))


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_as_a_key_are_refused(data):
    with pytest.raises(ValueError, match="key"):
        public_key(base64.b64encode(data).decode())


def test_other_kinds_of_key_are_refused():
    for other in (
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
    ):
        with pytest.raises(ValueError, match="Ed25519, or ECDSA on P-256"):
            public_key(public_text(other.public_key()))


def test_fingerprints_are_for_people():
    text = fingerprint(public_text(key("jane").public_key()))
    assert len(text) == 19
    assert text != fingerprint(public_text(key("anna").public_key()))
