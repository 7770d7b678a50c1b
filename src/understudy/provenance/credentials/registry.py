"""Masters that were signed here, by the number in their watermark: to find credentials that were stripped.

A folder with one C2PA manifest store a master, `NUMBER.c2pa`. It holds nothing that the masters do not carry
themselves, so that it can be given to others.
"""

from __future__ import annotations

from pathlib import Path

from understudy.atomic import check_writable, replacing
from understudy.provenance.keys import Keyring

_LARGEST = 64 << 20


class Registry:
    """The registry in a folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, keyring: Keyring) -> Registry:
        """The registry of this machine's user."""
        return cls(keyring.folder / "masters")

    def add(self, payload: int, store: bytes) -> None:
        """Keep the credentials of the master marked with `payload`. Raises OutputError."""
        path = self._path(payload)
        check_writable(path)
        with replacing(path) as part:
            part.write_bytes(store)

    def find(self, payload: int) -> bytes | None:
        """The credentials of the master marked with `payload`; None where it is not known here."""
        path = self._path(payload)
        try:
            with path.open("rb") as file:
                return file.read(_LARGEST)
        except OSError:
            return None

    def _path(self, payload: int) -> Path:
        return self.folder / f"{payload:016x}.c2pa"
