"""A real browser at a real studio: the command as people start it, and Debian's Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

_COMMAND = [sys.executable, "-c", "from understudy.cli import main; main()", "studio"]


@contextmanager
def studio(project: Path) -> Iterator[str]:
    """`understudy studio` on a free port; gives the printed address, and ends it as Ctrl-C does."""
    # a port of the system's choice: 8780 may be somebody's own studio
    command = [*_COMMAND, str(project), "--no-open", "--port", str(_free_port())]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = None
        for line in server.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S{40,}", line)
            if found:
                address = found[0]
                break
        assert address is not None, "no address was printed"
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0, "Ctrl-C is no failure"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium without a window; `make test` has installed it."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.fail("There is no Chromium: apt-get install chromium, or run make test.")
    with sync_playwright() as playwright:
        # without its sandbox, since continuous integration is root; only the studio's own pages are opened
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page of 1280 x 800 that must not complain, and asks nobody but the studio."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    complaints: list[str] = []
    host = address.split("/?")[0]
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # what is refused (400), or was done in another window before (409), the browser tells as an error, too
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and not re.search(r"status of (400|409)", said.text)
            else None
        ),
    )
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((host, "data:", "blob:"))
            else complaints.append(f"asked {asked.url}")
        ),
    )
    page.goto(address)
    try:
        yield page
    finally:
        page.close()
    assert not complaints


def photographed(page: Page, name: str) -> None:
    """Keep a picture for the docs, where UNDERSTUDY_SCREENSHOTS names their folder."""
    folder = os.environ.get("UNDERSTUDY_SCREENSHOTS")
    if folder:
        path = Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
        with Image.open(path) as taken:
            small = taken.convert("RGB").quantize(200, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
