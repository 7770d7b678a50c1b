"""Who is answered: the door before every request.

The server listens on this machine, but so does every web page that is open in its browser, and every other
user of it. So:

* Whoever talks to `/api` must show the token that was printed at the start: as a cookie, or as
  `Authorization: Bearer`. A cookie, since `<video>` and `<img>` cannot send headers; it is HttpOnly and
  SameSite=Strict, and its name has the port in it, since cookies do not tell ports apart. The first page is
  opened with `?token=`, which sets it.
* The Host header must be this server's own name: a foreign name that was made to resolve to 127.0.0.1 (DNS
  rebinding) is refused.
* What changes something must come from this server's own pages (Origin, and Sec-Fetch-Site where there is
  one), even with the token; another origin is not answered under `/api` at all.
* Bodies have a limit, counted as they arrive and not only as they are announced.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 16 << 20
"""Bytes: a mask of a whole frame is about one megabyte."""

_SAFE = frozenset({"GET", "HEAD"})
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        b"media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


@dataclass(frozen=True)
class Door:
    """What has to be shown to be let in.

    token   what was printed at the start
    port    where the server listens
    host    the name or address it was told to listen on
    """

    token: str
    port: int
    host: str = "127.0.0.1"

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token."""
        return f"understudy-studio-{self.port}"

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach it."""
        return self.host not in ("127.0.0.1", "localhost", "::1")

    def opens_for(self, token: str | None) -> bool:
        """Whether this is the token, compared in constant time."""
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def knows(self, host: str | None) -> bool:
        """Whether a Host header names this server.

        Beyond this machine any address will do, but no name except its own: rebinding needs a name.
        """
        if host is None:
            return False
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not name:
            name, port = host, "80"
        if port and port != str(self.port):
            return False
        if name in _OWN_NAMES:
            return True
        return self.exposed and (name == self.host or _is_address(name))

    def token_in(self, headers: Headers) -> str | None:
        """The token that a request shows."""
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return value.strip()
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return None
        found = cookies.get(self.cookie)
        return None if found is None else found.value


class Guard:
    """ASGI middleware: answers what it refuses by itself, and lets the rest through."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        api = _is_api(scope["path"])

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own: Iterable[tuple[bytes, bytes]] = message.get("headers", ())
                kept = [(name, value) for name, value in own if name.lower() != b"server"]
                if api and not any(name.lower() == b"cache-control" for name, _ in kept):
                    kept.append((b"cache-control", b"no-store"))
                message = {**message, "headers": [*kept, *_HEADERS]}
            await send(message)

        refusal = self._refusal(scope["method"], headers, api)
        if refusal is not None:
            await _answer(guarded, *refusal)
            return
        await _Limited(self._app, receive, guarded)(scope)

    def _refusal(self, method: str, headers: Headers, api: bool) -> tuple[int, str] | None:
        door = self._door
        if not door.knows(headers.get("host")):
            return 421, "This server is not known by that name: open the address that was printed."
        if api and not door.opens_for(door.token_in(headers)):
            return 401, "The token is missing or wrong: open the address that understudy studio printed."
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        foreign = origin is not None and origin not in self._origins(headers)
        if (api or method not in _SAFE) and (foreign or site in ("cross-site", "same-site")):
            return 403, "That came from another site's page and is not answered."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return 413, f"That is larger than {LARGEST_BODY >> 20} MiB."
        return None

    def _origins(self, headers: Headers) -> tuple[str, ...]:
        return (f"http://{headers['host']}",)


class _Limited:
    """Passes a body on while it is within the limit, whatever length it was announced with."""

    def __init__(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        self._app, self._receive, self._send = app, receive, send
        self._seen, self._begun, self._over = 0, False, False

    async def __call__(self, scope: Scope) -> None:
        try:
            await self._app(scope, self._counted, self._watched)
        except _TooLargeError:
            if not self._begun:
                await _answer(self._send, 413, f"That is larger than {LARGEST_BODY >> 20} MiB.")

    async def _counted(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > LARGEST_BODY:
            self._over = True
            raise _TooLargeError
        return message

    async def _watched(self, message: Message) -> None:
        if self._over:
            # whoever read the body has made an answer of the error: this one is meant
            raise _TooLargeError
        self._begun = True
        await self._send(message)


class _TooLargeError(Exception):
    pass


async def _answer(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers: list[tuple[bytes, Any]] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
