"""Small pieces of vector algebra and optics, compiled into the kernels. Vectors are tuples of three."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np
from numba import njit

from understudy.performers.shading.planes import (
    FILL,
    FILL_WAY,
    GROUND,
    KEY_WAY,
    PLACE,
    RIM,
    RIM_WAY,
    SKY,
)

compiled = njit(cache=True, nogil=True, fastmath=True)
"""How every kernel here is compiled: on first use, kept on disk."""


@compiled
def dot(a, b):
    """a . b."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def mixed(a, x, b, y):
    """x a + y b."""
    return a[0] * x + b[0] * y, a[1] * x + b[1] * y, a[2] * x + b[2] * y


@compiled
def cross(a, b):
    """a x b."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@compiled
def unit(a):
    """A vector scaled to length one."""
    scale = 1.0 / np.sqrt(max(dot(a, a), 1e-12))
    return a[0] * scale, a[1] * scale, a[2] * scale


@compiled
def triple(values, i, column):
    """Three columns of row i, from `column` on."""
    return values[i, column], values[i, column + 1], values[i, column + 2]


@compiled
def row(table, i):
    """A row of three as a vector."""
    return table[i, 0], table[i, 1], table[i, 2]


@compiled
def clamped(x):
    """x held in [0, 1]."""
    return min(max(x, 0.0), 1.0)


@compiled
def ramp(low, high, x):
    """0 below `low`, 1 above `high`, a cubic in between."""
    t = clamped((x - low) / (high - low))
    return t * t * (3.0 - 2.0 * t)


@compiled
def towards_eye(scene, i):
    """The direction from sample i to the camera."""
    return unit(mixed(scene.eye, 1.0, triple(scene.values, i, PLACE), -1.0))


@compiled
def mirrored(way, normal):
    """The direction that `way` is reflected in, about `normal`."""
    return mixed(normal, 2.0 * dot(normal, way), way, -1.0)


@compiled
def ambient(normal, light, channel):
    """What comes from sky, ground, the fill and the rim light, for a surface that faces along `normal`."""
    up = 0.5 + 0.5 * normal[1]
    fill = max((dot(normal, row(light, FILL_WAY)) + 0.3) / 1.3, 0.0)
    rim = max(dot(normal, row(light, RIM_WAY)), 0.0)
    room = light[GROUND, channel] * (1.0 - up) + light[SKY, channel] * up
    return room + 1.4 * fill**2.5 * light[FILL, channel] + rim**1.5 * light[RIM, channel]


@compiled
def half_way(view, light):
    """The direction between the camera and the key light."""
    return unit(mixed(view, 1.0, row(light, KEY_WAY), 1.0))


@compiled
def ggx(normal, view, light, roughness):
    """Reflection of the key: Cook-Torrance with GGX (Walter et al. 2007), Schlick's Fresnel, times n.l."""
    half = half_way(view, light)
    nh, vh = clamped(dot(normal, half)), clamped(dot(view, half))
    nl, nv = clamped(dot(normal, row(light, KEY_WAY))), max(clamped(dot(normal, view)), 0.05)
    squared = roughness**4
    spread = squared / (np.pi * (nh * nh * (squared - 1.0) + 1.0) ** 2)
    k = (roughness + 1.0) ** 2 / 8.0
    shadowing = 1.0 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k) * 4.0)
    return spread * shadowing * (0.028 + 0.972 * (1.0 - vh) ** 5) * nl


@compiled
def texture_place(texture, u, v):
    """Where texel coordinates fall: row, column and the fractions beyond."""
    height, width = texture.shape[0], texture.shape[1]
    x, y = min(max(u, 0.0), width - 1.001), min(max(v, 0.0), height - 1.001)
    column, line = int(x), int(y)
    return line, column, y - line, x - column


@compiled
def texel(texture, place, channel):
    """A texture's value there, bilinear."""
    y, x, fy, fx = place
    above = texture[y, x, channel] * (1.0 - fx) + texture[y, x + 1, channel] * fx
    below = texture[y + 1, x, channel] * (1.0 - fx) + texture[y + 1, x + 1, channel] * fx
    return above * (1.0 - fy) + below * fy
