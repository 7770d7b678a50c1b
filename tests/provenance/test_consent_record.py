"""What may stand in a record, and which records cannot be made at all."""

from __future__ import annotations

import json

import pytest

from tests.provenance.consents import declaration, estate, licence, licensed, material, of_oneself
from understudy.errors import ConsentError
from understudy.provenance.consent.drafting import declared, unsigned
from understudy.provenance.consent.reading import parse, plain
from understudy.provenance.consent.record import NEVER, GeneratedMaterial, Record

GENERATED = GeneratedMaterial(type="generated", label="elin", generator="understudy.performers")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adult": False}, "the subject is not declared an adult"),
        ({"description": "any use"}, "the description should say specifically"),
        ({"description": "any use any use any use any use any use any use"}, "6 different words"),
        ({"days": 3654}, "the term should be ten years at most"),
        ({"days": 0}, "the term should end after it begins"),
        ({"days": 10**9}, "beyond the calendar"),
        ({"died": 1990}, "kind licensed is for a subject who is alive"),
        ({"media": ()}, "use.media: tuple should have at least 1 item"),
        ({"media": ("feature-film", "feature-film")}, "should name each only once"),
        ({"media": ("pornography",)}, "use.media.0: input should be 'feature-film'"),
        ({"territories": ("Germany",)}, "use.territories.0: string should match"),
        ({"material": ()}, "material: tuple should have at least 1 item"),
        ({"material": (GENERATED,)}, "only a record of the kind synthetic may speak of generated"),
        ({"name_in_credentials": True}, "only where a public name is given"),
        ({"notice_days": 91}, "revocation.notice_days: input should be less than"),
        ({"subject": ""}, "subject.name: should not be empty"),
        ({"subject": "Jane\u202eenaJ"}, r"holds an invisible sign, U\+202E"),
        ({"subject": "Jane\nPerformer"}, "should be on one line"),
        ({"subject": "x" * 201}, "at most 200 characters"),
        ({"source": "https://example.org"}, "declarations, and they alone"),
        ({"rights": {"fly": True}}, "rights.fly: extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_agreed(changes, message):
    with pytest.raises(ConsentError, match=message) as caught:
        unsigned(licence(**changes))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("public-domain", {}, "kind public-domain is for a subject who is deceased"),
        ("public-domain", {"died": 2020}, "historical only 70 years after a death"),
        ("public-domain", {"died": 3000}, "cannot have died after"),
        ("synthetic", {"died": 1900}, "kind synthetic is for a subject who is alive"),
        ("research", {"rights": {"sublicense": True}}, "cannot be passed on"),
        ("licensed", {}, "cannot be declared: the person has to sign it"),
        ("self", {}, "cannot be declared: the person has to sign it"),
    ],
)
def test_what_cannot_be_declared(kind, changes, message):
    with pytest.raises(ConsentError, match=message):
        unsigned(declared(kind, "Somebody", "Lab", "https://example.org", (material(),), **changes))


@pytest.mark.parametrize("missing", sorted(NEVER))
def test_what_nobody_can_grant(missing):
    table = plain(licensed())
    table["payload"]["exclusions"].remove(missing)
    with pytest.raises(ConsentError, match=f"nobody can grant {missing}"):
        parse(json.dumps(table).encode(), Record, "x.json")


def test_research_is_labelled_and_for_research_alone():
    payload = declaration("research").payload
    assert payload.disclosure.visible_label == "always"
    assert payload.use.media == ("research",)
    table = plain(declaration("research"))
    table["payload"]["use"]["media"] = ["feature-film"]
    with pytest.raises(ConsentError, match="allows the medium research and no other"):
        parse(json.dumps(table).encode(), Record, "x.json")


def test_a_record_of_oneself_grants_to_nobody_else():
    table = plain(of_oneself())
    table["payload"]["grantee"]["name"] = "Somebody Else"
    with pytest.raises(ConsentError, match="grants to the subject and to nobody else"):
        parse(json.dumps(table).encode(), Record, "x.json")


def test_nobody_signs_twice_in_one_role():
    table = plain(licensed())
    table["signatures"].append(table["signatures"][0])
    with pytest.raises(ConsentError, match="should name each only once"):
        parse(json.dumps(table).encode(), Record, "x.json")


def test_two_records_of_one_agreement_have_two_hashes():
    one, other = licensed().payload, licensed().payload
    assert one.id != other.id
    assert one.salt != other.salt


def test_what_is_granted_unless_said_otherwise():
    granted = {name for name, yes in licensed().payload.rights.model_dump().items() if yes}
    assert granted == {"create_replica", "train_model", "export_model", "master"}
    assert estate().payload.subject.died == 1990


def test_what_is_typed_is_normalised():
    payload = unsigned(licence(subject="  Ame\u0301lie ")).payload
    assert payload.subject.name == "Amélie"
