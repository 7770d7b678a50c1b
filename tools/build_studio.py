"""Hatch's hook: the studio's pages are in every wheel, built here where they are missing and npm is at hand.

Installing a wheel needs no Node.js. Where a wheel is built without pages and without npm, it is built all the
same: everything but `understudy studio` works, and that says what is missing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StudioHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages, unless they are there or this is an editable install."""
        del build_data
        root = Path(self.root)
        if version == "editable" or (root / "src/understudy/studio/static/index.html").is_file():
            return
        npm = shutil.which("npm")
        if npm is None or not (root / "studio/package.json").is_file():
            print("The studio's pages are left out: install Node.js and npm first.", file=sys.stderr)
            return
        for command in ([npm, "ci", "--no-audit", "--no-fund"], [npm, "run", "build"]):
            subprocess.run(command, cwd=root / "studio", check=True, stdout=sys.stderr)
