"""Floors: what fell is told, and they only rise. The fixed case itself runs in test_standing.py."""

import itertools
import json
import math
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.benchmark.figures import BY_KEY, FIGURES, Good, Group
from understudy.benchmark.floors import Floors, fallen, lowered, raised, read_floors, write_floors
from understudy.benchmark.records import Scored
from understudy.errors import BadInputError

STANDING = Path(__file__).with_name("floors.json")


def run(**figures: float) -> Scored:
    return Scored(case="a", description="", variant="warp", settings={}, recipe="r", figures=figures)


def test_a_floor_lies_a_margin_from_what_was_reached():
    found = raised(Floors(), [run(psnr_face=25.0, seam=1.0, sharpness_middle=-0.4, grain=0.9)]).cases["a"]
    assert found["psnr_face"] == pytest.approx(25 - BY_KEY["psnr_face"].relevant)
    assert found["seam"] == pytest.approx(1 + BY_KEY["seam"].relevant)
    assert found["sharpness_middle"] == pytest.approx(-0.4 - BY_KEY["sharpness_middle"].relevant)
    assert found["grain"] == pytest.approx(0.9 * math.exp(-BY_KEY["grain"].relevant), abs=1e-4)


def test_what_fell_is_told_with_its_floor():
    floors = Floors(cases={"a": {"psnr_face": 25.0, "seam": 1.0}})
    assert fallen(floors, [run(psnr_face=25.0, seam=0.2)]) == []
    (fall,) = fallen(floors, [run(psnr_face=24.9, seam=1.0)])
    assert fall.sentence == "a: PSNR face, dB is 24.90, and its floor is 25.00 (higher is better)."


def test_a_figure_that_can_no_longer_be_told_has_fallen():
    (fall,) = fallen(Floors(cases={"a": {"gaze": 3.0}}), [run(psnr_face=25.0)])
    assert fall.figure.key == "gaze"


def test_raising_keeps_what_is_stricter():
    floors = Floors(cases={"a": {"psnr_face": 24.95, "seam": 1.0}, "b": {"seam": 2.0}})
    found = raised(floors, [run(psnr_face=25.0, seam=0.5)])
    assert found.cases["a"]["psnr_face"] == 24.95
    assert found.cases["a"]["seam"] == pytest.approx(0.5 + BY_KEY["seam"].relevant)
    assert found.cases["b"] == {"seam": 2.0}


def test_floors_are_not_lowered_to_fit():
    with pytest.raises(BadInputError, match=r"never lowered.*seam is 1\.100.*floor is 1\.000"):
        raised(Floors(cases={"a": {"seam": 1.0}}), [run(seam=1.1)])


figures = st.fixed_dictionaries(
    {
        figure.key: st.floats(0.01, 50)
        for figure in FIGURES
        if figure.group is not Group.COST and figure.good is not Good.NEITHER
    }
)


@given(st.lists(figures, min_size=1, max_size=4))
def test_whatever_is_measured_no_floor_ever_falls(runs: list[dict[str, float]]):
    floors = Floors()
    for measured in runs:
        try:
            higher = raised(floors, [run(**measured)])
        except BadInputError:
            continue
        assert lowered(floors, higher) == []
        assert fallen(higher, [run(**measured)]) == []
        floors = higher


def test_a_lowered_floor_is_found_out():
    before = Floors(cases={"a": {"psnr_face": 25.0, "seam": 1.0}})
    assert lowered(before, Floors(cases={"a": {"psnr_face": 24.0, "seam": 1.0}})) == ["a: psnr_face"]
    assert lowered(before, Floors(cases={"a": {"psnr_face": 26.0}})) == ["a: seam"]
    assert lowered(before, Floors()) == ["a: psnr_face", "a: seam"]


def test_floors_are_read_as_they_were_written(tmp_path: Path):
    floors = Floors(cases={"a": {"seam": 1.25}})
    write_floors(tmp_path / "floors.json", floors)
    assert read_floors(tmp_path / "floors.json") == floors
    assert read_floors(tmp_path / "none.json") == Floors()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cases": {"a": {"beauty": 1}}}', '{"cases": {"a": {"seam": null}}}']
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str):
    (tmp_path / "floors.json").write_text(text)
    with pytest.raises(BadInputError, match=r"floors\.json"):
        read_floors(tmp_path / "floors.json")


def test_the_recorded_floors_have_never_been_lowered():
    """Of a case whose footage changes the name changes: floors start anew under the new one."""
    history = _versions(STANDING)
    if history is None:
        pytest.skip("this is no git checkout with a history")
    versions = [*history, read_floors(STANDING)]
    for before, after in itertools.pairwise(versions):
        standing = {case: known for case, known in before.cases.items() if case in after.cases}
        assert lowered(Floors(cases=standing), after) == []


def _versions(path: Path) -> list[Floors] | None:
    """The file in every commit, oldest first; None without git."""
    git = ["git", "-C", str(path.parent)]
    try:
        log = subprocess.run(
            [*git, "log", "--reverse", "--format=%H", "--", path.name],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        texts = [
            subprocess.run(
                [*git, "show", f"{commit}:./{path.name}"], capture_output=True, text=True, check=True
            ).stdout
            for commit in log
        ]
    except (OSError, subprocess.CalledProcessError):
        return None
    return [Floors.model_validate(json.loads(text)) for text in texts]
