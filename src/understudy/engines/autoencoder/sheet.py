"""A sheet to look at while it trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_GAP = 2


def sheet(rows: Sequence[Tensor]) -> npt.NDArray[np.uint8]:
    """Rows of pictures (N, 3 or 1, S, S) in [0, 1] as one picture (H, W, 3), thin dark lines between.

    Rows may have different lengths; what is missing is dark.
    """
    size, longest = rows[0].shape[-1], max(len(row) for row in rows)
    step = size + _GAP
    made = torch.full((step * len(rows) - _GAP, step * longest - _GAP, 3), 0.1)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            shown = picture.detach().float().cpu().clamp(0, 1).expand(3, size, size)
            made[y * step : y * step + size, x * step : x * step + size] = shown.permute(1, 2, 0)
    return np.asarray((made * 255).round().byte().numpy())
