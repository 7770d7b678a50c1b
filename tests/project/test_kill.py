"""kill -9 at random moments, then the same work again: it goes on, and ends as if nothing had happened."""

import hashlib
import random
import signal
import subprocess
import sys
import time

import pytest

from understudy.project.folder import Project

CHUNKS = 30
WORK = f"""
import sys, time
from pathlib import Path
import numpy as np
from understudy.project.folder import Project
from understudy.project.recipe import Recipe

CHUNKS = {CHUNKS}
folder, output, version = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def noise(stage):
    for k in stage.pending_chunks(CHUNKS):
        with stage.writing(stage.chunk(k)) as path, path.open("wb") as file:
            for part in range(4):
                file.write(np.random.default_rng([version, k, part]).bytes(50_000))
                file.flush()
                time.sleep(0.001)

def total(source):
    def work(stage):
        with stage.writing("total.bin") as path, path.open("wb") as file:
            for chunk in source.chunks(CHUNKS):
                file.write(chunk.read_bytes())
                time.sleep(0.001)
    return work

with Project(folder) as project:
    print("opened", flush=True)
    with project.run("test", {{}}, output) as run:
        first = Recipe("noise", version)
        source = run.stage(first, noise)
        last = run.stage(Recipe("total", 1, inputs={{"noise": first.hash}}), total(source))
        output.write_bytes(last.path("total.bin").read_bytes())
"""


def start(folder, output, version):
    """Start the work in a process of its own, and wait until it has the project."""
    arguments = [sys.executable, "-c", WORK, str(folder), str(output), str(version)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "opened\n", process.communicate()[1]
    return process


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_again_and_again(tmp_path):
    assert start(tmp_path / "calm", tmp_path / "calm.bin", 7).wait(60) == 0

    # An earlier generation, so that a kill may also fall into the deletion of its stages.
    for version in (5, 6):
        assert start(tmp_path / "killed", tmp_path / "killed.bin", version).wait(60) == 0

    moments = random.Random(0)
    kills = 0
    for _ in range(8):
        process = start(tmp_path / "killed", tmp_path / "killed.bin", 7)
        time.sleep(moments.uniform(0, 0.12))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 4, "most runs ended before they were killed: the test has lost its point"

    assert start(tmp_path / "killed", tmp_path / "killed.bin", 7).wait(60) == 0
    assert digest(tmp_path / "killed.bin") == digest(tmp_path / "calm.bin")
    with Project(tmp_path / "killed") as project:
        runs = project.catalog.last_run(tmp_path / "killed.bin")
        assert runs.outcome == "done"
    assert not list((tmp_path / "killed").rglob(".part-*"))
