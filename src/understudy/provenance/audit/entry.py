"""One line of a project's log: canonical JSON (RFC 8785), chained to the line before it, and signed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import Field

from understudy.provenance.consent.record import Part
from understudy.provenance.consent.signing import fits, public_key, public_text, signature_of
from understudy.provenance.consent.values import Base64, Count, Line, Moment, Sha256, Strict
from understudy.provenance.keys import PrivateKey
from understudy.provenance.strict_json import strict_json

LONGEST = 1 << 20
"""Bytes of one line."""
FIRST = "0" * 64
"""What the first line gives as the hash of the line before it."""
_CONTEXT = b"understudy-audit/1\n"


class RecordUsed(Strict):
    """A consent record that something was done by: no name, and a hash that does not tell what it says."""

    part: Part
    id: Line
    sha256: Sha256
    kind: Line


class FileWritten(Strict):
    """A file that came of it, by its bare name and its content."""

    name: Line
    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Deed:
    """What was done, as the log is to tell it.

    what          swap, master, train, resume, export-model, purge …: lower-case words, with dashes
    records       the consent records it was done by; empty: none, as for a preview
    engine        which engine, where one had a part in it
    model_sha256  which trained model, where there is one
    settings      JSON values that decided what came out; no names of footage, which often are people's names
    outputs       the files that came of it
    details       whatever else is to be told, as JSON values
    """

    what: str
    records: tuple[RecordUsed, ...] = ()
    engine: str | None = None
    model_sha256: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[FileWritten, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class Entry(Strict):
    """A line as it stands in the log.

    log        which log this is, the same in all its lines
    number     of the line, from 0
    previous   SHA-256 of the line before it, without its line feed
    key        who did it: a public key, as consent records hold them
    signature  by that key, over everything else in the line
    """

    format: Literal["understudy-audit/1"]
    log: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    number: Annotated[int, Field(ge=0, le=2**53 - 1)]
    previous: Sha256
    at: Moment
    key: Annotated[Base64, Field(max_length=200)]
    what: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=40)]
    records: tuple[RecordUsed, ...]
    engine: Line | None
    model_sha256: Sha256 | None
    settings: dict[str, Any]
    outputs: tuple[FileWritten, ...]
    details: dict[str, Any]
    torn_bytes: Count | None
    signature: Annotated[Base64, Field(max_length=200)]

    @property
    def genuine(self) -> bool:
        """Whether the signature was made over exactly this, by the key that is named."""
        try:
            return fits(public_key(self.key), base64.b64decode(self.signature), _signed(self))
        except ValueError:
            return False

    @property
    def line(self) -> bytes:
        """The line, without its line feed."""
        return rfc8785.dumps(self.model_dump(mode="json"))


def signed_entry(
    deed: Deed, key: PrivateKey, *, log: str, number: int, previous: str, at: Any, torn_bytes: int = 0
) -> Entry:
    """`deed` as line `number` of a log. Raises ValueError where it does not go into a line."""
    rfc8785.dumps([dict(deed.settings), dict(deed.details)])  # or it is refused: no NaN, no huge numbers
    unsigned = Entry(
        format="understudy-audit/1",
        log=log,
        number=number,
        previous=previous,
        at=at,
        key=public_text(key.public_key()),
        what=deed.what,
        records=deed.records,
        engine=deed.engine,
        model_sha256=deed.model_sha256,
        settings=dict(deed.settings),
        outputs=deed.outputs,
        details=dict(deed.details),
        torn_bytes=torn_bytes or None,
        signature="",
    )
    value = base64.b64encode(signature_of(key, _signed(unsigned))).decode()
    entry = unsigned.model_copy(update={"signature": value})
    if len(entry.line) > LONGEST:
        raise ValueError(f"a line of the log holds {LONGEST} bytes at most")
    return entry


def read_entry(line: bytes) -> Entry:
    """The entry in a line, without its line feed. Raises ValueError where it is none."""
    value = strict_json(line, LONGEST, fractions=True)
    entry = Entry.model_validate_json(line)
    if rfc8785.dumps(value) != line or entry.line != line:
        raise ValueError("it is not spelled as it is written")
    return entry


def hash_of(line: bytes) -> str:
    """What the next line gives as `previous`."""
    return hashlib.sha256(line).hexdigest()


def _signed(entry: Entry) -> bytes:
    said = {name: value for name, value in entry.model_dump(mode="json").items() if name != "signature"}
    return _CONTEXT + rfc8785.dumps(said)
