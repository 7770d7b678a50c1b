"""Shots: settings that are edits, people whose consent is looked at today, films made anew."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.conftest import picture
from understudy.pipeline.request import request_from_json
from understudy.project import jobs
from understudy.studio.desk import Desk


@pytest.fixture
def at(swap_desk: Desk) -> str:
    return f"/api/films/{swap_desk.films()[0].number}"


def test_settings_of_a_shot_are_edits(swap_client: TestClient, swap_desk: Desk, at: str) -> None:
    def put(settings: dict[str, Any] | None, revision: int) -> Any:
        return swap_client.put(
            f"{at}/shots", json={"first": 0, "last": 23, "settings": settings, "revision": revision}
        )

    before, film = swap_client.get(f"{at}/shots").json(), swap_client.get(at).json()
    assert [shot["own"] for shot in before["shots"]] == [False]
    half = before["shots"][0]["settings"] | {"strength": 0.5, "colour_mode": "own"}
    after = put(half, before["revision"]).json()
    assert (after["shots"][0]["settings"], after["shots"][0]["own"]) == (half, True)
    after_it = swap_client.get(at).json()
    assert after_it["edits"] != film["edits"], "pictures of the layer have another address"
    assert "retouched" in set(after_it["layers"]) - set(film["layers"])
    shown, plain, plate = (
        picture(swap_client.get(f"{at}/frames/8/{layer}?lossless=true").content).astype(int)
        for layer in ("retouched", "result", "plate")
    )
    assert np.abs(shown - plain).max() > 20, "seen without being rendered"
    assert np.abs(plain - plate)[np.abs(plain - shown) > 20].mean() > 20, "where the face is"
    edits = swap_desk.opened.retouching(swap_desk.films()[0]).edits()
    assert [(edit.operation.value, edit.first, edit.last) for edit in edits] == [("settings", 0, 23)]
    assert put(half, before["revision"]).status_code == 409
    other = put(half | {"strength": 0.25}, after["revision"]).json()
    assert other["shots"][0]["settings"]["strength"] == 0.25
    assert len(swap_client.get(f"{at}/retouch").json()["edits"]) == 1, "changed, not added"
    assert put(half | {"strength": 2}, other["revision"]).status_code == 422
    assert put(None, other["revision"]).json()["shots"][0]["own"] is False


def test_consent_is_looked_at_today(swap_client: TestClient, swap_desk: Desk, at: str) -> None:
    said = swap_client.get(f"{at}/shots").json()
    assert said["standing"] == "granted"
    assert [(person["part"], person["problems"]) for person in said["people"]] == [
        ("likeness", []),
        ("plate", []),
    ]
    assert {person["name"] for person in said["people"]} == {"Nobody"}

    record = next((swap_desk.folder / "consent").glob("*.consent.json"))
    signed = record.read_text("utf-8")
    record.write_text(signed.replace('"Nobody"', '"Somebody"'), "utf-8")
    forged = swap_client.get(f"{at}/shots").json()["people"]
    assert all("changed after" in " ".join(person["problems"]) for person in forged)
    record.unlink()
    assert swap_client.get(f"{at}/shots").json()["people"][0]["problems"]
    record.write_text(signed, "utf-8")


def test_a_film_is_made_anew_as_it_was_asked_for(swap_client: TestClient, swap_desk: Desk, at: str) -> None:
    film = swap_desk.films()[0]
    job = swap_client.post(f"{at}/render", json={"blend": "feather"}).json()
    with swap_desk.catalog.transaction() as session:
        row = jobs.get(session, job["id"])
    assert row is not None
    request = request_from_json(json.loads(json.dumps(row.settings["request"])))
    assert (request.output, request.plate, request.blend) == (film.path, film.plate, "feather")
    assert request.consent, "with its records"
    assert swap_client.post(f"{at}/render", json={"blend": "oil"}).status_code == 422
    swap_client.post(f"/api/jobs/{job['id']}/cancel")


def test_there_is_nothing_to_render_without_edits(swap_client: TestClient, at: str) -> None:
    answer = swap_client.post(f"{at}/retouch/render")
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "There is nothing to render yet: keep an edit first.",
    )


def test_engines_are_offered_where_they_can_draw(swap_client: TestClient, swap_desk: Desk, at: str) -> None:
    found = {each["name"]: each for each in swap_client.get(f"{at}/engines").json()}
    assert (found["warp"]["own"], found["warp"]["lacks"]) == (True, None)
    assert "learned nothing in this project: train it" in found["guided"]["lacks"]
    settings = swap_client.get(f"{at}/shots").json()["shots"][0]["settings"] | {"engine": "guided"}
    before = swap_client.get(f"{at}/retouch").json()
    for answer in (
        swap_client.put(
            f"{at}/shots",
            json={"first": 0, "last": 23, "settings": settings, "revision": before["revision"]},
        ),
        swap_client.post(f"{at}/retouch/settings", json={"frame": 8, "engine": "guided"}),
        swap_client.post(f"{at}/ready", json={"engines": {"guided": {"first": 0, "last": 3}}}),
    ):
        assert answer.status_code == 400
        assert "The engine guided has learned nothing in this project" in answer.json()["detail"]
    wrong = swap_client.post(f"{at}/retouch/settings", json={"frame": 8, "engine": "../x"})
    assert wrong.status_code == 400
    assert swap_client.get(f"{at}/retouch").json()["edits"] == before["edits"]
    job = swap_client.post(f"{at}/ready", json={}).json()
    assert (job["kind"], job["title"]) == ("ready", "Make film.mp4 ready to be looked into")
    swap_client.post(f"/api/jobs/{job['id']}/cancel")
