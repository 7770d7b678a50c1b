"""Skin, lips, the mouth's lining, scalp and clothes."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from understudy.performers.shading.optics import (
    ambient,
    clamped,
    compiled,
    cross,
    dot,
    ggx,
    mirrored,
    mixed,
    ramp,
    row,
    texel,
    texture_place,
    towards_eye,
    triple,
    unit,
)
from understudy.performers.shading.planes import (
    ALBEDO,
    COVERAGE,
    IRRADIANCE,
    KEY,
    KEY_WAY,
    NORMAL,
    OWN,
    PLACE,
    RADIANCE,
    SKIN,
)

_U, _V, _WET, _LID, _SKY, _SCALP, _CLOTH, _FACE = range(OWN, OWN + 8)
# light enters the terminator's far side: red most
_WRAP = (0.32, 0.12, 0.06)
# and fills hollows with red, for the rest is soaked up there
_OCCLUSION = (1.0, 1.4, 1.55)
_SHADOW = (0.8, 1.0, 1.0)
_LINING = (0.30, 0.07, 0.06)
_LID_EDGE = (0.55, 0.26, 0.22)


@compiled
def _bumped(normal, up, relief, place, depth):
    """The normal tilted by the texture's slopes, across the head and down it."""
    across = unit(cross(up, normal))
    down = cross(normal, across)
    tilt = mixed(across, -texel(relief, place, 0) * depth, down, texel(relief, place, 1) * depth)
    return unit(mixed(normal, 1.0, tilt, 1.0))


@compiled
def _weave(place):
    """Light and dark of a knitted cloth and its folds."""
    x, y = place[0], place[1]
    stitch = 1.0 + 0.10 * np.sin(16.0 * x) * np.sin(16.0 * y)
    return stitch * (0.85 + 0.15 * np.sin(0.9 * x + 1.3 * np.sin(0.35 * y)))


@compiled
def _open_sky(values, i, inner, opening):
    """How much of the room the sample sees; for the mouth it was measured shut, so there `opening` counts."""
    deep = clamped((values[i, _WET] - 0.6) / 0.4)
    return clamped(values[i, _SKY]) * (1.0 - inner) + (0.10 + 0.42 * opening) * (1.0 - 0.6 * deep) * inner


@compiled
def shade_skin(rows, scene, plane, up, opening, colour, relief, scalp):
    """Shade the samples `rows`; light that enters goes to irradiance and albedo, gloss straight to radiance.

    `plane` is the matte to mark, `up` the head's, `opening` the mouth's in [0, 1]; `colour` (h, w, 4) is
    albedo and roughness, `relief` (h, w, 3) slopes and gloss; `scalp` (3,) the colour under the hair.
    """
    values, light = scene.values, scene.light
    for i in rows:
        if values[i, _CLOTH] > 0.0:
            continue
        place = texture_place(colour, values[i, _U] * colour.shape[1], values[i, _V] * colour.shape[0])
        inner, lid = ramp(0.05, 0.7, values[i, _WET]), ramp(0.2, 0.9, values[i, _LID])
        hair = ramp(0.0, 1.0, values[i, _SCALP])
        sky = _open_sky(values, i, inner, opening)
        smooth = unit(triple(values, i, NORMAL))
        normal = _bumped(smooth, up, relief, place, 0.75 * (1.0 - inner))
        view, key = towards_eye(scene, i), row(light, KEY_WAY)
        facing = 0.45 * dot(smooth, key) + 0.55 * dot(normal, key)
        sheen = texel(relief, place, 2) * (1.0 - 0.8 * hair) * (1.0 - 0.6 * inner) * sky
        rough = max(texel(colour, place, 3) - 0.12 * lid - 0.10 * inner, 0.15)
        # two lobes of the key, and the room at grazing angles
        lobes = 0.8 * ggx(normal, view, light, rough) + 0.2 * ggx(normal, view, light, 0.65 * rough)
        glint = 1.4 * lobes * scene.lit[i] * sheen
        grazing = (0.015 + 0.12 * (1.0 - clamped(dot(normal, view))) ** 5) * sheen * sky
        around = mirrored(view, normal)
        part, out = scene.share[i], scene.planes[scene.pixel[i]]
        for c in range(3):
            albedo = texel(colour, place, c) * (1.0 - inner) + _LINING[c] * inner
            albedo = albedo * (1.0 - lid) + _LID_EDGE[c] * lid
            albedo = albedo * (1.0 - 0.9 * hair) + 0.72 * hair * scalp[c]
            diffuse = (
                max(facing + _WRAP[c], 0.0) / (1.0 + _WRAP[c]) * scene.lit[i] ** _SHADOW[c] * light[KEY, c]
            )
            diffuse += ambient(normal, light, c) * sky ** _OCCLUSION[c]
            out[RADIANCE + c] += part * (glint * light[KEY, c] + grazing * ambient(around, light, c))
            out[IRRADIANCE + c] += part * diffuse * (1.0 - 0.45 * inner)
            out[ALBEDO + c] += part * albedo
        out[SKIN] += part
        out[COVERAGE] += part
        if values[i, _FACE] >= 0.5:
            out[plane] += part


@compiled
def shade_cloth(rows, scene, cloth):
    """Shade those of the samples `rows` that lie below the collar; `cloth` (3,) is their colour."""
    values, light = scene.values, scene.light
    for i in rows:
        if values[i, _CLOTH] <= 0.0:
            continue
        normal = unit(triple(values, i, NORMAL))
        facing = max(dot(normal, row(light, KEY_WAY)) + 0.06, 0.0) / 1.06 * scene.lit[i]
        sky = clamped(values[i, _SKY]) ** 1.4
        shade = _weave(triple(values, i, PLACE))
        part, out = scene.share[i], scene.planes[scene.pixel[i]]
        for c in range(3):
            out[RADIANCE + c] += (
                part * cloth[c] * shade * (facing * light[KEY, c] + ambient(normal, light, c) * sky)
            )
        out[COVERAGE] += part
