"""How each material answers light. Linear RGB; all kernels add into one picture of planes, by sample.

Row layout of the light table (9, 3): see `light_table`. Columns of a sample's attributes: place 0-2, normal 3-5,
then eight of the material's own, listed at `understudy.performers.material`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from understudy.performers.cage import unit
from understudy.performers.moment import Light

Floats = npt.NDArray[np.float32]

# Planes of the picture that the kernels add to.
RADIANCE, IRRADIANCE, ALBEDO = slice(0, 3), slice(3, 6), slice(6, 9)
SKIN_SHARE, COVERAGE, FACE, HAIR, OCCLUDER = 9, 10, 11, 12, 13
PLANES = 14


def light_table(light: Light) -> Floats:
    """Rows: key direction and colour, sky, ground, fill direction and colour, rim direction and colour, softbox."""
    side = -1.0 if light.direction[0] > 0 else 1.0
    fill, rim = unit(np.array([0.9 * side, 0.15, 0.5])), unit(np.array([0.5, 0.4, -0.8]))
    softbox = unit(np.array([-0.35, 0.45, 0.85]))
    key = unit(np.array(light.direction))
    rows = [key, light.key, light.sky, light.ground, fill, light.fill, rim, light.rim, softbox]
    return np.array(rows, np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def _step(low, high, x):  # type: ignore[no-untyped-def]  # pragma: no cover
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit(cache=True, nogil=True, fastmath=True)
def _ambient(nx, ny, nz, light, channel):  # type: ignore[no-untyped-def]  # pragma: no cover
    t = 0.5 + 0.5 * ny
    total = light[3, channel] * (1.0 - t) + light[2, channel] * t
    fill = max((nx * light[4, 0] + ny * light[4, 1] + nz * light[4, 2] + 0.3) / 1.3, 0.0)
    rim = max(nx * light[6, 0] + ny * light[6, 1] + nz * light[6, 2], 0.0)
    return (
        total + fill * fill * np.sqrt(fill) * light[5, channel] * 1.4 + rim * np.sqrt(rim) * light[7, channel]
    )


@njit(cache=True, nogil=True, fastmath=True)
def _ggx(nh, nl, nv, vh, roughness):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Cook-Torrance with GGX (Walter et al. 2007) and Schlick's Fresnel for skin, times n.l."""
    squared = roughness**4
    spread = squared / (np.pi * (nh * nh * (squared - 1.0) + 1.0) ** 2)
    k = (roughness + 1.0) ** 2 / 8.0
    shadowing = 1.0 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k) * 4.0)
    return spread * shadowing * (0.028 + 0.972 * (1.0 - vh) ** 5) * nl


@njit(cache=True, nogil=True, fastmath=True)
def _texel(texture, u, v, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    height, width, channels = texture.shape
    u, v = min(max(u, 0.0), width - 1.001), min(max(v, 0.0), height - 1.001)
    x, y = int(u), int(v)
    fx, fy = u - x, v - y
    for c in range(channels):
        top = texture[y, x, c] * (1.0 - fx) + texture[y, x + 1, c] * fx
        below = texture[y + 1, x, c] * (1.0 - fx) + texture[y + 1, x + 1, c] * fx
        out[c] = top * (1.0 - fy) + below * fy


@njit(cache=True, nogil=True, fastmath=True)
def shade_skin(
    rows, values, lit, light, eye, up, opening, colour, relief, scalp, cloth, plane, share, pixel, picture
):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Skin, lips, the mouth's lining, scalp and clothes.

    Diffuse light goes to the irradiance and albedo planes, to be scattered later; the rest straight to radiance.
    `opening` of the mouth in [0, 1] lights its lining. `colour` (h, w, 4) is albedo and roughness, `relief` (h, w, 3) slopes and gloss. `plane` is the matte to add to.
    """
    paint, bump = np.empty(4, np.float32), np.empty(3, np.float32)
    height, width = colour.shape[0], colour.shape[1]
    wrap, occlude = (0.32, 0.12, 0.06), (1.0, 1.4, 1.55)
    lining, rim_tint = (0.30, 0.07, 0.06), (0.55, 0.26, 0.22)
    for i in rows:
        px, py, pz = values[i, 0], values[i, 1], values[i, 2]
        nx, ny, nz = values[i, 3], values[i, 4], values[i, 5]
        length = 1.0 / np.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
        nx, ny, nz = nx * length, ny * length, nz * length
        wet, rim, ao = values[i, 8], values[i, 9], min(max(values[i, 10], 0.0), 1.0)
        hair, clothed = values[i, 11], values[i, 12] > 0.0
        _texel(colour, values[i, 6] * width, values[i, 7] * height, paint)
        _texel(relief, values[i, 6] * width, values[i, 7] * height, bump)
        inner, edge = _step(0.05, 0.7, wet), _step(0.2, 0.9, rim)
        # the sky was measured with the mouth shut
        reached = (0.10 + 0.42 * opening) * (1.0 - 0.6 * min(max((wet - 0.6) / 0.4, 0.0), 1.0))
        ao = ao * (1.0 - inner) + reached * inner
        hair = 0.0 if clothed else _step(0.0, 1.0, hair)
        # tangent frame: across the head, and down it
        tx, ty, tz = up[1] * nz - up[2] * ny, up[2] * nx - up[0] * nz, up[0] * ny - up[1] * nx
        length = 1.0 / np.sqrt(max(tx * tx + ty * ty + tz * tz, 1e-6))
        tx, ty, tz = tx * length, ty * length, tz * length
        bx, by, bz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
        depth = 0.0 if clothed else 0.75 * (1.0 - inner)
        gu, gv = bump[0] * depth, bump[1] * depth
        mx, my, mz = nx - tx * gu + bx * gv, ny - ty * gu + by * gv, nz - tz * gu + bz * gv
        length = 1.0 / np.sqrt(mx * mx + my * my + mz * mz)
        mx, my, mz = mx * length, my * length, mz * length
        vx, vy, vz = eye[0] - px, eye[1] - py, eye[2] - pz
        length = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx * length, vy * length, vz * length
        facing = 0.45 * (nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2])
        bumped = mx * light[0, 0] + my * light[0, 1] + mz * light[0, 2]
        facing += 0.55 * bumped
        # gloss: two lobes of the key, and the room at grazing angles
        hx, hy, hz = vx + light[0, 0], vy + light[0, 1], vz + light[0, 2]
        length = 1.0 / np.sqrt(max(hx * hx + hy * hy + hz * hz, 1e-9))
        nh = min(max((mx * hx + my * hy + mz * hz) * length, 0.0), 1.0)
        vh = min(max((vx * hx + vy * hy + vz * hz) * length, 0.0), 1.0)
        nv = mx * vx + my * vy + mz * vz
        rough = max(paint[3] - 0.12 * rim - 0.10 * inner, 0.15)
        seen, faced = min(max(nv, 0.05), 1.0), min(max(bumped, 0.0), 1.0)
        gloss = 0.8 * _ggx(nh, faced, seen, vh, rough) + 0.2 * _ggx(nh, faced, seen, vh, 0.65 * rough)
        sheen = 0.0 if clothed else bump[2] * (1.0 - 0.8 * hair) * (1.0 - 0.6 * inner) * ao
        fresnel = (0.028 + 0.5 * (1.0 - min(max(nv, 0.0), 1.0)) ** 5) * sheen * 0.55
        rx, ry, rz = 2 * nv * mx - vx, 2 * nv * my - vy, 2 * nv * mz - vz
        weave = 1.0
        if clothed:
            weave = (1.0 + 0.10 * np.sin(px * 16.0) * np.sin(py * 16.0)) * (
                0.85 + 0.15 * np.sin(px * 0.9 + 1.3 * np.sin(py * 0.35))
            )
        skin = 0.0 if clothed else 1.0
        part, where = share[i], pixel[i]
        for c in range(3):
            albedo = paint[c] * (1.0 - inner) + inner * lining[c]
            albedo = albedo * (1.0 - edge) + edge * rim_tint[c]
            albedo = albedo * (1.0 - 0.9 * hair) + 0.9 * hair * 0.8 * scalp[c]
            albedo = cloth[c] * weave if clothed else albedo
            shadow = lit[i] if c else lit[i] ** 0.8
            diffuse = max(facing + wrap[c], 0.0) / (1.0 + wrap[c]) * shadow * light[1, c]
            diffuse += _ambient(mx, my, mz, light, c) * ao ** occlude[c]
            diffuse *= 1.0 - 0.45 * inner
            glint = gloss * lit[i] * sheen * 2.0 * light[1, c] + fresnel * _ambient(rx, ry, rz, light, c)
            picture[where, c] += part * (glint + (1.0 - skin) * albedo * diffuse)
            picture[where, 3 + c] += part * skin * diffuse
            picture[where, 6 + c] += part * skin * albedo
        picture[where, 9] += part * skin
        picture[where, 10] += part
        if values[i, 13] >= 0.5:
            picture[where, plane] += part


@njit(cache=True, nogil=True, fastmath=True)
def shade_eyes(rows, values, lit, light, eye, iris, fibres, share, pixel, picture):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Sclera, iris, pupil and the wet cornea over them. `fibres` (h, w, 1) is the iris's pattern by angle, radius."""
    fibre = np.empty(1, np.float32)
    pupil = 0.36
    ring, red = (0.30, 0.13, 0.04), (0.15, 0.75, 0.75)
    white = (0.62, 0.56, 0.52)
    for i in rows:
        nx, ny, nz = values[i, 3], values[i, 4], values[i, 5]
        length = 1.0 / np.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
        nx, ny, nz = nx * length, ny * length, nz * length
        x, y, z = values[i, 6], values[i, 7], values[i, 8]
        length = 1.0 / np.sqrt(x * x + y * y + z * z)
        off_axis = np.arccos(min(max(z * length, -1.0), 1.0))
        around = np.arctan2(y, x)
        radius = off_axis / 0.5
        _texel(
            fibres, (around / (2 * np.pi) + 0.5) * fibres.shape[1], min(radius, 1.0) * fibres.shape[0], fibre
        )
        vein = 0.5 + 0.5 * np.sin(around * 9.0 + 4.0 * np.sin(off_axis * 7.0 + around * 2.0))
        blush = _step(0.75, 1.5, off_axis) * (0.35 + 0.25 * vein)
        sclera = _step(0.93, 1.07, radius)
        collarette = 0.35 * np.exp(-(((radius - pupil - 0.12) / 0.13) ** 2)) * (1.0 + 0.6 * fibre[0])
        hole = _step(pupil - 0.05, pupil + 0.05, radius)
        limbus = 1.0 - 0.88 * _step(0.78, 1.0, radius)
        # light that crosses the cornea gathers on the iris's far side
        gathered = 1.0 + 0.9 * max(-(x * light[0, 0] + y * light[0, 1]) * length, 0.0) * _step(
            0.3, 0.9, radius
        )
        vx, vy, vz = eye[0] - values[i, 0], eye[1] - values[i, 1], eye[2] - values[i, 2]
        length = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx * length, vy * length, vz * length
        nv = nx * vx + ny * vy + nz * vz
        rx, ry, rz = 2 * nv * nx - vx, 2 * nv * ny - vy, 2 * nv * nz - vz
        open_ = values[i, 11]
        facing = min(max((nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2] + 0.25) / 1.25, 0.0), 1.0)
        mirrored = rx * light[0, 0] + ry * light[0, 1] + rz * light[0, 2]
        window = rx * light[8, 0] + ry * light[8, 1] + rz * light[8, 2]
        spark = _step(0.925, 0.985, mirrored) * min(lit[i] + 0.5, 1.0) * (0.4 + 0.6 * open_) * 0.75
        pane = _step(0.965, 0.985, window) * 0.5 * open_
        fresnel = (0.03 + 0.4 * (1.0 - min(max(nv, 0.0), 1.0)) ** 5) * open_
        part, where = share[i], pixel[i]
        for c in range(3):
            coloured = iris[c] * (1.0 + 0.5 * fibre[0]) * (1.35 - 0.55 * radius) + collarette * ring[c] * min(
                4.0 * iris[0], 1.0
            )
            coloured = max(coloured * limbus * hole * gathered, 0.0)
            albedo = coloured * (1.0 - sclera) + sclera * white[c] * np.exp(-blush * red[c])
            diffuse = facing * lit[i] * open_ * light[1, c] + _ambient(nx, ny, nz, light, c) * open_ * 0.9
            glint = spark * light[1, c] + pane * light[5, c] + fresnel * _ambient(rx, ry, rz, light, c)
            picture[where, c] += part * (albedo * diffuse + glint)
        picture[where, 10] += part
        picture[where, 11] += part


@njit(cache=True, nogil=True, fastmath=True)
def shade_mouth(rows, values, lit, light, opening, share, pixel, picture):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Teeth, gums and tongue; `opening` in [0, 1] says how much light the lips let in."""
    enamel, gum = (0.70, 0.62, 0.50), (0.45, 0.14, 0.13)
    for i in rows:
        nx, ny, nz = values[i, 3], values[i, 4], values[i, 5]
        length = 1.0 / np.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
        nx, ny, nz = nx * length, ny * length, nz * length
        crown, gums = values[i, 6], values[i, 7]
        reached = values[i, 8] * (0.55 + 0.45 * opening)
        facing = max(nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2], 0.0) * 0.7 + 0.3
        part, where = share[i], pixel[i]
        for c in range(3):
            albedo = enamel[c] * crown * (1.0 - gums) + gum[c] * gums
            light_in = facing * (0.35 + 0.65 * lit[i]) * light[1, c] + 0.8 * _ambient(nx, ny, nz, light, c)
            glint = 0.05 * _step(0.80, 1.0, facing) * lit[i] * light[1, c]
            picture[where, c] += part * reached * (albedo * light_in + glint)
        picture[where, 10] += part
        picture[where, 11] += part


@njit(cache=True, nogil=True, fastmath=True)
def shade_hair(rows, values, lit, light, eye, centre, colour, streaks, plane, share, pixel, picture):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Strands after Kajiya and Kay, "Rendering fur with three dimensional textures", with two highlights.

    The second highlight, tinted, is Marschner's: light that crossed the fibre. `centre` is the head's.
    """
    streak = np.empty(1, np.float32)
    height, width = streaks.shape[0], streaks.shape[1]
    for i in rows:
        along, random, edge, layer = values[i, 6], values[i, 7], values[i, 8], values[i, 9]
        ao, grey = min(max(values[i, 10], 0.0), 1.0) * (0.45 + 0.55 * min(1.2 * layer, 1.0)), values[i, 11]
        u, v = (edge * 24.0 + random * 900.0) % (width - 2), (along * 90.0 + random * 300.0) % (height - 2)
        _texel(streaks, u, v, streak)
        s = streak[0]
        # for hair the normal's columns carry the strand's direction
        tx, ty, tz = values[i, 3] + 0.04 * s, values[i, 4] + 0.03 * s, values[i, 5] + 0.13 * s
        length = 1.0 / np.sqrt(max(tx * tx + ty * ty + tz * tz, 1e-9))
        tx, ty, tz = tx * length, ty * length, tz * length
        ox, oy, oz = values[i, 0] - centre[0], values[i, 1] - centre[1], values[i, 2] - centre[2]
        length = 1.0 / np.sqrt(ox * ox + oy * oy + oz * oz)
        ox, oy, oz = ox * length, oy * length, oz * length
        vx, vy, vz = eye[0] - values[i, 0], eye[1] - values[i, 1], eye[2] - values[i, 2]
        length = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx * length, vy * length, vz * length
        tl = min(max(tx * light[0, 0] + ty * light[0, 1] + tz * light[0, 2], -1.0), 1.0)
        tv = min(max(tx * vx + ty * vy + tz * vz, -1.0), 1.0)
        sine_l, sine_v = np.sqrt(1.0 - tl * tl), np.sqrt(1.0 - tv * tv)
        tilted = np.arccos(tl) + 0.12
        first = max(np.sin(tilted) * sine_v - np.cos(tilted) * tv, 0.0) ** 38
        second = max(sine_l * sine_v - tl * tv, 0.0) ** 9
        turned = min(max((ox * light[0, 0] + oy * light[0, 1] + oz * light[0, 2] + 0.35) / 1.35, 0.0), 1.0)
        reached = turned * lit[i]
        tone = np.exp(0.42 * s + 0.5 * (random - 0.5)) * (0.72 + 0.5 * along)
        part, where = share[i], pixel[i]
        for c in range(3):
            pigment = (colour[c] * (1.0 - grey) + 0.34 * grey) * tone
            key = pigment * (0.25 + 0.75 * sine_l) * reached + 0.10 * first * reached * (0.6 + 0.4 * s)
            key += pigment * 0.75 * second * reached
            room = _ambient(ox, oy, oz, light, c) * ao
            picture[where, c] += part * (0.95 * max(key, 0.0) * light[1, c] + (1.05 * pigment + 0.02) * room)
        picture[where, 10] += part
        picture[where, plane] += part


@njit(cache=True, nogil=True, fastmath=True)
def shade_plain(rows, values, lit, light, eye, colour, plane, share, pixel, picture):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Lashes, spectacle frames, a microphone: one colour, with a soft gloss of strength `colour[3]`."""
    for i in rows:
        nx, ny, nz = values[i, 3], values[i, 4], values[i, 5]
        length = 1.0 / np.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
        vx, vy, vz = eye[0] - values[i, 0], eye[1] - values[i, 1], eye[2] - values[i, 2]
        # thin things are seen from both sides
        length = length if nx * vx + ny * vy + nz * vz > 0 else -length
        nx, ny, nz = nx * length, ny * length, nz * length
        length = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
        hx, hy, hz = vx * length + light[0, 0], vy * length + light[0, 1], vz * length + light[0, 2]
        length = 1.0 / np.sqrt(max(hx * hx + hy * hy + hz * hz, 1e-9))
        facing = max(nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2], 0.0) * lit[i]
        gloss = colour[3] * max((nx * hx + ny * hy + nz * hz) * length, 0.0) ** 40 * lit[i]
        part, where = share[i], pixel[i]
        for c in range(3):
            diffuse = facing * light[1, c] + _ambient(nx, ny, nz, light, c)
            picture[where, c] += part * (colour[c] * diffuse + gloss * light[1, c])
        picture[where, 10] += part
        picture[where, plane] += part
