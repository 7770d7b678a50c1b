"""Footage and a project in which an engine that learns can be tried in a second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.engines.toy_engine import installed
from understudy.pipeline.exporting import trainings
from understudy.pipeline.learning import Learning, parse_options
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.train_request import TrainRequest
from understudy.project.settings import TrainingTable
from understudy.training.checkpoint import read_facts
from understudy.training.shelf import Shelf

installed()
CALM = {"device": "cpu", "batch": 2, "warm_up": 0, "score_every": 1e6, "preview_every": 1e6}


def steps(count: int | None, *options: str, **more: object) -> Learning:
    return Learning(parse_options(options), TrainingTable(steps=count, **(CALM | more)))


@dataclass(frozen=True)
class School:
    """Footage, the record that speaks of it, and a project in which its faces have been found."""

    folder: Path
    likeness: Path
    plate: Path
    record: Path

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def swap(self, learning: Learning, **more: object) -> SwapRequest:
        request = SwapRequest(
            (self.likeness,),
            self.plate,
            self.folder / "out.mkv",
            project=self.project,
            consent=(self.record,),
            engine="toy",
            codec="ffv1",
            learning=learning,
        )
        return replace(request, **more)

    def train(self, learning: Learning, **more: object) -> TrainRequest:
        request = TrainRequest(
            (self.likeness,), self.plate, self.project, "toy", learning, consent=(self.record,)
        )
        return replace(request, **more)

    @property
    def training(self) -> Path:
        (folder,) = trainings(self.project)
        return folder

    @property
    def course_step(self) -> int:
        return read_facts(Shelf(self.training).paths()[-1]).course.step
