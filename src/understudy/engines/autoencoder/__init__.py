"""DeepFaceLab's networks as engines: `df`, `liae`, `quick96` and `amp`.

An autoencoder learns to draw both performers through one bottleneck; for the swap the plate's face goes in,
and the likeness comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from understudy.engines.autoencoder.options import (
    AmpOptions,
    DfOptions,
    LiaeOptions,
    Options,
    Quick96Options,
    choices,
)
from understudy.engines.base import LikenessFaces
from understudy.engines.choices import Choices
from understudy.engines.options import read_options
from understudy.faces.faceset import Faceset

if TYPE_CHECKING:
    from understudy.engines.autoencoder.model import FamilyModel
    from understudy.engines.workshop import Workshop

Part = Literal["likeness", "plate"]

LEAST: Mapping[Part, int] = {"likeness": 8, "plate": 4}
"""Faces of each performer, below which there is nothing to learn from."""


class FamilyEngine:
    """What the engines of the family have in common; `options` says what can be chosen."""

    name: ClassVar[str]
    learns: ClassVar[bool] = True
    options: ClassVar[type[Options]]

    def choose(self, given: Mapping[str, str]) -> Choices:
        """Read options. Raises BadInputError for unknown ones and wrong values."""
        return choices(read_options(self.options, self.name, given))

    def fit(self, likeness: LikenessFaces, plate: Faceset, workshop: Workshop | None = None) -> FamilyModel:
        """Learn both performers, going on from what is in the workshop's folder.

        Raises BadInputError where the likeness has fewer than 8 faces, or the plate 4.
        """
        from understudy.engines.autoencoder.making import made_learner, made_net
        from understudy.engines.autoencoder.model import FamilyModel, placed
        from understudy.engines.likest import likest
        from understudy.training.shelf import Shelf
        from understudy.training.weights import load_weights

        if workshop is None:
            raise ValueError(f"the engine {self.name} learns, and needs a workshop")
        options = self.options.model_validate(dict(workshop.choices.values))
        faces = [
            workshop.faces(part, options.resolution, options.framing, least) for part, least in LEAST.items()
        ]
        learner = made_learner(options, faces[0], faces[1], workshop.settings.seed)
        if options.start and not Shelf(workshop.folder).paths():
            learner.begin_from(load_weights(Path(options.start), progress=workshop.progress).tensors)
        workshop.train(learner)
        weights = load_weights(workshop.folder, progress=workshop.progress).tensors
        if not learner.has_grown(weights):
            workshop.progress.warn(
                "The training ended before its pictures had grown to full size: what it draws is not learned "
                "yet; train on with a larger budget."
            )
        net = made_net(options)
        net.load_state_dict(learner.of_net(weights))
        landmarks = np.ascontiguousarray(plate.landmarks, np.float32)
        return FamilyModel(options, placed(net), landmarks, likest(likeness, plate))

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> FamilyModel:
        """The model that `FamilyModel.save` described."""
        from understudy.engines.autoencoder.model import FamilyModel

        return FamilyModel.load(self.options, arrays)


class DfEngine(FamilyEngine):
    """A decoder for each performer: keeps the likeness's features."""

    name: ClassVar[str] = "df"
    options: ClassVar[type[Options]] = DfOptions


class LiaeEngine(FamilyEngine):
    """One decoder for both: keeps the plate's light and expression."""

    name: ClassVar[str] = "liae"
    options: ClassVar[type[Options]] = LiaeOptions


class Quick96Engine(FamilyEngine):
    """A small `df` of 96 pixels: a first look."""

    name: ClassVar[str] = "quick96"
    options: ClassVar[type[Options]] = Quick96Options


class AmpEngine(FamilyEngine):
    """A likeness that can be shown in part."""

    name: ClassVar[str] = "amp"
    options: ClassVar[type[Options]] = AmpOptions
