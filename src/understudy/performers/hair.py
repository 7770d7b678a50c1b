"""Hair: strands rooted on the scalp, combed by a field of directions and kept outside the head."""

from __future__ import annotations

import numpy as np

from understudy.performers.cage import Array, Ints, smoothstep, unit
from understudy.performers.head import Head
from understudy.performers.identity import Hair, HairStyle
from understudy.performers.parts import Follows, Material, Part, columns, ribbons
from understudy.performers.skin import noise

CENTRE = np.array([0.0, 2.6, -4.9])
_RADII = np.array([7.9, 10.2, 9.6])
_PARTING = 1.6
# hairline height by depth, in the template: nape, behind the ear, sideburn, temple, forehead
_LINE_Z = (-14.0, -9.0, -6.5, -5.2, -4.2, -2.9, -2.2, -1.2, 0.3, 1.5, 3.2, 4.6, 8.0)
_LINE_Y = (-7.5, -6.0, -3.0, 0.2, 2.4, -0.6, 0.6, 3.2, 4.9, 6.3, 7.5, 7.9, 9.0)


def above_hairline(points: Array, recession: float = 0.0) -> Array:
    """Height in cm of template points (N, 3) above the hairline; negative on skin that is bare."""
    x, y, z = points.T
    peak = 0.55 * np.exp(-(((np.abs(x) - 4.4) / 1.7) ** 2)) * smoothstep(0, 2.5, z)
    ragged = 0.16 * np.sin(2.9 * x + 1) * np.sin(2.3 * z + 1.7 * y)
    receded = recession * smoothstep(-1.5, 2.5, z) * (0.6 + 0.9 * np.exp(-(((np.abs(x) - 4.0) / 1.8) ** 2)))
    return np.asarray(y - np.interp(z, _LINE_Z, _LINE_Y) - peak - ragged - receded)


def _roots(
    points: Array, triangles: Array, chance: Array, count: int, rng: np.random.Generator
) -> tuple[Array, ...]:
    """Random places on triangles, by area times `chance`: triangle index, point, normal."""
    normal = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]]
    )
    weight = np.linalg.norm(normal, axis=1) * chance
    chosen = rng.choice(len(triangles), count, p=weight / weight.sum())
    mix = rng.dirichlet([1.0, 1.0, 1.0], count)
    return chosen, (points[triangles[chosen]] * mix[..., None]).sum(1), unit(normal[chosen])


def _clumps(roots: Array, seed: int) -> Array:
    """A slowly varying direction (N, 3) that makes neighbours lean together."""
    row = (2.2 * roots[:, 1] + 32).astype(int) % 64
    column = (2.2 * roots[:, 0] + 32 + 1.1 * roots[:, 2]).astype(int) % 64
    return np.stack([noise(np.random.default_rng(seed + q), 64, 64, 6)[row, column] for q in range(3)], 1)


def grow(head: Head, template: Array, hair: Hair, seed: int) -> Part:
    """Scalp hair of a head; `template` is the fine neutral mesh shared by all heads."""
    rng = np.random.default_rng(seed)
    triangles = head.shared.triangles
    middle = template[triangles].mean(1)
    height = above_hairline(middle, hair.recession)
    on_scalp = (height > 0) & (middle[:, 1] > -8)
    triangles, height = triangles[on_scalp], height[on_scalp]
    chosen, roots, normals = _roots(head.neutral, triangles, np.ones(len(triangles)), hair.strands, rng)
    edge = smoothstep(0.0, 2.0, height[chosen])
    comb = {
        HairStyle.SHORT: _comb_short,
        HairStyle.CURLY: _comb_curly,
        HairStyle.LONG: _comb_long,
        HairStyle.BOB: _comb_long,
        HairStyle.TIED: _comb_tied,
    }[hair.style]
    layer = rng.random(hair.strands)
    paths = comb(roots, normals, edge, layer, hair, rng, seed)
    return _strands(paths, normals, hair, layer * edge, edge, rng)


def _strands(
    paths: Array,
    normals: Array,
    hair: Hair,
    layer: Array,
    edge: Array,
    rng: np.random.Generator,
    anchors: Ints | None = None,
) -> Part:
    """Ribbons along `paths` (n, k, 3), with the attributes that hair is shaded by.

    With `anchors` (n,), the skin vertices at the roots, it is a beard, else scalp hair.
    """
    count, steps, _ = paths.shape
    along = np.linspace(0, 1, steps)
    sides = unit(np.cross(np.gradient(paths, axis=1), normals[:, None] + rng.normal(0, 0.45, (count, 1, 3))))
    fine = (0.45 + 0.55 * smoothstep(0.0, 0.5, edge))[:, None]
    widths = hair.width * fine * rng.uniform(0.5, 1.3, (count, 1)) * (1 - 0.85 * along**3)
    points, triangles, directions = ribbons(paths, widths, sides)
    each = 2 * steps
    attributes = columns(
        len(points),
        c0=np.tile(np.repeat(along, 2), count),
        c1=np.repeat(rng.random(count), each),
        c2=np.tile([0.0, 1.0], count * steps),
        c3=np.repeat(layer, each),
        c5=np.repeat(rng.random(count) < hair.grey, each),
    )
    if anchors is None:
        return Part("hair", points, triangles, Material.HAIR, attributes, Follows.NECK, directions)
    carried = np.repeat(anchors, each)
    return Part("beard", points, triangles, Material.BEARD, attributes, Follows.SKIN, directions, carried)


def _comb_short(
    roots: Array, normals: Array, edge: Array, layer: Array, hair: Hair, rng: np.random.Generator, seed: int
) -> Array:
    """Brushed down and back at the sides, across and up on top, forwards over the forehead."""
    count, steps = len(roots), 5
    length = hair.length * rng.uniform(0.75, 1.15, count)
    clump = _clumps(roots, seed)
    top = smoothstep(5.0, 9.5, roots[:, 1])[:, None]
    flow = top * (0.75, 0.25, -0.25) + (1 - top) * (0.0, -1.0, -0.55)
    front = smoothstep(1.5, 4.5, roots[:, 2])[:, None] * top
    flow = flow * (1 - front) + front * (0.75, 0.75, -0.25) + 0.5 * clump
    path, place = [roots], roots
    for q in range(1, steps):
        along = q / (steps - 1)
        way = flow + rng.normal(0, 0.10, (count, 3))
        way = way - normals * (way * normals).sum(1, keepdims=True)
        lift = 0.85 * (1 - along) * (0.35 + 0.65 * top) + 0.05
        way = unit(unit(way) + normals * lift + np.array([0.0, -0.35 * along, 0.0]))
        reach = length * (0.25 + 0.75 * edge) * (0.35 + 0.65 * top[:, 0]) / (steps - 1)
        place = place + way * reach[:, None]
        path.append(place)
    return np.stack(path, 1)


def _comb_curly(
    roots: Array, normals: Array, edge: Array, layer: Array, hair: Hair, rng: np.random.Generator, seed: int
) -> Array:
    """Out from the scalp in small coils."""
    count, steps = len(roots), 9
    t = np.linspace(0, 1, steps)[None, :, None]
    length = (hair.length * rng.uniform(0.7, 1.1, count) * (0.3 + 0.7 * edge))[:, None, None]
    across = unit(np.cross(normals, rng.normal(0, 1, (count, 3))))
    other = np.cross(normals, across)
    phase = (
        rng.uniform(0, 2 * np.pi, count)[:, None, None]
        + 9.0 * t * rng.uniform(0.8, 1.2, count)[:, None, None]
    )
    radius = 0.32 * np.minimum(1.0, 3.0 * t)
    coil = radius * (across[:, None] * np.cos(phase) + other[:, None] * np.sin(phase))
    lean = 0.3 * _clumps(roots, seed)[:, None] * t**2
    return np.asarray(roots[:, None] + length * (normals[:, None] * t + lean) + coil)


def _along_skull(place: Array, way: Array, off: Array, pull: float) -> Array:
    """Bend `way` along the skull's surface, `off` cm above it."""
    offset = place - CENTRE
    outwards = unit(offset / _RADII**2)
    radius = np.sqrt((offset**2 / (_RADII + off[:, None]) ** 2).sum(1))[:, None]
    tangent = unit(way - outwards * (way * outwards).sum(1, keepdims=True))
    return np.asarray(tangent + outwards * ((1 - radius) * pull))


def _comb_long(
    roots: Array, normals: Array, edge: Array, layer: Array, hair: Hair, rng: np.random.Generator, seed: int
) -> Array:
    """Parted, falling over the ears to the shoulders; a bob curls in at the jaw."""
    count, steps = len(roots), 10
    bob = hair.style is HairStyle.BOB
    length = hair.length * rng.uniform(0.85 if bob else 0.75, 1.05 if bob else 1.15, count)
    side = np.where(roots[:, 0] > _PARTING + rng.normal(0, 0.3, count), 1.0, -1.0)
    zero, one, clump = np.zeros(count), np.ones(count), _clumps(roots, seed)
    off = 0.25 + 1.3 * layer * edge
    path, place = [roots], roots
    for q in range(1, steps):
        down = np.stack(
            [side * np.where(place[:, 1] > 7, 1.1, 0.25), -one, np.where(roots[:, 2] > 0, -0.45, -0.2)], 1
        )
        forelock = (smoothstep(-0.5, 3.0, roots[:, 2]) * max(0.0, 1 - (q - 1) / 4))[:, None]
        swept = np.stack([0.9 * side, 0.55 * one, -0.75 * one], 1)
        down = (down + 0.16 * clump) * (1 - forelock) + forelock * swept
        free = smoothstep(2.5, -4.0, place[:, 1])[:, None]
        inwards = 0.22 * smoothstep(-5.0, -9.0, place[:, 1]) if bob else zero
        hang = np.stack(
            [
                -0.05 * place[:, 0]
                - inwards * side
                + 0.14 * side * np.sin(0.75 * place[:, 1] + 2 * clump[:, 0]),
                -one,
                -0.06 * (place[:, 2] + 4),
            ],
            1,
        )
        way = _along_skull(place, down, off, 2.2) * (1 - free) + (hang + 0.1 * clump) * free
        # strands that start in front are held off the face
        front = smoothstep(-2.0, 1.0, place[:, 2]) * smoothstep(8.0, 4.5, place[:, 1])
        way = unit(way) + np.stack([0.25 * side * front, zero, -0.9 * front], 1)
        place = place + way * (length * (0.55 + 0.45 * edge) / (steps - 1))[:, None]
        path.append(place)
    return np.stack(path, 1)


def _comb_tied(
    roots: Array, normals: Array, edge: Array, layer: Array, hair: Hair, rng: np.random.Generator, seed: int
) -> Array:
    """Combed back close to the skull into a knot behind."""
    count, steps = len(roots), 11
    knot = np.array([0.0, 3.0, -15.0])
    clump = _clumps(roots, seed)
    path, place = [roots], roots
    off = 0.15 + 0.45 * layer * edge
    distance = np.linalg.norm(knot - roots, axis=1)
    for _ in range(1, steps):
        way = unit(knot - place) + (0.0, 0.15, 0.0) + 0.08 * clump
        way = unit(_along_skull(place, way, off, 3.0))
        place = place + way * (1.15 * distance / (steps - 1))[:, None]
        path.append(place)
    swirl = unit(rng.normal(0, 1, (count, 3)))
    tip = knot + swirl * (1.9, 1.9, 1.3) * rng.uniform(0.8, 1.0, (count, 1))
    path[-1] = tip
    path[-2] = 0.5 * (path[-3] + tip)
    return np.stack(path, 1)


def grow_beard(head: Head, template: Array, area: Array, hair: Hair, seed: int) -> Part:
    """A beard: short strands where `area` (n,), in [0, 1] on the fine mesh, says so."""
    rng = np.random.default_rng(seed + 5)
    triangles = head.shared.triangles
    chance = area[triangles].mean(1)
    kept = (chance > 0.3) & (template[triangles].mean(1)[:, 2] > -3.5)
    triangles, chance = triangles[kept], chance[kept]
    chosen, roots, normals = _roots(head.neutral, triangles, chance, hair.strands, rng)
    count, steps = len(roots), 4
    length = hair.length * rng.uniform(0.5, 1.1, count)
    clump = _clumps(roots, seed + 9)
    flow = np.array([0.0, -1.0, 0.1]) + 0.35 * clump
    path, place = [roots], roots
    for q in range(1, steps):
        way = flow + rng.normal(0, 0.2, (count, 3))
        way = unit(way - normals * (way * normals).sum(1, keepdims=True))
        way = unit(way + normals * 0.55 * (1 - 0.5 * q / steps))
        place = place + way * (length / (steps - 1))[:, None]
        path.append(place)
    anchors = triangles[chosen, 0]
    return _strands(np.stack(path, 1), normals, hair, np.full(count, 0.8), np.ones(count), rng, anchors)
