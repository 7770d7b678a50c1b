"""The training-free engine: likeness frames, warped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy.typing as npt

from understudy.engines.base import LikenessFaces
from understudy.engines.choices import Choices, no_options
from understudy.engines.warp.plan import plan
from understudy.engines.warp.render import WarpModel
from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset

if TYPE_CHECKING:
    from understudy.engines.workshop import Workshop


class WarpEngine:
    """Chooses likeness frames by expression, pose and light and warps them onto the plate's face."""

    name: ClassVar[str] = "warp"
    learns: ClassVar[bool] = False

    def choose(self, given: Mapping[str, str]) -> Choices:
        """There is nothing to choose."""
        return no_options(self.name, given)

    def fit(self, likeness: LikenessFaces, plate: Faceset, workshop: Workshop | None = None) -> WarpModel:
        """Plan the swap of one plate track. Raises BadInputError where either side has no face."""
        del workshop  # nothing is learned
        if not len(likeness):
            raise BadInputError("The likeness has no usable face; give footage that shows it.")
        if not len(plate):
            raise BadInputError("The plate has no usable face; choose another track or plate.")
        return plan(likeness, plate)

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> WarpModel:
        """The model that `WarpModel.save` described."""
        return WarpModel.load(arrays)
