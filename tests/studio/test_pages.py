"""The front end as it is shipped: in the wheel, with types that are the server's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from understudy.studio.app import STATIC, schema

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "studio"


def test_the_wheel_has_the_built_pages(tmp_path: Path) -> None:
    assert (STATIC / "index.html").is_file(), "run make studio first"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
        page = wheel.read("understudy/studio/static/index.html").decode()
        asked_for = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
        assert len(asked_for) == 2, "a script and a style sheet"
        for path in asked_for:
            assert len(wheel.read(f"understudy/studio/static{path}")) > 1000
    assert not any("node_modules" in name for name in names)


def test_the_types_of_the_pages_are_the_servers(tmp_path: Path) -> None:
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(schema()), "utf-8")
    made = tmp_path / "schema.ts"
    command = ["node", "node_modules/openapi-typescript/bin/cli.js", str(described), "--output", str(made)]
    subprocess.run(command, cwd=PAGES, check=True, capture_output=True, env={**os.environ, "CI": "1"})
    committed = PAGES / "src" / "api" / "schema.ts"
    assert made.read_text("utf-8") == committed.read_text("utf-8"), "run make types"


def test_nothing_is_asked_of_other_hosts() -> None:
    lock = (PAGES / "package-lock.json").read_text("utf-8")
    for host in re.findall(r'"resolved":\s*"https?://([^/"]+)', lock):
        assert host == "registry.npmjs.org"
    for path in STATIC.rglob("*"):
        if path.suffix in (".html", ".css"):
            assert "//" not in re.sub(r"/\*.*?\*/", "", path.read_text("utf-8")), path
