"""What credentials say of a master: the steps, the sources, the consent, the marks."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from understudy import __version__
from understudy.provenance.consent.checking import Held
from understudy.provenance.consent.record import Part
from understudy.provenance.credentials.fingerprint import Fingerprint
from understudy.provenance.credentials.formats import media_type

COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source type of a filmed plate into which generated elements were put."""

CONSENT = "org.understudy.consent"
SOURCES = "org.understudy.sources"
MAKING = "org.understudy.making"
FINGERPRINT = "org.understudy.fingerprint"
SOFT_BINDING = "c2pa.soft-binding"

_SPECIFICATION = "2.4.0"
_IPTC_NAMESPACE = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_NO_MINING = ("cawg.ai_inference", "cawg.ai_generative_training", "cawg.ai_training", "cawg.data_mining")

Role = Literal["plate", "likeness", "picture"]
"""plate: the footage whose face is replaced; likeness: who is seen; picture: what was mastered."""


@dataclass(frozen=True)
class Source:
    """One file that the master was made from. Its name is not told: names of files are names of people."""

    role: Role
    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True)
class ConsentNote:
    """What is told in public of a consent record: `sha256` is salted, and `name` is there only if granted."""

    part: Literal["likeness", "plate"]
    id: str
    sha256: str
    kind: str
    media: tuple[str, ...] = ()
    until: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Making:
    """How the faces were made; hashes as SHA-256 in hex. `label` says how the audience is told.

    `plate_reason` is why no consent of the plate's performer was needed, where there is none. `standing` says
    what a working file is: a preview, research, or granted. `log_sha256` is the last line of the project's
    log when this was made, so that the log cannot be cut off before it unseen.
    """

    engine: str
    settings_sha256: str
    model_sha256: str | None = None
    label: str = "none"
    plate_reason: str | None = None
    standing: str | None = None
    log_sha256: str | None = None


@dataclass(frozen=True)
class Mark:
    """The watermark: its algorithm's name and the number it carries."""

    algorithm: str
    payload: int


@dataclass(frozen=True)
class Statement:
    """Everything that credentials say of one master."""

    title: str
    sources: tuple[Source, ...]
    consents: tuple[ConsentNote, ...]
    making: Making
    mark: Mark | None
    fingerprint: Fingerprint | None
    seconds: float = 0.0

    def manifest(self, path: Path) -> dict[str, Any]:
        """The C2PA manifest definition for a file with the suffix of `path`."""
        assertions = [
            {"label": "c2pa.actions.v2", "created": True, "data": self._actions()},
            {
                "label": "cawg.training-mining",
                "data": {"entries": {purpose: {"use": "notAllowed"} for purpose in _NO_MINING}},
            },
            {
                # As JSON: what this assertion holds would else be written as CBOR, which readers reject.
                "label": "cawg.metadata",
                "kind": "Json",
                "data": {
                    "@context": {"Iptc4xmpExt": _IPTC_NAMESPACE},
                    "Iptc4xmpExt:DigitalSourceType": COMPOSITE,
                },
            },
            _own(MAKING, {name: value for name, value in asdict(self.making).items() if value}),
            _own(SOURCES, {"files": [_told(source) for source in self.sources]}),
        ]
        if self.consents:
            assertions.append(_own(CONSENT, {"records": [asdict(consent) for consent in self.consents]}))
        if self.mark is not None:
            assertions.append(_own(SOFT_BINDING, _soft_binding(self.mark)))
        if self.fingerprint is not None:
            assertions.append(_own(FINGERPRINT, self.fingerprint.to_json()))
        return {
            "claim_generator_info": [
                {"name": "Understudy", "version": __version__, "specVersion": _SPECIFICATION}
            ],
            "title": self.title,
            "format": media_type(path),
            "assertions": assertions,
        }

    def facts(self) -> dict[str, Any]:
        """Everything but what binds it to a file, as JSON values: for signed sidecars."""
        return {
            "title": self.title,
            "actions": self._actions(),
            "making": {name: value for name, value in asdict(self.making).items() if value},
            "sources": [_told(source) for source in self.sources],
            "consents": [asdict(consent) | {"media": list(consent.media)} for consent in self.consents],
            "mark": None if self.mark is None else _soft_binding(self.mark),
            "fingerprint": None if self.fingerprint is None else self.fingerprint.to_json(),
            "digital_source_type": COMPOSITE,
        }

    def ingredients(self) -> list[tuple[dict[str, Any], Source]]:
        """The sources as C2PA ingredients, in order, with their files.

        The library does not hash ingredients that are not signed themselves; the assertion SOURCES does.
        """
        return [
            (
                {"title": label, "label": label, "relationship": _relationship(source)},
                source,
            )
            for label, source in zip(self._labels(), self.sources, strict=True)
        ]

    def _labels(self) -> list[str]:
        return [f"{source.role}-{number}" for number, source in enumerate(self.sources, 1)]

    def _actions(self) -> dict[str, Any]:
        labels = dict(zip(self._labels(), self.sources, strict=True))
        agent = {"name": "Understudy", "version": __version__}
        opened = [label for label, source in labels.items() if source.role == "plate"]
        placed = [label for label, source in labels.items() if source.role != "plate"]
        actions: list[dict[str, Any]] = []
        if opened:
            actions.append(
                {
                    "action": "c2pa.opened",
                    "description": "Plate: the shot as it was filmed",
                    "parameters": {"ingredientIds": opened},
                }
            )
        if placed:
            actions.append(
                {
                    "action": "c2pa.placed",
                    "description": "Likeness: footage of the person to be seen",
                    "parameters": {"ingredientIds": placed},
                }
            )
        span = {"type": "npt", "start": "0", "end": f"{self.seconds:.3f}"}
        actions.append(
            {
                "action": "c2pa.edited",
                "description": "Face replaced by the likeness",
                "digitalSourceType": COMPOSITE,
                "softwareAgent": agent,
                "changes": [
                    {"region": [{"type": "temporal", "time": span}], "description": "faces, whole length"}
                ],
            }
        )
        if self.mark is not None:
            actions.append({"action": "c2pa.watermarked.bound", "softwareAgent": agent})
        return {"actions": actions, "allActionsIncluded": True}


def note_of(held: Held, part: Part) -> ConsentNote:
    """What may be told in public of a record."""
    payload, told = held.record.payload, held.summary
    named = payload.disclosure.name_in_credentials
    return ConsentNote(
        part=part,
        id=told["id"],
        sha256=told["sha256"],
        kind=told["kind"],
        media=tuple(payload.use.media),
        until=payload.term.end.date().isoformat(),
        name=payload.subject.public_name if named else None,
    )


def _relationship(source: Source) -> str:
    return "parentOf" if source.role == "plate" else "componentOf"


def _told(source: Source) -> dict[str, Any]:
    return {"role": source.role, "sha256": source.sha256, "bytes": source.bytes}


def _own(label: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "created": True, "data": data}


def _soft_binding(mark: Mark) -> dict[str, Any]:
    # A list of numbers would become an array in CBOR, which the specification does not allow here.
    value = base64.b64encode(mark.payload.to_bytes(8, "big")).decode("ascii")
    return {"alg": mark.algorithm, "name": "invisible watermark", "blocks": [{"scope": {}, "value": value}]}
