"""`verify`: everything that can be known about a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from understudy.errors import BadInputError, UnderstudyError
from understudy.provenance.credentials.fingerprint import OTHER, SAME, likeness
from understudy.provenance.credentials.formats import sidecar_of
from understudy.provenance.credentials.reading import (
    Credentials,
    UnreadableCredentialsError,
    read_credentials,
)
from understudy.provenance.credentials.registry import Registry
from understudy.provenance.credentials.sidecar import read_sidecar
from understudy.provenance.verify.film import Film
from understudy.provenance.verify.finding import Finding, Report, State, Verdict
from understudy.provenance.verify.wording import told
from understudy.provenance.watermark.base import Detection, Watermark

_LARGEST_SIDECAR = 64 << 20
_KEPT = ("consent", "steps", "making", "source", "signer", "time")
"""What of a recovered record is told: its proof of the file itself says nothing about another file."""


@dataclass(frozen=True)
class Known:
    """What the verifier brings along: root certificates as PEM, and a registry of masters."""

    anchors: str = field(default="", repr=False)
    registry: Registry | None = None


def verify(
    path: Path,
    open_film: Callable[[Path], Film],
    watermark: Watermark,
    known: Known = Known(),
    tell: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Everything that can be known about the file at `path`; nothing is fetched, nothing is written.

    `open_film` opens the pictures of a file, or raises UnderstudyError where it has none. `tell` is given
    what is known before the pictures are looked at. Raises BadInputError where the file itself cannot be
    read.
    """
    return _Inquiry(path, open_film, watermark, known).report(tell)


class _Inquiry:
    """One file under examination; the findings gather as it goes on."""

    def __init__(
        self, path: Path, open_film: Callable[[Path], Film], watermark: Watermark, known: Known
    ) -> None:
        self._path = path
        self._open_film = open_film
        self._watermark = watermark
        self._known = known
        self._findings: list[Finding] = []
        self._bytes, self._sha256 = _hashed(path)

    def report(self, tell: Callable[[Report], None]) -> Report:
        credentials, unreadable = self._credentials()
        verdict = _verdict_of(credentials, unreadable)
        tell(self._told(verdict, Detection(None, 0.0, 0)))
        detection = self._mark(credentials)
        if detection.payload is not None and (verdict is None or verdict is Verdict.TAMPERED):
            recovered = self._recovered(detection.payload, detection, retell=credentials is None)
            verdict = verdict or recovered
        return self._told(verdict, detection)

    def _told(self, verdict: Verdict | None, detection: Detection) -> Report:
        return Report(
            self._path,
            self._bytes,
            self._sha256,
            verdict or Verdict.NOTHING,
            tuple(self._findings),
            detection.payload,
            detection.confidence,
        )

    def _say(self, topic: str, state: State, sentence: str) -> None:
        self._findings.append(Finding(topic, state, sentence))

    def _credentials(self) -> tuple[Credentials | None, bool]:
        """The file's credentials, and whether there are some that cannot be read."""
        try:
            credentials, where = read_credentials(self._path, anchors=self._known.anchors), "in the file"
            beside = None if credentials else _sidecar(self._path)
            if beside is not None:
                where = f"in {sidecar_of(self._path).name} beside it"
                credentials = read_credentials(self._path, anchors=self._known.anchors, beside=beside)
            if credentials is None:
                where = "as signed JSON beside it"
                credentials = read_sidecar(self._path, self._sha256, self._known.anchors)
        except UnreadableCredentialsError as error:
            self._say("credentials", "bad", f"The file's Content Credentials are damaged ({error}).")
            return None, True
        if credentials is None:
            self._say("credentials", "open", "There are no Content Credentials in this file.")
            return None, False
        self._say("credentials", "good", f"There are Content Credentials, {where}.")
        self._findings += told(credentials)
        return credentials, False

    def _mark(self, credentials: Credentials | None) -> Detection:
        nothing = Detection(None, 0.0, 0)
        try:
            film = self._open_film(self._path)
            detection = self._watermark.detect(film.spread())
        except (UnderstudyError, ValueError) as error:
            self._say("watermark", "open", f"No mark could be looked for: {_clause(error)}.")
            return nothing
        if detection.payload is None:
            self._say("watermark", "open", f"No invisible mark was found in {detection.frames} pictures.")
            return detection
        found = f"The invisible mark {detection.payload:016x} is in the picture"
        sure = f"(confidence {detection.confidence:.0f}, {detection.frames} pictures)"
        marks = credentials.marks if credentials else ()
        if any(mark.payload == detection.payload for mark in marks):
            self._say("watermark", "good", f"{found}, as the credentials say {sure}.")
        elif marks:
            self._say("watermark", "bad", f"{found}, but the credentials name another {sure}.")
        else:
            self._say("watermark", "good", f"{found} {sure}.")
        return detection

    def _recovered(self, payload: int, detection: Detection, *, retell: bool) -> Verdict:
        """What the registry knows about a mark, and whether that fits these pictures."""
        store = self._known.registry.find(payload) if self._known.registry else None
        if store is None:
            self._say(
                "record", "open", "No signed record for this mark is known here; ask who made the film."
            )
            return Verdict.MARKED
        try:
            recovered = read_credentials(self._path, anchors=self._known.anchors, beside=store)
        except UnreadableCredentialsError as error:
            self._say("record", "bad", f"The record in the registry is damaged ({error}).")
            return Verdict.MARKED
        if (
            recovered is None
            or not recovered.signed
            or not any(m.payload == payload for m in recovered.marks)
        ):
            self._say("record", "bad", "The record in the registry is not signed for this mark.")
            return Verdict.MARKED
        fits = self._fits(recovered, detection)
        if not fits:
            return Verdict.MARKED
        self._say(
            "record", "good", f"The record of this mark was signed by {recovered.signer or 'nobody named'}."
        )
        if retell:
            self._findings += [one for one in told(recovered) if one.topic in _KEPT]
        return Verdict.RECOVERED

    def _fits(self, recovered: Credentials, detection: Detection) -> bool:
        """Whether these are the pictures that were signed: a mark can be copied onto others."""
        value = None
        if recovered.fingerprint is not None:
            times, pictures = self._open_film(self._path).paced()
            value = likeness(recovered.fingerprint, times, pictures, detection.placement)
        if value is None:
            self._say("content", "open", "Too little of the picture is left to compare it with the record.")
            return False
        agreement = f"agreement {value:.2f}"
        if value < OTHER:
            sentence = "The pictures are not those of the record: its mark is on other footage"
            self._say("content", "bad", f"{sentence}, or they were changed heavily ({agreement}).")
            return False
        if value < SAME:
            self._say(
                "content", "open", f"The pictures may be those of the record, but differ ({agreement})."
            )
            return False
        self._say("content", "good", f"The pictures are those of the record (agreement {value:.2f}).")
        return True


def _verdict_of(credentials: Credentials | None, unreadable: bool) -> Verdict | None:
    if unreadable or (credentials is not None and not credentials.intact):
        return Verdict.TAMPERED
    if credentials is None:
        return None
    certain = credentials.trusted and not credentials.failures
    return Verdict.TRUSTED if certain else Verdict.UNKNOWN_SIGNER


def _sidecar(path: Path) -> bytes | None:
    beside = sidecar_of(path)
    try:
        if beside.is_file() and beside.stat().st_size <= _LARGEST_SIDECAR:
            return beside.read_bytes()
    except OSError:
        return None
    return None


def _hashed(path: Path) -> tuple[int, str]:
    try:
        if not path.is_file():
            what = "does not exist; check the path"
            if path.exists():
                what = "is a folder; give a file" if path.is_dir() else "is a device or a pipe; give a file"
            raise BadInputError(f"{path} {what}.")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        return path.stat().st_size, digest.hexdigest()
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error


def _clause(error: Exception) -> str:
    return str(error).rstrip(".")
