"""What Review asks for and changes, each seen again by a second, fresh reader of the catalogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.studio.conftest import SIZE, picture
from understudy.inspection.flaws import FLAWS, Judgement
from understudy.project import coverages, findings, jobs, reviews
from understudy.project.catalog import Catalog
from understudy.studio.desk import Desk
from understudy.studio.work.inspecting import curves_of


def found_in(desk: Desk, number: int, *, print_: str | None = None) -> None:
    film = desk.film(number)
    event = {
        "flaw": "seam", "region": "face", "first": 3, "last": 6, "keyframe": 4, "score": 3.5,
        "severity": "severe", "throughout": False, "words": "the edge shows", "box": [1.0, 2.0, 30.0, 40.0],
    }  # fmt: skip
    with desk.catalog.transaction() as session:
        findings.replace(
            session,
            film.key,
            print_ or desk.prints.of(film.path),
            frames=10,
            sentences=["A remark."],
            events=[event | {"flaw": "gaze", "score": 1.2, "severity": "minor", "keyframe": 8}, event],
            curves=[findings.Curve("seam", ((3, 0.7), (4, 3.5)))],
        )


def test_a_film_is_described_in_its_own_frames(client: TestClient, number: int) -> None:
    film = client.get(f"/api/films/{number}").json()
    assert (film["frames"], film["width"], film["layers"]) == (10, SIZE, ["result", "plate"])
    assert film["shots"] == [{"first": 0, "last": 3}, {"first": 4, "last": 9}], "the film begins at frame 2"
    assert film["tracks"][0] == {"number": 0, "first": 0, "last": 3, "missed": []}
    assert film["tracks"][1]["missed"] == [{"first": 6, "last": 7}]
    assert "/" not in film["name"] + film["plate"], "paths stay here"


@pytest.mark.parametrize(("layer", "shade"), [("result", 200), ("plate", 40)])
@pytest.mark.parametrize("frame", [0, 7, 3, 9])
def test_frames_are_exact(client: TestClient, number: int, layer: str, shade: int, frame: int) -> None:
    answer = client.get(f"/api/films/{number}/frames/{frame}/{layer}?lossless=true")
    assert answer.headers["content-type"] == "image/png"
    assert picture(answer.content)[30, 30].tolist() == [shade, 20 + 16 * (frame + 2), 60]


def test_a_part_of_a_frame_and_a_small_one(client: TestClient, number: int) -> None:
    frame = f"/api/films/{number}/frames/0/result"
    part = picture(client.get(f"{frame}?x=4&y=2&width=8&height=10&lossless=true").content)
    assert part.shape == (10, 8, 3)
    assert part[0, 3].tolist() == [255, 255, 255]
    assert part[0, 4].tolist() == [200, 52, 60]
    small = picture(client.get(f"{frame}?shrink=4").content)
    assert small.shape == (16, 16, 3)
    assert np.abs(small[8, 8].astype(int) - [200, 52, 60]).max() <= 3
    assert client.get(f"{frame}?x=64&width=5&height=5").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "films/999",
        "films/1/frames/10/result",
        "films/1/frames/-1/plate",
        "films/1/frames/0/secret",
        "films/x",
    ],
)
def test_what_is_not_there_is_refused_with_a_sentence(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/{path}")
    assert answer.status_code in (404, 422)
    assert answer.json()["detail"].endswith(".")


def test_a_verdict_is_in_the_catalogue_before_it_is_confirmed(
    client: TestClient, desk: Desk, number: int
) -> None:
    found_in(desk, number)
    said = {
        "kind": "event",
        "flaw": "seam",
        "region": "face",
        "first": 3,
        "last": 6,
        "verdict": "rejected",
        "seen": 0,
    }
    answer = client.put(f"/api/films/{number}/verdicts", json=said)
    assert answer.json() == {"verdict": "rejected", "revision": 1, "stale": False}
    other = Catalog(desk.folder / "catalog.db")
    with other.transaction() as session:
        kept = [
            (row.flaw, row.verdict)
            for row in reviews.verdicts(session, desk.film(number).key)
            if row.kind == "event"
        ]
    other.close()
    assert kept == [("seam", "rejected")]
    events = client.get(f"/api/films/{number}/review").json()["events"]
    assert [(e["flaw"], e["judged"]["verdict"]) for e in events] == [("seam", "rejected"), ("gaze", "open")]


def test_two_windows_do_not_overwrite_each_other(client: TestClient, number: int) -> None:
    shot = {"kind": "shot", "first": 0, "last": 3, "seen": 0}
    path = f"/api/films/{number}/verdicts"
    assert client.put(path, json=shot | {"verdict": "approved"}).status_code == 200
    late = client.put(path, json=shot | {"verdict": "rejected"})
    assert late.status_code == 409
    assert "approved in another window" in late.json()["detail"]
    assert client.get(f"/api/films/{number}/review").json()["shots"][0]["judged"]["verdict"] == "approved"
    assert client.put(path, json=shot | {"verdict": "open", "seen": 1}).json()["revision"] == 2


def test_notes_are_written_changed_and_deleted(client: TestClient, number: int) -> None:
    note = client.post(f"/api/films/{number}/notes", json={"frame": 5, "text": "<b>left ear</b>"}).json()
    assert note["text"] == "<b>left ear</b>"
    path = f"/api/notes/{note['id']}"
    changed = client.put(path, json={"text": "right ear", "done": True, "seen": 1})
    assert (changed.json()["text"], changed.json()["done"], changed.json()["revision"]) == (
        "right ear",
        True,
        2,
    )
    assert client.put(path, json={"text": "late", "done": False, "seen": 1}).status_code == 409
    assert client.delete(f"{path}?seen=1").status_code == 409
    assert client.delete(f"{path}?seen=2").status_code == 204
    assert client.put(path, json={"text": "gone", "done": False, "seen": 2}).status_code == 409
    assert client.post(f"/api/films/{number}/notes", json={"frame": 5, "text": ""}).status_code == 422


def test_verdicts_outlive_another_inspection_and_say_when_the_film_is_another(
    client: TestClient, desk: Desk, number: int
) -> None:
    found_in(desk, number, print_="of an earlier film")
    review = client.get(f"/api/films/{number}/review").json()
    assert review["stale"]
    film = desk.film(number)
    with desk.catalog.transaction() as session:
        gaze = reviews.Subject("event", 4, 6, "gaze", "face")
        reviews.judge(session, film.key, gaze, "approved", fingerprint="of an earlier film", seen=0)
    judged = {e["flaw"]: e["judged"] for e in client.get(f"/api/films/{number}/review").json()["events"]}
    assert judged["gaze"] == {"verdict": "approved", "revision": 0, "stale": True}, "frames 4-6 of 3-6"


def test_curves_keep_what_is_worth_a_mark() -> None:
    score = np.array([0.1, np.nan, 0.6, 2.0])
    said = [
        Judgement(flaw=FLAWS[0], score=score, departure=score, standing=()),
        Judgement(flaw=FLAWS[0], score=score[::-1], departure=score, standing=()),
    ]
    assert [(curve.name, curve.marks) for curve in curves_of(said)] == [
        (FLAWS[0].key, ((0, 2.0), (1, 0.6), (2, 0.6), (3, 2.0)))
    ]


def test_a_job_is_in_the_catalogue_and_asked_for_once(client: TestClient, desk: Desk, number: int) -> None:
    first = client.post(f"/api/films/{number}/inspection").json()
    assert first["state"] == "waiting"
    assert client.post(f"/api/films/{number}/inspection").json()["id"] == first["id"]
    assert client.post(f"/api/jobs/{first['id']}/retry").status_code == 404
    assert client.post(f"/api/jobs/{first['id']}/cancel").status_code == 204
    with desk.catalog.transaction() as session:
        row = jobs.get(session, first["id"])
    assert row is not None
    assert row.state == "cancelled"
    assert client.post(f"/api/jobs/{first['id']}/retry").status_code == 204
    assert client.get("/api/jobs").json()[0]["state"] == "waiting"
    client.post(f"/api/jobs/{first['id']}/cancel")


def test_coverage_is_told_in_the_frames_of_the_film(client: TestClient, desk: Desk, number: int) -> None:
    assert client.get(f"/api/films/{number}/review").json()["covered"] is None
    told = [
        coverages.Told("arjun", "Half of it is covered.", ("Record the left.",), ((1, 3.0), (4, 1.5))),
        coverages.Told("elin", "Less is covered.", (), ((5, 9.0),)),
    ]
    plate = desk.film(number).plate
    assert plate is not None
    with desk.catalog.transaction() as session:
        coverages.keep(session, desk.prints.of(plate), told)
    covered = client.get(f"/api/films/{number}/review").json()["covered"]
    assert covered == {
        "summary": "Half of it is covered.",
        "needs": ["Record the left."],
        "marks": [[2, 1.5]],
    }, "the film begins at frame 2"
    with desk.catalog.transaction() as session:
        coverages.keep(session, desk.prints.of(plate), ())
    assert client.get(f"/api/films/{number}/review").json()["covered"] is None
    job = client.post(f"/api/films/{number}/coverage").json()
    assert (job["kind"], job["state"]) == ("cover", "waiting")


def test_one_project_has_one_studio(desk: Desk, finished: Path) -> None:
    with pytest.raises(Exception, match="A studio is open on"):
        Desk(finished)
