"""Whether a project's log is as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError
from understudy.provenance.audit.anchors import Anchors
from understudy.provenance.audit.entry import FIRST, LONGEST, Entry, hash_of, read_entry
from understudy.provenance.audit.log import LOG
from understudy.provenance.consent.reading import first_fault
from understudy.provenance.consent.signing import fingerprint, public_text
from understudy.provenance.consent.values import spell
from understudy.provenance.keys import Keyring

_MOST_FAULTS = 100


@dataclass(frozen=True)
class Examination:
    """What a log tells, and whether it holds.

    entries  the lines that can be read
    faults   what shows that the log was changed, each one sentence; none: it is as it was written
    notes    what is worth knowing, but happens to honest logs too
    head     SHA-256 of the last whole line, None for an empty log
    """

    entries: tuple[Entry, ...] = field(repr=False)
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    head: str | None

    @property
    def intact(self) -> bool:
        """Whether nothing shows that the log was changed."""
        return not self.faults

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "intact": self.intact,
            "head": self.head,
            "faults": list(self.faults),
            "notes": list(self.notes),
            "entries": [entry.model_dump(mode="json") for entry in self.entries],
        }


def examine(project: Path, keyring: Keyring | None = None, heads: Sequence[str] = ()) -> Examination:
    """Read the log of the project in the folder `project` and hold it against itself, line by line.

    Told are lines that were edited, dropped, put in or reordered. A log that was cut off at its end, or
    replaced by another, is told by what `keyring` remembers of it, and by `heads`: hashes of lines that
    somebody has kept, as masters do. Who holds the key of every line and all those memories can write the
    log anew.

    Raises BadInputError where there is no log and none is remembered.
    """
    anchors = Anchors(keyring or Keyring())
    path = project / LOG
    lines, torn = _lines(path)
    remembered = anchors.of_folder(project)
    if lines is None and not remembered:
        raise BadInputError(f"There is no log in {project}: give the folder of a project, or a film of one.")
    chain = _Chain()
    for line in lines or ():
        chain.add(line)
    for log in sorted({entry.log for entry in chain.entries}):
        anchor = anchors.of_log(log)
        if anchor is not None and (anchor.head not in chain.hashes):
            chain.fault(
                f"This machine remembers {anchor.count} lines of it, and the last of them is not there"
            )
    for anchor in remembered:
        if anchor.log not in {entry.log for entry in chain.entries}:
            chain.fault(f"A log of {anchor.count} lines that this machine has written here is gone")
    for one in heads:
        if one.lower() not in chain.hashes:
            chain.fault(f"It holds no line with the hash {one}")
    if torn:
        chain.notes.append(f"After the last line, {torn} bytes are torn: somebody was stopped while writing.")
    faults = tuple(chain.faults[:_MOST_FAULTS])
    return Examination(tuple(chain.entries), faults, tuple(chain.notes), chain.head)


class _Chain:
    """The lines so far."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.hashes: set[str] = set()
        self._count = 0
        self._previous = FIRST
        self._log: str | None = None

    @property
    def head(self) -> str | None:
        return self._previous if self._count else None

    def fault(self, sentence: str) -> None:
        self.faults.append(f"{sentence}.")

    def add(self, line: bytes) -> None:
        place, self._count = f"Line {self._count + 1}", self._count + 1
        expected, self._previous = self._previous, hash_of(line)
        self.hashes.add(self._previous)
        try:
            entry = read_entry(line)
        except ValueError as error:
            self.fault(f"{place} is damaged: {_reason(error)}")
            return
        if not entry.genuine:
            self.fault(f"{place} was changed after it was signed")
        if entry.number != self._count - 1:
            self.fault(
                f"{place} bears the number {entry.number + 1}: lines were dropped, put in or reordered"
            )
        if entry.previous != expected:
            self.fault(f"{place} does not follow the line before it: something was changed there")
        if self._log not in (None, entry.log):
            self.fault(f"{place} belongs to another log")
        if self.entries and entry.at < self.entries[-1].at:
            self.notes.append(f"{place} is dated before the one above it: some clock was wrong.")
        if entry.torn_bytes:
            self.notes.append(f"Before {place.lower()} somebody was stopped while writing.")
        self._log = entry.log
        self.entries.append(entry)


def _lines(path: Path) -> tuple[Iterator[bytes] | None, int]:
    """The whole lines of a log, None where there is none, and the bytes that are torn after the last."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LONGEST - 1))
            tail = file.read()
    except FileNotFoundError:
        return None, 0
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    return _split(path, size - torn), torn


def _split(path: Path, size: int) -> Iterator[bytes]:
    """The lines in the first `size` bytes; one that is too long comes in pieces, and none is an entry."""
    with path.open("rb") as file:
        while file.tell() < size:
            yield file.readline(LONGEST + 1).removesuffix(b"\n")


def _reason(error: ValueError) -> str:
    from pydantic import ValidationError

    return first_fault(error) if isinstance(error, ValidationError) else str(error)


def signer(entry: Entry, keyring: Keyring) -> str:
    """Who wrote a line, for people: a name only where its key is enrolled here."""
    names = [person.name for person in keyring.people() if person.key == entry.key]
    if names:
        return names[0]
    own = keyring.folder / "keys" / "me.pem"
    if own.exists() and public_text(keyring.signing_key().public_key()) == entry.key:
        return "you"
    return f"key {fingerprint(entry.key)}"


def told(entry: Entry, who: str) -> str:
    """A line as a sentence for people."""
    said = [f"{entry.number + 1:>4}  {spell(entry.at)}  {entry.what}, by {who}"]
    if entry.engine:
        said.append(f"engine {entry.engine}")
    if entry.model_sha256:
        said.append(f"model {entry.model_sha256[:12]}")
    said += [f"{one.name} ({one.sha256[:12]})" for one in entry.outputs]
    said += [f"{one.part}: record {one.id} ({one.kind})" for one in entry.records]
    return "; ".join(said)
