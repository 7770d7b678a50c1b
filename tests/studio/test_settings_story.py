"""Settings and engines in a real browser: seen before the film is written; a button makes what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.engines.toy_engine import installed
from tests.pipeline.school import steps
from tests.studio.browser import opened, studio
from tests.studio.test_story import PATIENCE, at_frame_8, exact, shows
from understudy.pipeline.train import train
from understudy.pipeline.train_request import TrainRequest


@pytest.fixture(scope="module")
def address(copied: Path, swapped: Path) -> Iterator[str]:
    """A studio on a project that has trained an engine, and has lost what light and grain were measured."""
    home = swapped.parent
    record = home / "film.mp4.consent.json"
    train(TrainRequest((home / "arjun.mp4",), home / "marco.mp4", copied, "toy", steps(1), consent=(record,)))
    (match,) = copied.glob("stages/match-*")
    (match / "done.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(installed()), prepend=":")
        with studio(copied) as address:
            yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def test_1_what_is_missing_is_said_and_made_by_one_button(page: Page) -> None:
    shows(page, 0, "result")
    matte = page.get_by_role("button", name="Matte")
    expect(page.get_by_text("Likeness and matte cannot be shown.")).to_be_visible()
    expect(page.get_by_text("What the swap measured of light and grain is gone.")).to_be_visible()
    expect(matte).to_have_count(0)
    page.get_by_role("button", name="Make it ready").click()
    expect(matte).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Likeness and matte cannot be shown.")).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text("film.mp4 can be looked into; 1 stages were made.")


def test_2_settings_of_a_range_are_seen_while_they_are_chosen(page: Page) -> None:
    at_frame_8(page)
    page.get_by_role("button", name="Settings", exact=True).click()
    strength = page.get_by_label("Strength").first
    strength.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    draft = page.get_by_role("region", name="Draft")
    expect(draft).to_contain_text("settings strength 50% at 8, frames 0-23, track 0")
    expect(draft.get_by_role("status")).to_have_text("20 frames shown")
    page.keyboard.press("Enter")
    expect(draft).to_have_count(0)
    plate, film, seen = (
        exact(page, path) for path in ("frames/8/plate", "frames/8/result", "retouch/frames/8")
    )
    face = np.abs(film - plate).max(-1) > 40
    assert face.sum() > 500
    share = ((seen - plate)[face] * (film - plate)[face]).sum() / ((film - plate)[face] ** 2).sum()
    assert 0.45 < share < 0.55, "half of the face"
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Nothing is repaired yet")).to_be_visible()


def test_3_another_engine_over_a_range(page: Page) -> None:
    at_frame_8(page)
    page.get_by_role("button", name="Settings", exact=True).click()
    engine = page.get_by_label("Engine")
    expect(engine.locator("option")).to_have_text(["warp, as the film", "toy"])
    expect(page.get_by_text("Not trained for this film (see Train): amp, df")).to_be_visible()
    engine.select_option("toy")
    draft = page.get_by_role("region", name="Draft")
    expect(draft).to_contain_text("settings by toy at 8")
    draft.get_by_label("from").fill("6")
    draft.get_by_label("from").press("Tab")
    draft.get_by_label("to", exact=True).fill("10")
    draft.get_by_label("to", exact=True).press("Tab")
    expect(draft).to_contain_text("frames 6-10")
    expect(draft).to_contain_text("The engine toy was not made ready for this range")
    draft.get_by_role("button", name="Make it ready").click()
    expect(draft.get_by_text("was not made ready")).to_have_count(0, timeout=PATIENCE)
    expect(draft.get_by_role("status")).to_have_text("5 frames shown")
    draft.get_by_role("button", name="Keep").click()
    expect(
        page.get_by_role("button", name="settings by toy at 8, frames 6-10, track 0", exact=True)
    ).to_be_visible()
    for frame, other in ((5, False), (8, True), (11, False)):
        apart = np.abs(exact(page, f"retouch/frames/{frame}") - exact(page, f"frames/{frame}/result")).max()
        assert (apart > 40) == other, frame

    page.get_by_role("link", name="Shots").click()
    choice = page.get_by_label("Engine of shot 1")
    expect(choice).to_have_value("")  # the range is a part of the shot
    choice.select_option("toy")
    expect(page.get_by_role("button", name="As it was")).to_be_visible()
    kept = json.loads(page.request.get(page.url.split("#")[0] + "api/films/1/retouch").text())
    edits = [each["edit"] for each in kept["edits"]]
    told = [(edit["engine"], edit["first"], edit["last"]) for edit in edits]
    assert told == [("toy", 6, 10), ("toy", 0, 23)]
    assert kept["lacks"] is None, "all of the shot was in the window that was made ready"
