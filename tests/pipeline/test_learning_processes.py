"""Trainings from the command line: killed, and done by two processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.toy_engine import installed
from tests.forked import Command
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


def words(school: School, *more: str) -> list[str]:
    """`understudy train` on the command line."""
    (school.project / "project.toml").write_text(SETTINGS)
    asked = ["train", school.likeness, "--onto", school.plate, "--project", school.project, "--engine", "toy"]
    asked += ["--consent", school.record, "--device", "cpu", "--json", "-", "--quiet"]
    return [*map(str, asked), "--steps", str(STEPS), *more]


def by_script(school: School, *more: str) -> dict:
    """`understudy train` by a script, as it is installed: with two devices it starts itself again."""
    script = school.folder / "understudy"
    script.write_text("from understudy.cli import main\nmain()\n")
    path = os.pathsep.join([str(ROOT), str(installed()), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, str(script), *words(school, *more)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def start(school: School, *more: str) -> Command:
    return Command.start(school.folder, words(school, *more), install_toy)


def install_toy() -> None:
    installed()


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
    start(school).finished()
    return losses(school)


def test_a_training_that_is_killed_learns_what_it_would_have_learned(school: School, undisturbed) -> None:
    command = start(school)
    command.until(lambda: steps_saved(school) >= 3)
    command.send(signal.SIGKILL)
    assert command.ended() == -signal.SIGKILL, "killed too late"
    assert 3 <= steps_saved(school) < STEPS, "killed too late"
    (trained,) = json.loads(start(school, "--resume").finished())["trained"]
    assert trained["steps"] == STEPS
    assert losses(school) == undisturbed


def test_two_processes_learn_what_one_does(school: School, undisturbed) -> None:
    (trained,) = by_script(school, "--devices", "2")["trained"]
    assert (trained["steps"], trained["examples"]) == (STEPS, 2 * STEPS)
    together = losses(school)
    assert [step for step, _ in together] == [step for step, _ in undisturbed]
    for (_, one), (_, other) in zip(together, undisturbed, strict=True):
        assert one == pytest.approx(other, rel=1e-3)
