"""What a record permits, and the one sentence in which it does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.provenance.consents import (
    FACE,
    declaration,
    estate,
    held,
    key,
    licence,
    licensed,
    material,
    of_oneself,
)
from understudy.errors import BadInputError, ConsentError
from understudy.provenance.consent import withdrawal
from understudy.provenance.consent.checking import Known, Purpose, hold, invalidities, permit
from understudy.provenance.consent.drafting import unsigned
from understudy.provenance.consent.material import Digest, digest_files, reference_face, speaks_of
from understudy.provenance.consent.reading import write
from understudy.provenance.consent.signing import public_text, sign
from understudy.provenance.keys import Enrolled, Keyring


def refusal(record, purpose=Purpose.BIND, known=None, **asked):
    with pytest.raises(ConsentError) as caught:
        permit(held(record, known), purpose, **asked)
    sentence = str(caught.value)
    assert caught.value.exit_code == 3
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    "record",
    [licensed(), of_oneself(), estate(), *map(declaration, ("research", "synthetic", "public-domain"))],
)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_signed_record_permits_everything_that_it_grants(record, purpose):
    permit(held(record), purpose)


def test_nothing_without_signatures():
    record = unsigned(licence())
    assert "it is not signed by the subject: run understudy consent sign" in refusal(record)
    record = sign(record, key("jane"), "subject", "Jane Performer")
    assert "Example Studio has not countersigned it" in refusal(record)
    record = sign(record, key("jane"), "grantee", "Example Studio")
    assert "one key has signed for both sides" in refusal(record)


def test_a_declaration_is_signed_by_its_declarant_and_nobody_else():
    record = declaration("research")
    moved = sign(record.model_copy(update={"signatures": ()}), key("lab"), "subject", "Lab")
    assert "it is not signed by the declarant" in refusal(moved)


@pytest.mark.parametrize(
    ("right", "purpose", "words"),
    [
        ("create_replica", Purpose.BIND, "has not granted making a likeness"),
        ("train_model", Purpose.TRAIN, "has not granted training a model"),
        ("export_model", Purpose.EXPORT, "has not granted exporting a model"),
        ("master", Purpose.MASTER, "has not granted mastering"),
    ],
)
def test_what_is_not_granted(right, purpose, words):
    record = licensed(rights={right: False})
    assert words in refusal(record, purpose)
    for other in set(Purpose) - {purpose}:
        permit(held(record), other)


def test_media_productions_and_parts():
    record = licensed()
    permit(held(record), Purpose.MASTER, medium="trailer", production="TLS-2026")
    assert "has not agreed to the medium commercial, only to feature-film, trailer" in refusal(
        record, Purpose.MASTER, medium="commercial"
    )
    assert "to no other, not to OTHER" in refusal(record, production="OTHER")
    permit(held(licensed(rights={"other_projects": True})), Purpose.BIND, production="OTHER")
    assert "has not agreed that their face is replaced" in refusal(record, part="plate")
    permit(held(licensed(parts=("plate",))), Purpose.BIND, part="plate")


def test_its_term():
    record = licensed(days=10)
    begin = record.payload.term.begin
    permit(held(record), Purpose.BIND, at=begin)
    permit(held(record), Purpose.BIND, at=begin + timedelta(days=10, seconds=-1))
    assert "begins only on" in refusal(record, at=begin - timedelta(seconds=1))
    assert "has expired on" in refusal(record, at=begin + timedelta(days=10))


def test_revocation():
    record, at = licensed(), licensed().payload.term.begin + timedelta(days=3)
    revoked = withdrawal.revoke(record, key("jane"), "changed my mind", at=at)
    known = Known(revocations=(revoked,))
    permit(held(record, known), Purpose.TRAIN, at=at - timedelta(seconds=1))
    assert "is revoked since" in refusal(record, Purpose.TRAIN, known, at=at)
    permit(held(licensed(), known), Purpose.TRAIN, at=at)


def test_notice():
    record = licensed(notice_days=7)
    at = record.payload.term.begin + timedelta(days=1)
    known = Known(revocations=(withdrawal.revoke(record, key("jane"), at=at),))
    permit(held(record, known), Purpose.MASTER, at=at + timedelta(days=6))
    assert "is revoked since" in refusal(record, Purpose.MASTER, known, at=at + timedelta(days=7))


def test_only_a_signer_revokes():
    record = licensed()
    with pytest.raises(ConsentError, match="only somebody who signed a record can revoke it"):
        withdrawal.revoke(record, key("stranger"))
    theirs = withdrawal.revoke(record, key("jane"))
    forged = theirs.model_copy(update={"payload": theirs.payload.model_copy(update={"reason": "forged"})})
    assert withdrawal.counts(theirs, record)
    assert not withdrawal.counts(forged, record)
    stranger = sign(unsigned(licence()), key("stranger"), "subject", "Jane Performer")
    foreign = withdrawal.revoke(stranger, key("stranger"))
    posing = foreign.model_copy(
        update={
            "payload": foreign.payload.model_copy(
                update={"record": record.payload.id, "record_sha256": theirs.payload.record_sha256}
            )
        }
    )
    assert not withdrawal.counts(posing, record)


def test_the_key_that_is_enrolled_for_a_name_is_the_only_one():
    jane = Enrolled("Jane Performer", public_text(key("jane").public_key()), "2026-01-01T00:00:00Z")
    permit(held(licensed(), Known(people=(jane,))), Purpose.BIND)
    other = replace(jane, key=public_text(key("new key").public_key()))
    assert "which is not the key enrolled for that name" in refusal(licensed(), known=Known(people=(other,)))
    permit(held(licensed(), Known(people=(other, jane))), Purpose.BIND)


def test_a_file_holds_its_record_and_the_revocation_beside_it(tmp_path):
    path, ring = tmp_path / "jane.consent.json", Keyring(tmp_path / "config")
    record = licensed()
    write(path, record)
    assert list(invalidities(hold(path, ring))) == []
    write(withdrawal.beside(path), withdrawal.revoke(record, key("jane")))
    assert withdrawal.beside(path).name == "jane.revocation.json"
    with pytest.raises(ConsentError, match=r"^jane\.consent\.json: the consent of Jane Performer is revoked"):
        permit(hold(path, ring), Purpose.BIND)


def test_a_revocation_that_was_received_counts_wherever_the_record_lies(tmp_path):
    ring = Keyring(tmp_path / "config")
    record = licensed()
    withdrawal.receive(withdrawal.revoke(record, key("jane")), ring)
    write(tmp_path / "copy.json", record)
    assert "is revoked since" in next(invalidities(hold(tmp_path / "copy.json", ring)))


def test_a_damaged_revocation_stops_the_work(tmp_path):
    write(tmp_path / "jane.consent.json", licensed())
    (tmp_path / "jane.revocation.json").write_text("{")
    with pytest.raises(ConsentError, match=r"jane\.revocation\.json is not a revocation"):
        hold(tmp_path / "jane.consent.json", Keyring(tmp_path / "config"))


def test_footage_is_known_by_its_content(tmp_path):
    record = licensed()
    face, other = tmp_path / "renamed.mp4", tmp_path / "face.mp4"
    face.write_bytes(FACE)
    other.write_bytes(FACE + b"!")
    assert speaks_of(record, digest_files([face]))
    assert not speaks_of(record, digest_files([other]))
    assert digest_files([face]) == Digest(hashlib.sha256(FACE).hexdigest(), len(FACE), 1)


def test_a_sequence_is_its_frames_in_their_order(tmp_path):
    frames = [tmp_path / f"{k}.png" for k in range(3)]
    for k, frame in enumerate(frames):
        frame.write_bytes(bytes([k]) * (k + 1))
    told = []
    digest = digest_files(frames, told.append)
    lines = "".join(f"{hashlib.sha256(frame.read_bytes()).hexdigest()}\n" for frame in frames)
    assert digest == Digest(hashlib.sha256(lines.encode()).hexdigest(), 6, 3)
    assert sum(told) == 6
    assert digest_files(frames[::-1]).sha256 != digest.sha256


def test_empty_or_missing_footage(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(BadInputError, match="is empty"):
        digest_files([tmp_path / "empty"])
    with pytest.raises(BadInputError, match="Cannot read"):
        digest_files([tmp_path / "gone"])


def test_the_reference_face_is_found_by_its_content(tmp_path):
    record = licensed(
        material=(material(), material(b"a portrait", "portrait.jpg", shows_reference_face=True))
    )
    (tmp_path / "a.jpg").write_bytes(b"a portrait")
    (tmp_path / "b.jpg").write_bytes(b"b portrait")
    near = [tmp_path, tmp_path / "b.jpg", tmp_path / "a.jpg"]
    assert reference_face(record, near) == tmp_path / "a.jpg"
    assert reference_face(record, near[:2]) is None
    assert reference_face(licensed(), near) is None
