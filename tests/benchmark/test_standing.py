"""One small case in full: filmed, swapped, scored, and held against its floors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from understudy.benchmark import source
from understudy.benchmark.floors import fallen, read_floors
from understudy.benchmark.performed import PERFORMED
from understudy.benchmark.records import Scored
from understudy.benchmark.run import run_case
from understudy.benchmark.variant import Variant
from understudy.faces.people import identity
from understudy.measures.fidelity import psnr
from understudy.media import open_clip
from understudy.performers import true_swap
from understudy.performers.cast import cast

CASE = PERFORMED["small"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmark")


@pytest.fixture(scope="module")
def scored(folder: Path) -> Scored:
    return run_case(CASE, folder)


def test_no_figure_is_below_its_floor(scored: Scored):
    """Floors rise with `understudy benchmark small --floors tests/benchmark/floors.json --raise-floors`."""
    floors = read_floors(Path(__file__).with_name("floors.json"))
    assert {"psnr_face_fitted", "psnr_mouth", "ssim_eyes", "flicker", "seam", "gaze"} <= set(
        floors.cases[CASE.name]
    )
    if not identity.available():
        for key in ("to_likeness", "to_performer", "margin"):
            floors.cases[CASE.name].pop(key, None)
    assert [fall.sentence for fall in fallen(floors, [scored])] == []


def test_the_clips_are_the_performers_bit_for_bit(scored: Scored):
    assert scored.clips is not None
    assert scored.clips.truth is not None
    (likeness,), (plate,) = cast(CASE.likeness), cast(CASE.plate)
    with open_clip(scored.clips.truth) as truth, open_clip(scored.clips.plate) as clip:
        assert clip.info.frame_count == truth.info.frame_count == CASE.frames
        wanted = true_swap(likeness, plate, CASE.take, 11, CASE.size)
        assert np.array_equal(truth.read(11).image, wanted.image)
        unseen = wanted.truth.visible_face == 0
        assert np.array_equal(truth.read(11).image[unseen], clip.read(11).image[unseen])


def test_the_result_is_nearer_to_the_truth_than_the_plate_is(scored: Scored):
    assert scored.clips is not None
    assert scored.clips.truth is not None
    with (
        open_clip(scored.clips.truth) as truth,
        open_clip(scored.clips.plate) as plate,
        open_clip(scored.clips.result) as result,
    ):
        everywhere = np.ones((CASE.size, CASE.size), np.float32)
        true, before, after = (clip.read(8).image for clip in (truth, plate, result))
    assert psnr(after, true, everywhere) > psnr(before, true, everywhere)


def test_everything_is_told(scored: Scored):
    assert scored.failure is None
    assert scored.figures["missed"] == 0
    assert scored.figures["faces"] == CASE.frames
    assert {len(curve) for curve in scored.curves.values()} == {CASE.frames}
    assert scored.cost is not None
    assert scored.cost.frames == CASE.frames
    assert scored.cost.cpu_seconds > 0.5
    assert {"faces", "motion", "match", "render"} <= {stage.name for stage in scored.cost.stages}
    assert 100 < scored.figures["peak_mb"] < 2000
    assert {strip.worst for strip in scored.strips} == {False, True}
    assert all(
        strip.rows == ("likeness", "plate", "result", "truth", "difference × 2") for strip in scored.strips
    )
    assert all(strip.picture.exists() for strip in scored.strips)


def test_what_is_finished_is_not_run_again(scored: Scored, folder: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise AssertionError("run again")

    monkeypatch.setattr("understudy.benchmark.run.swap_apart", refuse)
    assert run_case(CASE, folder) == scored
    with pytest.raises(AssertionError, match="run again"):
        run_case(CASE, folder, Variant((("seed", 5),)))
    digest = source.digest
    monkeypatch.setattr(source, "digest", lambda places: "other" if "engines" in places else digest(places))
    with pytest.raises(AssertionError, match="run again"):
        run_case(CASE, folder)


def test_nothing_is_left_but_what_is_told(scored: Scored, folder: Path):
    assert scored.clips is not None
    run = scored.clips.result.parent
    assert {path.name for path in run.iterdir()} == {
        "consent.json",
        "keys",
        "result.mkv",
        "result.mkv.credentials.json",
        "scored.json",
        "strips",
    }
