"""What Retouch asks for: drafts that are seen before they are kept, edits that two windows do not lose."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.conftest import SWAPPED, picture
from understudy.project.catalog import Catalog
from understudy.retouch.store import EditStore
from understudy.studio.desk import Desk

AT, FRAME = (128.0, 110.0), 8


@pytest.fixture
def desk(swap_desk: Desk) -> Desk:
    return swap_desk


@pytest.fixture
def at(desk: Desk) -> str:
    return f"/api/films/{desk.films()[0].number}/retouch"


def painted(swap_client: TestClient, at: str, **more: Any) -> dict[str, Any]:
    stroke = {"points": [AT, (AT[0] + 6, AT[1] + 4)], "pressures": [1.0, 0.5], "radius": 7}
    drawing = {"frame": FRAME, "operation": "paint", "strokes": [stroke], "colour": [0.1, 0.9, 0.1]}
    answer = swap_client.post(f"{at}/strokes", json=drawing | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def frame(swap_client: TestClient, at: str, number: int, draft: int | None = None) -> np.ndarray:
    query = "lossless=true" if draft is None else f"lossless=true&draft={draft}"
    return picture(swap_client.get(f"{at}/frames/{number}?{query}").content).astype(int)


def state(swap_client: TestClient, at: str) -> dict[str, Any]:
    return dict(swap_client.get(at).json())


def test_a_stroke_is_a_draft_that_follows_the_face_and_is_kept_only_when_told(
    swap_client: TestClient, desk: Desk, at: str
) -> None:
    plain = {number: frame(swap_client, at, number) for number in (FRAME, FRAME + 3, 0)}
    draft = painted(swap_client, at)
    assert draft["edit"]["operation"] == "paint"
    assert state(swap_client, at)["edits"] == []
    span = {"first": FRAME - 3, "last": FRAME + 3}
    said = swap_client.post(f"{at}/drafts/{draft['number']}/preview", json=span)
    assert [json.loads(line)["frame"] for line in said.text.splitlines()] == list(range(FRAME - 3, FRAME + 4))
    for number in plain:
        with_it = frame(swap_client, at, number, draft["number"])
        changed = np.abs(with_it - plain[number]).max(-1) > 12
        assert 20 < changed.sum() < 600, "a spot, in the keyframe and its neighbours"
        assert np.array_equal(frame(swap_client, at, number), plain[number]), "and nothing without the draft"
        green = with_it[changed] - plain[number][changed]
        assert green[:, 1].mean() > green[:, 0].mean(), "greener"

    revision = state(swap_client, at)["revision"]
    kept = swap_client.post(f"{at}/keep", json={"edit": draft["edit"], "revision": revision}).json()
    assert [each["edit"]["id"] for each in kept["edits"]] == [draft["edit"]["id"]]
    other = Catalog(desk.folder / "catalog.db")
    stored = EditStore(other, desk.folder, desk.films()[0].path).edits()
    other.close()
    assert [edit.id for edit in stored] == [draft["edit"]["id"]], (
        "it was in the catalogue when it was confirmed"
    )
    assert np.abs(frame(swap_client, at, FRAME + 3) - plain[FRAME + 3]).max() > 12

    late = swap_client.post(
        f"{at}/keep", json={"edit": painted(swap_client, at)["edit"], "revision": revision}
    )
    assert late.status_code == 409, "somebody else has written since"
    assert len(state(swap_client, at)["edits"]) == 1

    undone = swap_client.post(f"{at}/undo", json={"revision": kept["revision"]}).json()
    assert (undone["edits"], undone["can_redo"]) == ([], True)
    assert np.array_equal(frame(swap_client, at, FRAME), plain[FRAME])
    redone = swap_client.post(f"{at}/redo", json={"revision": undone["revision"]}).json()
    assert len(redone["edits"]) == 1
    assert swap_client.post(f"{at}/redo", json={"revision": redone["revision"]}).status_code == 400
    named = swap_client.post(f"{at}/versions", json={"name": "before lunch"}).json()
    assert named["versions"] == ["before lunch"]
    gone = swap_client.post(
        f"{at}/drop", json={"ids": [draft["edit"]["id"]], "revision": named["revision"]}
    ).json()
    assert gone["edits"] == []
    back = swap_client.post(
        f"{at}/restore", json={"name": "before lunch", "revision": gone["revision"]}
    ).json()
    assert len(back["edits"]) == 1


@pytest.mark.parametrize("kind", ["plate", "likeness", "frame", "place"])
def test_cloning_from_everywhere(swap_client: TestClient, at: str, kind: str) -> None:
    source = {"kind": kind, "frame": FRAME + 5, "offset": [20, 10], "in_light": True}
    draft = painted(swap_client, at, operation="clone", colour=None, source=source)
    changed = np.abs(frame(swap_client, at, FRAME, draft["number"]) - frame(swap_client, at, FRAME)).max(-1)
    assert changed.max() > 2
    assert (changed[:60] == 0).all(), "nothing far from the brush"


def test_a_draft_is_drawn_on_and_changed(swap_client: TestClient, at: str) -> None:
    draft = painted(swap_client, at)
    stroke = {"points": [(150, 100)], "radius": 6}
    more = painted(swap_client, at, frame=FRAME + 4, strokes=[stroke], onto=draft["edit"])
    assert more["edit"]["id"] == draft["edit"]["id"]
    assert [key["frame"] for key in more["edit"]["keys"]] == [FRAME, FRAME + 4]
    short = swap_client.post(
        f"{at}/drafts", json=more["edit"] | {"first": 6, "last": 10, "strength": 0.5}
    ).json()
    outside = frame(swap_client, at, 12, short["number"])
    assert np.array_equal(outside, frame(swap_client, at, 12))


@pytest.mark.parametrize(
    "wrong",
    [
        {"frame": 999},
        {"operation": "settings"},
        {"strokes": []},
        {"strokes": [{"points": [(1e9, 0)], "radius": 3}]},
        {"strokes": [{"points": [AT], "radius": 0}]},
        {"strokes": [{"points": [AT], "radius": 3, "pressures": [0.5, 0.5]}]},
        {"colour": [2, 0, 0]},
        {"operation": "clone", "source": {"kind": "file", "path": "/etc/passwd"}},
        {"onto": {"id": "../../x"}},
        {"values": {"x": 1}},
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(
    swap_client: TestClient, at: str, wrong: dict[str, Any]
) -> None:
    stroke = {"points": [AT], "radius": 3}
    drawing = {"frame": FRAME, "operation": "paint", "strokes": [stroke], "colour": [0, 1, 0]}
    answer = swap_client.post(f"{at}/strokes", json=drawing | wrong)
    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.json()["detail"].endswith(".")


def test_a_plate_that_was_moved_away_may_come_back(swap_client: TestClient, desk: Desk, at: str) -> None:
    film = desk.films()[0]
    address = at.removesuffix("/retouch")
    assert film.plate is not None
    away = film.plate.rename(film.plate.with_name("away.mp4"))
    try:
        assert swap_client.get(address).json()["layers"] == ["result"]
        refused = swap_client.get(at)
        assert (refused.status_code, "marco.mp4" in refused.json()["detail"]) == (400, True)
    finally:
        away.rename(film.plate)
    assert "plate" in swap_client.get(address).json()["layers"]
    assert "matte" in swap_client.get(address).json()["layers"]
    assert swap_client.get(at).status_code == 200


def test_a_film_that_was_moved_away_is_missed_by_name(swap_client: TestClient, desk: Desk, at: str) -> None:
    film = desk.films()[0]
    away = film.path.rename(film.path.with_name("away.mp4"))
    try:
        told = swap_client.get("/api/project").json()
        assert (told["films"], told["missing"]) == ([], ["film.mp4"])
        gone = swap_client.get(at)
        assert (gone.status_code, gone.json()["detail"]) == (
            404,
            "film.mp4 is not where it was: put it back, or make it anew.",
        )
    finally:
        away.rename(film.path)
    assert swap_client.get("/api/project").json()["missing"] == []
    assert swap_client.get(at).status_code == 200


def test_drafts_and_patches_that_are_not_there(swap_client: TestClient, at: str) -> None:
    assert swap_client.get(f"{at}/frames/0?draft=9999").status_code == 404
    assert swap_client.get(f"{at}/frames/{SWAPPED}").status_code == 400
    edit = painted(swap_client, at)["edit"]
    edit["keys"][0]["patch"] = "0" * 64
    made_up = swap_client.post(f"{at}/drafts", json=edit).json()
    answer = swap_client.get(f"{at}/frames/{FRAME}?draft={made_up['number']}")
    assert answer.status_code == 400


def turned(swap_client: TestClient, at: str, **degrees: float) -> np.ndarray:
    """Where a frame's pixels change when eyes are turned, (H, W)."""
    draft = swap_client.post(f"{at}/gazes", json={"frame": 0, "degrees": degrees}).json()
    assert draft["edit"]["keys"][0]["values"] == degrees
    return (frame(swap_client, at, 0, draft["number"]) != frame(swap_client, at, 0)).any(-1)


def test_each_eye_is_turned_by_itself_or_both(swap_client: TestClient, at: str) -> None:
    right, left = turned(swap_client, at, right_yaw=12), turned(swap_client, at, left_yaw=12)
    assert right.sum() > 20
    assert left.sum() > 20
    columns = [np.flatnonzero(each.any(0)) for each in (right, left)]
    assert columns[0].max() < columns[1].min(), "the performer's right eye is on the picture's left"
    both = turned(swap_client, at, right_yaw=12, left_yaw=12)
    assert np.array_equal(both, right | left)
    for wrong in ({"third_yaw": 1.0}, {"right_yaw": 31.0}, {"left_pitch": -31.0}):
        answer = swap_client.post(f"{at}/gazes", json={"frame": 0, "degrees": wrong})
        assert (answer.status_code, answer.json()["detail"][-1]) == (400, "."), answer.text
