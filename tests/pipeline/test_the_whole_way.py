"""From a record to a verdict, by the commands that people use, with performers who do not exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tests.pipeline.films import SIZE, Take, film
from tests.provenance.films import read, scene
from tests.provenance.films import write as encode
from understudy.cli import app
from understudy.errors import ConsentError
from understudy.pipeline.consenting import cleared
from understudy.pipeline.records import load
from understudy.pipeline.session import Session
from understudy.progress import SilentProgress
from understudy.project.folder import Project, default_folder
from understudy.provenance.audit.examining import examine
from understudy.provenance.consent.checking import Purpose
from understudy.provenance.consent.warrant import Warrant

WIDTH, HEIGHT, FRAMES = 960, 540, 8


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def verdict(path: Path, *words: object) -> tuple[int, dict[str, Any]]:
    said = run("verify", path, "--json", "-", *words)
    return said.exit_code, json.loads(said.output)


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory, likeness: Path, marco: Take) -> Path:
    """A folder with a record, a swap and its master."""
    folder = tmp_path_factory.mktemp("way")
    images = scene(6, FRAMES, WIDTH, HEIGHT)
    top, left = (HEIGHT - SIZE) // 2, (WIDTH - SIZE) // 2
    for image, acted in zip(images, marco.images, strict=False):
        image[top : top + SIZE, left : left + SIZE] = acted
    film(folder / "plate.mp4", images)
    (folder / "likeness.mp4").symlink_to(likeness)
    words = ["--subject", "Arjun and Marco", "--reference", "Performers of these tests."]
    footage = ["--material", folder / "likeness.mp4", "--material", folder / "plate.mp4"]
    record = folder / "record.consent.json"
    said = run("consent", "declare", "--kind", "synthetic", *words, *footage, "-o", record)
    assert said.exit_code == 0, said.output
    swapped = run(
        "swap",
        folder / "likeness.mp4",
        "--onto",
        folder / "plate.mp4",
        "-o",
        folder / "out.mp4",
        "--consent",
        record,
        "-q",
    )
    assert swapped.exit_code == 0, swapped.output
    mastered = run("master", folder / "out.mp4", "-o", folder / "film.mp4", "-q")
    assert mastered.exit_code == 0, mastered.output
    return folder


@pytest.fixture(scope="module")
def warrant(way: Path) -> Warrant:
    """What a training of this pair stands on, begun while the record was in force."""
    with (
        Project(default_folder(way / "out.mp4")) as project,
        project.run("train", {}, None) as work,
        Session(project, work, SilentProgress()) as session,
    ):
        clips = [session.open(way / f"{name}.mp4") for name in ("likeness", "plate")]
        return cleared(session, load([way / "record.consent.json"], []), Purpose.TRAIN, clips[:1], clips[1])


def test_the_master_is_trusted_and_says_how_it_was_made(way: Path) -> None:
    code, told = verdict(way / "film.mp4")
    assert (code, told["verdict"]) == (0, "trusted")
    assert told["watermark"]["id"]
    sentences = " ".join(one["sentence"] for one in told["findings"])
    for words in (
        "edited by AI",
        "engine warp",
        "synthetic",
        "as the credentials say",
        "a plate with the SHA-256",
    ):
        assert words in sentences
    assert not [one for one in told["findings"] if one["state"] == "bad"]


def test_one_changed_bit_is_tampering(way: Path, tmp_path: Path) -> None:
    data = bytearray((way / "film.mp4").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "film.mp4").write_bytes(data)
    assert verdict(tmp_path / "film.mp4")[0] == 4


def test_a_copy_that_was_cropped_and_encoded_anew_leads_back(way: Path, tmp_path: Path) -> None:
    original = verdict(way / "film.mp4")[1]["watermark"]["id"]
    cropped = [np.ascontiguousarray(image[27:-27, 48:-48]) for image in read(way / "film.mp4")]
    code, told = verdict(encode(tmp_path / "copy.mp4", cropped, crf=20))
    assert (code, told["verdict"]) == (3, "recovered")
    assert told["watermark"]["id"] == original


def test_the_working_file_is_trusted_by_what_lies_beside_it(way: Path) -> None:
    code, told = verdict(way / "out.mp4")
    assert code == 0
    assert "standing granted" in " ".join(one["sentence"] for one in told["findings"])
    data = bytearray((way / "out.mp4").read_bytes())
    try:
        (way / "out.mp4").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert verdict(way / "out.mp4")[0] == 4
    finally:
        (way / "out.mp4").write_bytes(data)


def test_the_log_tells_of_both_and_the_master_names_the_log(way: Path) -> None:
    log = examine(default_folder(way / "out.mp4"))
    assert log.intact
    assert [entry.what for entry in log.entries][:2] == ["swap", "master"]
    swap, master = log.entries[:2]
    assert master.details["film_sha256"] == swap.outputs[0].sha256
    making = next(one for one in verdict(way / "film.mp4")[1]["findings"] if one["topic"] == "making")
    head = making["sentence"].partition("log sha256 ")[2][:64]
    assert run("audit", way / "out.mp4", "--quiet", "--head", head).exit_code == 0
    assert run("audit", way / "out.mp4", "--quiet", "--head", "0" * 64).exit_code == 4


def test_a_revoked_record_ends_swapping_training_exporting_and_mastering(way: Path, warrant: Warrant) -> None:
    warrant.demand(Purpose.TRAIN)
    record = way / "record.consent.json"
    assert run("consent", "revoke", record).exit_code == 0
    for purpose in (Purpose.TRAIN, Purpose.EXPORT):
        with pytest.raises(ConsentError, match="is revoked since"):
            warrant.demand(purpose)
    again = run("master", way / "out.mp4", "-o", way / "again.mp4", "-q")
    assert (again.exit_code, (way / "again.mp4").exists()) == (3, False)
    assert "record.consent.json: the consent of Arjun and Marco is revoked since" in again.stderr
    anew = run(
        "swap",
        way / "likeness.mp4",
        "--onto",
        way / "plate.mp4",
        "-o",
        way / "b.mp4",
        "--consent",
        record,
        "-q",
    )
    assert (anew.exit_code, (way / "b.mp4").exists()) == (3, False)
    assert verdict(way / "film.mp4")[0] == 0, "a master made within the term stays what it is"
