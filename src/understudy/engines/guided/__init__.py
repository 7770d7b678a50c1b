"""The engine that learns to mend what `warp` puts together, from the likeness itself.

Every frame of the likeness is put together from its other frames, as a swap would be: what that looks like
and what it should look like are both known, and a small network learns the difference, and how light falls
onto this face. On the plate it mends what `warp` puts together there. It learns one performer, not a pair:
minutes, where an autoencoder has to invent both faces from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from understudy.engines.base import LikenessFaces
from understudy.engines.choices import Choices
from understudy.engines.guided.model import GuidedModel
from understudy.engines.options import EngineOptions, read_options
from understudy.engines.warp import WarpEngine
from understudy.faces.faceset import Faceset
from understudy.training.faces import TrainingFaces

if TYPE_CHECKING:
    from understudy.engines.workshop import Workshop

LEAST_FACES = 8
_MOST_FACES = 2000
"""More lessons would take gigabytes of memory."""
SIZE = 256
CHANNELS = (32, 48, 64, 96)


class GuidedOptions(EngineOptions):
    """Options of the engine.

    size    side of the aligned squares that the network works on, pixels
    width   channels of its first level; the others follow
    """

    size: Annotated[int, Field(ge=64, le=512, multiple_of=16)] = SIZE
    width: Annotated[int, Field(ge=8, le=256, multiple_of=8)] = CHANNELS[0]

    @property
    def channels(self) -> tuple[int, ...]:
        """Of the network's levels."""
        return tuple(self.width * count // CHANNELS[0] for count in CHANNELS)


class GuidedEngine:
    """Learns from the likeness how to mend what `warp` puts together."""

    name: ClassVar[str] = "guided"
    learns: ClassVar[bool] = True

    def choose(self, given: Mapping[str, str]) -> Choices:
        """Read `GuidedOptions`. Raises BadInputError for unknown ones and wrong values."""
        options = read_options(GuidedOptions, self.name, given)
        training = {"batch": 4, "optimiser": "adamw", "rate": 1e-3, "warm_up": 30, "ema": 0.995}
        return Choices(options.model_dump(), frozenset(GuidedOptions.model_fields), training)

    def fit(self, likeness: LikenessFaces, plate: Faceset, workshop: Workshop | None = None) -> GuidedModel:
        """Learn how to mend. Raises BadInputError where a side has too few faces."""
        import torch

        from understudy.engines.guided.learner import GuidedLearner
        from understudy.engines.guided.lessons import AlignedCrops, make_lessons
        from understudy.engines.guided.lighting import plate_lights
        from understudy.engines.guided.promoted import with_promoted
        from understudy.engines.guided.trials import make_trials
        from understudy.training.weights import load_into

        if workshop is None:
            raise ValueError("an engine that learns needs a workshop")
        options = GuidedOptions.model_validate(dict(workshop.choices.values))
        faces = workshop.faces("likeness", options.size, least=LEAST_FACES)
        replaced, crops = workshop.faces("plate", options.size), AlignedCrops(faces)
        plan = WarpEngine().fit(likeness, plate)
        lights = plate_lights(plan, plate, replaced, crops)
        lessons = make_lessons(_thinned(faces), likeness, workshop.progress)
        repaired = workshop.promoted(options.size)
        if repaired is not None:
            lessons = with_promoted(lessons, repaired, plan, lights, crops)
        lights = replace(lights, known=lessons.light)
        trials = make_trials(plan, lights, replaced, crops)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(workshop.settings.seed)
            weight = None if repaired is None else repaired.weight
            learner = GuidedLearner(lessons, trials, options.channels, weight)
        workshop.train(learner)
        load_into(learner, workshop.folder)
        return GuidedModel.of(plan, lights, learner.net, options.size, options.channels)

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> GuidedModel:
        """The model that `GuidedModel.save` described."""
        return GuidedModel.load(arrays)


def _thinned(faces: TrainingFaces) -> TrainingFaces:
    """At most `_MOST_FACES` of them, evenly spread."""
    if len(faces) <= _MOST_FACES:
        return faces
    kept = np.linspace(0, len(faces) - 1, _MOST_FACES).round().astype(np.int64)
    return TrainingFaces(**{each.name: getattr(faces, each.name)[kept] for each in fields(faces)})
