"""Hair on a head: where it grows, and the ribbons that its strands become."""

from __future__ import annotations

import numpy as np

from understudy.performers.cage import Array, Ints, smoothstep, unit
from understudy.performers.combing import Roots, comb, comb_beard
from understudy.performers.head import Head
from understudy.performers.identity import Hair
from understudy.performers.parts import Follows, Material, Part, columns, ribbons
from understudy.performers.skin import noise

# hairline height by depth, in the template: nape, behind the ear, sideburn, temple, forehead
_LINE_Z = (-14.0, -9.0, -6.5, -5.2, -4.2, -2.9, -2.2, -1.2, 0.3, 1.5, 3.2, 4.6, 8.0)
_LINE_Y = (-7.5, -6.0, -3.0, 0.2, 2.4, -0.6, 0.6, 3.2, 4.9, 6.3, 7.5, 7.9, 9.0)


def above_hairline(points: Array, recession: float = 0.0) -> Array:
    """Height in cm of template points (N, 3) above the hairline; negative on skin that is bare."""
    x, y, z = points.T
    peak = 0.55 * np.exp(-(((np.abs(x) - 4.4) / 1.7) ** 2)) * smoothstep(0, 2.5, z)
    ragged = 0.16 * np.sin(2.9 * x + 1) * np.sin(2.3 * z + 1.7 * y)
    corners = 0.6 + 0.9 * np.exp(-(((np.abs(x) - 4.0) / 1.8) ** 2))
    receded = recession * smoothstep(-1.5, 2.5, z) * corners
    return np.asarray(y - np.interp(z, _LINE_Z, _LINE_Y) - peak - ragged - receded)


def grow(head: Head, template: Array, hair: Hair, seed: int) -> Part:
    """Scalp hair of a head; `template` is the fine neutral mesh shared by all heads."""
    rng = np.random.default_rng(seed)
    triangles = head.shared.triangles
    middle = template[triangles].mean(1)
    height = above_hairline(middle, hair.recession)
    on_scalp = (height > 0) & (middle[:, 1] > -8)
    triangles, height = triangles[on_scalp], height[on_scalp]
    chosen, places, normals = _scattered(head.neutral, triangles, np.ones(len(triangles)), hair.strands, rng)
    edge, layer = smoothstep(0.0, 2.0, height[chosen]), rng.random(hair.strands)
    roots = Roots(places, normals, edge, layer, _clumps(places, seed), hair, rng)
    return _strands(roots, comb(roots))


def grow_beard(head: Head, template: Array, area: Array, hair: Hair, seed: int) -> Part:
    """A beard: short strands where `area` (n,), in [0, 1] on the fine mesh, says so."""
    rng = np.random.default_rng(seed + 5)
    triangles = head.shared.triangles
    chance = area[triangles].mean(1)
    kept = (chance > 0.3) & (template[triangles].mean(1)[:, 2] > -3.5)
    triangles, chance = triangles[kept], chance[kept]
    chosen, places, normals = _scattered(head.neutral, triangles, chance, hair.strands, rng)
    layer = np.full(len(places), 0.8)
    roots = Roots(places, normals, np.ones(len(places)), layer, _clumps(places, seed + 9), hair, rng)
    return _strands(roots, comb_beard(roots), triangles[chosen, 0])


def _scattered(
    points: Array, triangles: Ints, chance: Array, count: int, rng: np.random.Generator
) -> tuple[Ints, Array, Array]:
    """Random places on triangles, by area times `chance`: triangle index, point, normal."""
    a, b, c = points[triangles].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    weight = np.linalg.norm(normal, axis=1) * chance
    chosen = rng.choice(len(triangles), count, p=weight / weight.sum())
    mix = rng.dirichlet([1.0, 1.0, 1.0], count)
    places = (points[triangles[chosen]] * mix[..., None]).sum(1)
    return chosen, places, unit(normal[chosen])


def _clumps(roots: Array, seed: int) -> Array:
    """A slowly varying direction (N, 3) that makes neighbours lean together."""
    row = (2.2 * roots[:, 1] + 32).astype(int) % 64
    column = (2.2 * roots[:, 0] + 32 + 1.1 * roots[:, 2]).astype(int) % 64
    return np.stack([noise(np.random.default_rng(seed + q), 64, 64, 6)[row, column] for q in range(3)], 1)


def _strands(roots: Roots, paths: Array, anchors: Ints | None = None) -> Part:
    """Ribbons along `paths` (n, k, 3), with the attributes that hair is shaded by.

    With `anchors` (n,), the skin vertices at the roots, it is a beard, else scalp hair.
    """
    count, steps, _ = paths.shape
    hair, rng = roots.hair, roots.rng
    along, each = np.linspace(0, 1, steps), 2 * steps
    across = roots.normals[:, None] + rng.normal(0, 0.45, (count, 1, 3))
    sides = unit(np.cross(np.gradient(paths, axis=1), across))
    fine = (0.45 + 0.55 * smoothstep(0.0, 0.5, roots.edge))[:, None]
    widths = hair.width * fine * rng.uniform(0.5, 1.3, (count, 1)) * (1 - 0.85 * along**3)
    points, triangles, directions = ribbons(paths, widths, sides)
    attributes = columns(
        len(points),
        c0=np.tile(np.repeat(along, 2), count),
        c1=np.repeat(rng.random(count), each),
        c2=np.tile([0.0, 1.0], count * steps),
        c3=np.repeat(roots.layer * roots.edge, each),
        c5=np.repeat(rng.random(count) < hair.grey, each),
    )
    if anchors is None:
        return Part("hair", points, triangles, Material.HAIR, attributes, Follows.NECK, directions)
    carried = np.repeat(anchors, each)
    return Part("beard", points, triangles, Material.BEARD, attributes, Follows.SKIN, directions, carried)
