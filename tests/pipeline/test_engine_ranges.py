"""Another engine over a range of a film: who draws which frame, by whose leave, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.pipeline.films import frames_of
from tests.pipeline.school import School, steps
from understudy.cli import app
from understudy.errors import BadInputError, ConsentError
from understudy.pipeline import preparing, standing_in, studies
from understudy.pipeline.learning import Learning
from understudy.pipeline.making_ready import ReadyRequest, make_ready
from understudy.pipeline.reopening import Reopened
from understudy.pipeline.retouch import RetouchRequest, output_of, retouch
from understudy.pipeline.retouch_scene import swapped
from understudy.pipeline.retouching import Retouching, Stroke
from understudy.pipeline.swap import swap
from understudy.pipeline.train import train
from understudy.provenance.audit.examining import examine
from understudy.provenance.audit.log import told_of
from understudy.provenance.consent.material import digest_files


@pytest.fixture(autouse=True, scope="module")
def _short_windows() -> object:
    before, standing_in.WINDOW = standing_in.WINDOW, 6
    yield
    standing_in.WINDOW = before


@dataclass(frozen=True)
class Shelf:
    """A project with the same swap by two engines."""

    school: School
    warp: Path
    toy: Path

    def open(self, film: Path) -> Retouching:
        return Retouching.open(film, self.school.project)

    def say(self, film: Path, *more: object) -> tuple[int, str]:
        words = ["retouch", film, "--project", self.school.project, *more]
        done = CliRunner().invoke(app, list(map(str, words)))
        return done.exit_code, done.stdout if done.exit_code == 0 else done.stderr


@pytest.fixture(scope="module")
def made(studied: Path, likeness: Path, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    home = tmp_path_factory.mktemp("engines") / "school"
    shutil.copytree(studied, home)
    school = School(home, likeness, small, home / "agreed.consent.json")
    train(school.train(steps(2)))
    warp = swap(school.swap(Learning(), engine="warp", output=home / "warp.mkv")).output
    toy = swap(school.swap(steps(None), output=home / "toy.mkv")).output
    return Shelf(school, warp, toy)


@pytest.fixture
def shelf(made: Shelf) -> Shelf:
    """The same with nothing done to it yet."""
    for film in (made.warp, made.toy):
        with made.open(film) as desk:
            state = desk.state()
            if state.edits:
                desk.drop([edit.id for edit in state.edits], state.revision)
    return made


def applied(shelf: Shelf, film: Path) -> list[np.ndarray]:
    return frames_of(retouch(RetouchRequest(film, project=shelf.school.project)).output)


@pytest.mark.parametrize("trained_first", [False, True])
def test_a_range_is_drawn_by_another_engine_and_fades_into_it(shelf: Shelf, trained_first: bool) -> None:
    film, other, name = (shelf.toy, shelf.warp, "warp") if trained_first else (shelf.warp, shelf.toy, "toy")
    code, said = shelf.say(film, "--settings", f"3-7:engine={name},fade=1")
    assert (code, f"settings by {name} at 3, frames 3-7" in said) == (0, True), said
    before = len(examine(shelf.school.project).entries)
    result = retouch(RetouchRequest(film, project=shelf.school.project))
    assert result.frames == 10
    own, theirs, made = frames_of(film), frames_of(other), frames_of(result.output)
    for frame in range(10):
        apart = np.abs(own[frame].astype(int) - theirs[frame]).max()
        assert apart > 20, "the engines differ, or this test says nothing"
        if frame in (3, 7):
            mean = (own[frame].astype(float) + theirs[frame]) / 2
            assert np.abs(made[frame] - mean).max() <= 0.5, "half of each"
        else:
            assert (made[frame] == (theirs if 3 < frame < 7 else own)[frame]).all(), frame

    line = told_of(shelf.school.project, digest_files([result.output]).sha256)
    assert line is not None
    assert line.engine == f"{'toy' if trained_first else 'warp'}, {name}"
    assert line.model_sha256 is not None, "the trained model is told of, whichever part it has"
    new = examine(shelf.school.project).entries[before:]
    assert [entry.what for entry in new] == ["retouch"], "nothing was learned, and nothing is said to be"
    assert shelf.school.course_step == 2


def test_settings_beside_an_engine_count_for_it_and_an_engine_alone_leaves_them(shelf: Shelf) -> None:
    with shelf.open(shelf.warp) as desk:
        weak = desk.settings(0, {"strength": 0.5})
        toy = desk.settings(4, {}, engine="toy").changed(first=4, last=5)
        desk.keep([weak, toy], desk.state().revision)
    made = frames_of(retouch(RetouchRequest(shelf.warp, project=shelf.school.project)).output)
    plate = frames_of(shelf.school.plate)
    theirs = frames_of(shelf.toy)
    for frame, shown in ((4, theirs), (8, frames_of(shelf.warp))):
        mean = (plate[frame].astype(float) + shown[frame]) / 2
        assert np.abs(made[frame] - mean).max() <= 0.5, "half of the face, whatever the blend does to mattes"


def test_an_engine_that_has_learned_nothing_here_is_refused_with_what_to_do(school: School) -> None:
    film = swap(school.swap(Learning(), engine="warp")).output
    shelf = Shelf(school, film, film)
    code, said = shelf.say(film, "--engine", "2-5=toy")
    assert (code, said.count("\n")) == (2, 1)
    assert "The engine toy has learned nothing in this project: train it for track 0 first" in said
    # other frames of the same plate are another training
    train(school.train(steps(1), frames=(0, 6)))
    assert "learned only on other footage, frames or tracks" in shelf.say(film, "--engine", "2-5=toy")[1]
    with shelf.open(film) as desk:
        edit = desk.settings(2, {}, engine="toy")
        with pytest.raises(BadInputError, match="has learned only on other"):
            desk.keep(edit, desk.state().revision)
        choices = {each.name: each for each in desk.engines.all()}
        assert (choices["warp"].own, choices["warp"].lacks) == (True, None)
        assert "train it" in str(choices["toy"].lacks)
    train(school.train(steps(1)))
    with shelf.open(film) as desk:
        assert {each.name: each.lacks for each in desk.engines.all()}["toy"] is None
        desk.keep(edit, desk.state().revision)
    for folder in (school.project / "training").iterdir():
        folder.rename(school.folder / folder.name)
    # the training is gone since it was kept: nothing is begun
    code, said = shelf.say(film, "--quiet")
    assert (code, said.count("\n")) == (2, 1)
    assert "has learned nothing" in said
    assert not output_of(film).exists()
    assert not (school.project / "training").exists() or not any((school.project / "training").iterdir())


def test_nobody_is_drawn_by_what_learned_from_him_without_consent(shelf: Shelf) -> None:
    school = shelf.school
    request = school.swap(Learning(), engine="warp", consent=(), output=school.folder / "preview.mkv")
    preview = swap(request).output
    code, said = shelf.say(preview, "--engine", "2-5=toy")
    assert (code, said.count("\n")) == (3, 1)
    assert "is a preview, since nobody has agreed: toy, which learns" in said
    with shelf.open(preview) as desk:
        assert {each.name for each in desk.engines.all() if each.lacks is None} == {"warp"}
        # an edit that came in by another way, as from an older catalogue
        forced = desk.settings(2, {}, engine="toy")
        desk.store.keep(forced, desk.state().revision)
    with pytest.raises(ConsentError):
        retouch(RetouchRequest(preview, project=school.project))
    assert not output_of(preview).exists()
    # other settings it may have: its mark is over them, and is seen over them
    with shelf.open(preview) as desk:
        desk.drop(forced.id, desk.state().revision)
        desk.keep(desk.settings(2, {"strength": 0.3, "scale": 1.1}), desk.state().revision)
        seen = [desk.repaired_frame(frame) for frame in (2, 5)]
        with pytest.raises(BadInputError, match="is a preview"):
            desk.promote(2)
    drawn = applied(shelf, preview)
    for frame, shown in zip((2, 5), seen, strict=True):
        assert (shown == drawn[frame]).all()


def test_the_command_line_sets_lists_and_takes_over(shelf: Shelf, tmp_path: Path) -> None:
    film = shelf.warp
    code, said = shelf.say(
        film,
        "--settings", "2-6@2:strength=100,erode=2,colour=own",
        "--settings", "2-6@6:strength=40,erode=2",
        "--engine", "2-6=toy",
    )  # fmt: skip
    assert code == 0, said
    assert "settings by toy strength 100%/40% erode 2%/2% own colours at 2, 6, frames 2-6, track 0" in said
    told = json.loads(shelf.say(film, "--list", "--json", "-")[1])["edits"]
    assert [(edit["engine"], edit["colour_mode"], len(edit["keys"])) for edit in told] == [("toy", "own", 2)]
    path = tmp_path / "edits.zip"
    assert shelf.say(film, "--export", path)[0] == 0
    assert shelf.say(film, "--undo")[0] == 0
    assert "settings by toy" in shelf.say(film, "--import", path)[1]
    with zipfile.ZipFile(path) as archive:
        told_of_it = archive.read("edits.json")
    for engine, why in ((b'"oil"', "no engine called 'oil'"), (b'"../x"', "That is no edit (engine")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("edits.json", told_of_it.replace(b'"toy"', engine))
        code, said = shelf.say(film, "--import", path)
        assert (code, said.count("\n")) == (2, 1)
        assert why in said
    for wrong, why in (
        (("--engine", "2-6=oil"), "no engine called 'oil'"),
        (("--engine", "2-6"), "FIRST-LAST=ENGINE"),
        (("--engine", "6-2=toy"), "ends before it begins"),
        (("--engine", "2-60=toy"), "frames 0 to 9"),
        (("--settings", "2-6"), "FIRST-LAST:NAME=VALUE"),
        (("--settings", "2-6@9:strength=5"), "2-6@9 does not fit"),
        (("--settings", "2-6:strength=160"), "strength in percent, 0 to 100"),
        (("--settings", "2-6:strength=nan"), "strength in percent"),
        (("--settings", "2-6:strength=5,strength=6"), "once each"),
        (("--settings", "2-6:weight=5"), "takes strength, scale, erode, blur, colour"),
        (("--settings", "2-6:fade=-1"), "whole number for fade"),
        (("--settings", "2-6:colour=red"), "colour=plate"),
        (("--settings", "2-6:track=7,fade=2"), "Track 7 was not replaced"),
    ):
        code, said = shelf.say(film, *wrong)
        assert (code, said.count("\n")) == (2, 1), said
        assert why in said
    assert len(json.loads(shelf.say(film, "--list", "--json", "-")[1])["edits"]) == 1


def test_settings_are_seen_as_they_will_be_before_the_film_is_written(shelf: Shelf) -> None:
    film = shelf.warp
    with shelf.open(film) as desk:
        weak = desk.settings(1, {"strength": 0.5, "erode": 0.05}, colour_mode="own")
        weak = weak.changed(first=0, last=2, fade=1)
        face = desk.scene.landmarks(0, 1)
        assert face is not None
        spot = desk.draw(1, Stroke(face[[425], :2], 7), "paint", colour=(0.1, 0.6, 0.2), edits=[weak])
        spot = spot.changed(first=1)
        plain = desk.result_frame(1)
        for frame, x, y, patch in desk.preview(weak, [1, 5], [spot]):
            whole = np.array(desk.repaired_frame(frame, [spot]))
            whole[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
            assert (whole == desk.repaired_frame(frame, [spot, weak])).all()
            assert bool(patch.size) == (frame == 1)
        desk.keep([weak, spot], desk.state().revision)
        assert desk.lacks() is None
        seen = [desk.repaired_frame(frame) for frame in range(10)]
        with pytest.raises(BadInputError, match=r"Frame 0 of warp\.mkv is not repaired"):
            desk.promote(0)  # set, and not painted: half a plate is no lesson
        assert np.abs(seen[1].astype(int) - plain).max() > 20
    for frame, (shown, written) in enumerate(zip(seen, applied(shelf, film), strict=True)):
        assert (shown == written).all(), frame


def test_an_engine_is_seen_once_it_is_made_ready(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing_in, "_REACH", 1)
    film, project = shelf.warp, shelf.school.project
    for path in project.glob("stages/match-*"):
        recipe = json.loads((path / "recipe.json").read_text())
        if recipe["parameters"]:  # of another engine's range, from another test
            shutil.rmtree(path)
    written = film.read_bytes()
    with shelf.open(film) as desk:
        toy = desk.settings(4, {}, engine="toy").changed(first=3, last=8, fade=1)
        assert "The engine toy was not made ready" in str(desk.lacks([toy]))
        assert (desk.repaired_frame(4, [toy]) == desk.result_frame(4)).all(), "as it was, until then"
        request = ReadyRequest(film, project, {"toy": (3, 5)})
        assert make_ready(request) > 0
        assert make_ready(request) == 0, "it is there"
        assert desk.lacks([toy.changed(last=5)]) is None
        assert "not made ready" in str(desk.lacks([toy])), "frames 6 and on are in another window"
        desk.keep(toy, desk.state().revision)
        make_ready(ReadyRequest(film, project))  # what is kept is wanted
        assert desk.lacks() is None
        seen = [desk.repaired_frame(frame) for frame in range(10)]
    assert film.read_bytes() == written
    for frame, (shown, drawn) in enumerate(zip(seen, applied(shelf, film), strict=True)):
        assert (shown == drawn).all(), frame


def test_after_an_update_what_is_missing_is_said_and_made_without_the_film(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, project = shelf.warp, shelf.school.project
    written = film.read_bytes()
    edit_at = 1

    def matte() -> np.ndarray:
        swap = Reopened(swapped(film, project))
        try:
            return swap.matte(edit_at)
        finally:
            swap.close()

    before = matte()
    for module in (studies, preparing, sys.modules[swap.__module__]):
        monkeypatch.setattr(module, "code_hash", lambda name: f"updated {name}")
    with shelf.open(film) as desk:
        weak = desk.settings(edit_at, {"strength": 0.5})
        assert "(faces) is gone, was found by another version" in str(desk.lacks([weak]))
        assert (desk.repaired_frame(edit_at, [weak]) == desk.result_frame(edit_at)).all()
        with pytest.raises(BadInputError, match="another version"):
            matte()
        renderings = set(project.glob("stages/render-*"))
        assert make_ready(ReadyRequest(film, project)) > 0
        assert set(project.glob("stages/render-*")) == renderings
        assert film.read_bytes() == written
    with shelf.open(film) as desk:
        assert desk.lacks([weak]) is None
        assert (desk.repaired_frame(edit_at, [weak]) != desk.result_frame(edit_at)).any()
    assert (matte() == before).all()
    # a swap of something else does not take away what was made ready
    for _ in range(3):
        make_ready(ReadyRequest(shelf.toy, project))
    assert (matte() == before).all()
