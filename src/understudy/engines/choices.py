"""What was chosen about an engine: its options, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from understudy.errors import BadInputError


@dataclass(frozen=True)
class Choices:
    """An engine's options, read and checked.

    values    all of them by name, with defaults filled in, as JSON values
    lasting   the names of those that belong to what is learned: with another value another training begins,
              while all others may be changed between runs of one training
    training  fields of `TrainingSettings` that this engine wants otherwise, unless the user says so
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    lasting: frozenset[str] = frozenset()
    training: Mapping[str, Any] = field(default_factory=dict)


def no_options(name: str, given: Mapping[str, str]) -> Choices:
    """The choices of an engine `name` that has no options. Raises BadInputError where some are given."""
    if given:
        raise BadInputError(f"The engine {name} has no option {next(iter(given))!r}: leave it out.")
    return Choices()
