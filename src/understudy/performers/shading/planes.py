"""What shading reads and writes: the samples, the light and the planes of the picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from understudy.performers.cage import unit
from understudy.performers.moment import Light

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

# Columns of the picture's planes. Light that enters skin is kept apart from what colours it on leaving, to be
# scattered in between.
RADIANCE, IRRADIANCE, ALBEDO = 0, 3, 6
SKIN, COVERAGE, FACE, HAIR, OCCLUDER = 9, 10, 11, 12, 13
PLANES = 14

# Columns of a sample's attributes; the material's own follow.
PLACE, NORMAL, OWN = 0, 3, 6

# Rows of the light table.
KEY_WAY, KEY, SKY, GROUND, FILL_WAY, FILL, RIM_WAY, RIM, WINDOW_WAY = range(9)


class Scene(NamedTuple):
    """All samples of a picture, and where they go.

    values (S, 14) place, normal and the material's own attributes; lit (S,) how much of the key light
    arrives; share (S,) of the pixel; pixel (S,) its index; light (9, 3); eye (3,) the camera; planes (H W,
    PLANES).
    """

    values: Floats
    lit: Floats
    share: Floats
    pixel: Ints
    light: Floats
    eye: Floats
    planes: Floats


def light_table(light: Light) -> Floats:
    """A light's directions and colours as rows, (9, 3); the fill comes from the side the key leaves dark."""
    side = -1.0 if light.direction[0] > 0 else 1.0
    rows = [
        unit(np.array(light.direction)),
        light.key,
        light.sky,
        light.ground,
        unit(np.array([0.9 * side, 0.15, 0.5])),
        light.fill,
        unit(np.array([0.5, 0.4, -0.8])),
        light.rim,
        unit(np.array([-0.35, 0.45, 0.85])),
    ]
    return np.array(rows, np.float32)
