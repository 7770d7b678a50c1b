"""`understudy inspect` from end to end: films on disk, what is said of them, and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.inspection.conftest import SHORT
from tests.inspection.stage import FRAMES
from understudy.cli import app
from understudy.pipeline.inspecting import Films, InspectRequest, films_of
from understudy.project.catalog import DONE, Catalog


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def test_a_flaw_is_listed_reported_and_fails_a_pipeline(films: Path, tmp_path: Path) -> None:
    found, page = tmp_path / "found.json", tmp_path / "found.html"
    pair = ("--plate", films / "plate.mp4", "--result", films / "missed.mp4")
    done = run(*pair, "--json", found, "--report", page, "--fail-on", "severe")
    assert done.exit_code == 1, done.output
    assert "the face was not replaced, frames 20-21" in re.sub(r"\s+", " ", done.output)
    told = json.loads(found.read_text())
    assert (told["frames"], told["faces"], told["notes"]) == (FRAMES, FRAMES, [])
    worst = told["events"][0]
    assert (worst["flaw"], worst["first"], worst["last"], worst["severity"]) == ("missed", 20, 21, "severe")
    assert worst["keyframe"] in (20, 21)
    text = page.read_text()
    assert "the face was not replaced, frames 20-21" in text
    assert len(re.findall('<img src="data:image/jpeg;base64,', text)) >= 2
    assert "http" not in text


def test_lengths_that_differ_are_said(films: Path) -> None:
    done = run(films / "short.mp4", "--plate", films / "plate.mp4", "--fail-on", "visible")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "The plate is 22 frames longer (14 in the film, 36 in the plate)" in said
    assert "the first 14 of each were compared" in said


def test_without_a_plate_it_says_what_is_left_out(films: Path) -> None:
    done = run(films / "short.mp4", "--json", "-")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["plate"] is None
    (note,) = told["notes"]
    assert "no plate to compare with" in note
    assert "gaze" in note
    assert "seam" in note
    assert "flicker" not in note


def test_a_project_knows_its_plate_and_where_it_begins(films: Path) -> None:
    project = films / "later.mp4.understudy"
    project.mkdir()
    catalog = Catalog(project / "catalog.db")
    settings = {"plate": str(films / "plate.mp4"), "frames": [20, 33]}
    catalog.end_run(catalog.start_run("swap", settings, films / "later.mp4"), DONE)
    catalog.close()
    done = run(project, "--json", "-")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["plate"] == str(films / "plate.mp4")
    assert (told["plate_begins_at"], told["frames"], told["notes"]) == (20, SHORT, [])
    assert [event["sentence"] for event in told["events"] if event["flaw"] in ("pose", "lost")] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Say which film"),
        (("nowhere.mp4",), "There is no"),
        (("short.mp4", "--result", "short.mp4"), "Say which film"),
        (("short.mp4", "--fail-on", "awful"), "--fail-on wants minor, visible or severe, not awful"),
        (("cropped.mp4", "--plate", "plate.mp4"), "256 x 128"),
        (("bare.mp4",), "No face was found"),
    ],
)
def test_what_cannot_be_inspected_is_said_in_a_sentence(
    films: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run(*(films / each if each.endswith(".mp4") else each for each in arguments))
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.split())


def test_a_film_knows_its_own_swap_and_a_project_its_last_finished_one(tmp_path: Path) -> None:
    film, plate = tmp_path / "film.mp4", tmp_path / "plate.mp4"
    film.write_bytes(b"film")
    project = tmp_path / "film.mp4.understudy"
    project.mkdir()
    catalog = Catalog(project / "catalog.db")
    for output, frames in ((film, [20, 33]), (tmp_path / "other.mp4", None)):
        settings = {"plate": str(plate), "frames": frames}
        catalog.end_run(catalog.start_run("swap", settings, output), DONE)
    catalog.end_run(catalog.start_run("train", {}, None), DONE)
    catalog.start_run("swap", {"plate": str(plate)}, tmp_path / "killed.mp4")
    catalog.close()
    own = Films(film, plate, 20, 33)
    assert films_of(InspectRequest(film)) == own
    assert films_of(InspectRequest(film, plate)) == own
    assert films_of(InspectRequest(project)) == Films(tmp_path / "other.mp4", plate)
    assert films_of(InspectRequest(film, film)) == Films(film, film)


def test_a_project_without_a_finished_swap_is_refused(tmp_path: Path) -> None:
    Catalog(tmp_path / "catalog.db").close()
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "no finished swap" in " ".join(done.output.split())
