"""The whole story in a real browser: a project is opened, its worst flaw repaired, and the film rendered."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.studio.browser import opened, photographed, studio
from tests.studio.conftest import SWAPPED as FRAMES
from tests.studio.conftest import picture

expect.set_options(timeout=60_000)
PATIENCE = 120_000
"""Milliseconds that a job may take on a busy machine."""


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


def at_frame_8(page: Page) -> None:
    """Go there in Retouch."""
    page.get_by_role("link", name="Retouch").click()
    page.get_by_role("textbox", name="Go to frame").fill("8")
    page.keyboard.press("Enter")
    shows(page, 8, "retouched")


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
    expect(page.get_by_test_id("picture")).to_have_attribute("data-frame", re.compile(r"\d+"))
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
    expect(page.get_by_test_id("picture")).to_have_attribute("data-frame", re.compile(r"\d+"))
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


def drawn(page: Page, way: list[tuple[float, float]]) -> None:
    """Draw over the picture, as shares of the viewer's width and height."""
    box = page.get_by_test_id("picture").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def exact(page: Page, path: str) -> np.ndarray:
    """A frame as the server has it."""
    answer = page.request.get(page.url.split("#")[0] + f"api/films/1/{path}?lossless=true")
    assert answer.ok, answer.text()
    return picture(answer.body()).astype(int)


def test_5_retouch(page: Page) -> None:
    at_frame_8(page)
    page.get_by_role("button", name="Paint", exact=True).click()
    page.get_by_label("Colour").fill("#7a2f2a")
    drawn(page, [(0.52, 0.24), (0.6, 0.22)])
    expect(page.locator("polyline")).to_have_count(1)  # there at once, and gone when the picture has it
    draft = page.get_by_role("region", name="Draft")
    expect(draft.get_by_role("status")).to_have_text("20 frames shown")
    expect(page.locator("polyline")).to_have_count(0)
    photographed(page, "retouch")
    assert np.abs(exact(page, "retouch/frames/11") - exact(page, "frames/11/result")).max() <= 2, (
        "not kept yet"
    )
    page.reload()
    expect(draft).to_contain_text("paint at 8")  # neither is it lost
    expect(draft.get_by_role("status")).to_have_text("20 frames shown")

    page.keyboard.press("Enter")
    expect(draft).to_have_count(0)
    for frame in (8, 11, 3):
        apart = np.abs(exact(page, f"retouch/frames/{frame}") - exact(page, f"frames/{frame}/result"))
        assert apart.max() > 40, f"frame {frame} is mended, too"
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Nothing is repaired yet")).to_be_visible()
    assert np.abs(exact(page, "retouch/frames/8") - exact(page, "frames/8/result")).max() == 0
    page.keyboard.press("Control+Shift+z")
    edit = page.get_by_role("button", name="paint at 8, frames 0-23, track 0", exact=True)
    expect(edit).to_be_visible()
    page.get_by_label("Name of a version").fill("first")
    page.keyboard.press("Enter")
    expect(page.get_by_text("first")).to_be_visible()

    page.reload()
    expect(edit).to_be_visible()
    shows(page, 8, "retouched")
    page.get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Retouched").click()
    shows(page, 8, "retouched")


def test_6_eyes_are_turned_together_and_each_by_itself(page: Page) -> None:
    at_frame_8(page)
    page.keyboard.press(";")
    page.get_by_role("radio", name="The left").focus()
    page.keyboard.press("Space")
    right = page.get_by_role("slider", name="Right")
    right.focus()
    page.keyboard.press("ArrowRight")
    draft = page.get_by_role("region", name="Draft")
    expect(draft).to_contain_text("gaze at 8")
    expect(page.get_by_text("turned 0.5° apart")).to_be_visible()
    page.get_by_role("radio", name="The right").check()
    expect(right).to_have_value("0")
    page.get_by_role("radio", name="Both").check()
    expect(right).to_have_value("0.5")  # 0.25 in the middle, in steps of a half
    down = page.get_by_role("slider", name="Down")
    down.focus()
    page.keyboard.press("PageUp")
    expect(page.get_by_text("turned 0.5° apart")).to_be_visible()
    page.keyboard.press("Enter")
    expect(draft).to_have_count(0)
    address = page.url.split("#")[0] + "api/films/1/retouch"
    (edit,) = [
        each["edit"] for each in page.request.get(address).json()["edits"] if "gaze" in each["sentence"]
    ]
    turned = edit["keys"][0]["values"]
    assert (turned["right_yaw"], turned["left_yaw"]) == (0.5, 0)
    assert turned["right_pitch"] == turned["left_pitch"] > 0
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="gaze at 8", exact=False)).to_have_count(0)


def retouch_of(page: Page) -> dict:
    """The edits as the server has them."""
    return dict(page.request.get(page.url.split("#")[0] + "api/films/1/retouch").json())


def blind(page: Page) -> None:
    """Let a page not hear of other windows: its own writing has to find out."""
    pulse = page.request.get(page.url.split("#")[0] + "api/pulse").json()
    page.route("**/api/pulse", lambda route: route.fulfill(json=pulse))


def test_7_two_tabs_retouch_and_nothing_is_lost(page: Page, browser: Browser, address: str) -> None:
    with opened(browser, address) as other:
        for each in (page, other):
            at_frame_8(each)
        blind(page)
        drawn(page, [(0.55, 0.45), (0.57, 0.46)])
        mine = page.get_by_role("region", name="Draft")
        expect(mine).to_be_visible()

        drawn(other, [(0.45, 0.55), (0.47, 0.56)])
        expect(other.get_by_role("region", name="Draft")).to_be_visible()
        other.keyboard.press("Enter")
        expect(other.get_by_role("region", name="Draft")).to_have_count(0)
        edit = "heal at 8, frames 0-23, track 0"
        expect(page.get_by_role("button", name=edit, exact=True)).to_have_count(0)

        page.get_by_role("button", name="Keep", exact=True).first.click()
        expect(page.get_by_role("log")).to_contain_text("changed elsewhere")
        expect(page.get_by_role("button", name=edit, exact=True)).to_have_count(1)
        expect(mine).to_be_visible()
        page.get_by_role("button", name="Keep", exact=True).first.click()
        expect(mine).to_have_count(0)
        kinds = [each["edit"]["operation"] for each in retouch_of(page)["edits"]]
        assert kinds == ["paint", "heal", "heal"], "both are there"
        page.unroute("**/api/pulse")
        expect(other.get_by_role("button", name=edit, exact=True)).to_have_count(2)

        # both take up one edit; the pulse tells the first that the other was quicker, and it is not undone
        for each in (page, other):
            each.get_by_role("button", name="paint at 8", exact=False).first.click()
            expect(each.get_by_role("region", name="Draft")).to_contain_text("Changing an edit")
        strength = other.get_by_role("slider", name="Strength")
        strength.focus()
        other.keyboard.press("PageDown")
        expect(other.get_by_role("region", name="Draft")).to_contain_text("90%")
        other.keyboard.press("Enter")
        expect(
            page.get_by_role("button", name="paint at 8, frames 0-23, track 0, 90%", exact=True)
        ).to_be_visible()
        page.get_by_role("slider", name="Fade").focus()
        page.keyboard.press("ArrowRight")
        expect(mine).to_contain_text("1 fr")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text(
            'made this edit "paint at 8, frames 0-23, track 0, 90%"'
        )
        assert retouch_of(page)["edits"][0]["edit"]["strength"] == 0.9
        page.keyboard.press("Enter")
        expect(mine).to_have_count(0)
        first = retouch_of(page)["edits"][0]["edit"]
        assert (first["strength"], first["fade"]) == (1, 1), "now it was meant"
        page.keyboard.press("Control+z")
        expect(
            page.get_by_role("button", name="paint at 8, frames 0-23, track 0, 90%", exact=True)
        ).to_be_visible()


def test_8_edits_go_to_another_project_and_frames_to_another_program(
    page: Page, browser: Browser, swapped: Path, tmp_path: Path
) -> None:
    at_frame_8(page)
    page.get_by_text("More", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save frame 8").click()
    assert saved.value.suggested_filename == "film-8.png"
    with Image.open(saved.value.path()) as image:
        frame = image.convert("RGB")
    frame.paste((30, 70, 160), (120, 60, 134, 74))
    frame.save(tmp_path / "repaired.png")
    page.get_by_label("Load frame 8 repaired, as a PNG").set_input_files(tmp_path / "repaired.png")
    draft = page.get_by_role("region", name="Draft")
    expect(draft).to_contain_text("paint at 8")
    page.get_by_role("button", name="Keep", exact=True).first.click()
    expect(draft).to_have_count(0)
    kept = retouch_of(page)["edits"]
    with page.expect_download() as bundle:
        page.get_by_role("link", name="Export all edits").click()
    assert bundle.value.suggested_filename == "film-edits.zip"
    (tmp_path / "wrong.zip").write_bytes(b"no edits at all")
    page.get_by_label("Import edits").set_input_files(tmp_path / "wrong.zip")
    expect(page.get_by_role("log")).to_contain_text("The file holds no edits")
    page.get_by_role("button", name="Close this message").click()

    shutil.copytree(swapped, tmp_path / "film.mp4.understudy")
    with studio(tmp_path / "film.mp4.understudy") as address, opened(browser, address) as other:
        at_frame_8(other)
        expect(other.get_by_text("Nothing is repaired yet")).to_be_visible()
        other.get_by_text("More", exact=True).click()
        other.get_by_label("Import edits").set_input_files(bundle.value.path())
        expect(other.get_by_role("log")).to_contain_text(f"{len(kept)} edits are imported")
        assert retouch_of(other)["edits"] == kept
        other.get_by_role("button", name="Undo").click()
        expect(other.get_by_text("Nothing is repaired yet")).to_be_visible()


def test_9_shots_and_the_film_rendered_with_its_edits(page: Page, swapped: Path) -> None:
    page.get_by_role("link", name="Shots").click()
    expect(page.get_by_text("Everybody concerned has agreed")).to_be_visible()
    expect(page.get_by_role("cell", name="in force")).to_have_count(2)
    strength = page.get_by_role("slider", name="Strength of shot 1")
    strength.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("95 %")).to_be_visible()
    expect(page.get_by_role("button", name="As it was")).to_be_visible()
    page.get_by_role("button", name="Render with settings and edits").click()
    job = page.get_by_role("row", name="Render film.mp4 with its edits")
    expect(job).to_contain_text("film-retouched.mp4 is written", timeout=PATIENCE)
    photographed(page, "shots")
    assert (swapped.parent / "film-retouched.mp4").is_file()
    page.get_by_role("combobox", name="Film").select_option("film-retouched.mp4")
    page.get_by_role("link", name="Review").click()
    shows(page, 0, "result")
    expect(page.get_by_role("button", name="Retouched")).to_have_count(0)  # the edits are in it
    page.reload()
    expect(page.get_by_role("combobox", name="Film")).to_contain_text("film-retouched.mp4")
    page.get_by_role("combobox", name="Film").select_option("film.mp4")
    page.get_by_role("link", name="Shots").click()
    expect(page.get_by_text("95 %")).to_be_visible()


def test_10_two_windows_tell_each_other(page: Page, browser: Browser, address: str) -> None:
    # both saw the shot approved; both change it
    with opened(browser, address) as other:
        for each in (page, other):
            each.get_by_role("combobox", name="Film").select_option("film.mp4")
            expect(each.get_by_role("tab", name="Notes 1")).to_be_visible()  # the other film has none
            each.get_by_role("tab", name="Shots").click()
            expect(each.get_by_role("button", name="Approve shot 1")).to_have_attribute(
                "aria-pressed", "true"
            )
        other.get_by_role("button", name="Reject shot 1").click()
        expect(other.get_by_role("button", name="Reject shot 1")).to_have_attribute("aria-pressed", "true")
        # the pulse tells the first window
        expect(page.get_by_role("button", name="Reject shot 1")).to_have_attribute("aria-pressed", "true")

        # a verdict of a window that has not heard of it
        blind(page)
        other.get_by_role("button", name="Approve shot 1").click()
        expect(other.get_by_role("button", name="Approve shot 1")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Reject shot 1").click()
        expect(page.get_by_role("log")).to_contain_text("This was approved in another window")
        expect(page.get_by_role("button", name="Approve shot 1")).to_have_attribute("aria-pressed", "true")
        page.unroute("**/api/pulse")


def test_11_a_note_that_two_windows_change(page: Page, browser: Browser, address: str) -> None:
    with opened(browser, address) as other:
        for each in (page, other):
            each.get_by_role("combobox", name="Film").select_option("film.mp4")
            each.get_by_role("tab", name="Notes 1").click()
            each.get_by_text("A shadow on the left cheek").click()
        mine = page.get_by_label("The note at frame")
        mine.fill("A shadow, and a seam")
        other.get_by_label("The note at frame").fill("A shadow on both cheeks")
        other.keyboard.press("Enter")
        expect(other.get_by_role("button", name="A shadow on both cheeks", exact=True)).to_be_visible()
        # heard by the pulse while it is being typed
        expect(page.get_by_role("button", name="Delete: A shadow on both cheeks")).to_be_visible()
        mine.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("This note was changed in another window")
        expect(mine).to_have_value("A shadow, and a seam")
        expect(page.get_by_text("It says now: A shadow on both cheeks")).to_be_visible()
        mine.press("Enter")
        expect(other.get_by_role("button", name="A shadow, and a seam", exact=True)).to_be_visible()

        page.get_by_role("button", name="A shadow, and a seam", exact=True).click()
        mine.fill("A shadow, a seam, and more")
        other.get_by_role("button", name="Delete: A shadow, and a seam").click()
        expect(page.get_by_role("log")).to_contain_text("deleted in another window")
        expect(page.get_by_label("A note at frame")).to_have_value("A shadow, a seam, and more")
