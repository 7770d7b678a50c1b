"""Trained weights, out of a training's folder: for export, and to draw with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import Tensor

from understudy.errors import BadInputError
from understudy.progress import Progress, SilentProgress
from understudy.training.checkpoint import Facts, unpack
from understudy.training.keeping import check_same, fitted
from understudy.training.learner import Learner
from understudy.training.shelf import Shelf


@dataclass(frozen=True)
class Weights:
    """What a learner's `state_dict` is to be, on the CPU, and what it is of."""

    facts: Facts
    tensors: dict[str, Tensor] = field(repr=False)


def load_weights(
    folder: Path,
    which: Literal["best", "last"] = "best",
    *,
    averaged: bool = True,
    progress: Progress | None = None,
) -> Weights:
    """The weights of the training in `folder`: with the best held-out score, or the last.

    `averaged` takes the averages of the last steps where there are any. A damaged checkpoint is warned
    about and the next one taken. Raises BadInputError where there is none.
    """
    shelf = Shelf(folder)
    teller = progress or SilentProgress()
    files = shelf.best(teller) if which == "best" else shelf.newest(teller)
    if files is None:
        raise BadInputError(f"There is no trained model in {folder}; train one first.")
    checkpoint = unpack(files)
    tensors = dict(checkpoint.weights)
    if averaged:
        tensors |= checkpoint.average
    return Weights(checkpoint.facts, tensors)


def load_into(learner: Learner, folder: Path, which: Literal["best", "last"] = "best") -> Facts:
    """Give `learner` the averaged weights of the training in `folder`.

    Raises BadInputError where they do not fit.
    """
    weights = load_weights(folder, which)
    tensors, _ = fitted(learner, weights.tensors)
    check_same(learner, weights.facts, tensors, folder)
    learner.load_state_dict(tensors)
    return weights.facts
