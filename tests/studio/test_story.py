"""The whole story in a real browser: a project is opened, its worst flaw repaired, and the film rendered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pipeline.agreed import swap
from tests.pipeline.films import act, film
from tests.studio.browser import chromium, opened, photographed, studio
from understudy.pipeline.request import SwapRequest

FRAMES = 24
PATIENCE = 180_000
"""Milliseconds that a job may take on a busy machine."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished swap of two digital performers."""
    home = tmp_path_factory.mktemp("story")
    likeness = film(home / "arjun.mp4", act("arjun", seed=9, count=FRAMES, pace=8).images)
    plate = film(home / "marco.mp4", act("marco", seed=8, count=FRAMES, pace=12.5).images)
    swap(SwapRequest((likeness,), plate, home / "film.mp4"))
    return home / "film.mp4.understudy"


@pytest.fixture(scope="module")
def address(project: Path) -> Iterator[str]:
    with studio(project) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def frame_of(page: Page) -> int:
    return int(page.get_by_role("slider", name="Frame").get_attribute("aria-valuenow") or -1)


def shows(page: Page, frame: int, layers: str) -> None:
    """Wait until the exact frame is on the screen."""
    expect(page.get_by_test_id("picture")).to_have_attribute("data-frame", str(frame))
    expect(page.get_by_test_id("picture")).to_have_attribute("data-layers", layers)


def test_1_review(page: Page) -> None:
    assert "token" not in page.url, "it does not stay in the address"
    shows(page, 0, "result")
    page.get_by_role("button", name="Inspect every frame").click()
    flaws = page.locator("ol li")
    expect(flaws.first).to_be_visible(timeout=PATIENCE)

    page.keyboard.press("n")
    expect(flaws.first).to_have_attribute("aria-current", "true")
    worst = frame_of(page)
    page.keyboard.press("w")
    shows(page, worst, "result plate")
    photographed(page, "review")
    page.keyboard.press("w")

    page.keyboard.press("a")
    expect(flaws.first.get_by_role("button", name="Approve:")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(flaws.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("x")
    expect(flaws.nth(1).get_by_role("button", name="Reject:")).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("m")
    page.keyboard.type("A shadow on the left cheek\n")
    expect(page.get_by_text("A shadow on the left cheek")).to_be_visible()
    page.get_by_role("tab", name="Shots").click()
    page.get_by_role("button", name="Approve shot 1").click()
    expect(page.get_by_role("button", name="Approve shot 1")).to_have_attribute("aria-pressed", "true")

    page.reload()
    shows(page, frame_of(page), "result")
    expect(flaws.first.get_by_role("button", name="Approve:")).to_have_attribute("aria-pressed", "true")
    expect(flaws.nth(1).get_by_role("button", name="Reject:")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="Notes").click()
    expect(page.get_by_text("A shadow on the left cheek")).to_be_visible()


def test_2_every_picture_of_a_frame(page: Page) -> None:
    page.get_by_role("textbox", name="Go to frame").fill("5")
    page.keyboard.press("Enter")
    for layer in ("plate", "likeness", "matte", "result"):
        page.get_by_role("button", name=layer.capitalize(), exact=True).click()
        shows(page, 5, layer)
    page.keyboard.press("ArrowRight")
    shows(page, 6, "result")
    page.keyboard.press("End")
    shows(page, FRAMES - 1, "result")
    for key, pressed in (("b", "Blink"), ("p", "Onion"), ("d", "Difference"), ("g", "G")):
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=pressed, exact=True)).to_have_attribute("aria-pressed", "true")


def test_3_playing_runs_the_proxy_and_stops_at_an_exact_frame(page: Page) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=PATIENCE)
    page.wait_for_function(
        "() => Number(document.querySelector('[aria-label=Frame]').getAttribute('aria-valuenow')) > 3",
        timeout=PATIENCE,
    )
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    shows(page, frame_of(page), "result")


def test_4_keys_can_be_changed(page: Page) -> None:
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet.get_by_text("Next worst frame")).to_be_visible()
    photographed(page, "keys")
    sheet.get_by_role("button", name="Change the key of On one frame").click()
    page.keyboard.press("5")
    sheet.get_by_role("button", name="Close").click()
    page.get_by_role("slider", name="Frame").focus()
    page.keyboard.press("Home")
    shows(page, 0, "result")
    page.keyboard.press("5")
    shows(page, 1, "result")
    page.reload()
    shows(page, 1, "result")
    page.keyboard.press("5")
    shows(page, 2, "result")


def test_5_two_windows_tell_each_other(page: Page, browser: Browser, address: str) -> None:
    # both saw the shot approved; both change it
    with opened(browser, address) as other:
        for each in (page, other):
            each.get_by_role("tab", name="Shots").click()
            expect(each.get_by_role("button", name="Approve shot 1")).to_have_attribute(
                "aria-pressed", "true"
            )
        other.get_by_role("button", name="Reject shot 1").click()
        expect(other.get_by_role("button", name="Reject shot 1")).to_have_attribute("aria-pressed", "true")
        # the pulse tells the first window
        expect(page.get_by_role("button", name="Reject shot 1")).to_have_attribute("aria-pressed", "true")
