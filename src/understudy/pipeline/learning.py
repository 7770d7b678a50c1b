"""How engines that learn are asked to: options and training settings, from the user and from the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from understudy.engines.base import Engine
from understudy.engines.choices import Choices
from understudy.errors import BadInputError
from understudy.project.settings import OptionValue, TrainingTable

if TYPE_CHECKING:
    from understudy.training.budget import Budget
    from understudy.training.settings import TrainingSettings

_ENDS = ("budget", "steps", "until_plateau")
_ENDLESS = "A training needs an end: give --budget (as 10m), --steps or --until-plateau."


@dataclass(frozen=True)
class Learning:
    """What was asked of an engine; what was not is as `project.toml` says, and else as the engine wants it.

    options    of the engine, by name, as the user wrote them
    training   budget, device, batch …
    """

    options: tuple[tuple[str, str], ...] = ()
    training: TrainingTable = field(default_factory=TrainingTable)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"options": dict(self.options), "training": self.training.given}


def parse_options(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """`KEY=VALUE` of each text. Raises BadInputError for anything else, and where a key comes twice."""
    pairs = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise BadInputError(f'--option wants KEY=VALUE, as in resolution=256, not "{text}".')
        pairs.append((key.strip(), value.strip()))
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise BadInputError(f"--option gives {key} twice: give it once.")
    return tuple(pairs)


def choices_of(
    maker: Engine, asked: Learning, project: Mapping[str, Mapping[str, OptionValue]] | None = None
) -> Choices:
    """The engine's options. Raises BadInputError for unknown ones and wrong values.

    Also where training is asked of an engine that does not learn.
    """
    given = {name: as_word(value) for name, value in (project or {}).get(maker.name, {}).items()}
    chosen = maker.choose(given | dict(asked.options))
    if not maker.learns and asked.training.given:
        name = next(iter(asked.training.given)).replace("_", "-")
        raise BadInputError(f"The engine {maker.name} does not learn: leave out --{name}.")
    return chosen


def training_settings(
    choices: Choices, asked: TrainingTable, project: TrainingTable, budget: Budget
) -> TrainingSettings:
    """How to train: what was asked for, else what the project says, else what the engine wants.

    Raises BadInputError for wrong values.
    """
    from understudy.training.settings import TrainingSettings

    given = dict(choices.training) | project.given | asked.given
    return TrainingSettings(
        budget=budget, **{name: value for name, value in given.items() if name not in _ENDS}
    )


def budget_of(asked: TrainingTable, project: TrainingTable, folder: Path) -> Budget:
    """When the training in `folder` ends; without a budget, what was trained there is taken as it is.

    A budget that is asked for replaces the project's: "10m" is not to end at the project's 500 steps. Raises
    BadInputError where there is neither a budget nor anything trained.
    """
    from understudy.training.budget import Budget, make_budget

    source = asked if _has_end(asked) else project
    if _has_end(source):
        return make_budget(source.budget, source.steps, bool(source.until_plateau))
    steps = trained_steps(folder)
    if steps is None:
        raise BadInputError(_ENDLESS)
    return Budget(steps=max(1, steps))


def check_end(asked: TrainingTable, project: TrainingTable, trained: bool) -> None:
    """Raise BadInputError where a training would have no end, and where its budget cannot be read.

    `trained`: there is something trained, which may be what is wanted.
    """
    from understudy.training.budget import make_budget

    source = asked if _has_end(asked) else project
    if _has_end(source):
        make_budget(source.budget, source.steps, bool(source.until_plateau))
    elif not trained:
        raise BadInputError(_ENDLESS)


def _has_end(table: TrainingTable) -> bool:
    return any(getattr(table, name) for name in _ENDS)


def trained_steps(folder: Path) -> int | None:
    """How many steps were trained in `folder`, None where none was."""
    from understudy.training.checkpoint import DamagedCheckpointError, read_facts
    from understudy.training.shelf import Shelf

    for path in reversed(Shelf(folder).paths()):
        try:
            return read_facts(path).course.step
        except DamagedCheckpointError:
            continue
    return None


def as_word(value: OptionValue) -> str:
    """An option's value as a user would write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
