"""One identity's head: its neutral shape and how it moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from understudy.geometry import mesh
from understudy.performers.cage import EYES, LIPS, Array, Cage, Ints, cage, loop_subdivision, smoothstep, unit
from understudy.performers.deform import Bender
from understudy.performers.expressions import expression_fields, jaw_weights, open_jaw
from understudy.performers.identity import Shape
from understudy.performers.moment import Expression

EYEBALL_RADIUS = 1.24
VERGENCE = 1.7
"""Degrees that each eye turns in, towards what is looked at."""
_LID_REST = 0.86
"""The canonical face stares a little; this is how far open its lids are at rest."""


@dataclass(frozen=True)
class Template:
    """What all heads share: cage, subdivision, jaw weights, expressions.

    `fine` (n, N) turns cage vertices into the rendered mesh; `triangles` are that mesh's.
    """

    cage: Cage
    bender: Bender
    fine: sparse.csr_matrix
    triangles: Ints
    jaw: Array
    fields: dict[str, Array]

    def sharpened(self, vertices: Array, steps: int = 2, gain: float = 0.7) -> Array:
        """Cage vertices whose subdivided surface passes close to `vertices`: keeps lips and lids crisp."""
        moved = vertices.copy()
        for _ in range(steps):
            moved += gain * (vertices - (self.fine @ moved)[: len(vertices)])
        return moved

    def spread(self, rows: Ints) -> Array:
        """Membership of cage vertices `rows`, carried smoothly to the fine mesh, (n,)."""
        flags = np.zeros(self.cage.count)
        flags[rows] = 1.0
        return np.clip(self.fine @ flags, 0.0, 1.0)


@cache
def template() -> Template:
    """Build what heads share; takes about a second, once per process."""
    control = cage()
    first, middle = loop_subdivision(control.triangles, control.count)
    second, triangles = loop_subdivision(middle, first.shape[0])
    bender = Bender(control)
    jaw, fields = jaw_weights(bender, control), expression_fields(bender, control)
    return Template(control, bender, (second @ first).tocsr(), triangles, jaw, fields)


@dataclass(frozen=True)
class _Lid:
    """One eye's surroundings on the fine mesh: which vertices lids carry, and the lid curves beside each."""

    rows: Ints
    is_upper: npt.NDArray[np.bool_]
    follow: Array
    gap: Array


def _polar(points: Array) -> tuple[Array, Array]:
    """Azimuth and elevation (radians) of points around an eye's centre."""
    return np.arctan2(points[:, 0], points[:, 2]), np.arctan2(
        points[:, 1], np.hypot(points[:, 0], points[:, 2])
    )


def lid_curves(ring: Array, azimuth: Array) -> tuple[Array, Array]:
    """Elevation of the upper and the lower lid at `azimuth`; `ring` (16, 3) lies around the eye's centre."""
    across, height = _polar(ring)
    curves = []
    for part in (np.arange(9), np.r_[8:16, 0]):
        order = part[np.argsort(across[part])]
        curves.append(np.interp(azimuth, across[order], height[order]))
    return curves[0], curves[1]


class Head:
    """A shape that can be posed. `neutral` (n, 3) is the fine mesh at rest, in stage space.

    `centres` (2, 3) are the eyeballs', `radius` theirs.
    """

    def __init__(self, shape: Shape, base: Array | None = None) -> None:
        self.shared = template()
        self.radius = EYEBALL_RADIUS * shape.eyes
        self.control = self._shaped(shape) if base is None else base
        self.centres = self._seat_eyes()
        self._cage = self.shared.sharpened(self.control)
        coarse = self.shared.fine @ self._cage
        self._nostrils, self.nostril_depth = _nostrils(coarse)
        self.neutral = coarse + self._nostrils
        self._lids = [self._lid(eye) for eye in (0, 1)]

    def _shaped(self, shape: Shape) -> Array:
        shared, control = self.shared, self.shared.cage
        vertices = control.vertices.copy()
        opening = {}
        for i in EYES[0]:
            rise = vertices[i, 1] - vertices[EYES[0], 1].mean()
            opening[int(i)] = (0.0, (_LID_REST * shape.lids - 1.0) * rise, 0.0)
        around_eyes = {i for i in range(mesh.SKIN_VERTEX_COUNT) if self._eye_distance(vertices[i]) < 2.4}
        vertices += shared.bender.displace(opening, set(range(control.count)) - around_eyes)
        torso = range(control.torso.start, control.count)
        vertices += shared.bender.displace(dict(shape.handles), torso, weight=0.6)
        anchor = np.array([0.0, -6.0, -5.0])
        resized = (vertices - anchor) * shape.scale + anchor
        skull = smoothstep(-16.0, -9.0, vertices[:, 1])[:, None]
        vertices = vertices * (1 - skull) + resized * skull
        y = vertices[:, 1]
        throat = (shape.neck - 1.0) * smoothstep(-6.0, -10.0, y) * smoothstep(-18.5, -14.5, y)
        throat *= np.arange(control.count) >= control.skull.start
        vertices[:, 0] *= 1 + throat
        vertices[:, 2] = -7.0 + (vertices[:, 2] + 7.0) * (1 + 0.6 * throat)
        return vertices

    def _eye_distance(self, point: Array) -> float:
        middles = [self.shared.cage.vertices[ring].mean(0) for ring in EYES]
        return float(min(np.linalg.norm(point - m) for m in middles))

    def _seat_eyes(self) -> Array:
        """Put the eyeballs behind the lids, lift the lids clear of them and tuck their rims in."""
        centres = np.zeros((2, 3))
        for eye, (ring, rim) in enumerate(zip(EYES, self.shared.cage.rims, strict=True)):
            lids = self.control[ring]
            middle = lids[[3, 4, 5, 12]].mean(0)
            centres[eye] = (middle[0], lids[:, 1].mean() + 0.07, middle[2] - self.radius + 0.10)
            spoke = lids - centres[eye]
            length = np.maximum(np.linalg.norm(spoke, axis=1, keepdims=True), self.radius + 0.13)
            self.control[ring] = centres[eye] + unit(spoke) * length
            self.control[rim] = centres[eye] + unit(spoke) * (self.radius - 0.08)
        return centres

    def _lid(self, eye: int) -> _Lid:
        offset = self.neutral - self.centres[eye]
        distance = np.linalg.norm(offset, axis=1)
        rows = np.nonzero((distance < 3.0) & (offset[:, 2] > -0.6))[0]
        azimuth, elevation = _polar(offset[rows])
        ring = self.neutral[EYES[eye]] - self.centres[eye]
        across, _ = _polar(ring)
        upper, lower = lid_curves(ring, azimuth)
        inside = smoothstep(across.min() - 0.35, across.min() + 0.02, azimuth)
        inside = inside * smoothstep(across.max() + 0.35, across.max() - 0.02, azimuth)
        is_upper = elevation >= (upper + lower) / 2
        beyond = np.where(is_upper, elevation - upper, lower - elevation)
        follow = np.where(beyond < 0, 1.0, smoothstep(0.55, 0.0, beyond)) * inside
        follow *= smoothstep(2.9, 2.0, distance[rows])
        return _Lid(rows, is_upper, follow, upper - lower)

    def posed(self, expression: Expression) -> Array:
        """The fine mesh (n, 3) of an expression, the head at rest."""
        vertices = self._cage.copy()
        for name, field in self.shared.fields.items():
            strength = getattr(expression, name)
            if strength:
                vertices += strength * field
        if expression.jaw:
            vertices = open_jaw(vertices, self.shared.jaw, expression.jaw)
        points = self.shared.fine @ vertices + self._nostrils
        for lid, centre in zip(self._lids, self.centres, strict=True):
            points[lid.rows] = centre + _turn_lid(points[lid.rows] - centre, lid, expression)
        return np.asarray(points)


def _turn_lid(offset: Array, lid: _Lid, expression: Expression) -> Array:
    """Rotate lid vertices about the eye's centre at constant radius."""
    blink, squint = expression.blink, 0.75 * expression.smile
    raised = 0.12 * expression.brow_raise - 0.35 * np.radians(-expression.gaze[1]) * -1.0
    half = np.clip(blink + (1 - blink) * (0.25 * squint - 0.6 * raised), -0.4, 1.0)
    upper = -0.90 * lid.gap * half
    lower = lid.gap * np.clip(0.10 * blink + (1 - blink) * 0.35 * squint, 0.0, 1.0)
    azimuth, elevation = _polar(offset)
    elevation = elevation + np.where(lid.is_upper, upper, lower) * lid.follow
    radius = np.linalg.norm(offset, axis=1)
    flat = radius * np.cos(elevation)
    return np.stack([flat * np.sin(azimuth), radius * np.sin(elevation), flat * np.cos(azimuth)], 1)


def _nostrils(points: Array) -> tuple[Array, Array]:
    """Displacement (n, 3) that hollows the nostrils out, and how deep in one each vertex lies, in [0, 1]."""
    depth = np.zeros(len(points))
    for side in (-1.0, 1.0):
        hollow = (side * abs(points[98, 0]) * 0.5, points[2, 1] + 0.22, points[2, 2] + 0.30)
        depth = np.maximum(depth, np.exp(-1.1 * (((points - hollow) / (0.36, 0.42, 0.52)) ** 2).sum(1)))
    return depth[:, None] * (0.0, 0.42, -0.05), depth


def eased(inner: Head, outer: Head) -> Array:
    """Cage vertices with `inner`'s face on `outer`'s head: the outline and all beyond it are `outer`'s."""
    control = inner.shared.cage
    values = dict.fromkeys(range(control.skull.start, control.count), 0.0)
    values |= dict.fromkeys(mesh.FACE_OVAL, 0.0)
    core = canonical_core()
    values |= dict.fromkeys(core, 1.0)
    inside = [*LIPS, *(i for ring in (*control.mouth, *control.rims) for i in ring), control.throat]
    values |= dict.fromkeys((int(i) for i in inside), 1.0)
    weight = inner.shared.bender.blend(values)[:, None]
    return np.asarray(outer.control * (1 - weight) + inner.control * weight)


@cache
def canonical_core() -> tuple[int, ...]:
    """Landmarks well inside the face's outline: those of the eyes, brows, nose, cheeks and mouth."""
    face = mesh.canonical_face()[: mesh.SKIN_VERTEX_COUNT]
    outline = face[list(mesh.FACE_OVAL)]
    gap = np.linalg.norm(face[:, None, :2] - outline[None, :, :2], axis=-1).min(1)
    return tuple(int(i) for i in np.nonzero(gap > 0.22)[0])
