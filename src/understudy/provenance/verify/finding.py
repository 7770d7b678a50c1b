"""Findings, each one sentence, and the verdict over all of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

State = Literal["good", "bad", "open"]
"""good: holds; bad: does not; open: nothing follows from it."""


_STATES: dict[str, State] = {"good": "good", "bad": "bad", "open": "open"}


class Verdict(Enum):
    """The answer, with the exit code of `understudy verify` and the sentence for people."""

    TRUSTED = 0, "Intact, and signed by somebody you trust."
    UNKNOWN_SIGNER = 1, "Intact, but signed by somebody who is not known here."
    RECOVERED = 3, "Its credentials were stripped; the invisible mark led to the signed record, which fits."
    MARKED = 3, "Made with Understudy: the invisible mark is there, but no credentials that fit."
    TAMPERED = 4, "Changed after it was signed."
    NOTHING = 5, "Nothing found, which says nothing about whether it is authentic."

    def __init__(self, exit_code: int, sentence: str) -> None:
        self.exit_code = exit_code
        self.sentence = sentence


@dataclass(frozen=True)
class Finding:
    """One fact: what it is about, what follows from it, and one sentence."""

    topic: str
    state: State
    sentence: str


@dataclass(frozen=True)
class Report:
    """Everything that was found about a file."""

    file: Path
    bytes: int
    sha256: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    payload: int | None
    confidence: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "file": str(self.file),
            "bytes": self.bytes,
            "sha256": self.sha256,
            "verdict": self.verdict.name.lower().replace("_", "-"),
            "exit_code": self.verdict.exit_code,
            "sentence": self.verdict.sentence,
            "findings": [asdict(finding) for finding in self.findings],
            "watermark": {
                "id": None if self.payload is None else f"{self.payload:016x}",
                "confidence": round(self.confidence, 1),
            },
        }

    @classmethod
    def from_json(cls, value: Any, file: Path) -> Report:
        """The inverse of `to_json`, for the file at `file`. Raises ValueError for what is no report."""
        try:
            verdict = Verdict[str(value["verdict"]).upper().replace("-", "_")]
            findings = tuple(
                Finding(str(one["topic"]), _STATES[one["state"]], str(one["sentence"]))
                for one in value["findings"]
            )
            number, confidence = value["watermark"]["id"], float(value["watermark"]["confidence"])
            payload = None if number is None else int(number, 16)
            size, sha256 = int(value["bytes"]), str(value["sha256"])
        except (KeyError, TypeError) as error:
            raise ValueError("this is not a report") from error
        return cls(file, size, sha256, verdict, findings, payload, confidence)
