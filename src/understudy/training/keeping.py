"""A training into checkpoints and back: weights, averages, optimisers, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from understudy.errors import BadInputError
from understudy.progress import Progress
from understudy.training.average import AveragedWeights
from understudy.training.checkpoint import Checkpoint, DamagedCheckpointError, Facts, unpack
from understudy.training.course import Course
from understudy.training.crew import Crew
from understudy.training.learner import Learner
from understudy.training.optimiser_state import recall, remembered
from understudy.training.settings import TrainingSettings
from understudy.training.shelf import Shelf


class Keeper:
    """Saves and restores one training. Only the leading process touches files; all get what it reads."""

    def __init__(
        self,
        learner: Learner,
        optimisers: Mapping[str, Optimizer],
        average: AveragedWeights,
        folder: Path,
        settings: TrainingSettings,
        notes: Mapping[str, str],
        crew: Crew,
        progress: Progress,
    ) -> None:
        self.shelf = Shelf(folder, settings.keep)
        self._learner = learner
        self._optimisers = optimisers
        self._average = average
        self._folder = folder
        self._settings = settings
        self._notes = notes
        self._crew = crew
        self._progress = progress

    def is_sound(self) -> bool:
        """Whether all weights are numbers; others are not worth saving."""
        return all(bool(torch.isfinite(each).all()) for each in self._learner.parameters())

    def save(self, course: Course) -> Path:
        """Write a checkpoint. Raises OutputError where that cannot be."""
        facts = Facts(
            learner=self._learner.name,
            architecture=self._learner.architecture(),
            course=course,
            score=course.score,
            notes=self._notes,
            settings=self._settings.to_json(),
        )
        return self.shelf.put(
            Checkpoint(
                facts=facts,
                weights=self._learner.state_dict(),
                average=self._average.tensors(),
                optimisers={
                    player: remembered(self._settings.optimiser_of(player), optimiser)
                    for player, optimiser in self._optimisers.items()
                },
            )
        )

    def resume(self) -> Course | None:
        """Go back to the newest checkpoint that is whole; None where there is none yet."""
        files = None
        if self._crew.leads:
            files = self.shelf.newest(self._progress)
        files = self._crew.share(files)
        if files is None:
            self._crew.align(self._learner)
            self._average.load({})
            return None
        checkpoint = unpack(files)
        self._restore(checkpoint)
        if self._crew.leads:
            self.shelf.tidy(checkpoint.facts.course.step)
        return checkpoint.facts.course

    def _restore(self, checkpoint: Checkpoint) -> None:
        weights, afresh = fitted(self._learner, checkpoint.weights)
        check_same(self._learner, checkpoint.facts, weights, self._folder)
        _check_average(checkpoint)
        self._learner.load_state_dict(weights)
        self._average.load({name: each for name, each in checkpoint.average.items() if name not in afresh})
        begun = {id(each) for name, each in self._learner.named_parameters() if name in afresh}
        for player, optimiser in self._optimisers.items():
            state = checkpoint.optimisers.get(player)
            if any(id(each) in begun for group in optimiser.param_groups for each in group["params"]):
                state = None
            name = self._settings.optimiser_of(player)
            if state is None or state.name != name:
                before = "" if state is None else f" instead of {state.name}"
                self._progress.warn(f"The {player} goes on with {name}{before}, which remembers nothing yet.")
                optimiser.state.clear()
                continue
            try:
                recall(optimiser, state)
            except (ValueError, KeyError, TypeError) as error:
                raise BadInputError(
                    f"What {name} remembers in {self._folder} does not fit ({error}); "
                    f"give another folder, or another optimiser to go on without it."
                ) from error


def fitted(learner: Learner, weights: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], set[str]]:
    """A checkpoint's weights with what passes (see `Learner.passing`) as `learner` has it now.

    Also the names of what begins afresh.
    """
    passing = learner.passing()
    found = {name: each for name, each in weights.items() if not name.startswith(passing)}
    afresh = set()
    for name, own in learner.state_dict().items():
        if name.startswith(passing):
            known = weights.get(name)
            if known is None or known.shape != own.shape:
                known = own
                afresh.add(name)
            found[name] = known
    return found, afresh


def check_same(learner: nn.Module, facts: Facts, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Raise BadInputError where a checkpoint in `folder` is not of `learner`'s networks, shape for shape."""
    elsewhere = "give the settings that it was begun with, or another folder"
    name = getattr(learner, "name", type(learner).__name__)
    if facts.learner != name:
        raise BadInputError(f"{folder} holds a training of {facts.learner}, not of {name}; {elsewhere}.")
    architecture = learner.architecture() if isinstance(learner, Learner) else {}
    for key in sorted({*architecture, *facts.architecture}):
        mine, its = _json(architecture.get(key)), _json(facts.architecture.get(key))
        if mine != its:
            raise BadInputError(f"{folder} was trained with {key} {its}, and not {mine}; {elsewhere}.")
    own, found = _shapes(learner.state_dict()), _shapes(weights)
    for each in sorted({*own, *found}):
        if own.get(each) != found.get(each):
            raise BadInputError(
                f"{folder} was trained with other networks ({each} is {_shape(found.get(each))} there and "
                f"{_shape(own.get(each))} here); {elsewhere}."
            )


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Shapes by name, without what modules keep as "extra state": that may change with the material."""
    return {
        name: tuple(tensor.shape) for name, tensor in tensors.items() if not name.endswith("_extra_state")
    }


def _check_average(checkpoint: Checkpoint) -> None:
    for name, average in checkpoint.average.items():
        if name not in checkpoint.weights or checkpoint.weights[name].shape != average.shape:
            raise DamagedCheckpointError(f"the average of {name} does not belong to its weights")


def _json(value: object) -> object:
    """As it comes back from JSON."""
    if isinstance(value, tuple | list):
        return [_json(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _json(each) for key, each in value.items()}
    return value


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else "×".join(map(str, shape)) or "a number"
