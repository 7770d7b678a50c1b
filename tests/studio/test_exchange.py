"""Edits that come and go: files and pictures that are uploaded are not trusted."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.conftest import ADDRESS, DOOR, SWAPPED, picture
from tests.studio.test_retouch import AT, FRAME, frame, painted, state
from understudy.retouch.promoting import promoted_of
from understudy.studio.app import build
from understudy.studio.desk import Desk
from understudy.studio.guard import LARGEST_BODY

BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture
def at(swap_desk: Desk) -> str:
    return f"/api/films/{swap_desk.films()[0].number}/retouch"


@pytest.fixture
def kept(swap_client: TestClient, at: str) -> dict[str, Any]:
    """The state with one edit, and nothing else."""
    before = state(swap_client, at)
    if before["edits"]:
        ids = [each["edit"]["id"] for each in before["edits"]]
        before = swap_client.post(f"{at}/drop", json={"ids": ids, "revision": before["revision"]}).json()
    wanted = {"edit": painted(swap_client, at)["edit"], "revision": before["revision"]}
    return dict(swap_client.post(f"{at}/keep", json=wanted).json())


@pytest.fixture
def elsewhere(swapped: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A studio on another project with the same film."""
    shutil.copytree(swapped, tmp_path / "other")
    desk = Desk(tmp_path / "other")
    with TestClient(build(desk, DOOR), ADDRESS, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {DOOR.token}"
        yield client
    desk.__exit__()


def sent(client: TestClient, path: str, content: bytes, **query: Any) -> dict[str, Any]:
    answer = client.post(path, content=content, params=query, headers=BYTES)
    return {"status": answer.status_code, **answer.json()}


def test_exported_edits_are_imported_in_another_project(
    swap_client: TestClient, elsewhere: TestClient, at: str, kept: dict[str, Any]
) -> None:
    bundle = swap_client.get(f"{at}/export")
    assert bundle.headers["content-type"] == "application/zip"
    before = state(elsewhere, at)
    assert before["edits"] == []
    assert elsewhere.get(f"{at}/export").status_code == 400, "there is nothing to export"
    made = sent(elsewhere, f"{at}/import", bundle.content, revision=before["revision"])
    assert (made["status"], made["edits"]) == (200, kept["edits"])
    assert np.array_equal(frame(elsewhere, at, FRAME + 3), frame(swap_client, at, FRAME + 3))

    late = sent(elsewhere, f"{at}/import", bundle.content, revision=before["revision"])
    assert late["status"] == 409
    again = sent(elsewhere, f"{at}/import", bundle.content, revision=made["revision"], track=0)
    assert [each["edit"]["track"] for each in again["edits"]] == [0, 0]
    assert len({each["edit"]["id"] for each in again["edits"]}) == 2, "a copy has an id of its own"
    undone = elsewhere.post(f"{at}/undo", json={"revision": again["revision"]}).json()
    assert undone["edits"] == kept["edits"]


def changed(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A bundle whose table is another."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(sink, "w") as after:
        for name in before.namelist():
            inside = before.read(name)
            if name == "edits.json":
                told = json.loads(inside)
                change(told["edits"][0])
                inside = json.dumps(told).encode()
            after.writestr(name, inside)
    return sink.getvalue()


def bomb(_: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("edits.json", bytes(70 << 20))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: b"PK and then nothing", "holds no edits"),
        (lambda content: content[: len(content) // 2], "holds no edits"),
        (lambda content: content[:100] + b"\xff" * 40 + content[140:], ""),
        (bomb, "too large"),
        (lambda content: changed(content, lambda edit: edit.update(id="../../x")), "no edit"),
        (lambda content: changed(content, lambda edit: edit.update(track=7)), "track 7"),
        (lambda content: changed(content, lambda edit: edit.update(first=99, last=120)), "ends at frame 23"),
        (lambda content: changed(content, lambda edit: edit["keys"][0].update(patch="0" * 64)), "lacks"),
        (lambda content: bytes(LARGEST_BODY + 1), "16 MiB"),
        (lambda content: b"", ""),
    ],
)  # fmt: skip
def test_a_bundle_that_is_none_is_refused_in_one_sentence(
    swap_client: TestClient, at: str, kept: dict[str, Any], spoil: Callable[[bytes], bytes], words: str
) -> None:
    content = spoil(swap_client.get(f"{at}/export").content)
    answer = sent(swap_client, f"{at}/import", content, revision=kept["revision"])
    assert answer["status"] in (400, 413, 422), answer
    assert words in answer["detail"]
    assert answer["detail"].endswith((".", ". "))
    assert "\n" not in answer["detail"]
    assert "/tmp" not in answer["detail"]
    assert state(swap_client, at)["edits"] == kept["edits"]


def test_edits_that_outlast_a_film_are_cut_to_it(
    swap_client: TestClient, at: str, kept: dict[str, Any]
) -> None:
    content = changed(swap_client.get(f"{at}/export").content, lambda edit: edit.update(first=20, last=900))
    made = sent(swap_client, f"{at}/import", content, revision=kept["revision"])
    assert [(each["edit"]["first"], each["edit"]["last"]) for each in made["edits"]] == [(20, SWAPPED - 1)]


def test_edits_are_copied_to_another_shot(
    swap_client: TestClient, swap_desk: Desk, at: str, kept: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = swap_desk.opened.retouching(swap_desk.films()[0]).scene
    # as if the film had a cut: from frame 14 on it is another track of the same face
    found = scene.landmarks
    monkeypatch.setitem(scene.tracks, 1, (14, SWAPPED - 1))
    monkeypatch.setattr(
        scene, "landmarks", lambda track, at: found(0, at) if (track == 1) == (at >= 14) else None
    )
    held = swap_client.post(f"{at}/holds", json={"first": 3, "last": 4}).json()["edit"]
    kept = swap_client.post(f"{at}/keep", json={"edit": held, "revision": kept["revision"]}).json()
    ids = [each["edit"]["id"] for each in kept["edits"]]
    asked = {"ids": ids, "track": 1, "revision": kept["revision"]}
    made = swap_client.post(f"{at}/copy", json=asked).json()
    told = [each["edit"] for each in made["edits"]]
    assert [(each["operation"], each["track"]) for each in told] == [("paint", 0), ("hold", 0), ("paint", 1)]
    assert (told[2]["first"], told[2]["last"], told[2]["keys"]) == (14, SWAPPED - 1, told[0]["keys"])
    plain = picture(swap_client.get(f"{at.removesuffix('/retouch')}/frames/20/result?lossless=true").content)
    assert np.abs(frame(swap_client, at, 20) - plain).max() > 40, "the repair lies on the other shot's face"
    for wrong, status, words in (
        ({"ids": ids[1:], "revision": made["revision"]}, 400, "no edits that could be copied"),
        ({"track": 0, "revision": made["revision"]}, 400, "is of track 0 already"),
        ({"track": 5, "revision": made["revision"]}, 400, "Track 5 was not replaced"),
        ({"ids": ["00" * 8], "revision": made["revision"]}, 404, "not there any more"),
        ({}, 409, "elsewhere"),
    ):
        answer = swap_client.post(f"{at}/copy", json=asked | wrong)
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    undone = swap_client.post(f"{at}/undo", json={"revision": made["revision"]}).json()
    assert len(undone["edits"]) == 2


def png(pixels: np.ndarray) -> bytes:
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return bytes(cv2.imencode(".png", cv2.cvtColor(pixels, order))[1])


@pytest.fixture
def saved(swap_client: TestClient, at: str, kept: dict[str, Any]) -> np.ndarray:
    """The frame that stands, as the browser saves it."""
    return picture(swap_client.get(f"{at}/frames/{FRAME}?lossless=true").content)


SPOT = np.s_[118:130, 140:152]
"""Rows and columns of what is painted over; its edge is as soft as the face's own pixels."""


def repaired(saved: np.ndarray) -> np.ndarray:
    found = saved.copy()
    found[SPOT] = (40, 60, 200)
    return found


@pytest.mark.parametrize("form", ["8 bits", "16 bits", "with an opaque alpha"])
def test_a_frame_that_was_repaired_in_another_program(
    swap_client: TestClient, at: str, saved: np.ndarray, form: str
) -> None:
    wanted = repaired(saved)
    stored = wanted.astype(np.uint16) * 257 if form == "16 bits" else wanted
    if form.startswith("with"):
        stored = np.dstack([wanted, np.full(wanted.shape[:2], 255, np.uint8)])
    draft = sent(swap_client, f"{at}/frames/{FRAME}/repaired", png(stored))
    assert (draft["status"], draft["edit"]["operation"]) == (200, "paint"), draft
    apart = np.abs(frame(swap_client, at, FRAME, draft["number"]) - wanted)
    assert apart[121:127, 143:149].max() <= 3, "it shows what was painted"
    apart[112:136, 134:158] = 0
    assert apart.max() == 0, "and nothing else"
    near = np.abs(frame(swap_client, at, FRAME + 2, draft["number"]) - frame(swap_client, at, FRAME + 2))
    assert near.max() > 40, "and it follows the face"
    assert len(state(swap_client, at)["edits"]) == 1, "it is a draft"
    second = frame(swap_client, at, FRAME + 6).astype(np.uint8)
    second[int(AT[1]) : int(AT[1]) + 8, int(AT[0]) : int(AT[0]) + 8] = 255
    more = sent(swap_client, f"{at}/frames/{FRAME + 6}/repaired", png(second), onto=draft["number"])
    assert [key["frame"] for key in more["edit"]["keys"]] == [FRAME, FRAME + 6]


def huge(data: bytes) -> bytes:
    """A PNG whose header says 65536 x 65536."""
    header = b"IHDR" + bytes.fromhex("0001000000010000") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda saved: b"GIF89a and more", "no PNG"),
        (lambda saved: bytes(cv2.imencode(".jpg", saved)[1]), "no PNG"),
        (lambda saved: png(saved), "nothing was changed"),
        (lambda saved: png(saved[:-2]), "save the repaired frame in the film's size"),
        (lambda saved: png(np.dstack([repaired(saved), saved[..., 0]])), "transparent"),
        (lambda saved: huge(png(saved)), "65536 x 65536"),
        (lambda saved: png(repaired(saved))[:4000], ""),
        (lambda saved: b"\x89PNG\r\n\x1a\n" + bytes(1000), ""),
        (lambda saved: bytes(LARGEST_BODY + 1), "16 MiB"),
    ],
)  # fmt: skip
def test_a_picture_that_does_not_fit_is_refused_in_one_sentence(
    swap_client: TestClient, at: str, saved: np.ndarray, spoil: Callable[[np.ndarray], bytes], words: str
) -> None:
    answer = sent(swap_client, f"{at}/frames/{FRAME}/repaired", spoil(saved))
    assert answer["status"] in (400, 413), answer
    assert words in answer["detail"]
    assert answer["detail"].endswith(".")
    assert "\n" not in answer["detail"]
    assert "/tmp" not in answer["detail"]


def test_only_frames_that_are_repaired_are_learned_from(
    swap_client: TestClient, swap_desk: Desk, at: str, kept: dict[str, Any]
) -> None:
    told = swap_client.post(f"{at}/promote", json={"frame": FRAME})
    assert told.status_code == 200, told.text
    assert told.json()["sentence"].endswith(f"learn from frame {FRAME} of film.mp4.")
    digest = swap_desk.opened.retouching(swap_desk.films()[0]).made.plate_digest
    assert [each.frame for each in promoted_of(swap_desk.folder, digest, [0])[0]] == [FRAME]
    ids = [each["edit"]["id"] for each in kept["edits"]]
    swap_client.post(f"{at}/drop", json={"ids": ids, "revision": kept["revision"]})
    refused = swap_client.post(f"{at}/promote", json={"frame": FRAME})
    assert (refused.status_code, "is not repaired" in refused.json()["detail"]) == (400, True)
    assert swap_client.post(f"{at}/promote", json={"frame": FRAME, "weight": 0}).status_code == 422
