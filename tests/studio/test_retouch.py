"""What Retouch asks for: drafts that are seen before they are kept, edits that two windows do not lose."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.conftest import ADDRESS, DOOR, SWAPPED, picture
from understudy.project.catalog import Catalog
from understudy.retouch.store import EditStore
from understudy.studio.app import build
from understudy.studio.desk import Desk

AT, FRAME = (128.0, 110.0), 8


@pytest.fixture(scope="module")
def desk(swapped: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A copy of the project: its catalogue is its own, its film the one that was made."""
    folder = tmp_path_factory.mktemp("retouch") / "film.mp4.understudy"
    shutil.copytree(swapped, folder)
    desk = Desk(folder)
    yield desk
    desk.__exit__()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(build(desk, DOOR), ADDRESS, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {DOOR.token}"
        yield client


@pytest.fixture
def at(desk: Desk) -> str:
    return f"/api/films/{desk.films()[0].number}/retouch"


def painted(client: TestClient, at: str, **more: Any) -> dict[str, Any]:
    stroke = {"points": [AT, (AT[0] + 6, AT[1] + 4)], "pressures": [1.0, 0.5], "radius": 7}
    drawing = {"frame": FRAME, "operation": "paint", "strokes": [stroke], "colour": [0.1, 0.9, 0.1]}
    answer = client.post(f"{at}/strokes", json=drawing | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def frame(client: TestClient, at: str, number: int, draft: int | None = None) -> np.ndarray:
    query = "lossless=true" if draft is None else f"lossless=true&draft={draft}"
    return picture(client.get(f"{at}/frames/{number}?{query}").content).astype(int)


def state(client: TestClient, at: str) -> dict[str, Any]:
    return dict(client.get(at).json())


def test_a_stroke_is_a_draft_that_follows_the_face_and_is_kept_only_when_told(
    client: TestClient, desk: Desk, at: str
) -> None:
    plain = {number: frame(client, at, number) for number in (FRAME, FRAME + 3, 0)}
    draft = painted(client, at)
    assert draft["edit"]["operation"] == "paint"
    assert state(client, at)["edits"] == []
    span = {"first": FRAME - 3, "last": FRAME + 3}
    said = client.post(f"{at}/drafts/{draft['number']}/preview", json=span)
    assert [json.loads(line)["frame"] for line in said.text.splitlines()] == list(range(FRAME - 3, FRAME + 4))
    for number in plain:
        with_it = frame(client, at, number, draft["number"])
        changed = np.abs(with_it - plain[number]).max(-1) > 12
        assert 20 < changed.sum() < 600, "a spot, in the keyframe and its neighbours"
        assert np.array_equal(frame(client, at, number), plain[number]), "and nothing without the draft"
        green = with_it[changed] - plain[number][changed]
        assert green[:, 1].mean() > green[:, 0].mean(), "greener"

    revision = state(client, at)["revision"]
    kept = client.post(f"{at}/keep", json={"edit": draft["edit"], "revision": revision}).json()
    assert [each["edit"]["id"] for each in kept["edits"]] == [draft["edit"]["id"]]
    other = Catalog(desk.folder / "catalog.db")
    stored = EditStore(other, desk.folder, desk.films()[0].path).edits()
    other.close()
    assert [edit.id for edit in stored] == [draft["edit"]["id"]], (
        "it was in the catalogue when it was confirmed"
    )
    assert np.abs(frame(client, at, FRAME + 3) - plain[FRAME + 3]).max() > 12

    late = client.post(f"{at}/keep", json={"edit": painted(client, at)["edit"], "revision": revision})
    assert late.status_code == 409, "somebody else has written since"
    assert len(state(client, at)["edits"]) == 1

    undone = client.post(f"{at}/undo", json={"revision": kept["revision"]}).json()
    assert (undone["edits"], undone["can_redo"]) == ([], True)
    assert np.array_equal(frame(client, at, FRAME), plain[FRAME])
    redone = client.post(f"{at}/redo", json={"revision": undone["revision"]}).json()
    assert len(redone["edits"]) == 1
    assert client.post(f"{at}/redo", json={"revision": redone["revision"]}).status_code == 400
    named = client.post(f"{at}/versions", json={"name": "before lunch"}).json()
    assert named["versions"] == ["before lunch"]
    gone = client.post(
        f"{at}/drop", json={"ids": [draft["edit"]["id"]], "revision": named["revision"]}
    ).json()
    assert gone["edits"] == []
    back = client.post(f"{at}/restore", json={"name": "before lunch", "revision": gone["revision"]}).json()
    assert len(back["edits"]) == 1


@pytest.mark.parametrize("kind", ["plate", "likeness", "frame", "place"])
def test_cloning_from_everywhere(client: TestClient, at: str, kind: str) -> None:
    source = {"kind": kind, "frame": FRAME + 5, "offset": [20, 10], "in_light": True}
    draft = painted(client, at, operation="clone", colour=None, source=source)
    changed = np.abs(frame(client, at, FRAME, draft["number"]) - frame(client, at, FRAME)).max(-1)
    assert changed.max() > 2
    assert (changed[:60] == 0).all(), "nothing far from the brush"


def test_a_draft_is_drawn_on_and_changed(client: TestClient, at: str) -> None:
    draft = painted(client, at)
    stroke = {"points": [(150, 100)], "radius": 6}
    more = painted(client, at, frame=FRAME + 4, strokes=[stroke], onto=draft["edit"])
    assert more["edit"]["id"] == draft["edit"]["id"]
    assert [key["frame"] for key in more["edit"]["keys"]] == [FRAME, FRAME + 4]
    short = client.post(f"{at}/drafts", json=more["edit"] | {"first": 6, "last": 10, "strength": 0.5}).json()
    outside = frame(client, at, 12, short["number"])
    assert np.array_equal(outside, frame(client, at, 12))


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
    client: TestClient, at: str, wrong: dict[str, Any]
) -> None:
    stroke = {"points": [AT], "radius": 3}
    drawing = {"frame": FRAME, "operation": "paint", "strokes": [stroke], "colour": [0, 1, 0]}
    answer = client.post(f"{at}/strokes", json=drawing | wrong)
    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.json()["detail"].endswith(".")


def test_drafts_and_patches_that_are_not_there(client: TestClient, at: str) -> None:
    assert client.get(f"{at}/frames/0?draft=9999").status_code == 404
    assert client.get(f"{at}/frames/{SWAPPED}").status_code == 400
    edit = painted(client, at)["edit"]
    edit["keys"][0]["patch"] = "0" * 64
    made_up = client.post(f"{at}/drafts", json=edit).json()
    answer = client.get(f"{at}/frames/{FRAME}?draft={made_up['number']}")
    assert answer.status_code == 400
