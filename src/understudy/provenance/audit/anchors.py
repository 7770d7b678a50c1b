"""How far each log has come, kept by the user's own machine outside of the projects.

A chain of hashes shows what was changed inside it, but not that its end was cut off: for that somebody else
has to remember how long it was. Here it is the configuration folder, `audits/LOG.json`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import rfc8785

from understudy.atomic import replacing
from understudy.provenance.keys import Keyring
from understudy.provenance.strict_json import strict_json

_LARGEST = 64 << 10
_MOST = 20_000


@dataclass(frozen=True)
class Anchor:
    """A log once had `count` lines, the last with the hash `head`, and lay in `folder`."""

    log: str
    count: int
    head: str
    folder: str


class Anchors:
    """What a keyring's owner remembers of logs."""

    def __init__(self, keyring: Keyring) -> None:
        self._folder = keyring.folder / "audits"

    def keep(self, anchor: Anchor) -> None:
        """Remember this of its log, in place of what was known. Raises OutputError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._folder / f"{anchor.log}.json") as part:
            part.write_bytes(rfc8785.dumps(vars(anchor)))

    def of_log(self, log: str) -> Anchor | None:
        """What is remembered of a log; None where nothing is, or it cannot be read."""
        return _read(self._folder / f"{log}.json")

    def of_folder(self, folder: Path) -> list[Anchor]:
        """What is remembered of the logs that lay in a project's folder."""
        place = str(folder.absolute())
        paths = sorted(self._folder.glob("*.json"))[:_MOST]
        return [anchor for path in paths if (anchor := _read(path)) is not None and anchor.folder == place]


def _read(path: Path) -> Anchor | None:
    with suppress(OSError, ValueError, TypeError):
        with path.open("rb") as file:
            anchor = Anchor(**strict_json(file.read(_LARGEST), _LARGEST))
        if isinstance(anchor.count, int) and isinstance(anchor.head, str):
            return anchor
    return None
