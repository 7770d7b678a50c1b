"""TensorBoard beside a training, on this machine only."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from understudy.errors import BadInputError

_HOST = "127.0.0.1"
_PATIENCE = 10.0
_EVERY = 0.2


@contextmanager
def board(project: Path, ready: Callable[[str], None], failed: Callable[[str], None]) -> Iterator[None]:
    """Serve the curves and previews of all trainings in a project while the block lasts.

    Once it answers, `ready` is called with the address, from another thread; where it ends by itself,
    `failed` with what it said last: a training goes on without it. Raises BadInputError where TensorBoard is
    not installed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise BadInputError("--open needs TensorBoard: pip install tensorboard, or leave out --open.")
    port = _free_port()
    command = [
        sys.executable, "-m", "tensorboard.main", "--logdir", str(project / "training"),
        "--host", _HOST, "--port", str(port), "--reload_interval", "5",
    ]  # fmt: skip
    over = threading.Event()
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)

        def watch() -> None:
            while not over.wait(_EVERY):
                if server.poll() is not None:
                    failed(_last_line(said))
                    return
                with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
                    ready(f"http://{_HOST}:{port}/")
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            server.terminate()
            try:
                server.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((_HOST, 0))
        return int(found.getsockname()[1])
