"""Train in a real browser: begun, watched, stopped and gone on with."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.studio.browser import chromium, opened, photographed, studio

PATIENCE = 240_000


def steps_of(page: Page) -> int:
    text = page.locator("dl div", has_text="steps").first.locator("dd").inner_text()
    return int(text.replace(",", ""))


def test_a_training_is_begun_watched_stopped_and_gone_on_with(copied: Path) -> None:
    with studio(copied) as address, chromium() as browser, opened(browser, address) as page:
        page.get_by_role("link", name="Train").click()
        expect(page.get_by_text("Nothing was trained in this project yet")).to_be_visible()
        page.get_by_role("button", name="New…").click()
        form = page.get_by_role("form", name="A new training")
        form.get_by_role("radio", name="so many steps").check()
        form.get_by_role("textbox", name="Steps").fill("100000")
        form.get_by_role("textbox", name="batch").fill("1")
        form.get_by_role("textbox", name="size *").fill("64")
        form.get_by_role("textbox", name="width *").fill("8")
        form.get_by_role("button", name="Begin").click()

        loss = page.get_by_role("img", name="Loss: network")
        expect(loss).to_be_visible(timeout=PATIENCE)
        far = loss.locator("path").get_attribute("d")
        expect(loss.locator("path")).not_to_have_attribute("d", far or "", timeout=PATIENCE)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_role("button", name="Go on…")).to_be_visible(timeout=PATIENCE)
        done = steps_of(page)
        assert done > 0

        page.get_by_role("button", name="Go on…").click()
        form = page.get_by_role("form", name="Go on with the training")
        expect(form.get_by_role("textbox", name="width *")).to_have_value("8")
        form.get_by_role("textbox", name="Steps").fill(str(done + 3))
        form.get_by_role("button", name="Go on").click()
        expect(page.get_by_text(f"{done + 3} steps, held-out score")).to_be_visible(timeout=PATIENCE)
        page.reload()
        expect(page.get_by_role("img", name="Held-out score")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_alt_text("Preview sheet")).to_be_visible()
        assert steps_of(page) == done + 3
        photographed(page, "train")
