"""The training-free engine: likeness frames, warped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy.typing as npt

from understudy.engines.base import LikenessFaces
from understudy.engines.warp.plan import plan
from understudy.engines.warp.render import WarpModel
from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset


class WarpEngine:
    """Chooses likeness frames by expression, pose and light and warps them onto the plate's face."""

    name: ClassVar[str] = "warp"

    def fit(self, likeness: LikenessFaces, plate: Faceset) -> WarpModel:
        """Plan the swap of one plate track. Raises BadInputError where either side has no face."""
        if not len(likeness):
            raise BadInputError("The likeness has no usable face; give footage that shows it.")
        if not len(plate):
            raise BadInputError("The plate has no usable face; choose another track or plate.")
        return plan(likeness, plate)

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> WarpModel:
        """The model that `WarpModel.save` described."""
        return WarpModel.load(arrays)
