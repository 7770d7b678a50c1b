"""What Train shows of a training on disk, and what it begins."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient

from tests.media.barcode_clips import write_picture
from understudy.pipeline.material import declare
from understudy.pipeline.train_request import train_request_from_json
from understudy.project import jobs
from understudy.project.folder import Project
from understudy.studio.desk import Desk
from understudy.studio.losses import Losses
from understudy.training.budget import Point
from understudy.training.checkpoint import Checkpoint, Facts
from understudy.training.course import Course
from understudy.training.shelf import Shelf

NAME = "guided-0123456789ab"


def line(step: int, loss: float) -> str:
    told = {"step": step, "rate": 0.001, "totals": {"network": loss}, "parts": {"tone": loss / 2}}
    return json.dumps(told) + "\n"


@pytest.fixture(scope="module")
def trained(finished: Path) -> Path:
    """A project that has stills of a likeness, a record of them, and a training of 40 steps."""
    home = finished.parent
    still = write_picture(home / "anna.png", np.full((32, 32, 3), 120, np.uint8))
    footage = [still, home / "plate.mkv"]
    record = declare("synthetic", "Nobody", "Drawn.", footage, home / "r.consent.json", declarant="The tests")
    with Project(finished) as project:
        asked = {
            "likeness": ["anna.png"], "plate": "plate.mkv", "engine": "guided", "consent": [record.name],
            "directory": str(home), "learning": {"options": {"size": "128"}, "training": {"steps": 40}},
        }  # fmt: skip
        with project.run("train", asked):
            pass
    folder = finished / "training" / NAME
    folder.mkdir(parents=True)
    about = {
        "engine": "guided", "options": {"size": 128, "width": 32}, "likeness": ["anna.png"],
        "plate": "plate.mkv", "tracks": [0],
    }  # fmt: skip
    (folder / "training.json").write_text(json.dumps(about))
    course = Course(
        step=40, examples=80, seconds=12.5, curve=[Point(20, 6, 5, 19.5), Point(40, 12, 10, 22.0)]
    )
    budget = {"seconds": 600.0, "cpu_seconds": None, "steps": None, "plateau": False}
    facts = Facts("guided", {}, course, 22.0, settings={"budget": budget, "batch": 2, "rate": None})
    Shelf(folder).put(Checkpoint(facts, {"w": torch.zeros(1)}, {}, {}))
    (folder / "losses.jsonl").write_text("".join(line(step, 1 / (step + 1)) for step in range(40)))
    write_picture(folder / "preview.png", np.full((8, 8, 3), 200, np.uint8))
    return finished


def state(client: TestClient) -> dict:
    answer = client.get("/api/train")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def start(client: TestClient, **asked: object) -> dict:
    casting = next(each["number"] for each in state(client)["castings"] if each["likeness"] == ["anna.png"])
    answer = client.post("/api/train", json={"casting": casting, "engine": "guided", **asked})
    return {"status": answer.status_code, **answer.json()}


def test_a_training_is_told_with_its_curves_and_its_sheet(trained: Path, client: TestClient) -> None:
    (training,) = state(client)["trainings"]
    assert (training["name"], training["steps"], training["score"], training["budget"]) == (
        NAME,
        40,
        22.0,
        "10m",
    )
    assert (training["options"], training["settings"]) == (
        {"size": 128, "width": 32},
        {"batch": 2, "rate": None},
    )
    assert training["job"] is None
    curves = client.get(f"/api/train/{NAME}/curves").json()
    assert (curves["score"]["steps"], curves["score"]["values"]) == ([20, 40], [19.5, 22.0])
    (loss,) = curves["losses"]
    assert (loss["name"], loss["values"][:2], curves["last"]) == ("network", [1.0, 0.5], 39)
    assert client.get(f"/api/train/{NAME}/preview").content[:4] == b"\x89PNG"
    for name in ("..%2f..", f"..%2ftraining%2f{NAME}", "guided", "."):
        assert client.get(f"/api/train/{name}/preview").status_code == 404


def test_losses_are_followed_and_cut_logs_are_read_anew(tmp_path: Path) -> None:
    log, losses = tmp_path / "losses.jsonl", Losses()
    assert losses.curves(tmp_path).last == 0
    log.write_text(line(0, 4) + line(1, 2) + line(2, 9)[:-9])
    assert losses.curves(tmp_path).values["loss network"].tolist() == [4, 2], "a line is being written"
    log.write_text(line(0, 4) + line(1, 2) + line(2, 9) + line(3, 8))
    assert losses.curves(tmp_path).last == 3
    log.write_text(line(0, 4) + line(1, 3))
    assert losses.curves(tmp_path).values["loss network"].tolist() == [4, 3], "it was rolled back"
    log.write_text("".join(line(step, step % 2) for step in range(1000)) + "rubbish\n")
    found = losses.curves(tmp_path, points=10)
    assert found.values["loss network"].tolist() == [0.5] * 10
    assert found.steps[0] == 49.5


def test_a_training_is_begun_with_the_footage_and_records_of_a_run(
    trained: Path, client: TestClient, desk: Desk
) -> None:
    job = start(client, options={"size": "128", "width": "16"}, budget="20m", batch=4)
    assert (job["status"], job["kind"], job["state"]) == (202, "train", "waiting")
    with desk.catalog.transaction() as session:
        settings = jobs.get(session, job["id"]).settings
    request = train_request_from_json(settings["request"], trained)
    assert request.likeness == (trained.parent / "anna.png",)
    assert request.consent == (trained.parent / "r.consent.json",)
    assert (request.learning.training.budget, request.learning.training.batch) == ("20m", 4)
    assert state(client)["trainings"][0]["job"] is None, "another width begins another training"
    desk.queue.cancel(job["id"])
    on = start(client, options={"size": "128"}, budget="20m")
    assert state(client)["trainings"][0]["job"] == on["id"]
    desk.queue.cancel(on["id"])


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"budget": "a while"}, 400, "is no budget"),
        ({"budget": "5m", "options": {"depth": "3"}}, 400, "depth"),
        ({"budget": "5m", "options": {"size": "large"}}, 400, "size"),
        ({"budget": "5m", "engine": "df", "options": {"start": "/etc/passwd"}}, 400, "names a file"),
        ({"budget": "5m", "engine": "df", "options": {"perception": "/etc/passwd"}}, 400, "names a file"),
        ({"budget": "5m", "engine": "warp"}, 422, "engine"),
        ({"budget": "5m", "casting": 999}, 404, "No run"),
        ({"steps": 0}, 422, "steps"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(
    trained: Path, client: TestClient, asked: dict, status: int, words: str
) -> None:
    refused = start(client, **asked)
    assert (refused["status"], words in refused["detail"]) == (status, True), refused
    assert all(
        each["kind"] != "train" or each["state"] == "cancelled" for each in client.get("/api/jobs").json()
    )
