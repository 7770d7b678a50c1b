"""Hair, and plain things: lashes, spectacle frames, a microphone."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from understudy.performers.shading.optics import (
    ambient,
    clamped,
    compiled,
    dot,
    half_way,
    mixed,
    row,
    texel,
    texture_place,
    towards_eye,
    triple,
    unit,
)
from understudy.performers.shading.planes import COVERAGE, KEY, KEY_WAY, NORMAL, OWN, PLACE, RADIANCE

_ALONG, _RANDOM, _EDGE, _LAYER, _SKY, _GREY = range(OWN, OWN + 6)
_WHITE = 0.34


@compiled
def shade_hair(rows, scene, plane, centre, colour, streaks):
    """Strands after Kajiya and Kay, "Rendering fur with three dimensional textures", with two highlights.

    The second, tinted one is Marschner's: light that crossed the fibre. `centre` (3,) is the skull's, `plane`
    the matte to mark, `streaks` (h, w, 1) variation along and across strands.
    """
    values, light = scene.values, scene.light
    key = row(light, KEY_WAY)
    for i in rows:
        along, random, edge = values[i, _ALONG], values[i, _RANDOM], values[i, _EDGE]
        sky = clamped(values[i, _SKY]) * (0.45 + 0.55 * min(1.2 * values[i, _LAYER], 1.0))
        u = (24.0 * edge + 900.0 * random) % (streaks.shape[1] - 2)
        v = (90.0 * along + 300.0 * random) % (streaks.shape[0] - 2)
        streak = texel(streaks, texture_place(streaks, u, v), 0)
        # for hair the normal's columns carry the strand's direction
        strand = unit(mixed(triple(values, i, NORMAL), 1.0, (0.04, 0.03, 0.13), streak))
        outwards = unit(mixed(triple(values, i, PLACE), 1.0, centre, -1.0))
        tl, tv = dot(strand, key), dot(strand, towards_eye(scene, i))
        tl, tv = min(max(tl, -1.0), 1.0), min(max(tv, -1.0), 1.0)
        sine_l, sine_v = np.sqrt(1.0 - tl * tl), np.sqrt(1.0 - tv * tv)
        tilted = np.arccos(tl) + 0.12
        first = max(np.sin(tilted) * sine_v - np.cos(tilted) * tv, 0.0) ** 38
        second = max(sine_l * sine_v - tl * tv, 0.0) ** 9
        reached = clamped((dot(outwards, key) + 0.35) / 1.35) * scene.lit[i]
        tone = np.exp(0.42 * streak + 0.5 * (random - 0.5)) * (0.72 + 0.5 * along)
        shine = 0.10 * first * max(0.6 + 0.4 * streak, 0.0)
        part, out = scene.share[i], scene.planes[scene.pixel[i]]
        for c in range(3):
            pigment = (colour[c] * (1.0 - values[i, _GREY]) + _WHITE * values[i, _GREY]) * tone
            lit = (pigment * (0.25 + 0.75 * sine_l + 0.75 * second) + shine) * reached
            room = (1.05 * pigment + 0.02) * ambient(outwards, light, c) * sky
            out[RADIANCE + c] += part * (0.95 * lit * light[KEY, c] + room)
        out[COVERAGE] += part
        out[plane] += part


@compiled
def shade_plain(rows, scene, plane, colour):
    """One colour with a gloss of strength `colour[3]`, seen from either side; `plane` is its matte."""
    light = scene.light
    for i in rows:
        normal, view = unit(triple(scene.values, i, NORMAL)), towards_eye(scene, i)
        if dot(normal, view) < 0.0:
            normal = mixed(normal, -1.0, normal, 0.0)
        facing = max(dot(normal, row(light, KEY_WAY)), 0.0) * scene.lit[i]
        gloss = colour[3] * clamped(dot(normal, half_way(view, light))) ** 40 * scene.lit[i]
        part, out = scene.share[i], scene.planes[scene.pixel[i]]
        for c in range(3):
            diffuse = facing * light[KEY, c] + ambient(normal, light, c)
            out[RADIANCE + c] += part * (colour[c] * diffuse + gloss * light[KEY, c])
        out[COVERAGE] += part
        out[plane] += part
