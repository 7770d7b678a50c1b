"""Hair styles: how strands run from their roots. Every style turns roots into paths (n, k, 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from understudy.performers.cage import Array, smoothstep, unit
from understudy.performers.identity import Hair, HairStyle

CENTRE = np.array([0.0, 2.6, -4.9])
"""The middle of the skull, around which hair lies."""
_RADII = np.array([7.9, 10.2, 9.6])
_PARTING = 1.6
_KNOT = np.array([0.0, 3.0, -15.0])


@dataclass(frozen=True)
class Roots:
    """Where strands begin: places and normals, (n, 3).

    edge (n,) is 0 at the hairline and 1 well inside, layer (n,) in [0, 1] how far out a strand lies,
    clump (n, 3) the direction in which neighbours lean.
    """

    places: Array
    normals: Array
    edge: Array
    layer: Array
    clump: Array
    hair: Hair
    rng: np.random.Generator

    def __len__(self) -> int:
        return len(self.places)

    def lengths(self, least: float, most: float) -> Array:
        """Strand lengths in cm, (n,)."""
        return self.hair.length * self.rng.uniform(least, most, len(self))


def comb(roots: Roots) -> Array:
    """The paths of a head of hair in its own style."""
    return _STYLES[roots.hair.style](roots)


def _flat(way: Array, normals: Array) -> Array:
    """The part of `way` that lies in the skin."""
    return np.asarray(way - normals * (way * normals).sum(1, keepdims=True))


def _short(roots: Roots) -> Array:
    """Brushed down and back at the sides, across on top, up and aside over the forehead."""
    steps, length = 5, roots.lengths(0.75, 1.15)
    place, normals = roots.places, roots.normals
    top = smoothstep(5.0, 9.5, place[:, 1])[:, None]
    flow = top * (0.75, 0.25, -0.25) + (1 - top) * (0.0, -1.0, -0.55)
    front = smoothstep(1.5, 4.5, place[:, 2])[:, None] * top
    flow = flow * (1 - front) + front * (0.75, 0.75, -0.25) + 0.5 * roots.clump
    reach = (length * (0.25 + 0.75 * roots.edge) * (0.35 + 0.65 * top[:, 0]) / (steps - 1))[:, None]
    path = [place]
    for q in range(1, steps):
        along = q / (steps - 1)
        way = unit(_flat(flow + roots.rng.normal(0, 0.10, place.shape), normals))
        lift = 0.85 * (1 - along) * (0.35 + 0.65 * top) + 0.05
        place = place + reach * unit(way + normals * lift + np.array([0.0, -0.35 * along, 0.0]))
        path.append(place)
    return np.stack(path, 1)


def _curly(roots: Roots) -> Array:
    """Out from the scalp in small coils."""
    count, rng = len(roots), roots.rng
    t = np.linspace(0, 1, 9)[None, :, None]
    length = (roots.lengths(0.7, 1.1) * (0.3 + 0.7 * roots.edge))[:, None, None]
    across = unit(np.cross(roots.normals, rng.normal(0, 1, (count, 3))))
    other = np.cross(roots.normals, across)
    start, turns = rng.uniform(0, 2 * np.pi, (count, 1, 1)), rng.uniform(7.2, 10.8, (count, 1, 1))
    phase = start + turns * t
    coil = across[:, None] * np.cos(phase) + other[:, None] * np.sin(phase)
    coil *= 0.32 * np.minimum(1.0, 3.0 * t)
    lean = 0.3 * roots.clump[:, None] * t**2
    return np.asarray(roots.places[:, None] + length * (roots.normals[:, None] * t + lean) + coil)


def _along_skull(place: Array, way: Array, off: Array, pull: float) -> Array:
    """Bend `way` along the skull's surface, `off` cm above it."""
    offset = place - CENTRE
    outwards = unit(offset / _RADII**2)
    radius = np.sqrt((offset**2 / (_RADII + off[:, None]) ** 2).sum(1))[:, None]
    return np.asarray(unit(_flat(way, outwards)) + outwards * ((1 - radius) * pull))


def _long(roots: Roots) -> Array:
    """Parted, falling over the ears to the shoulders; a bob curls in at the jaw."""
    steps, bob = 10, roots.hair.style is HairStyle.BOB
    length = roots.lengths(0.85, 1.05) if bob else roots.lengths(0.75, 1.15)
    reach = (length * (0.55 + 0.45 * roots.edge) / (steps - 1))[:, None]
    first, place = roots.places, roots.places
    side = np.where(first[:, 0] > _PARTING + roots.rng.normal(0, 0.3, len(roots)), 1.0, -1.0)
    ahead = smoothstep(-0.5, 3.0, first[:, 2])
    swept = np.stack([0.9 * side, np.full(len(side), 0.55), np.full(len(side), -0.75)], 1)
    off = 0.25 + 1.3 * roots.layer * roots.edge
    path = [place]
    for q in range(1, steps):
        x = side * np.where(place[:, 1] > 7, 1.1, 0.25)
        down = np.stack([x, np.full(len(x), -1.0), np.where(first[:, 2] > 0, -0.45, -0.2)], 1)
        forelock = (ahead * max(0.0, 1 - (q - 1) / 4))[:, None]
        held = (down + 0.16 * roots.clump) * (1 - forelock) + forelock * swept
        free = smoothstep(2.5, -4.0, place[:, 1])[:, None]
        way = (
            _along_skull(place, held, off, 2.2) * (1 - free) + _hanging(place, side, roots.clump, bob) * free
        )
        # strands that start in front are held off the face
        front = smoothstep(-2.0, 1.0, place[:, 2]) * smoothstep(8.0, 4.5, place[:, 1])
        way = unit(way) + np.stack([0.25 * side * front, 0 * front, -0.9 * front], 1)
        place = place + way * reach
        path.append(place)
    return np.stack(path, 1)


def _hanging(place: Array, side: Array, clump: Array, bob: bool) -> Array:
    """Direction of hair that hangs free, in soft waves."""
    x, y, z = place.T
    curl = 0.22 * smoothstep(-5.0, -9.0, y) if bob else 0.0
    wave = 0.14 * np.sin(0.75 * y + 2 * clump[:, 0])
    return (
        np.stack([-0.05 * x + (wave - curl) * side, np.full(len(x), -1.0), -0.06 * (z + 4)], 1) + 0.1 * clump
    )


def _tied(roots: Roots) -> Array:
    """Combed back close to the skull into a knot behind."""
    steps, place = 11, roots.places
    off = 0.15 + 0.45 * roots.layer * roots.edge
    reach = 1.15 * np.linalg.norm(_KNOT - place, axis=1, keepdims=True) / (steps - 1)
    path = [place]
    for _ in range(1, steps):
        way = unit(_KNOT - place) + (0.0, 0.15, 0.0) + 0.08 * roots.clump
        place = place + reach * unit(_along_skull(place, way, off, 3.0))
        path.append(place)
    swirl = unit(roots.rng.normal(0, 1, place.shape))
    path[-1] = _KNOT + swirl * np.array((1.9, 1.9, 1.3)) * roots.rng.uniform(0.8, 1.0, (len(roots), 1))
    path[-2] = (path[-3] + path[-1]) / 2
    return np.stack(path, 1)


def comb_beard(roots: Roots) -> Array:
    """Short strands that hang and stand off a little."""
    steps, place = 4, roots.places
    reach = roots.lengths(0.5, 1.1)[:, None] / (steps - 1)
    flow = np.array([0.0, -1.0, 0.1]) + 0.35 * roots.clump
    path = [place]
    for q in range(1, steps):
        way = unit(_flat(flow + roots.rng.normal(0, 0.2, place.shape), roots.normals))
        place = place + reach * unit(way + roots.normals * 0.55 * (1 - 0.5 * q / steps))
        path.append(place)
    return np.stack(path, 1)


_STYLES: dict[HairStyle, Callable[[Roots], Array]] = {
    HairStyle.SHORT: _short,
    HairStyle.CURLY: _curly,
    HairStyle.LONG: _long,
    HairStyle.BOB: _long,
    HairStyle.TIED: _tied,
}
