"""Faces in a real browser: looked at, dropped and taken back, landmarks dragged, a matte drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.studio.browser import opened, photographed
from tests.studio.conftest import SWAPPED as FRAMES
from understudy.pipeline.mattes.given import network_path

expect.set_options(timeout=60_000)
PATIENCE = 240_000
"""Milliseconds that a job may take on a busy machine."""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        page.get_by_role("link", name="Faces").click()
        yield page


def faces_of(page: Page, clip: str) -> None:
    """Go to the faces of a clip, looked at where they were not yet."""
    page.get_by_label("Whose faces").select_option(label=clip)
    look = page.get_by_role("button", name="Look at every face")
    expect(look.or_(page.get_by_role("option", name="Face 0"))).to_be_visible()
    if look.is_visible():
        look.click()
    expect(page.get_by_role("option", name="Face 0", exact=True)).to_be_visible(timeout=PATIENCE)


def test_1_faces_are_chosen_among_and_it_lasts(page: Page) -> None:
    faces_of(page, "arjun.mp4")
    faces = page.locator("[role=option][id^=face-]")
    status = page.locator(".bar").get_by_role("status")
    expect(status).to_contain_text(f"{FRAMES} of {FRAMES} used")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[role=option] img')].every((one) => one.naturalWidth === 128)"
    )

    faces.nth(3).click()
    faces.nth(5).click(modifiers=["Shift"])
    faces.nth(8).click(modifiers=["Control"])
    expect(page.get_by_text("4 faces chosen")).to_be_visible()
    page.keyboard.press("d")
    expect(status).to_contain_text(f"{FRAMES - 4} of {FRAMES} used")
    page.keyboard.press("Control+z")
    expect(status).to_contain_text(f"{FRAMES} of {FRAMES} used")

    page.get_by_role("listbox", name="Faces").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 faces chosen")).to_be_visible()
    page.keyboard.press("d")
    expect(status).to_contain_text(f"{FRAMES - 2} of {FRAMES} used")
    page.get_by_text("More", exact=True).click()
    with page.expect_download() as told:
        page.get_by_role("link", name="Export choice").click()
    page.get_by_role("button", name="Forget every choice").click()
    expect(status).to_contain_text(f"{FRAMES} of {FRAMES} used")
    page.get_by_label("Import a choice of faces").set_input_files(told.value.path())
    expect(status).to_contain_text(f"{FRAMES - 2} of {FRAMES} used")
    page.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text(f"{FRAMES} of {FRAMES} used")
    page.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text(f"{FRAMES - 2} of {FRAMES} used")

    page.reload()
    expect(status).to_contain_text(f"{FRAMES - 2} of {FRAMES} used")
    page.get_by_role("button", name="not used").click()
    expect(faces).to_have_count(2)
    expect(faces.first).to_have_accessible_name("Face 1, not used")
    page.get_by_role("button", name="all", exact=True).click()
    page.get_by_label("Sort by").select_option("yaw")
    faces.nth(4).hover()
    expect(page.get_by_label("The face").get_by_text("arjun.mp4")).to_be_visible()
    photographed(page, "faces")

    page.get_by_label("Where").fill("frame < 6")
    expect(faces).to_have_count(6)
    expect(page.locator("#faces-fault")).to_be_empty()


def test_2_landmarks_are_dragged_and_followed(page: Page) -> None:
    faces_of(page, "arjun.mp4")
    page.get_by_role("option", name="Face 10", exact=True).dblclick()
    board = page.get_by_role("application")
    expect(page.locator(".strip path")).to_have_count(6)
    before = page.locator(".strip path").nth(2).get_attribute("d")
    board.focus()
    page.keyboard.press("PageDown")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("Landmark 33, right eye: ")).to_be_visible()
    expect(page.locator(".strip path").nth(2)).not_to_have_attribute("d", before or "")

    eyes = page.locator("circle.chosen")
    box = eyes.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 12, y + 9, steps=3)
    page.mouse.up()
    moved = eyes.bounding_box()
    assert moved is not None
    assert moved["x"] == pytest.approx(box["x"] - 12, abs=1.5)
    assert moved["y"] == pytest.approx(box["y"] + 9, abs=1.5)
    photographed(page, "landmarks")

    page.keyboard.press(".")
    expect(page.get_by_text("not kept yet")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Kept: swaps and trainings use it")).to_be_visible()
    said = page.get_by_text("Landmark 33, right eye: ").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("option", name="Face 10", exact=True).dblclick()
    expect(page.get_by_role("button", name="As found")).to_be_enabled()
    page.get_by_role("application").focus()
    page.keyboard.press("PageDown")
    expect(page.get_by_text(said)).to_be_visible()


def test_3_a_matte_is_drawn_over_the_plate(page: Page) -> None:
    faces_of(page, "marco.mp4")
    page.get_by_role("option", name="Face 4", exact=True).dblclick()
    with page.expect_response(re.compile(r"/large/4\?side=1280")) as picture:
        page.get_by_role("tab", name="Matte").click()
    picture.value.finished()
    board = page.get_by_role("application").bounding_box()
    assert board is not None
    for x, y in ((0.4, 0.35), (0.6, 0.33), (0.62, 0.5), (0.42, 0.52)):
        page.mouse.click(board["x"] + x * board["width"], board["y"] + y * board["height"])
    page.keyboard.press("Enter")
    expect(page.locator("path.exclude:not(.open)")).to_have_count(1)
    photographed(page, "matte")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Labelled of this plate: 1;")).to_be_visible()
    drawn = page.locator("path.exclude").get_attribute("d")
    page.reload()
    faces_of(page, "marco.mp4")
    page.get_by_role("option", name="Face 4", exact=True).dblclick()
    page.get_by_role("tab", name="Matte").click()
    expect(page.locator("path.exclude")).to_have_attribute("d", drawn or "")
    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_text("Labelled of this plate: 0;")).to_be_visible()
    expect(page.get_by_role("button", name="Train and apply")).to_be_disabled()


def test_4_what_is_drawn_is_learned_and_applied(page: Page, copied: Path) -> None:
    faces_of(page, "marco.mp4")
    home = page.url.split("#")[0]
    sources = page.request.get(f"{home}api/faces").json()
    plate = next(each["key"] for each in sources if each["name"] == "marco.mp4")
    for row in (2, 8, 14, 20):
        path = f"{home}api/faces/{plate}/rows/{row}/matte"
        seen = page.request.get(path).json()["revision"]
        corners = [[0, 0], [110, 0], [110, 256], [0, 256]]
        told = page.request.put(
            path, data={"exclude": [corners], "seen": seen}, headers={"origin": home.rstrip("/")}
        )
        assert told.ok, told.text()
    page.get_by_role("option", name="Face 2", exact=True).dblclick()
    page.get_by_role("tab", name="Matte").click()
    expect(page.get_by_text("Labelled of this plate: 4;")).to_be_visible()
    page.get_by_label("Budget").fill("never")
    page.get_by_role("button", name="Train and apply").click()
    expect(page.get_by_role("log")).to_contain_text("is no budget")
    page.get_by_label("Budget").fill("1s")
    page.get_by_role("button", name="Train and apply").click()
    expect(page.get_by_role("log")).to_contain_text("Learned from 4 faces in", timeout=PATIENCE)
    said = page.get_by_role("log").inner_text()
    assert re.search(r"in [1-9]\d* steps.*; \d+% of the plate's faces are covered", said), said
    (entry,) = json.loads((copied / "mattes" / "applied.json").read_text()).values()
    assert entry["clip"] == "marco.mp4"
    assert network_path(copied, entry["sha256"]).is_file()
