"""TensorBoard beside a training, on this machine only."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from understudy.errors import BadInputError

_HOST = "127.0.0.1"
_PATIENCE = 10.0


@contextmanager
def board(project: Path) -> Iterator[str]:
    """Serve the curves and previews of all trainings in a project while the block lasts; gives the address.

    Raises BadInputError where TensorBoard is not installed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise BadInputError("--open needs TensorBoard: pip install tensorboard, or leave out --open.")
    port = _free_port()
    command = [
        sys.executable, "-m", "tensorboard.main", "--logdir", str(project / "training"),
        "--host", _HOST, "--port", str(port), "--reload_interval", "5",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://{_HOST}:{port}/"
    finally:
        server.terminate()
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((_HOST, 0))
        return int(found.getsockname()[1])
