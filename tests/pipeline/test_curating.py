"""Curation from end to end: what is dropped is not used, no file is touched, and it can be undone."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.pipeline.desk import Desk
from tests.pipeline.films import Take, film
from understudy.cli import app
from understudy.errors import BadInputError
from understudy.pipeline.curating import CurateRequest, curate
from understudy.pipeline.mattes.plates import at_work
from understudy.pipeline.studies import study_likeness
from understudy.project.following import FollowedProject
from understudy.project.selections import Dropped


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("curated") / "project"


@pytest.fixture(scope="module")
def twice(folder: Path, elin: Take) -> Path:
    """Every frame of a take held for two."""
    return film(folder / "twice.mp4", [image for image in elin.images for _ in range(2)])


def used(project: Path, *likeness: Path) -> tuple[list[int], str]:
    """Frames whose faces a swap would use, and what the likeness is called in recipes."""
    with at_work(project, "look", {}, None) as session:
        found = study_likeness(session, [session.open(path) for path in likeness])
        return found.faces.faces.frame.tolist(), found.digest


def test_faces_are_dropped_kept_and_taken_back(project: Path, likeness: Path) -> None:
    before, digest = used(project, likeness)
    status = likeness.stat()
    asked = CurateRequest((likeness,), project, where="frame < 5", action="drop")
    made = curate(asked)
    assert (made.faces, made.kept, made.changed) == (20, 15, 5)
    assert made.reasons == {"dropped: frame < 5": 5}
    assert made.people in ({}, {0: 20})  # where the extra `identity` is missing nobody is told apart
    after, other = used(project, likeness)
    assert after == before[5:]
    assert other != digest
    with pytest.raises(BadInputError, match="nothing to drop"):
        curate(asked)
    kept = curate(CurateRequest((likeness,), project, where="frame >= 10", action="keep"))
    assert used(project, likeness)[0] == before[10:]
    assert kept.reasons == {"not kept": 5, "dropped: frame < 5": 5}
    curate(CurateRequest((likeness,), project, where="frame == 2", action="restore"))
    assert used(project, likeness)[0] == [2, *before[10:]]
    curate(CurateRequest((likeness,), project, reset=True))
    assert used(project, likeness) == (before, digest)
    assert (likeness.stat().st_mtime_ns, likeness.stat().st_size) == (status.st_mtime_ns, status.st_size)


def test_a_swap_uses_what_is_kept_and_its_stages_are_done_anew(desk: Desk, tmp_path: Path) -> None:
    at = Desk(tmp_path, desk.likeness, desk.plate, tmp_path / "project")
    assert at.run("-o", tmp_path / "before.mp4").code == 0
    everything = {path.parent.name for path in at.files("crops-*/*.png")}
    curate(CurateRequest((desk.likeness,), at.project, where="frame >= 14 and frame < 17", action="keep"))
    assert at.run("-o", tmp_path / "after.mp4").code == 0
    anew = [path for path in at.files("crops-*/*.png") if path.parent.name not in everything]
    assert {path.stem for path in anew} <= {"000000", "000001", "000002"}  # rows of the three that are left
    assert (tmp_path / "before.mp4").read_bytes() != (tmp_path / "after.mp4").read_bytes()


def test_near_duplicates_go_and_one_of_each_stays(project: Path, twice: Path, elin: Take) -> None:
    made = curate(CurateRequest((twice,), project, alike=1.0, action="drop"))
    left = used(project, twice)[0]
    assert made.kept == len(left) >= len(elin.images) // 2
    assert len({frame // 2 for frame in left}) == len(left)


def test_the_best_are_as_many_as_asked_for(project: Path, twice: Path) -> None:
    made = curate(CurateRequest((twice,), project, reset=True, best=6, action="keep"))
    assert (made.kept, made.reasons) == (6, {"not among the best": 14})


def test_a_selection_goes_from_one_project_to_another(project: Path, likeness: Path, tmp_path: Path) -> None:
    file = tmp_path / "chosen.json"
    curate(CurateRequest((likeness,), project, reset=True, where="frame < 12", action="drop", export=file))
    made = curate(CurateRequest((likeness,), tmp_path / "other", imported=file))
    assert made.kept == 8
    assert used(tmp_path / "other", likeness)[0] == used(project, likeness)[0]
    content = json.loads(file.read_text())
    content["clips"][0]["fingerprint"] = "0" * 64
    file.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match="speaks of other clips"):
        curate(CurateRequest((likeness,), project, imported=file))


def test_processes_that_follow_see_the_same_selection(project: Path, likeness: Path) -> None:
    curate(CurateRequest((likeness,), project, reset=True, where="frame == 3", action="drop"))
    with at_work(project, "look", {}, None) as session:
        clip = session.open(likeness)
        held = session.project.selection(clip.digest)
        followed = FollowedProject(project).selection(clip.digest)
    assert held == followed
    assert held is not None
    ((frame, why),) = {(each.frame, each.why) for each in held.dropped}
    assert (frame, why) == (3, "dropped: frame == 3")
    assert FollowedProject(project).selection("0" * 64) is None


def test_somebody_else_in_the_frame_is_not_used_and_said(
    project: Path, folder: Path, arjun: Take, elin: Take
) -> None:
    images = [
        np.concatenate([one, cv2.resize(other, (128, 128))[:, :, :].repeat(2, axis=0)[:256]], axis=1)
        for one, other in zip(arjun.images, elin.images, strict=False)
    ]
    both = film(folder / "both.mp4", images)
    made = curate(CurateRequest((both,), project, everything=True))
    if made.faces == len(images):
        pytest.skip("the second face was not found")
    assert made.reasons == {"somebody else in the picture": made.faces - made.kept}
    assert made.kept == len(images)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"where": "yaw > 500", "action": "drop"}, "No face fits: nothing to drop. yaw is "),
        ({"where": "yaw > -500", "action": "drop"}, "without a face: nothing was dropped"),
        ({"where": "yaw > "}, "not understood"),
        ({"sort": "beauty"}, "cannot be sorted by beauty"),
        ({"best": 0}, "--best wants"),
        ({"alike": -1.0}, "--alike wants"),
        ({"sheet": Path("sheet.gif")}, "end in .png or .html"),
        ({"imported": Path("none.json")}, "cannot be read"),
        ({"likeness": ()}, "There is no likeness"),
        ({"likeness": (Path("none.mp4"),)}, "There is no file none.mp4"),
    ],
)
def test_bad_wishes_are_refused_and_change_nothing(project: Path, likeness: Path, changes, words) -> None:
    before = used(project, likeness)
    with pytest.raises(BadInputError) as caught:
        curate(CurateRequest(**{"likeness": (likeness,), "project": project} | changes))
    assert words in str(caught.value)
    assert used(project, likeness) == before


def test_footage_without_a_face(project: Path, folder: Path) -> None:
    grey = film(folder / "grey.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 3)
    with pytest.raises(BadInputError, match=r"No face was found in the likeness \(grey.mp4\)"):
        curate(CurateRequest((grey,), project))


def test_a_likeness_of_which_nothing_is_left_is_refused_by_swaps(project: Path, twice: Path) -> None:
    made = curate(CurateRequest((twice,), project, reset=True, where="frame == 0", action="keep"))
    assert made.kept == 1
    with at_work(project, "empty", {}, None) as session:
        digest = session.open(twice).digest
        chosen = session.project.selection(digest)
        assert chosen is not None
        faces = study_likeness(session, [session.open(twice)]).faces.faces
        points = faces.landmarks[0, :, :2]
        x, y = (points.min(0) + points.max(0)) / 2
        last = Dropped(0, float(x), float(y), "by hand")
        emptied = type(chosen)(digest, chosen.path, chosen.step, chosen.faces, (*chosen.dropped, last))
        session.project_catalog.replace_selections([emptied])
        with pytest.raises(BadInputError, match=r"twice.mp4\) no face is left"):
            study_likeness(session, [session.open(twice)])


def test_the_command(project: Path, likeness: Path, tmp_path: Path) -> None:
    def run(*words: object):
        return CliRunner().invoke(
            app, ["curate", str(likeness), "--project", str(project), "-q", *map(str, words)]
        )

    page, sheet, told = tmp_path / "grid.html", tmp_path / "grid.png", tmp_path / "told.json"
    done = run("--reset", "--sort", "yaw", "--sheet", page, "--json", told)
    assert done.exit_code == 0, done.output
    found = json.loads(told.read_text())
    assert (found["faces"], found["matched"], found["changed"]) == (20, 20, 0)
    yaws = [face["yaw"] for face in found["matches"]]
    assert yaws == sorted(yaws)
    text = page.read_text()
    assert text.count("<figure") == 20
    assert text.count("data:image/jpeg;base64,") == 20
    assert "http" not in text
    assert run("--sort", "sharpness", "--count", "12", "--sheet", sheet).exit_code == 0
    assert cv2.imread(os.fspath(sheet)).shape == (2 * 152 + 6, 10 * 134 + 6, 3)
    both = run("--drop", "--keep")
    assert both.exit_code == 2
    assert both.stderr == "--drop and --keep contradict each other: give one of them.\n"
    shown = CliRunner().invoke(
        app, ["curate", str(likeness), "--project", str(project), "--where", "frame<4", "--drop"]
    )
    assert "16 of 20 faces are used." in shown.stdout
    assert "4 faces fit; 4 were dropped." in shown.stdout
