"""One face by itself: landmarks that are put right, and mattes that are drawn over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.galleries import COUNT, SIDE, filmed
from understudy.faces.correcting import corrected
from understudy.mattes.drawing import drawn
from understudy.mattes.labels import read_labels
from understudy.pipeline.gallery_files import gallery_path, read_gallery
from understudy.project.catalog import Catalog
from understudy.project.fingerprint import fingerprint
from understudy.studio.desk import Desk
from understudy.studio.labelling import labels_path

LIP = 291


@pytest.fixture(scope="session")
def clip(finished: Path) -> Path:
    return filmed(finished, "plate")


@pytest.fixture
def plate(clip: Path, client: TestClient, desk: Desk) -> str:
    """The address of a plate of which nothing was put right or drawn."""
    desk.catalog.replace_corrections(fingerprint(clip), ())
    labels_path(desk.folder).unlink(missing_ok=True)
    key = next(each["key"] for each in client.get("/api/faces").json() if each["name"] == clip.name)
    return f"/api/faces/{key}"


def landmarks(client: TestClient, plate: str, row: int) -> dict:
    return dict(client.get(f"{plate}/rows/{row}/landmarks").json())


def test_a_square_leads_to_the_picture_of_the_face(client: TestClient, plate: str) -> None:
    state = landmarks(client, plate, 4)
    assert (state["frame"], state["before"], state["after"], state["moved"]) == (4, 3, 5, [])
    assert state["found"] == state["points"]
    matrix = np.array(state["to_square"])
    inside = np.array(state["found"]) @ matrix[:, :2].T + matrix[:, 2]
    assert inside.min() > 20
    assert inside.max() < 620
    assert np.ptp(inside, axis=0).min() > 250, "large in it"
    assert landmarks(client, plate, COUNT - 1)["after"] is None


def test_a_correction_is_tried_and_then_kept_as_swaps_see_it(
    client: TestClient, plate: str, clip: Path, finished: Path
) -> None:
    before = landmarks(client, plate, 4)
    wish = {"moved": [{"index": LIP, "dx": 6.0, "dy": -2.5}], "reach": 3}
    tried = client.post(f"{plate}/rows/4/landmarks/preview", json=wish).json()
    assert [each["frame"] for each in tried] == [1, 2, 3, 4, 5, 6, 7]
    assert landmarks(client, plate, 4) == before, "nothing is kept yet"
    kept = client.put(f"{plate}/rows/4/landmarks", json=wish | {"seen": before["revision"]})
    assert kept.status_code == 200

    fresh = Catalog(finished / "catalog.db")
    (said,) = fresh.corrections(fingerprint(clip))
    fresh.close()
    assert (said.frame, said.reach, said.moved[0].index) == (4, 3, LIP)
    gallery = read_gallery(gallery_path(finished, "plate", [clip]))
    truth = corrected(gallery.faceset(np.arange(COUNT)), [said]).landmarks[:, :, :2]
    for seen in tried:
        np.testing.assert_allclose(seen["points"], truth[seen["row"]], atol=0.01)
    now = landmarks(client, plate, 4)
    assert now["points"][LIP] == pytest.approx([before["found"][LIP][0] + 6, before["found"][LIP][1] - 2.5])
    assert (now["found"], now["moved"], now["reach"]) == (before["found"], wish["moved"], 3)
    assert landmarks(client, plate, 3)["points"][LIP] != landmarks(client, plate, 3)["found"][LIP]
    assert landmarks(client, plate, 9)["points"] == landmarks(client, plate, 9)["found"]

    late = client.put(f"{plate}/rows/6/landmarks", json=wish | {"seen": before["revision"]})
    assert (late.status_code, "another window" in late.json()["detail"]) == (409, True)
    client.put(f"{plate}/rows/4/landmarks", json={"moved": [], "reach": 3, "seen": now["revision"]})
    assert landmarks(client, plate, 4)["points"] == before["points"]


@pytest.mark.parametrize(
    "wish",
    [
        {"moved": [{"index": 478, "dx": 0, "dy": 0}]},
        {"moved": [{"index": 0, "dx": 1e9, "dy": 0}]},
        {"moved": [{"index": 0, "dx": "NaN", "dy": 0}]},
        {"moved": [{"index": 0, "dx": 0, "dy": 0}] * 479},
        {"moved": [], "reach": 100000},
        {"moved": [], "reach": -1},
    ],
)
def test_wild_corrections_are_refused(client: TestClient, plate: str, wish: dict) -> None:
    assert client.post(f"{plate}/rows/4/landmarks/preview", json=wish).status_code == 422
    assert client.put(f"{plate}/rows/4/landmarks", json=wish | {"seen": ""}).status_code == 422


def test_polygons_are_labels(client: TestClient, plate: str, desk: Desk, clip: Path) -> None:
    path = f"{plate}/rows/2/matte"
    empty = client.get(path).json()
    assert (empty["labelled"], empty["faces"]) == (False, 0)
    square = [[60.0, 60.0], [120.0, 60.0], [120.0, 120.0], [60.0, 120.0]]
    said = client.put(path, json={"exclude": [square], "seen": empty["revision"]})
    assert (said.status_code, said.json()["exclude"], said.json()["faces"]) == (200, [square], 1)
    (labelled,) = read_labels(labels_path(desk.folder)).clips
    assert (labelled.fingerprint, labelled.name, labelled.width) == (fingerprint(clip), clip.name, SIDE)
    (face,) = labelled.faces
    assert (face.frame, face.track) == (2, 0)
    matte = drawn(face, np.eye(2, 3), SIDE, desk.folder)
    assert (matte[90, 90], matte[30, 90]) == (0, 1), "what is excluded is cut out of the whole face"

    plain = client.get(f"{plate}/rows/7/matte").json()
    client.put(f"{plate}/rows/7/matte", json={"seen": plain["revision"]})
    assert client.get(f"{plate}/rows/7/matte").json()["labelled"] is True, (
        "a face before which nothing stands"
    )
    late = client.put(path, json={"include": [square], "seen": empty["revision"]})
    assert (late.status_code, "another window" in late.json()["detail"]) == (409, True)
    gone = client.delete(path, params={"seen": said.json()["revision"]}).json()
    assert (gone["labelled"], gone["exclude"], gone["faces"]) == (False, [], 1)
    assert client.put(path, json={"exclude": [square[:2]], "seen": gone["revision"]}).status_code == 422
    assert client.put(path, json={"exclude": [square] * 65, "seen": gone["revision"]}).status_code == 422


def test_the_matte_is_trained_as_a_job(client: TestClient, plate: str, desk: Desk) -> None:
    job = client.post(f"{plate}/matte", json={"budget": "90s"}).json()
    assert (job["kind"], job["title"]) == ("matte", "Learn the matte of arjun-plate.mkv")
    desk.queue.cancel(job["id"])
    assert client.post(f"{plate}/matte", json={"budget": "soon"}).status_code == 400
