"""Edits of a whole swap: applied, delivered, killed and gone on with, and marked where it was a preview."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.forked import Command
from tests.pipeline.agreed import swap
from tests.pipeline.films import frames_of, sound_of
from understudy.cli import app
from understudy.errors import BadInputError
from understudy.geometry.framing import Framing
from understudy.mastering.permission import granted
from understudy.media import open_clip
from understudy.pipeline import rendering
from understudy.pipeline.promoted import aligned_promoted
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult
from understudy.pipeline.retouch import RetouchRequest, output_of, retouch
from understudy.pipeline.retouching import ConflictError, Retouching, Source, Stroke
from understudy.pipeline.swap import swap as run_swap
from understudy.provenance.audit.log import told_of
from understudy.provenance.consent.material import digest_files
from understudy.retouch.promoting import promoted_of

CHUNK = 5
Swapped = tuple[SwapRequest, SwapResult]


@pytest.fixture(autouse=True, scope="module")
def _short_chunks() -> object:
    before, rendering.CHUNK = rendering.CHUNK, CHUNK
    yield
    rendering.CHUNK = before


def short_chunks() -> None:
    rendering.CHUNK = CHUNK


@dataclass(frozen=True)
class Suite:
    """A finished swap in a project of its own."""

    film: Path
    project: Path

    def open(self) -> Retouching:
        return Retouching.open(self.film, self.project)

    def words(self, *more: object) -> list[str]:
        return ["retouch", str(self.film), "--project", str(self.project), *map(str, more)]

    def say(self, *more: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, self.words(*more))
        return done.exit_code, done.stdout if done.exit_code == 0 else done.stderr


@pytest.fixture(scope="module")
def made(swapped: Swapped, folder: Path) -> Suite:
    """The plain swap once more, in short segments."""
    home = folder / "retouched"
    home.mkdir()
    shutil.copytree(folder / "project", home / "project")
    request = replace(
        swapped[0], output=home / "film.mkv", project=home / "project", contact_sheet=None, compare=None
    )
    swap(request)
    return Suite(request.output, home / "project")


@pytest.fixture
def suite(made: Suite, tmp_path: Path) -> Suite:
    """The same with nothing done to it yet: what a test does to the edits is undone after it."""
    with made.open() as desk:
        state = desk.state()
        if state.edits:
            desk.drop([edit.id for edit in state.edits], state.revision)
    return made


def spot(desk: Retouching, frame: int = 7, vertex: int = 425) -> Stroke:
    face = desk.scene.landmarks(0, frame)
    assert face is not None
    return Stroke(face[[vertex], :2], 9)


def with_paint(suite: Suite, first: int = 6, last: int = 8) -> None:
    with suite.open() as desk:
        edit = desk.draw(7, spot(desk), "paint", colour=(0.1, 0.6, 0.2))
        desk.keep(edit.changed(first=first, last=last), desk.state().revision)


def test_the_film_is_drawn_anew_only_where_edits_touch_it(suite: Suite, swapped: Swapped) -> None:
    with_paint(suite)
    result = retouch(RetouchRequest(suite.film, project=suite.project))
    output = output_of(suite.film)
    assert result.output == output == suite.film.with_name("film-retouched.mkv")
    before, after = frames_of(suite.film), frames_of(output)
    assert len(after) == len(before) == 20
    changed = [n for n in range(20) if (before[n] != after[n]).any()]
    assert changed == [6, 7, 8]
    (drawn,) = [stage.frames for stage in result.stages if stage.name == "retouch"]
    assert drawn == CHUNK
    with suite.open() as desk:
        for n in changed:
            assert (desk.repaired_frame(n) == after[n]).all()
    assert sound_of(output) == sound_of(suite.film)
    with open_clip(output) as ours, open_clip(suite.film) as theirs:
        assert ours.info.timecode == theirs.info.timecode == "10:00:00:00"
        assert np.array_equal(ours.info.pts, theirs.info.pts)


def test_who_agreed_and_what_was_done_is_told_of_the_retouched_film(suite: Suite) -> None:
    with_paint(suite)
    output = suite.film.with_name("told.mkv")
    code, said = suite.say("-o", output)
    assert (code, said.splitlines()[-1].split(": ")[1]) == (0, "5 of 20 frames were drawn again.")
    assert granted(output, suite.project).likeness
    assert output.with_name("told.mkv.credentials.json").is_file()
    line = told_of(suite.project, digest_files([output]).sha256)
    assert line is not None
    assert line.what == "retouch"
    assert line.settings["edits"] == 1
    assert "film" not in line.settings
    assert suite.say("-o", output)[1].splitlines()[-1].endswith("0 of 20 frames were drawn again.")


def test_a_film_without_edits_or_that_was_changed_is_refused(suite: Suite, tmp_path: Path) -> None:
    code, said = suite.say()
    assert (code, said.count("\n")) == (2, 1)
    assert "has no edits" in said
    with_paint(suite)
    code, said = suite.say("-o", suite.film)
    assert code == 2
    assert "give another --output" in said
    kept = suite.film.read_bytes()
    try:
        suite.film.write_bytes(kept + b"\0")
        code, said = suite.say()
        assert code == 2
        assert "is not as the swap has left it" in said
    finally:
        suite.film.write_bytes(kept)


def test_settings_of_a_range_reach_the_compositor(suite: Suite, swapped: Swapped) -> None:
    with suite.open() as desk:
        none = desk.settings(12, {"strength": 0.0}).changed(first=12, last=14)
        less = desk.settings(2, {"erode": 0.15}).changed(first=2, last=2)
        larger = desk.settings(17, {"scale": 1.1}, colour_mode="own").changed(first=17, last=17)
        desk.keep([none, less, larger], desk.state().revision)
    result = retouch(RetouchRequest(suite.film, suite.film.with_name("set.mkv"), suite.project))
    before, after, plate = (frames_of(path) for path in (suite.film, result.output, swapped[0].plate))
    touched = [np.abs(a.astype(int) - b).max(-1) > 2 for a, b in zip(before, plate, strict=True)]
    assert [n for n in range(20) if (before[n] != after[n]).any()] == [2, 12, 13, 14, 17]
    for n in (12, 13, 14):
        assert (after[n] == plate[n]).all()
    smaller = np.abs(after[2].astype(int) - plate[2]).max(-1) > 2
    assert 0.3 * touched[2].sum() < smaller.sum() < 0.9 * touched[2].sum()
    assert (smaller & ~touched[2]).sum() < 0.01 * touched[2].sum()


def test_a_frame_of_a_paint_program_becomes_an_edit(suite: Suite, tmp_path: Path) -> None:
    import cv2

    with suite.open() as desk:
        picture = desk.result_frame(7)
        x, y = np.round(spot(desk).points[0]).astype(int)
        picture = np.array(picture)
        picture[y - 4 : y + 5, x - 4 : x + 5] = (200, 40, 40)
    path = tmp_path / "repaired.png"
    cv2.imwrite(str(path), picture[..., ::-1])
    code, said = suite.say("--paint", f"7={path}")
    assert code == 0
    assert "1 edit:" in said
    with suite.open() as desk:
        assert np.abs(desk.repaired_frame(7).astype(int) - picture)[y, x].max() <= 3
        assert np.abs(desk.repaired_frame(9).astype(int) - desk.result_frame(9)).max() > 60
    for wrong, why in (
        (f"99={path}", "from 0 to 19"),
        (f"7:{path}", "FRAME=PICTURE"),
        ("7=none.png", "none.png"),
    ):
        code, said = suite.say("--paint", wrong)
        assert (code, said.count("\n")) == (2, 1)
        assert why in said


def test_the_command_line_undoes_exports_and_takes_over(suite: Suite, tmp_path: Path) -> None:
    with_paint(suite)
    with suite.open() as desk:
        (edit,) = desk.edits()
    path = tmp_path / "edits.zip"
    assert suite.say("--version", "painted", "--export", path)[0] == 0
    assert suite.say("--undo")[1].endswith("has no edits.\nVersions: painted\n")
    assert edit.id in suite.say("--redo")[1]
    assert suite.say("--drop", edit.id)[0] == 0
    assert edit.id in suite.say("--import", path)[1]
    told = json.loads(suite.say("--list", "--json", "-")[1])
    assert [each["id"] for each in told["edits"]] == [edit.id]
    copied = suite.say("--import", path, "--to-track", 0)[1]
    assert "2 edits:" in copied
    assert "frames 0-19" in copied
    assert suite.say("--restore", "painted")[1].count("paint at 7") == 1
    for wrong, why in (
        (["--undo", "--redo"], "two changes"),
        (["--drop", "nothing"], "no edit nothing"),
        (["--restore", "nothing"], "no version nothing"),
        (["--to-track", "4"], "no edits of another track|Track 4 was not replaced"),
        (["--import", suite.film], "holds no edits"),
        (["--list", "-o", "x.mkv"], "--output writes the film"),
    ):
        code, said = suite.say(*wrong)
        assert (code, said.count("\n")) == (2, 1), said
        assert any(each in said for each in why.split("|")), said


def test_drafts_conflicts_and_previews_of_the_desk(suite: Suite) -> None:
    with suite.open() as desk, suite.open() as other:
        revision = desk.state().revision
        edit = desk.draw(7, spot(desk), "clone", source=Source("plate"))
        around = {frame: (x, y, patch) for frame, x, y, patch in desk.preview(edit, range(5, 9))}
        assert list(around) == [5, 6, 7, 8]
        assert desk.edits() == ()
        desk.keep(edit, revision)
        for frame, (x, y, patch) in around.items():
            whole = np.array(desk.result_frame(frame))
            whole[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
            assert (whole == desk.repaired_frame(frame)).all()
            assert (whole != desk.result_frame(frame)).any()
        with pytest.raises(ConflictError):
            other.drop(edit.id, revision)
        more = desk.draw(7, spot(desk, vertex=205), "clone", source=Source("frame", frame=12), onto=edit)
        assert more.id == edit.id
        assert len(more.keys) == 1
        again = desk.draw(15, spot(desk, 15), "clone", source=Source("place", offset=(14, 0)), onto=more)
        assert [key.frame for key in again.keys] == [7, 15]
        with pytest.raises(BadInputError, match="another kind"):
            desk.draw(7, spot(desk), "heal", onto=edit)
        with pytest.raises(BadInputError, match="and no 20"):
            desk.draw(7, spot(desk), "clone", source=Source("frame", frame=20))
        assert desk.track_at(7, *spot(desk).points[0]) == 0


def test_a_promoted_frame_is_cut_out_as_the_plate_is(suite: Suite) -> None:
    with_paint(suite)
    code, said = suite.say("--promote", "12")
    assert code == 2
    assert "Frame 12 of film.mkv is not repaired" in said
    assert suite.say("--promote", "7=50")[0] == 0
    with suite.open() as desk:
        faces = desk.scene._faces
        some, digest = promoted_of(suite.project, desk.made.plate_digest, [0])
        assert [(each.frame, each.track, each.weight) for each in some] == [(7, 0, 50.0)]
        found = aligned_promoted(some, faces, 128, Framing.FACE)
        assert faces.frame[found.faces.row].tolist() == [7]
        x, y = np.round(found.faces.landmarks[0, 425, :2]).astype(int)
        red, green, blue = found.faces.images[0, y, x].astype(int)
        assert green > red + 40
        assert green > blue + 40
        assert found.faces.mattes[0, y, x] == 255
        assert found.faces.mattes[0].mean() < 20
        desk.promote(7, 3.0)
        again, other = promoted_of(suite.project, desk.made.plate_digest, [0])
        assert (len(again), again[0].weight) == (1, 3.0)
        assert other != digest
        assert promoted_of(suite.project, desk.made.plate_digest, [1])[0] == []
        with pytest.raises(BadInputError, match="above 0"):
            desk.promote(7, 0.0)
    for path in (suite.project / "promoted").iterdir():
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadInputError, match="cannot be read"):
        promoted_of(suite.project, some[0].plate, [0])
    shutil.rmtree(suite.project / "promoted")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_while_it_draws_it_goes_on(suite: Suite, tmp_path: Path) -> None:
    with_paint(suite, 0, 19)
    calm = suite.film.with_name("calm.mkv")
    assert suite.say("-o", calm)[0] == 0
    with suite.open() as desk:  # the same picture by another name: nothing of it is there yet
        (edit,) = desk.edits()
        desk.keep(edit.changed(fade=1, first=0, last=19), desk.state().revision)
        desk.keep(edit.changed(strength=0.5), desk.state().revision)
    output = suite.film.with_name("killed.mkv")
    stages = suite.project / "stages"
    done = set(stages.glob("retouch-*/chunk-*"))

    def fresh() -> int:
        return len(set(stages.glob("retouch-*/chunk-*")) - done)

    command = Command.start(tmp_path, [*suite.words("-o", output, "--quiet")], short_chunks)
    command.until(lambda: fresh() >= 1)
    command.send(signal.SIGKILL)
    assert command.ended() == -signal.SIGKILL
    assert 1 <= fresh() < 4
    assert not output.exists()
    with suite.open() as desk:
        assert len(desk.edits()) == 1
    begun = fresh()
    result = retouch(RetouchRequest(suite.film, output, suite.project))
    (drawn,) = [stage.frames for stage in result.stages if stage.name == "retouch"]
    assert drawn == 20 - CHUNK * begun
    with suite.open() as desk:
        for n, picture in enumerate(frames_of(output)):
            assert (picture == desk.repaired_frame(n)).all()
    assert not [path for path in suite.film.parent.rglob("*") if path.name.startswith(".part-")]


def test_a_preview_stays_marked_whatever_is_painted_over_it(
    made: Suite, swapped: Swapped, folder: Path
) -> None:
    output = folder / "retouched" / "preview.mkv"
    run_swap(
        replace(swapped[0], output=output, project=made.project, contact_sheet=None, compare=None, consent=())
    )
    suite = Suite(output, made.project)
    with suite.open() as desk:
        assert desk.is_preview
        face = desk.scene.landmarks(0, 7)
        assert face is not None
        over = Stroke(face[[10, 152], :2], 70, 0.0)
        edit = desk.draw(7, over, "paint", colour=(0.5, 0.5, 0.5))
        clean = desk._repairer.repaired(7, [edit]).image
        marked = desk.repaired_frame(7, [edit])
        # All of it is one grey but for the mark, which is there in both tones.
        middle = np.round(face[4, :2]).astype(int)
        part = (slice(middle[1] - 40, middle[1] + 40), slice(middle[0] - 30, middle[0] + 30))
        assert clean[part].std() < 12 < marked[part].std()
        desk.keep(edit.changed(first=7, last=7), desk.state().revision)
    result = retouch(RetouchRequest(output, project=made.project))
    assert (frames_of(result.output)[7] == marked).all()
    assert result.consent["standing"] == "preview"
