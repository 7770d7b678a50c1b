"""The demo from nothing to its report, small and short."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from understudy.benchmark.records import Scored
from understudy.demo.run import Demo, make_demo
from understudy.demo.scene import DEMO
from understudy.demo.words import in_plain_words
from understudy.mastering.beside import BAND, beside
from understudy.measures.fidelity import fit_colour, psnr
from understudy.media import open_clip
from understudy.performers.cast import cast
from understudy.performers.stage import render, true_swap
from understudy.progress import SilentProgress
from understudy.provenance.credentials.reading import read_credentials

SMALL = replace(DEMO, frames=12, likeness_frames=40, size=256)


class Heard(SilentProgress):
    """Remembers which stages ran."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage(self, name: str, total: int | None, unit: str = "frames"):
        self.stages.append(name)
        return super().stage(name, total, unit)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def made(folder: Path) -> Demo:
    return make_demo(folder, case=SMALL)


@pytest.mark.slow
def test_the_video_is_nearer_to_the_perfect_swap_than_the_plate_was(made: Demo) -> None:
    (likeness,), (plate,) = cast(SMALL.likeness), cast(SMALL.plate)
    before, after = [], []
    with open_clip(made.video) as clip:
        assert clip.info.frame_count == SMALL.frames
        assert clip.info.codec == "h264"
        for index in range(0, SMALL.frames, 4):
            truth = true_swap(likeness, plate, SMALL.performance, index, SMALL.size)
            own = render(plate, SMALL.performance, index, SMALL.size).image
            face = (truth.truth.visible_face > 0.9).astype(np.float32)
            for image, found in ((own, before), (clip.read(index).image, after)):
                found.append(psnr(fit_colour(image, truth.image, face), truth.image, face))
    assert np.mean(after) > np.mean(before) + 0.3


@pytest.mark.slow
def test_the_video_says_what_it_is(made: Demo) -> None:
    told = read_credentials(made.video)
    assert told is not None
    assert told.intact
    assert {note.kind for note in told.consents} == {"synthetic"}
    assert any(step.by_ai for step in told.steps)
    assert any("understudy verify swap.mp4" in sentence for sentence in made.sentences)


@pytest.mark.slow
def test_the_report_says_the_measures_in_plain_words(made: Demo) -> None:
    page = html.unescape(made.report.read_text("utf-8"))
    assert len(made.sentences) >= 7
    for sentence in made.sentences:
        assert sentence in page
    assert f"{made.scored.figures['gaze_truth']:.1f} degrees off; a viewer notices about 5" in page
    assert made.video.name in page
    assert made.side_by_side.name in page
    for row in ("likeness", "plate", "result", "truth", "difference"):
        assert f"<span>{row}" in page
    assert page.count("data:image/jpeg;base64") >= 6


@pytest.mark.slow
def test_the_side_by_side_film_shows_all_four(made: Demo) -> None:
    with open_clip(made.side_by_side) as clip, open_clip(made.video) as video:
        info = clip.info
        assert info.frame_count == SMALL.frames
        assert info.rate == video.info.rate
        picture = clip.read(6).image[BAND:].astype(float)
    likeness, plate, result, truth = np.split(picture, 4, axis=1)
    corner = (slice(0, 40), slice(0, 40))
    assert np.abs(plate[corner] - truth[corner]).mean() < 3, "one backdrop"
    assert np.abs(plate[corner] - result[corner]).mean() < 3
    assert np.abs(likeness[corner] - plate[corner]).mean() > 10, "the likeness was filmed elsewhere"
    assert np.abs(result - plate).mean() > 1
    assert np.abs(truth - plate).mean() > 1


@pytest.mark.slow
def test_a_second_demo_films_and_swaps_nothing(made: Demo, folder: Path) -> None:
    heard = Heard()
    again = make_demo(folder, heard, case=SMALL)
    assert again.sentences == made.sentences
    assert not any("film" in stage or "render" in stage for stage in heard.stages)


def scored(**figures: float) -> Scored:
    return Scored(case="demo", description="", variant="warp", settings={}, recipe="0", figures=figures)


def test_words_carry_the_figures() -> None:
    said = in_plain_words(
        scored(frames=72, missed=0, psnr_face=20.0, psnr_face_fitted=40.0, gaze_truth=1.84, lips_lag=1.0),
        25.0,
    )
    assert said == [
        "The face was found and replaced in every one of 72 frames.",
        "A pixel of the face is 3 of 255 levels away from a perfect swap once a colourist has matched the "
        "two, 26 as it came out.",
        "The gaze is 1.8 degrees off; a viewer notices about 5.",
        "The lips move 40 ms late; a viewer notices about 45.",
    ]


def test_words_do_not_hide_frames_that_were_missed() -> None:
    assert in_plain_words(scored(frames=72, missed=3), 25.0) == [
        "In 3 of 72 frames no face was found, and the plate was left as it is."
    ]


def test_beside_keeps_every_picture_under_its_name() -> None:
    dark, light = np.zeros((40, 60, 3), np.uint8), np.full((40, 60, 3), 65535, np.uint16)
    row = beside({"one": dark, "two": light})
    assert row.shape == (40 + BAND, 120, 3)
    assert (row[BAND:, :60] == 0).all()
    assert (row[BAND:, 60:] == 255).all()
    assert row[:BAND, :60].max() > 200, "the first name"
    assert row[:BAND, 60:].max() > 200, "the second name"
    with pytest.raises(ValueError, match="one shape"):
        beside({"one": dark, "two": light[:20]})
