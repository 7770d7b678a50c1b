"""What a project has learned already for a role, to be drawn with as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from understudy.engines.base import Engine
from understudy.engines.choices import Choices
from understudy.errors import BadInputError
from understudy.pipeline.exporting import trainings
from understudy.pipeline.learning import as_word, trained_steps
from understudy.pipeline.workshops import read_about, training_name


@dataclass(frozen=True)
class Played:
    """A role on its footage, by which trainings are known.

    likeness      hash of each clip, by the file's name
    plate         hash of the plate, and its frames first..stop-1
    tracks        of the plate, ascending
    """

    likeness: Mapping[str, str] = field(repr=False)
    plate: tuple[str, int, int]
    tracks: tuple[int, ...]


@dataclass(frozen=True)
class Training:
    """A training that has a checkpoint: with which options, and how many steps it has gone."""

    folder: Path
    choices: Choices = field(repr=False)
    steps: int


def trained_for(project: Path, maker: Engine, role: Played) -> Training | None:
    """What `maker` has learned for a role in `project`, whichever its options; the last one worked on."""
    for folder in reversed(trainings(project)):
        if not folder.name.startswith(f"{maker.name}-"):
            continue
        try:
            about = read_about(folder)
            choices = _choices(maker, about["options"])
        except BadInputError:
            continue
        lasting = {name: choices.values[name] for name in choices.lasting}
        names = about.get("likeness") or ()
        clips = [role.likeness[name] for name in names if name in role.likeness]
        if folder.name != training_name(maker.name, lasting, clips, role.plate, role.tracks):
            continue
        steps = trained_steps(folder)
        if steps:
            return Training(folder, choices, steps)
    return None


def untrained(maker: Engine, tracks: Sequence[int], other: bool) -> BadInputError:
    """That there is nothing to draw with; `other`: the engine has learned something else in the project."""
    what = "only on other footage, frames or tracks" if other else "nothing"
    numbers = ", ".join(map(str, tracks))
    return BadInputError(
        f"The engine {maker.name} has learned {what} in this project: train it for track {numbers} first "
        f"(understudy train --engine {maker.name}, or Train in the studio), with the film's likeness, plate "
        "and frames."
    )


def _choices(maker: Engine, told: Mapping[str, Any]) -> Choices:
    """The choices of a training. Raises BadInputError where this version does not take them."""
    usual = maker.choose({})
    words = {
        name: as_word(value)
        for name, value in told.items()
        if isinstance(value, bool | int | float | str) and value != usual.values.get(name)
    }
    found = maker.choose(words)
    return replace(found, values={**found.values, **told})
