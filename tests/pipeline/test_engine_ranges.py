"""Another engine over a range of a film: who draws which frame, by whose leave, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.pipeline.films import frames_of
from tests.pipeline.school import School, steps
from understudy.cli import app
from understudy.errors import BadInputError, ConsentError
from understudy.pipeline import standing_in
from understudy.pipeline.learning import Learning
from understudy.pipeline.retouch import RetouchRequest, output_of, retouch
from understudy.pipeline.retouching import Retouching
from understudy.pipeline.swap import swap
from understudy.pipeline.train import train
from understudy.provenance.audit.examining import examine
from understudy.provenance.audit.log import told_of
from understudy.provenance.consent.material import digest_files

pytestmark = pytest.mark.usefixtures("short_windows")


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing_in, "WINDOW", 6)


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


@pytest.fixture
def shelf(school: School) -> Shelf:
    train(school.train(steps(2)))
    warp = swap(school.swap(Learning(), engine="warp")).output
    toy = swap(school.swap(steps(None), output=school.folder / "toy.mkv")).output
    return Shelf(school, warp, toy)


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
        desk.store.keep(desk.settings(2, {}, engine="toy"), desk.state().revision)
    with pytest.raises(ConsentError):
        retouch(RetouchRequest(preview, project=school.project))
    assert not output_of(preview).exists()


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
