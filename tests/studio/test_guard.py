from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.studio.conftest import ADDRESS, DOOR
from understudy.studio.app import build
from understudy.studio.desk import Desk
from understudy.studio.guard import LARGEST_BODY, Door


@pytest.fixture
def stranger(desk: Desk) -> Iterator[TestClient]:
    with TestClient(build(desk, DOOR), ADDRESS, raise_server_exceptions=False) as client:
        yield client


def routes(desk: Desk) -> list[tuple[str, str]]:
    """Every method and path of the application, with something in place of each parameter."""
    paths = build(desk, DOOR).openapi()["paths"]
    return [
        (method.upper(), re.sub(r"\{\w+\}", "1", path.replace("{layer}", "result")))
        for path, methods in paths.items()
        for method in methods
    ]


def test_every_path_of_the_api_refuses_whoever_has_no_token(desk: Desk, stranger: TestClient) -> None:
    paths = [(method, path) for method, path in routes(desk) if path.startswith("/api")]
    assert len(paths) > 40
    assert ("PUT", "/api/films/1/verdicts") in paths
    for method, path in [*paths, ("GET", "/api"), ("GET", "/api/nothing"), ("POST", "/api/project")]:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": f"{DOOR.cookie}=wrong"}):
            answer = stranger.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path)
            assert "token" in answer.json()["detail"]
    assert stranger.get("/api/project?token=" + DOOR.token).status_code == 401, "only the page takes it there"
    assert stranger.get("/").status_code == 401


def test_the_token_in_the_address_of_the_page_becomes_a_strict_cookie(stranger: TestClient) -> None:
    page = stranger.get("/", params={"token": DOOR.token})
    cookie = page.headers["set-cookie"]
    assert cookie.startswith(f"{DOOR.cookie}={DOOR.token};")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert stranger.get("/api/project").status_code == 200, "the cookie opens"
    assert "set-cookie" not in stranger.get("/").headers


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8780", "127.0.0.1.evil.example:8780", "127.0.0.1:9999", "[::2]:8780", ""],
)
def test_foreign_names_are_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/api/project", "/assets/x.js"):
        assert client.get(path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8780", "localhost:8780", "[::1]:8780"])
def test_own_names_are_not(client: TestClient, host: str) -> None:
    assert client.get("/api/project", headers={"host": host}).status_code == 200


def test_beyond_this_machine_addresses_and_the_own_name_will_do() -> None:
    door = Door("t", 80, "0.0.0.0")
    assert door.exposed
    assert door.knows("192.168.1.7:80")
    assert door.knows("192.168.1.7")
    assert not door.knows("evil.example:80")
    assert Door("t", 80, "studio.lan").knows("studio.lan:80")
    assert not Door("t", 80).knows("192.168.1.7:80")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8780"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_origins_change_and_see_nothing(
    client: TestClient, number: int, headers: dict[str, str]
) -> None:
    note = {"frame": 1, "text": "from elsewhere"}
    assert client.post(f"/api/films/{number}/notes", json=note, headers=headers).status_code == 403
    assert client.get("/api/project", headers=headers).status_code == 403
    review = client.get(f"/api/films/{number}/review").json()
    assert all(each["text"] != note["text"] for each in review["notes"])


def test_the_own_page_may(client: TestClient, number: int) -> None:
    headers = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    note = client.post(f"/api/films/{number}/notes", json={"frame": 1, "text": "own"}, headers=headers)
    assert note.status_code == 201


def test_large_uploads_are_refused_however_they_are_announced(client: TestClient, number: int) -> None:
    path = f"/api/films/{number}/notes"
    assert client.post(path, content=b"x" * (LARGEST_BODY + 1)).status_code == 413
    lying = {"content-length": "-1"}
    assert client.post(path, content=b"{}", headers=lying).status_code == 413

    sent = 0

    def trickle() -> Iterator[bytes]:
        nonlocal sent
        while sent <= 4 * LARGEST_BODY:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    # without a length, as a chunked body
    assert client.post(path, content=trickle()).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/api/films/..%2f..%2fetc%2fpasswd",
        "/api/films/%2e%2e/frames/0/result",
        "/api/films/1/frames/0/..%2f..%2fplate.mkv",
        "/assets/../../app.py",
        "/assets/..%2f..%2fapp.py",
        "/assets/%2e%2e/%2e%2e/guard.py",
        "//etc/passwd",
        "/../pyproject.toml",
    ],
)
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 405, 422)
    assert b"understudy" not in answer.content


def test_every_answer_has_the_headers_that_keep_browsers_in(client: TestClient, stranger: TestClient) -> None:
    for answer in (client.get("/api/project"), client.get("/api/films/999"), stranger.get("/api/project")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
