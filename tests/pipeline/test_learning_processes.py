"""Trainings from the command line: killed, and done by two processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engines.toy_engine import installed
from tests.pipeline.school import School
from understudy.training.checkpoint import read_facts
from understudy.training.watching import read_losses

ROOT = Path(__file__).parents[2]
STEPS = 24
SETTINGS = """
[training]
batch = 2
parts = 2
warm-up = 0
save-every = 0.001
score-every = 1000
preview-every = 1000
precision = "fp32"
"""


def start(school: School, *more: str) -> subprocess.Popen[str]:
    """`understudy train` by a script, as it is installed."""
    script = school.folder / "understudy"
    script.write_text("from understudy.cli import main\nmain()\n")
    (school.project / "project.toml").write_text(SETTINGS)
    words = ["train", school.likeness, "--onto", school.plate, "--project", school.project, "--engine", "toy"]
    words += ["--consent", school.record, "--device", "cpu", "--json", "-", "--quiet", *more]
    path = os.pathsep.join([str(ROOT), str(installed()), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, str(script), *map(str, words)], stdout=pipe, stderr=pipe, text=True, env=environment
    )


def finished(process: subprocess.Popen[str]) -> dict:
    told, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return json.loads(told)


def steps_saved(school: School) -> int:
    paths = sorted(school.project.glob("training/*/checkpoints/step-*/state.json"))
    return read_facts(paths[-1].parent).course.step if paths else 0


def losses(school: School) -> list[tuple[int, float]]:
    return [(line["step"], line["totals"]["network"]) for line in read_losses(school.training)]


@pytest.fixture(scope="module")
def undisturbed(studied: Path, tmp_path_factory, likeness: Path, small: Path) -> list[tuple[int, float]]:
    """The losses of a training to which nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed") / "school"
    shutil.copytree(studied, folder)
    school = School(folder, likeness, small, folder / "agreed.consent.json")
    finished(start(school, "--steps", str(STEPS)))
    return losses(school)


def test_a_training_that_is_killed_learns_what_it_would_have_learned(school: School, undisturbed) -> None:
    process = start(school, "--steps", str(STEPS))
    begun = time.monotonic()
    while steps_saved(school) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begun < 500
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 3 <= steps_saved(school) < STEPS, "killed too late"
    (trained,) = finished(start(school, "--steps", str(STEPS), "--resume"))["trained"]
    assert trained["steps"] == STEPS
    assert losses(school) == undisturbed


def test_two_processes_learn_what_one_does(school: School, undisturbed) -> None:
    (trained,) = finished(start(school, "--steps", str(STEPS), "--devices", "2"))["trained"]
    assert (trained["steps"], trained["examples"]) == (STEPS, 2 * STEPS)
    together = losses(school)
    assert [step for step, _ in together] == [step for step, _ in undisturbed]
    for (_, one), (_, other) in zip(together, undisturbed, strict=True):
        assert one == pytest.approx(other, rel=1e-3)
