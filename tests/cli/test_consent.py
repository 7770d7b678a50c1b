"""`understudy consent` as people use it: from an empty form to a revoked record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from understudy.cli import app
from understudy.provenance.consent.reading import read_record


class Desk:
    """A folder with footage in it, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clip, self.record = folder / "anna.mp4", folder / "anna.consent.json"
        self.clip.write_bytes(b"footage")

    def run(self, *words, code=0, answers=None):
        """What is said, on both streams, by a command that ends with this exit code."""
        done = CliRunner().invoke(app, ["consent", *map(str, words)], input=answers)
        assert done.exit_code == code, done.output
        return done.output

    def of_oneself(self, *more):
        return self.run("self", self.clip, "-o", self.record, "--name", "Anna", "--adult", "--yes", *more)

    def check(self, *words, code=0):
        return self.run("check", self.record, *words, code=code)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERSTUDY_CONFIG", str(tmp_path / "config"))
    return Desk(tmp_path)


def test_ones_own_face_takes_a_minute(desk):
    answers = "Anna\ny\ny\n"
    said = desk.run("self", desk.clip, "-o", desk.record, answers=answers)
    assert "Are you an adult" in said
    assert "I am Anna, I am an adult, this is my own face" in said
    assert "SHA-256 " in said
    assert desk.check("--material", desk.clip) == "anna.consent.json permits it.\n"


@pytest.mark.parametrize("answers", ["Anna\nn\n", "Anna\ny\nn\n"])
def test_who_does_not_agree_makes_no_record(desk, answers):
    desk.run("self", desk.clip, "-o", desk.record, answers=answers, code=3 if answers[4:] == "\nn\n" else 1)
    assert not desk.record.exists()


def test_only_adults(desk):
    said = desk.run("self", desk.clip, "-o", desk.record, "--name", "Anna", "--yes", code=3)
    assert "the subject is not declared an adult" in said
    assert not desk.record.exists()


def test_other_footage_is_not_what_was_agreed_on(desk):
    desk.of_oneself()
    desk.clip.write_bytes(b"other footage")
    assert "it does not speak of anna.mp4" in desk.check("--material", desk.clip, code=3)


def test_a_sequence_is_one_piece_of_material(desk):
    import cv2
    import numpy as np

    frames = desk.folder / "frames"
    frames.mkdir()
    for k in range(3):
        cv2.imwrite(str(frames / f"x.{k:04d}.png"), np.full((8, 8, 3), k, np.uint8))
    desk.clip = frames
    desk.of_oneself()
    (item,) = read_record(desk.record).payload.material
    assert (item.label, item.files) == ("frames", 3)
    desk.check("--material", frames / "x.%04d.png")
    desk.check("--material", frames / "x.0001.png", code=3)


@pytest.mark.parametrize("kind", ["research", "synthetic", "public-domain"])
def test_a_declaration_is_one_command(desk, kind):
    words = ["--subject", "Somebody", "--reference", "https://example.org/licence", "--material", desk.clip]
    died = ["--died", "1900"] if kind == "public-domain" else []
    said = desk.run("declare", "--kind", kind, *words, *died, "-o", desk.record)
    assert "has declared: " in said
    desk.check("--for", "master", "--part", "plate")
    assert read_record(desk.record).payload.kind == kind


def test_a_licence_from_the_form_to_its_revocation(desk):
    form = desk.folder / "form.toml"
    desk.run("new", "-o", form)
    filled = form.read_text()
    for before, after in {
        "adult = false": "adult = true",
        'description = ""': 'description = "Replace the face of the stunt double in scenes 12 to 14."',
        "footage = []": 'footage = ["anna.mp4"]',
        'title = ""': 'title = "The Long Shot"',
        'reference = ""': 'reference = "TLS-2026"',
    }.items():
        filled = filled.replace(before, after, 1)
    filled = filled.replace('\nname = ""', '\nname = "Anna"', 1)
    filled = filled.replace('\nname = ""', '\nname = "Example Studio"', 1)
    form.write_text(filled)
    assert "sign" in desk.run("new", "--from", form, "-o", desk.record)
    assert "not signed by the subject" in desk.check(code=3)
    assert "Do you declare this" in desk.run("sign", desk.record, answers="y\n")
    assert "Example Studio has not countersigned it" in desk.check(code=3)
    desk.run("countersign", desk.record, "--key", "studio", "--yes")
    desk.check("--for", "master", "--medium", "feature-film", "--production", "TLS-2026")
    assert "has not agreed to the medium commercial" in desk.check("--medium", "commercial", code=3)

    assert "identity not checked" in desk.run("show", desk.record)
    said = desk.run("enrol", desk.record, "--role", "subject", answers="y\n")
    assert re.search(r"Has Anna told you that their key is (\w{4} ?){4}\?", said)
    assert "key enrolled here" in desk.run("show", desk.record)

    said = desk.run("revoke", desk.record, "--reason", "I changed my mind")
    assert "Send it to everybody" in said
    assert "the consent of Anna is revoked since" in desk.check(code=3)
    assert "Not valid: the consent of Anna is revoked" in desk.run("show", desk.record)


def test_a_revocation_that_was_sent_is_kept(desk, tmp_path, monkeypatch):
    desk.of_oneself()
    statement = tmp_path / "sent.json"
    desk.run("revoke", desk.record, "-o", statement)
    monkeypatch.setenv("UNDERSTUDY_CONFIG", str(tmp_path / "studio"))
    desk.check()
    desk.run("revoke", desk.record, "--statement", statement)
    assert "is revoked since" in desk.check(code=3)
    other = desk.folder / "other.consent.json"
    desk.run("self", desk.clip, "-o", other, "--name", "Bert", "--adult", "--yes")
    assert "does not come from anybody who signed" in desk.run(
        "revoke", other, "--statement", statement, code=3
    )


def test_an_edited_record_is_seen(desk):
    desk.of_oneself()
    desk.record.write_text(desk.record.read_text().replace('"sublicense": false', '"sublicense": true'))
    assert desk.check(code=3) == (
        "anna.consent.json: it was changed after Anna signed it: ask for the record as it was signed.\n"
    )
    assert "was changed after Anna signed it" in desk.run("enrol", desk.record, "--yes", code=3)


def test_answers_as_json(desk):
    desk.of_oneself()
    told = json.loads(desk.check("--json", "-"))
    assert told["permitted"] is True
    assert told["record"]["kind"] == "self"
    path = desk.folder / "told.json"
    desk.check("--medium", "commercial", "--json", path, code=3)
    told = json.loads(path.read_text())
    assert told["permitted"] is False
    assert "commercial" in told["reasons"][0]


def test_the_page_is_written(desk):
    desk.of_oneself()
    desk.run("show", desk.record, "--html", desk.folder / "page.html")
    assert "I am Anna, I am an adult" in (desk.folder / "page.html").read_text("utf-8")


def test_no_record_is_lost_by_mistake(desk):
    desk.of_oneself()
    before = desk.record.read_bytes()
    words = ["-o", desk.record, "--name", "Bert", "--adult", "--yes"]
    assert "exists: give another name" in desk.run("self", desk.clip, *words, code=2)
    assert desk.record.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "{record}", "--for", "fun"], "--for wants bind, train, export or master, not fun."),
        (["check", "{record}", "--part", "fun"], "--part wants likeness or plate, not fun."),
        (["new", "-o", "{folder}/x.toml", "--kind", "self"], "There is no form for self"),
        (["enrol", "{record}", "--role", "grantee"], "Nobody has signed anna.consent.json as grantee."),
        (["show", "{folder}/gone.json"], "There is no file"),
    ],
)
def test_mistakes(desk, words, message):
    desk.of_oneself()
    filled = [word.format(record=desk.record, folder=desk.folder) for word in words]
    assert message in desk.run(*filled, code=2)
