"""Lines added to a project's log: whole or not at all, by whichever process, and never changed again."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from understudy.atomic import output_error, sync
from understudy.errors import OutputError
from understudy.provenance.audit.anchors import Anchor, Anchors
from understudy.provenance.audit.entry import (
    FIRST,
    LONGEST,
    Deed,
    Entry,
    FileWritten,
    RecordUsed,
    hash_of,
    read_entry,
    signed_entry,
)
from understudy.provenance.consent.checking import Held
from understudy.provenance.consent.material import Digest, digest_files
from understudy.provenance.consent.record import Part
from understudy.provenance.consent.values import as_line, now
from understudy.provenance.keys import Keyring

LOG = "audit.jsonl"
"""The log's name in a project's folder."""
_LOCK = "audit.lock"
_PATIENCE = 60.0


def note(project: Path, deed: Deed, keyring: Keyring | None = None) -> Entry:
    """Add a line to the log of the project in the folder `project`, signed with one's own key; return it.

    Whatever makes, uses or deletes something of a person's face calls this when it is done. The line is on
    the disk when this returns. A line that an earlier process was killed over is taken away first, and the
    new one says so. The keyring notes how far the log has come, so that a log that was cut off is told on
    this machine.

    Raises OutputError where the log cannot be written, BadInputError where one's key cannot be used, and
    ValueError where `deed` does not go into a line.
    """
    ring = keyring or Keyring()
    key, path = ring.signing_key(), project / LOG
    try:
        with FileLock(project / _LOCK, timeout=_PATIENCE):
            end = _end(path)
            entry = signed_entry(
                deed,
                key,
                log=end.log,
                number=end.count,
                previous=end.head,
                at=now(),
                torn_bytes=end.torn,
            )
            _append(path, entry.line + b"\n", end.size)
            Anchors(ring).keep(Anchor(end.log, end.count + 1, hash_of(entry.line), str(project.absolute())))
    except Timeout as error:
        raise OutputError(
            f"Another process does not let go of {project / _LOCK}: end it and run this again."
        ) from error
    except OSError as error:
        raise output_error(path, error) from error
    return entry


def head(project: Path) -> str | None:
    """SHA-256 of the last line: whoever keeps it elsewhere can tell later whether the log was cut or changed.

    None where there is no log.
    """
    try:
        end = _end(project / LOG)
    except OSError:
        return None
    return end.head if end.count else None


def told_of(project: Path, sha256: str) -> Entry | None:
    """The last line that tells of a file with this content; None where there is none that can be read."""
    found, wanted = None, sha256.encode()
    with suppress(OSError), (project / LOG).open("rb") as file:
        for line in iter(lambda: file.readline(LONGEST + 1), b""):
            if wanted in line:
                with suppress(ValueError):
                    entry = read_entry(line.removesuffix(b"\n"))
                    if entry.genuine and any(one.sha256 == sha256 for one in entry.outputs):
                        found = entry
    return found


def used(held: Held, part: Part) -> RecordUsed:
    """A consent record, as the log tells of it."""
    return RecordUsed(part=part, **held.summary)


def written(path: Path, digest: Digest | None = None) -> FileWritten:
    """A file, as the log tells of it; hashed where its digest is not known. Raises BadInputError."""
    found = digest or digest_files([path])
    return FileWritten(name=as_line(path.name), sha256=found.sha256, bytes=found.bytes)


@dataclass(frozen=True)
class _End:
    """Where a log ends: its name, its lines, the hash of the last, its size, and what is torn after that."""

    log: str
    count: int
    head: str
    size: int
    torn: int


def _end(path: Path) -> _End:
    """The end of the log, which may be missing, damaged or torn: there is always a way to go on from it."""
    if not path.exists():
        return _End(secrets.token_hex(16), 0, FIRST, 0, 0)
    with path.open("rb") as file:
        whole = file.seek(0, os.SEEK_END)
        file.seek(max(0, whole - 2 * LONGEST - 2))
        tail = file.read()
    kept, _, torn = tail.rpartition(b"\n")
    size = whole - len(torn)
    if not size:
        return _End(secrets.token_hex(16), 0, FIRST, 0, len(torn))
    last = kept.rpartition(b"\n")[2]
    try:
        entry = read_entry(last)
        return _End(entry.log, entry.number + 1, hash_of(last), size, len(torn))
    except ValueError:
        # Somebody has edited it, and `examine` will say so; what is done now is noted nevertheless.
        with path.open("rb") as file:
            count = sum(block.count(b"\n") for block in iter(lambda: file.read(LONGEST), b""))
        return _End(secrets.token_hex(16), count, hash_of(last), size, len(torn))


def _append(path: Path, data: bytes, size: int) -> None:
    """Write `data` after the first `size` bytes; where that fails, the file is as long as it was."""
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.ftruncate(descriptor, size)
        os.lseek(descriptor, size, os.SEEK_SET)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if new:
        sync(path.parent)
