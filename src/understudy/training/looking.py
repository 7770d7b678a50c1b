"""A look at what a learner can do by now, and what such looks may cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch

from understudy.training.average import AveragedWeights
from understudy.training.clock import Clock
from understudy.training.crew import Crew
from understudy.training.learner import Learner

_PATIENCE = 9.0
"""After a look, so many times its length go by before the next: a tenth of the time at most is spent so."""


class Looker:
    """Has scores and sheets made with averaged weights, off the budget of processor time."""

    def __init__(self, learner: Learner, average: AveragedWeights, crew: Crew, clock: Clock) -> None:
        self._learner = learner
        self._average = average
        self._crew = crew
        self._clock = clock

    def score(self) -> float:
        """The learner's held-out score."""
        with self._scope():
            return float(self._learner.score())

    def sheet(self) -> npt.NDArray[np.uint8]:
        """Its preview sheet."""
        with self._scope():
            return self._learner.preview()

    @contextmanager
    def _scope(self) -> Iterator[None]:
        self._learner.eval()
        try:
            with self._clock.aside(), self._average.shown(), torch.no_grad(), self._crew.autocast():
                yield
        finally:
            self._learner.train()


class LookEvery:
    """Says when to look again: after an interval in seconds, or later where looks take long."""

    def __init__(self, seconds: float) -> None:
        self._interval = seconds
        self._next = time.monotonic() + seconds

    def due(self) -> bool:
        """Whether it is time."""
        return time.monotonic() >= self._next

    @contextmanager
    def looking(self) -> Iterator[None]:
        """The look; the interval begins when it is over."""
        begun = time.monotonic()
        yield
        ended = time.monotonic()
        self._next = ended + max(self._interval, _PATIENCE * (ended - begun))
