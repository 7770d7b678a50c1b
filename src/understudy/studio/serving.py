"""From a command to a server that answers, until Ctrl-C."""

from __future__ import annotations

import errno
import secrets
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.errors import BadInputError
from understudy.project.folder import default_folder

if TYPE_CHECKING:
    import uvicorn

    from understudy.studio.guard import Door

PORT = 8780
_NO_PLACE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@dataclass(frozen=True)
class Serving:
    """How to serve. `port` None: 8780, or any that is free where that is taken."""

    folder: Path
    host: str = "127.0.0.1"
    port: int | None = None
    opens: bool = True


def project_folder(place: Path | None) -> Path:
    """The project that is meant: a project's folder, a film that has one, or the only one around here.

    Raises BadInputError where there is none, or more than one.
    """
    if place is None:
        here = Path.cwd()
        if _is_project(here):
            return here
        found = [folder for folder in sorted(here.iterdir()) if _is_project(folder)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(folder.name for folder in found)
        raise BadInputError(
            f"There are several projects here: say which, as one of {names}."
            if found
            else "There is no project here: give a project's folder, or a film that understudy swap made."
        )
    for folder in (place, default_folder(place)):
        if _is_project(folder):
            return folder
    if not place.exists():
        raise BadInputError(f"There is no {place}: give a project's folder, or a film that has one.")
    raise BadInputError(f"{place} has no project: give the folder that understudy swap kept it in.")


def serve(asked: Serving, say: Callable[[str], None]) -> None:
    """Serve a project until Ctrl-C; `say` gets the address once it answers.

    Raises BadInputError where the extra `studio` is missing, or the port is taken.
    """
    try:
        import uvicorn

        from understudy.studio.app import build
        from understudy.studio.desk import Desk
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("understudy"):
            raise
        raise BadInputError(f"The studio needs {error.name}: pip install 'understudy[studio]'.") from error
    from understudy.studio.guard import Door

    with _bound(asked) as listening:
        door = Door(secrets.token_urlsafe(32), int(listening.getsockname()[1]), asked.host)
        with Desk(asked.folder) as desk:
            config = uvicorn.Config(
                build(desk, door),
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=2,
            )
            server = uvicorn.Server(config)
            watcher = threading.Thread(target=_announce, args=(server, door, asked, say), daemon=True)
            watcher.start()
            try:
                server.run(sockets=[listening])
            except KeyboardInterrupt:
                say("Stopped. What was done is kept in the project.")


def _announce(server: uvicorn.Server, door: Door, asked: Serving, say: Callable[[str], None]) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    name = "127.0.0.1" if asked.host in ("0.0.0.0", "::", "localhost") else asked.host
    address = f"http://{f'[{name}]' if ':' in name else name}:{door.port}/?token={door.token}"
    say(f"The studio of {asked.folder} is at\n\n    {address}\n\nCtrl-C stops it.")
    if door.exposed:
        say(
            f"It listens on {asked.host}: whoever can reach this machine and has the token sees the footage, "
            "and can change the project. The connection is not encrypted."
        )
    if asked.opens:
        webbrowser.open(address)


def _bound(asked: Serving) -> socket.socket:
    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    for port in (asked.port,) if asked.port is not None else (PORT, 0):
        listening = socket.socket(family, socket.SOCK_STREAM)
        # A port that another server has just left may be taken at once; one in use may not.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((asked.host, port))
            return listening
        except OSError as error:
            listening.close()
            if error.errno in _NO_PLACE or isinstance(error, socket.gaierror):
                raise BadInputError(
                    f"{asked.host} is no address of this machine ({error.strerror}): give another one as "
                    "--host."
                ) from error
            if port == PORT and asked.port is None:
                continue
            raise BadInputError(
                f"Port {port} on {asked.host} cannot be used ({error.strerror}): give another one as --port."
            ) from error
    raise AssertionError


def _is_project(folder: Path) -> bool:
    return (folder / "catalog.db").is_file()
