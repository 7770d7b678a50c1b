"""`keys`, `audit` and `verify` on the command line: sentences and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.provenance.films import scene
from tests.provenance.signed import PAYLOAD, signed
from tests.provenance.studios import Studio
from understudy.cli import app
from understudy.provenance.audit.entry import Deed
from understudy.provenance.audit.log import LOG, head, note
from understudy.provenance.watermark.choosing import watermark


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of this test's own."""
    monkeypatch.setenv("UNDERSTUDY_CONFIG", str(tmp_path / "config"))
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_signers_are_known_by_the_authorities_that_the_user_trusts(machine: Path) -> None:
    studio = Studio()
    picture = watermark().embedder(PAYLOAD, 540, 960)(scene(2, 1, 960, 540)[0])  # found without a search
    film = signed(machine / "film.png", [picture], studio.identity())
    authority = machine / "list.pem"
    authority.write_text(studio.root)
    assert run("verify", film).exit_code == 1
    assert run("verify", film, "--trust", authority).exit_code == 0
    told = run("keys", "trust", authority)
    assert told.exit_code == 0
    assert "CN=Big Studio root" in told.output
    assert run("verify", film).exit_code == 0
    (digest,) = json.loads(run("keys", "trusted", "--json", "-").output)
    assert run("keys", "distrust", "0" * 16).exit_code == 2
    assert run("keys", "distrust", digest[:16]).exit_code == 0
    assert run("verify", film).exit_code == 1
    assert run("keys", "trusted").output == ""


def test_a_list_of_trust_holds_authorities_alone(machine: Path) -> None:
    path = machine / "list.pem"
    for text, words in ((Studio().leaf, "is no certificate authority"), ("nothing", "holds no certificates")):
        path.write_text(text)
        said = run("keys", "trust", path)
        assert said.exit_code == 2
        assert words in " ".join(said.stderr.split())
    path.write_text("".join(Studio(name=f"Studio {number}").root for number in range(150)))
    assert len(run("keys", "trust", path).output.splitlines()) == 150, "a list of 100 kB is read to its end"


def test_a_new_name_makes_a_new_certificate(machine: Path) -> None:
    def names(*words: object) -> str:
        return json.loads(run("keys", *words, "--json", "-").output)["name"]

    assert names() == "Understudy user"
    assert names("--name", "Big Studio") == "Big Studio"
    assert names() == "Big Studio"
    assert run("keys", "--root", machine / "root.pem").exit_code == 0
    assert "CERTIFICATE" in (machine / "root.pem").read_text()


def test_audit_shows_and_checks(machine: Path) -> None:
    film = machine / "out.mp4"
    project = machine / "out.mp4.understudy"
    project.mkdir()
    assert run("audit", film).exit_code == 2
    first = note(project, Deed("swap", engine="warp"))
    note(project, Deed("master"))
    said = run("audit", film)
    assert said.exit_code == 0
    assert "swap, by you; engine warp" in said.output
    assert f"2 lines, each as it was written. The last one's hash: {head(project)}" in said.output
    told = json.loads(run("audit", project, "--json", "-", "--head", head(project)).output)
    assert told["intact"]
    assert told["entries"][0]["key"] == first.key
    assert run("audit", project, "--quiet", "--head", "00" * 32).exit_code == 4
    (project / LOG).write_bytes((project / LOG).read_bytes().replace(b'"warp"', b'"else"'))
    said = run("audit", film)
    assert said.exit_code == 4
    assert "! Line 1 was changed after it was signed." in said.output
