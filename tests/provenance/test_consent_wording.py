"""Records for people: complete, on the screen and on paper, and harmless."""

from __future__ import annotations

import re

import pytest

from tests.provenance.consents import declaration, estate, held, licence, licensed, of_oneself
from understudy.errors import BadInputError
from understudy.provenance.consent.drafting import unsigned
from understudy.provenance.consent.form import empty_form, read_form
from understudy.provenance.consent.page import page
from understudy.provenance.consent.reading import plain
from understudy.provenance.consent.wording import declaration as declared
from understudy.provenance.consent.wording import missing, sections, validity

RECORDS = [licensed(), of_oneself(), estate(), *map(declaration, ("research", "synthetic", "public-domain"))]


def text(record):
    return "\n".join(sentence for section in sections(record) for sentence in section.sentences)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.payload.kind)
def test_what_is_said(record):
    said, payload = text(record), plain(record.payload)
    for words in (
        payload["subject"]["name"],
        payload["grantee"]["name"],
        payload["production"]["title"],
        payload["use"]["description"],
        payload["term"]["end"][:10],
        payload["material"][0]["sha256"],
        payload["id"],
        "Never, whatever else is agreed",
    ):
        assert words in said
    assert payload["subject"]["name"] in declared(record.payload) or record.payload.kind == "research"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rights": {"alter_dialogue": True}}, "To change what the person says."),
        ({}, "Not to change what the person says."),
        ({"rights": {"train_model": False}}, "Not to train any model on the face."),
        ({"exclusions": ("political",)}, "political messages"),
        ({"territories": ("DE", "FR")}, "Where: DE and FR."),
        ({"parts": ("plate",)}, "be replaced by another face"),
        ({"notice_days": 7}, "7 days after saying so"),
        ({"counsel": "A. Lawyer"}, "Advised by: A. Lawyer."),
        ({"public_name": "Jane P.", "name_in_credentials": True}, "The credentials name Jane P."),
        ({"always_labelled": True}, "is shown always"),
        ({"compensation": "union-scale"}, "It is paid at union scale."),
    ],
)
def test_every_choice_is_told(changes, words):
    assert words in text(licensed(**changes))


def test_signatures_are_told_with_what_is_known_of_them():
    (jane, studio, valid) = validity(held(licensed())).sentences
    assert re.match(r"Signed by Jane Performer \(subject\) on 20.* key (\w{4} ){3}\w{4}, identity not", jane)
    assert "Example Studio (grantee)" in studio
    assert valid == "Valid now."
    assert missing(held(licensed())) is None
    assert "not signed by the subject" in (missing(held(unsigned(licence()))) or "")


def test_the_page_escapes_and_loads_nothing():
    nasty = "<script>alert(1)</script> & <img src=x onerror=y> put onto the stunt double in scene two"
    html = page(held(licensed(description=nasty, subject='Jane "{{ 7*7 }}" <b>')))
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "{{ 7*7 }}" in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"""<[^>]*(src|href)=|url\(|@import|https?://""", html)


@pytest.mark.parametrize("kind", ["licensed", "estate"])
def test_an_empty_form_can_be_read_and_is_not_yet_a_record(kind, tmp_path):
    path = tmp_path / "form.toml"
    path.write_text(empty_form(kind), "utf-8")
    form = read_form(path)
    assert form.kind == kind
    assert not form.subject.adult


def test_every_line_of_the_form_is_a_field(tmp_path):
    every = re.sub(r"(?m)^# ([a-z-]+ = )", r"\1", empty_form("licensed"))
    path = tmp_path / "form.toml"
    path.write_text(every, "utf-8")
    form = read_form(path)
    assert form.exclusions == ["political"]
    assert form.subject.died == 1999
    assert set(every.split("[rights]")[1].split("[")[0].split()) >= {
        name.replace("_", "-") for name in type(form.rights).model_fields
    }


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("adult = false", 'adult = "yes"', "subject.adult: input should be a valid boolean"),
        ("adult = false", "age = 30", "subject"),
        ('media = ["feature-film"]', 'media = ["porn"]', "use.media.0: input should be"),
        ("[rights]", "[rights", "cannot be read"),
    ],
)
def test_forms_that_are_filled_in_wrongly(before, after, words, tmp_path):
    path = tmp_path / "form.toml"
    path.write_text(empty_form("licensed").replace(before, after), "utf-8")
    with pytest.raises(BadInputError, match=re.escape(words)):
        read_form(path)
