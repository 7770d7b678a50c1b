"""Credentials of any file, made by anybody, read and checked. Nothing here trusts what it reads."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import c2pa

from understudy.provenance.credentials.fingerprint import Fingerprint
from understudy.provenance.credentials.formats import media_type
from understudy.provenance.credentials.statement import (
    CONSENT,
    FINGERPRINT,
    MAKING,
    SOFT_BINDING,
    SOURCES,
    ConsentNote,
    Mark,
)
from understudy.provenance.credentials.trust import settings

_BOUND = {
    "assertion.bmffHash.match",
    "assertion.dataHash.match",
    "assertion.boxesHash.match",
    "assertion.collectionHash.match",
}
_STORE = b"jumdc2pa" + bytes.fromhex("00110010800000aa00389b71")
"""How a manifest store begins: C2PA specification 2.2, section 11.1.4.2."""
_BLOCK = 1 << 20
_TEXT = 300
_ITEMS = 200
_UNTRUSTED = {"signingCredential.untrusted"}
_ABOUT_SIGNER = ("signingCredential.", "timeStamp.", "claimSignature.outsideValidity", "cawg.")


@dataclass(frozen=True)
class Step:
    """One thing that was done: C2PA's name of the action, its description, and whether AI did it."""

    action: str
    description: str = ""
    by_ai: bool = False


@dataclass(frozen=True)
class SourceFinding:
    """One source. `fault` names what is wrong with its own credentials, if it has any and something is."""

    title: str
    relationship: str
    has_credentials: bool
    fault: str | None = None


@dataclass(frozen=True)
class Credentials:
    """What the credentials of a file say, and what holds of them.

    signed      the signature belongs to these credentials, and they are unchanged since
    bound       this very file is what was signed
    trusted     the signer's certificate comes from a root that is believed here
    time        when a time-stamp authority saw the signature, None without one; `time_trusted` says whether
                that authority's certificate comes from a root that is believed here
    failures    the C2PA library's words for everything that does not hold
    """

    signed: bool
    bound: bool
    trusted: bool
    failures: tuple[str, ...]
    signer: str
    issuer: str
    time: str | None
    tool: str
    title: str
    time_trusted: bool = False
    steps: tuple[Step, ...] = ()
    sources: tuple[SourceFinding, ...] = ()
    consents: tuple[ConsentNote, ...] = ()
    making: dict[str, str] = field(default_factory=dict)
    files: tuple[dict[str, str], ...] = ()
    marks: tuple[Mark, ...] = ()
    fingerprint: Fingerprint | None = field(default=None, repr=False)

    @property
    def intact(self) -> bool:
        """Whether the file and its credentials are what was signed, whoever signed, and whenever."""
        return self.signed and self.bound and all(fault.startswith(_ABOUT_SIGNER) for fault in self.failures)


class UnreadableCredentialsError(Exception):
    """A file that seems to carry credentials which cannot be read; the message is the library's."""


def read_credentials(path: Path, *, anchors: str = "", beside: bytes | None = None) -> Credentials | None:
    """The credentials in the file at `path`, or the ones `beside` it; None where there are none.

    `anchors` are the root certificates that are believed, as PEM. Raises UnreadableCredentialsError.
    """
    context = c2pa.Context.from_dict(settings(anchors))
    try:
        with path.open("rb") as file:
            if beside is None:
                reader = c2pa.Reader.try_create(media_type(path), file, context=context)
            else:
                reader = c2pa.Reader(media_type(path), file, manifest_data=beside, context=context)
            if reader is None:
                return None
            with reader:
                return _described(json.loads(reader.json()), reader.get_validation_results() or {})
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        if beside is None and not _carries_credentials(path):
            return None  # it is the file itself that cannot be read
        raise UnreadableCredentialsError(said(str(error))) from error


def _carries_credentials(path: Path) -> bool:
    """Whether the beginning of a C2PA manifest store is somewhere in the file."""
    tail = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if _STORE in tail + block:
                return True
            tail = block[-len(_STORE) :]
    return False


def facts_told(facts: dict[str, Any]) -> dict[str, Any]:
    """`Statement.facts`, as anybody may have written them, as fields of `Credentials`."""
    return {
        "steps": tuple(_steps({"c2pa.actions": _table(facts.get("actions"))})),
        "consents": tuple(_consents({"records": facts.get("consents")})),
        "making": _words(facts.get("making")),
        "files": tuple(_words(item) for item in _items(facts.get("sources"))),
        "marks": tuple(_marks({SOFT_BINDING: _table(facts.get("mark"))})),
        "fingerprint": Fingerprint.from_json(facts.get("fingerprint")),
    }


def _described(store: Any, results: Any) -> Credentials:
    manifest = _table(_table(_table(store).get("manifests")).get(str(_table(store).get("active_manifest"))))
    outcome = _table(_table(results).get("activeManifest"))
    failures, successes = _codes(outcome, "failure"), _codes(outcome, "success")
    assertions = {
        said(_table(item).get("label")): _table(_table(item).get("data"))
        for item in _items(manifest.get("assertions"))
    }
    signature = _table(manifest.get("signature_info"))
    tool = _table(next(iter(_items(manifest.get("claim_generator_info"))), None))
    stamped = "timeStamp.validated" in successes
    return Credentials(
        signed="claimSignature.validated" in successes and "assertion.hashedURI.mismatch" not in failures,
        bound=bool(_BOUND & set(successes)),
        trusted="signingCredential.trusted" in successes,
        failures=failures,
        signer=said(signature.get("common_name")),
        issuer=said(signature.get("issuer")),
        time=said(signature.get("time")) or None if stamped else None,
        tool=f"{said(tool.get('name'))} {said(tool.get('version'))}".strip(),
        title=said(manifest.get("title")),
        time_trusted=stamped and "timeStamp.trusted" in successes,
        steps=tuple(_steps(assertions)),
        sources=tuple(_sources(manifest)),
        consents=tuple(_consents(assertions.get(CONSENT, {}))),
        making=_words(assertions.get(MAKING, {})),
        files=tuple(_words(item) for item in _items(assertions.get(SOURCES, {}).get("files"))),
        marks=tuple(_marks(assertions)),
        fingerprint=Fingerprint.from_json(assertions.get(FINGERPRINT)),
    )


def _steps(assertions: dict[str, dict[str, Any]]) -> Iterator[Step]:
    for label, data in assertions.items():
        if label.startswith("c2pa.actions"):
            for item in map(_table, _items(data.get("actions"))):
                by_ai = "rainedAlgorithmicMedia" in said(item.get("digitalSourceType"))
                yield Step(said(item.get("action")), said(item.get("description")), by_ai)


def _sources(manifest: dict[str, Any]) -> Iterator[SourceFinding]:
    """The ingredients. A tampered one leaves the whole file "trusted": each is judged by itself."""
    for item in map(_table, _items(manifest.get("ingredients"))):
        outcome = _table(_table(item.get("validation_results")).get("activeManifest"))
        faults = _codes(outcome, "failure") + tuple(
            said(_table(status).get("code"))
            for status in _items(item.get("validation_status"))
            if _table(status).get("success") is False
        )
        real = [fault for fault in faults if fault not in _UNTRUSTED]
        yield SourceFinding(
            said(item.get("title")),
            said(item.get("relationship")),
            bool(item.get("active_manifest")),
            real[0] if real else None,
        )


def _consents(data: dict[str, Any]) -> Iterator[ConsentNote]:
    for item in map(_table, _items(data.get("records"))):
        yield ConsentNote(
            "plate" if item.get("part") == "plate" else "likeness",
            said(item.get("id")),
            said(item.get("sha256")),
            said(item.get("kind")),
            tuple(said(medium) for medium in _items(item.get("media"))),
            said(item.get("until")) or None,
            said(item.get("name")) or None,
        )


def _marks(assertions: dict[str, dict[str, Any]]) -> Iterator[Mark]:
    for label, data in assertions.items():
        if not label.startswith(SOFT_BINDING):
            continue
        for block in map(_table, _items(data.get("blocks"))):
            with suppress(ValueError, TypeError, binascii.Error):
                value = base64.b64decode(block["value"], validate=True)
                if len(value) == 8:
                    yield Mark(said(data.get("alg")), int.from_bytes(value, "big"))


def _codes(outcome: dict[str, Any], kind: str) -> tuple[str, ...]:
    return tuple(said(_table(item).get("code")) for item in _items(outcome.get(kind)))


def _words(data: Any) -> dict[str, str]:
    return {said(key): said(value) for key, value in list(_table(data).items())[:20] if value is not None}


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value[:_ITEMS] if isinstance(value, list) else []


def said(value: Any) -> str:
    """One line of text that can be shown: nothing that moves a terminal's cursor or turns text around."""
    if value is None:
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in str(value)[:_TEXT])
