"""What a stage's output depends on, as one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """Everything a stage's output depends on; equal recipes give equal outputs.

    stage        name of the stage, a-z and dashes: it names the folder
    version      which code makes the output: `code.code_hash` of the module that does it, which nobody can
                 forget to raise; a number only where equal numbers are a promise to others
    parameters   what was asked for: JSON values, tuples, enums, fractions and dataclasses of these. No paths:
                 a moved file is the same file
    inputs       content hashes by name: `fingerprint` of a file, or `Recipe.hash` of the stage it came from
    """

    stage: str
    version: int | str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.stage.replace("-", "").isalnum() or self.stage != self.stage.lower():
            raise ValueError(f"a stage's name is lower-case letters, digits and dashes, not {self.stage!r}")

    @cached_property
    def text(self) -> str:
        """The recipe as canonical JSON."""
        return canonical_json(
            {
                "stage": self.stage,
                "version": self.version,
                "parameters": self.parameters,
                "inputs": self.inputs,
            }
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of `text`, 64 hex digits. The same on every machine and in every Python."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """`value` as JSON that is equal exactly where the values are equal: sorted keys, no spaces.

    Raises TypeError for what has no stable text (paths, arrays, objects) and ValueError for NaN and infinity.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
    )


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise TypeError(f"a {type(value).__name__} cannot be part of a recipe; give its content or its hash")
