"""Engines and settings to be run through: every combination of what is asked for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from understudy.engines.base import engine as load_engine
from understudy.errors import BadInputError
from understudy.pipeline.learning import Learning, choices_of
from understudy.project.settings import SwapSettings, TrainingTable, one_sentence

_LOSSLESS = {"codec": "ffv1"}
"""What benchmarks use where nothing else is said: the codec is kept out of the figures."""
_OF_TRAINING = TrainingTable.model_fields.keys() - SwapSettings.model_fields.keys()


_OPTION = "option."
"""What names of an engine's options begin with."""


@dataclass(frozen=True)
class Variant:
    """Settings of a swap that are asked for: of `SwapSettings`, of `TrainingTable`, and `option.NAME`s.

    Raises BadInputError for wrong ones.
    """

    settings: tuple[tuple[str, str | int], ...] = ()
    checked: SwapSettings = field(init=False, compare=False, repr=False)
    learning: Learning = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        given = dict(self.settings)
        options = {name: given.pop(name) for name in list(given) if name.startswith(_OPTION)}
        training = {name: given.pop(name) for name in list(given) if name in _OF_TRAINING}
        try:
            checked = SwapSettings.model_validate(_LOSSLESS | given)
            table = TrainingTable.model_validate(training)
        except ValidationError as error:
            raise BadInputError(f"This setting cannot be used. {one_sentence(error)}") from error
        words = tuple((name.removeprefix(_OPTION), str(value)) for name, value in options.items())
        learning = Learning(words, table)
        choices_of(load_engine(checked.engine), learning)
        object.__setattr__(self, "checked", checked)
        object.__setattr__(self, "learning", learning)

    @property
    def name(self) -> str:
        """The engine, and whatever else was set, as "warp blend=poisson"."""
        others = [f"{name}={value}" for name, value in self.settings if name != "engine"]
        return " ".join([self.checked.engine, *others])

    @property
    def options(self) -> dict[str, Any]:
        """All settings, for `SwapRequest`."""
        return self.checked.model_dump() | {"learning": self.learning}

    @property
    def told(self) -> dict[str, Any]:
        """All settings, as JSON values."""
        return self.checked.model_dump() | {"learning": self.learning.to_json()}


def combinations(given: Sequence[tuple[str, str]]) -> list[Variant]:
    """Every combination of (name, value) pairs in which each name has one of its values, in the order given.

    Raises BadInputError for a name or a value that no swap has.
    """
    values: dict[str, list[str]] = {}
    for name, value in given:
        plain = name if name.startswith(_OPTION) else name.replace("-", "_")
        values.setdefault(plain, []).append(value)
    rows = itertools.product(*values.values())
    return [Variant(tuple(zip(values, row, strict=True))) for row in rows]


def parse_setting(text: str) -> tuple[str, str]:
    """`name=value`. Raises BadInputError for anything else."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise BadInputError(f'--set wants NAME=VALUE, as in blend=poisson, not "{text}".')
    return name, value
