"""What Faces asks for and changes, each seen again by a second, fresh reader of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.galleries import COUNT, filmed
from understudy.likeness.selection import read_selection
from understudy.project.catalog import Catalog
from understudy.project.fingerprint import fingerprint
from understudy.studio.desk import Desk
from understudy.studio.guard import LARGEST_BODY
from understudy.studio.thumbs import SIDE


@pytest.fixture(scope="session")
def clip(finished: Path) -> Path:
    return filmed(finished, "likeness")


@pytest.fixture
def likeness(clip: Path, client: TestClient, desk: Desk) -> str:
    """The key of a likeness of which nothing was dropped."""
    desk.catalog.forget_selections([fingerprint(clip)])
    return next(each["key"] for each in client.get("/api/faces").json() if each["name"] == clip.name)


def rows(client: TestClient, key: str, **asked: object) -> list[int]:
    answer = client.get(f"/api/faces/{key}/rows", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


def choose(client: TestClient, key: str, action: str, chosen: list[int], seen: str | None = None) -> dict:
    seen = seen or client.get(f"/api/faces/{key}").json()["revision"]
    answer = client.post(f"/api/faces/{key}/choices", json={"action": action, "rows": chosen, "seen": seen})
    return {"status": answer.status_code, **answer.json()}


def test_footage_is_known_by_key_and_never_by_path(client: TestClient, likeness: str, clip: Path) -> None:
    sources = client.get("/api/faces").json()
    assert {each["role"] for each in sources} == {"likeness", "plate"}
    (plate,) = [each for each in sources if each["name"] == "plate.mkv"]
    assert plate["ready"] is False
    assert client.get(f"/api/faces/{plate['key']}").status_code == 404
    state = client.get(f"/api/faces/{likeness}")
    assert str(clip.parent) not in state.text
    assert (state.json()["faces"], state.json()["kept"], state.json()["stale"]) == (COUNT, COUNT, False)
    assert state.json()["people"][1] == {"person": 1, "faces": 1, "kept": 1}
    assert state.json()["sentences"] == [
        "arjun-likeness.mkv shows somebody else in frame 11: 0.80 from the person seen most "
        "(one person is below 0.60)."
    ]
    for key in ("..%2f..%2fetc", "likeness-99999-0", f"{likeness}x", str(clip)):
        assert client.get(f"/api/faces/{key}/rows").status_code == 404


def test_faces_are_sorted_and_filtered_as_curate_does(client: TestClient, likeness: str) -> None:
    assert rows(client, likeness) == list(range(COUNT))
    assert rows(client, likeness, sort="yaw", reverse=True)[:3] == [11, 10, 9]
    assert rows(client, likeness, where="yaw > 8 and not frame == 5") == [3, 4, 6, 7, 8, 9, 10, 11]
    assert rows(client, likeness, person=1) == rows(client, likeness, odd=True) == [11]
    assert rows(client, likeness, where="yaw < 9 or yaw > 30", person=0) == [0, 1, 2], "in brackets"
    assert len(rows(client, likeness, best=4)) == 4
    assert len(rows(client, likeness, alike=3)) == COUNT - 1, "they are given as alike"
    wrong = client.get(f"/api/faces/{likeness}/rows", params={"where": "yaw >"})
    assert wrong.status_code == 400
    assert "yaw" in wrong.json()["detail"]


def test_a_choice_is_in_the_catalogue_before_it_is_confirmed(
    client: TestClient, likeness: str, clip: Path, finished: Path
) -> None:
    made = choose(client, likeness, "drop", [2, 5, 5])
    assert (made["status"], made["dropped"], made["kept"]) == (200, [2, 5], COUNT - 2)
    fresh = Catalog(finished / "catalog.db")
    said = fresh.selection(fingerprint(clip))
    fresh.close()
    assert said is not None
    assert [(each.frame, each.why) for each in said.dropped] == [(2, "dropped"), (5, "dropped")]
    assert rows(client, likeness) == [0, 1, 3, 4, *range(6, COUNT)]
    assert rows(client, likeness, show="dropped") == [2, 5]
    assert client.get(f"/api/faces/{likeness}/rows/5").json()["dropped"] == "dropped"

    kept = choose(client, likeness, "keep", [1, 5], made["revision"])
    assert kept["kept"] == 1, "what was dropped before stays dropped"
    assert choose(client, likeness, "restore", [5], kept["revision"])["restored"] == [5]
    assert rows(client, likeness) == [1, 5]
    reasons = client.get(f"/api/faces/{likeness}").json()["reasons"]
    assert reasons == [{"why": "dropped", "faces": 1}, {"why": "not kept", "faces": 9}]


def selected(client: TestClient, key: str, content: bytes | None, seen: str | None = None) -> dict:
    """Take a selection over, or forget it."""
    seen = seen or client.get(f"/api/faces/{key}").json()["revision"]
    path, query = f"/api/faces/{key}/selection", {"seen": seen}
    answer = (
        client.delete(path, params=query)
        if content is None
        else client.post(
            path, params=query, content=content, headers={"content-type": "application/octet-stream"}
        )
    )
    return {"status": answer.status_code, **answer.json()}


def test_a_choice_goes_out_as_curate_writes_it_and_comes_back(
    client: TestClient, likeness: str, clip: Path, finished: Path, tmp_path: Path
) -> None:
    choose(client, likeness, "drop", [2, 5])
    content = client.get(f"/api/faces/{likeness}/selection").content
    (tmp_path / "faces.json").write_bytes(content)
    (told,) = read_selection(tmp_path / "faces.json")
    assert (told.name, told.fingerprint, told.faces) == (clip.name, fingerprint(clip), COUNT)
    assert [each.frame for each in told.dropped] == [2, 5]

    forgotten = selected(client, likeness, None)
    assert (forgotten["dropped"], forgotten["restored"], forgotten["kept"]) == ([], [2, 5], COUNT)
    fresh = Catalog(finished / "catalog.db")
    assert fresh.selection(fingerprint(clip)) is None, "as if nobody had chosen"
    fresh.close()
    choose(client, likeness, "drop", [5, 7])
    back = selected(client, likeness, content)
    assert (back["dropped"], back["restored"], back["kept"]) == ([2], [7], COUNT - 2)
    assert rows(client, likeness, show="dropped") == [2, 5]
    late = selected(client, likeness, content, seen=forgotten["revision"])
    assert (late["status"], selected(client, likeness, None, seen="x")["status"]) == (409, 409)
    assert rows(client, likeness, show="dropped") == [2, 5]


@pytest.mark.parametrize(
    ("spoil", "status", "words"),
    [
        (lambda told: b"{", 400, "no selection of faces"),
        (lambda told: b"\x89PNG", 400, "no selection of faces"),
        (lambda told: told | {"clips": [told["clips"][0] | {"fingerprint": "0" * 64}]}, 400, "other clips"),
        (lambda told: told | {"clips": [told["clips"][0] | {"step": 0}]}, 400, "step"),
        (lambda told: told | {"surprise": 1}, 400, "surprise"),
        (lambda told: bytes(LARGEST_BODY + 1), 413, "16 MiB"),
    ],
)  # fmt: skip
def test_a_choice_that_is_none_is_refused_whole(
    client: TestClient, likeness: str, spoil: Callable[[dict], dict | bytes], status: int, words: str
) -> None:
    choose(client, likeness, "drop", [4])
    told = client.get(f"/api/faces/{likeness}/selection").json()
    spoiled = spoil(told)
    refused = selected(
        client, likeness, spoiled if isinstance(spoiled, bytes) else json.dumps(spoiled).encode()
    )
    assert (refused["status"], words in refused["detail"]) == (status, True), refused
    assert "\n" not in refused["detail"]
    assert rows(client, likeness, show="dropped") == [4]


def test_two_windows_do_not_lose_each_others_choices(client: TestClient, likeness: str) -> None:
    seen = client.get(f"/api/faces/{likeness}").json()["revision"]
    assert choose(client, likeness, "drop", [1], seen)["status"] == 200
    refused = choose(client, likeness, "drop", [3], seen)
    assert refused["status"] == 409
    assert "another window" in refused["detail"]
    assert rows(client, likeness, show="dropped") == [1]


def test_what_cannot_be_chosen_is_refused_whole(client: TestClient, likeness: str) -> None:
    none_left = choose(client, likeness, "drop", list(range(COUNT)))
    assert (none_left["status"], "without a face" in none_left["detail"]) == (400, True)
    assert choose(client, likeness, "drop", [0, COUNT])["status"] == 404
    assert choose(client, likeness, "drop", [-1])["status"] == 404
    assert choose(client, likeness, "drop", [])["status"] == 422
    assert rows(client, likeness) == list(range(COUNT))


def test_thumbnails_are_the_faces_and_are_kept(
    client: TestClient, likeness: str, finished: Path, desk: Desk
) -> None:
    state = client.get(f"/api/faces/{likeness}").json()
    address = f"/api/faces/{likeness}/{state['print']}/thumbs"
    first = client.get(f"{address}/3")
    assert "immutable" in first.headers["cache-control"]
    shown = cv2.imdecode(np.frombuffer(first.content, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (SIDE, SIDE, 3)
    middle = shown[50:80, 50:80].mean((0, 1))
    assert middle[2] > middle[1] > middle[0], "skin"
    (kept,) = (finished / "studio" / "faces").rglob("0000003.jpg")
    assert kept.read_bytes() == first.content
    kept.write_bytes(b"from the disk")
    assert client.get(f"{address}/3").content == b"from the disk"
    kept.unlink()
    assert client.get(f"{address}/{COUNT}").status_code == 404
    assert client.get(f"{address}/..%2f3").status_code in (404, 422)
    large = client.get(f"/api/faces/{likeness}/{state['print']}/large/3?side=300")
    assert cv2.imdecode(np.frombuffer(large.content, np.uint8), cv2.IMREAD_COLOR).shape == (300, 300, 3)


def test_looking_is_a_job_of_its_own(client: TestClient, likeness: str, desk: Desk) -> None:
    job = client.post(f"/api/faces/{likeness}/look").json()
    assert (job["kind"], job["state"], job["title"]) == ("faces", "waiting", "Faces of arjun-likeness.mkv")
    desk.queue.cancel(job["id"])
