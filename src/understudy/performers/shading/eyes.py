"""Eyeballs, teeth and tongue."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from understudy.performers.shading.optics import (
    ambient,
    clamped,
    compiled,
    dot,
    mirrored,
    ramp,
    row,
    texel,
    texture_place,
    towards_eye,
    triple,
    unit,
)
from understudy.performers.shading.planes import (
    COVERAGE,
    FACE,
    FILL,
    KEY,
    KEY_WAY,
    NORMAL,
    OWN,
    RADIANCE,
    WINDOW_WAY,
)

_WAY, _LET_IN = OWN, OWN + 5
_CROWN, _GUM, _REACHED = OWN, OWN + 1, OWN + 2
# half angle of the iris as seen from the eyeball's centre, radians; the pupil is a share of it
_IRIS_ANGLE, _PUPIL = 0.5, 0.36
_COLLARETTE = (0.30, 0.13, 0.04)
_WHITE = (0.62, 0.56, 0.52)
_BLUSH = (0.15, 0.75, 0.75)
_ENAMEL = (0.70, 0.62, 0.50)
_FLESH = (0.45, 0.14, 0.13)


@compiled
def _iris(colour, radius, fibre, gathered, c):
    """The iris's albedo at `radius` (1 at its rim): fibres, collarette, dark limbus, and the pupil."""
    ring = 0.35 * np.exp(-(((radius - _PUPIL - 0.12) / 0.13) ** 2)) * (1.0 + 0.6 * fibre)
    tinted = colour[c] * (1.0 + 0.5 * fibre) * (1.35 - 0.55 * radius) + ring * _COLLARETTE[c] * min(
        4.0 * colour[0], 1.0
    )
    limbus = 1.0 - 0.88 * ramp(0.78, 1.0, radius)
    return max(tinted * limbus * ramp(_PUPIL - 0.05, _PUPIL + 0.05, radius) * gathered, 0.0)


@compiled
def shade_eyes(rows, scene, iris, fibres):
    """Sclera, iris, pupil and the wet cornea; `fibres` (h, w, 1) is the iris by angle and radius."""
    values, light = scene.values, scene.light
    key = row(light, KEY_WAY)
    for i in rows:
        normal, way = unit(triple(values, i, NORMAL)), unit(triple(values, i, _WAY))
        off_axis, angle = np.arccos(min(max(way[2], -1.0), 1.0)), np.arctan2(way[1], way[0])
        radius = off_axis / _IRIS_ANGLE
        spot = texture_place(
            fibres, (angle / (2 * np.pi) + 0.5) * fibres.shape[1], min(radius, 1.0) * fibres.shape[0]
        )
        fibre = texel(fibres, spot, 0)
        vein = 0.5 + 0.5 * np.sin(9.0 * angle + 4.0 * np.sin(7.0 * off_axis + 2.0 * angle))
        blush = ramp(0.75, 1.5, off_axis) * (0.35 + 0.25 * vein)
        sclera = ramp(0.93, 1.07, radius)
        # light that crosses the cornea gathers on the iris's far side
        gathered = 1.0 + 0.9 * max(-way[0] * key[0] - way[1] * key[1], 0.0) * ramp(0.3, 0.9, radius)
        view = towards_eye(scene, i)
        around = mirrored(view, normal)
        let_in = values[i, _LET_IN]
        facing = clamped((dot(normal, key) + 0.25) / 1.25) * scene.lit[i] * let_in
        spark = (
            0.75 * ramp(0.925, 0.985, dot(around, key)) * min(scene.lit[i] + 0.5, 1.0) * (0.4 + 0.6 * let_in)
        )
        pane = 0.5 * ramp(0.965, 0.985, dot(around, row(light, WINDOW_WAY))) * let_in
        grazing = (0.03 + 0.4 * (1.0 - clamped(dot(normal, view))) ** 5) * let_in
        part, out = scene.share[i], scene.planes[scene.pixel[i]]
        for c in range(3):
            white = _WHITE[c] * np.exp(-blush * _BLUSH[c])
            albedo = _iris(iris, radius, fibre, gathered, c) * (1.0 - sclera) + white * sclera
            diffuse = facing * light[KEY, c] + 0.9 * ambient(normal, light, c) * let_in
            wet = spark * light[KEY, c] + pane * light[FILL, c] + grazing * ambient(around, light, c)
            out[RADIANCE + c] += part * (albedo * diffuse + wet)
        out[COVERAGE] += part
        out[FACE] += part


@compiled
def shade_mouth(rows, scene, opening):
    """Teeth, gums and tongue; `opening` in [0, 1] says how much light the lips let in."""
    values, light = scene.values, scene.light
    for i in rows:
        normal = unit(triple(values, i, NORMAL))
        crown, gum = values[i, _CROWN], values[i, _GUM]
        reached = values[i, _REACHED] * (0.55 + 0.45 * opening)
        facing = 0.7 * max(dot(normal, row(light, KEY_WAY)), 0.0) + 0.3
        glint = 0.05 * ramp(0.80, 1.0, facing) * scene.lit[i]
        part, out = scene.share[i], scene.planes[scene.pixel[i]]
        for c in range(3):
            albedo = _ENAMEL[c] * crown * (1.0 - gum) + _FLESH[c] * gum
            diffuse = facing * (0.35 + 0.65 * scene.lit[i]) * light[KEY, c] + 0.8 * ambient(normal, light, c)
            out[RADIANCE + c] += part * reached * (albedo * diffuse + glint * light[KEY, c])
        out[COVERAGE] += part
        out[FACE] += part
