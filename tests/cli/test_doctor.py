"""What doctor says of a good machine and of poor ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.cli import checks


def doctor(*arguments, code=""):
    return subprocess.run(
        [sys.executable, "-c", f"{code}\nfrom understudy.cli import main; main()", "doctor", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def healthy():
    return doctor("--json", "-")


def test_a_machine_that_runs_these_tests_has_what_is_needed(healthy):
    report = json.loads(healthy.stdout)
    assert healthy.returncode == 0
    assert report["ok"] is True
    found = {check["name"]: check["found"] for check in report["checks"]}
    assert found["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["PyTorch"].startswith("2.13.0")
    assert found["MediaPipe"] == "0.10.21, 6 of 6 models"
    assert "writes h264, hevc, prores, ffv1" in found["PyAV"]


def test_something_missing_is_exit_code_1_with_its_remedy():
    done = doctor("--quiet", code="import sys; sys.modules['OpenImageIO'] = None")
    assert done.returncode == 1
    assert "OpenImageIO" in done.stdout
    assert "pip install understudy" in done.stdout
    assert "PyTorch" not in done.stdout


def test_a_missing_system_library_names_its_package(monkeypatch):
    def import_module(name):
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(checks.importlib, "import_module", import_module)
    check = checks._opencv()
    assert check.state == "missing"
    assert "apt-get install libgl1" in check.remedy


def test_a_newer_mediapipe_without_models_is_missing_them(tmp_path, monkeypatch):
    class Spec:
        origin = str(tmp_path / "mediapipe" / "__init__.py")

    monkeypatch.setattr(checks, "find_spec", lambda name: Spec)
    check = checks._mediapipe()
    assert check.state == "missing"
    assert "0 of 6 models" in check.found
    assert "mediapipe==0.10.21" in check.remedy


def test_without_identity_only_a_feature_is_left_out(monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    check = checks._identity()
    assert check.state == "optional"
    assert "understudy[identity]" in check.remedy


def test_little_room_is_worth_a_word(monkeypatch):
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 2 << 30}))
    check = checks._disk("disk", Path("not/yet/there"))
    assert check.state == "optional"
    assert check.found == f"2 GB free at {Path.cwd()}"
