"""A performer ready to be rendered: everything about an identity that no frame changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.raster import vertex_normals
from understudy.performers import hair as hairdressing
from understudy.performers import occluders
from understudy.performers import parts as pieces
from understudy.performers.cage import Array, along, settled, smoothstep, turned
from understudy.performers.expressions import head_weights, move_head, open_jaw
from understudy.performers.head import VERGENCE, Head, eased, lid_curves, template
from understudy.performers.identity import Identity
from understudy.performers.moment import Expression, Moment, Pose, rotation
from understudy.performers.parts import ATTRIBUTES, OPEN_SKY, Follows, Material, Part
from understudy.performers.sampling import Floats, Ints, ShadowMap
from understudy.performers.skin import HEIGHT, WIDTH, SkinTextures, linear, noise, paint, unroll

_SKY_DIRECTIONS = 32
_CHEEK = 205
U, V, WET, RIM, SCALP, CLOTH, FACE = 0, 1, 2, 3, 5, 6, 7
EYE_OPEN = 5

_BEARD = (
    18, 32, 43, 57, 58, 83, 92, 106, 135, 136, 138, 140, 148, 149, 150, 152, 164, 165, 167, 169, 170,
    171, 172, 175, 176, 182, 186, 192, 194, 199, 200, 201, 202, 204, 208, 210, 211, 212, 214, 215, 216,
    262, 273, 287, 288, 313, 322, 335, 364, 365, 367, 369, 377, 378, 379, 391, 393, 394, 395, 396, 397,
    400, 406, 410, 416, 418, 421, 422, 424, 428, 430, 431, 432, 434, 435, 436,
)  # fmt: skip
"""Landmarks around which a full beard grows."""


@dataclass(frozen=True)
class Geometry:
    """A posed performer in stage space. The first rows are the skin's fine mesh; `landmarks` are (478, 3).

    `attributes` (V, 14): place, normal (or strand direction), then the material's own.
    """

    attributes: Floats
    triangles: Ints
    material: Ints
    landmarks: Array
    casts_shadow: npt.NDArray[np.bool_]

    @property
    def points(self) -> Floats:
        """(V, 3) cm."""
        return self.attributes[:, :3]


class Performer:
    """The face of one identity on the head of another (usually the same one).

    Face means all inside the outline: shape, skin, brows, eyes, teeth, beard. Skull, ears, neck, scalp hair,
    spectacles and clothes are the other's.
    """

    def __init__(self, face: Identity, body: Identity) -> None:
        self.face, self.body = face, body
        self.shared = template()
        rest = self.shared.fine @ self.shared.sharpened(self.shared.cage.vertices)
        own = Head(body.shape)
        self.head = own if face == body else Head(face.shape, base=eased(Head(face.shape), own))
        inside = self._inside_face()
        self.textures = _textures(face, body, rest)
        scalp = hairdressing.grow(own, rest, body.hair, body.seed)
        self.parts = [*pieces.mouth_parts(self.head), *self._ears(own, rest), scalp]
        if face.complexion.beard:
            self.parts.append(self._beard(rest))
        if body.glasses:
            self.parts += pieces.spectacles(self.head)
        self.iris = linear(face.eyes.iris)
        rng = np.random.default_rng(face.seed + 7)
        fibres = 0.6 * noise(rng, 48, 256, 3) + 0.7 * noise(rng, 2, 256, 2).mean(0)
        self.fibres = fibres[..., None].astype(np.float32)
        self.streaks = (noise(rng, 256, 512, 3) + 0.5 * noise(rng, 256, 512, 1.5))[..., None].astype(
            np.float32
        )
        self._skin = self._skin_attributes(rest, inside)
        self._eyeball = pieces.eyeball(self.head.radius)
        self._triangles, self._material = self._topology()
        self._weights = self._following()
        self._bake_open_sky()

    def _inside_face(self) -> Array:
        """1 on the fine mesh within the face's outline, 0 outside, a half on it, (n,)."""
        cage = self.shared.cage
        outline = set(mesh.FACE_OVAL)
        inner = [i for i in range(mesh.SKIN_VERTEX_COUNT) if i not in outline]
        inner += [int(i) for ring in (*cage.rims, *cage.mouth) for i in ring]
        share = self.shared.spread(np.array([*inner, cage.throat]))
        return np.clip(share + 0.45 * self.shared.spread(np.array(mesh.FACE_OVAL)), 0, 1)

    def _ears(self, own: Head, rest: Array) -> list[Part]:
        return pieces.ears(own, self.body.shape.ears, unroll(rest[[_CHEEK]])[0])

    def _beard(self, rest: Array) -> Part:
        look = self.face
        area = self.shared.spread(np.array(_BEARD))
        lips = self.shared.spread(np.array([*mesh.LIPS_OUTER, *mesh.LIPS_INNER]))
        area = np.clip(area - 1.5 * lips, 0, 1) * look.complexion.beard
        strands = replace(
            look.hair,
            colour=look.beard_colour or look.hair.colour,
            strands=5200,
            length=0.5 + 0.6 * look.complexion.beard,
            width=0.055,
        )
        return hairdressing.grow_beard(self.head, rest, area, strands, look.seed)

    def _skin_attributes(self, rest: Array, inside: Array) -> Array:
        cage = self.shared.cage
        table = pieces.columns(len(rest))
        table[:, [U, V]] = unroll(rest)
        table[:, WET] = self.shared.spread(
            np.array([*(int(i) for ring in cage.mouth for i in ring), cage.throat])
        )
        table[:, RIM] = self.shared.spread(np.concatenate(cage.rims))
        above = hairdressing.above_hairline(rest, self.body.hair.recession)
        table[:, SCALP] = np.where(rest[:, 1] > -8, (above + 0.9) / 2.2, -1.0)
        collar = np.interp(np.abs(rest[:, 0]), (0, 6, 12), (-16.6, -15.2, -14.8))
        table[:, CLOTH] = collar - rest[:, 1]
        table[:, FACE] = inside
        return table

    def _topology(self) -> tuple[Ints, Ints]:
        lashes = pieces.lashes(self.head.neutral, self.head.centres, 1.0)[1]
        blocks = [(self.shared.triangles, len(self.head.neutral), Material.SKIN)]
        blocks += [(self._eyeball[1], len(self._eyeball[0]), Material.EYES)] * 2
        self._lash_points = int(lashes.max()) + 1
        blocks += [(lashes, self._lash_points, Material.LASHES)]
        blocks += [(part.triangles, len(part.points), part.material) for part in self.parts]
        offsets = np.cumsum([0, *(count for _, count, _ in blocks)])
        triangles = [block[0] + offset for block, offset in zip(blocks, offsets, strict=False)]
        material = [np.full(len(t), kind) for t, _, kind in blocks]
        return np.concatenate(triangles).astype(np.int32), np.concatenate(material).astype(np.int32)

    def _bake_open_sky(self) -> None:
        """How much of the sky each vertex sees, from depth maps of directions spread by the golden angle."""
        geometry = self.posed(Expression(), Pose())
        k = np.arange(_SKY_DIRECTIONS) + 0.5
        z, turn = 1 - 2 * k / _SKY_DIRECTIONS, k * np.pi * (3 - np.sqrt(5))
        directions = np.stack([np.sqrt(1 - z * z) * np.cos(turn), z, np.sqrt(1 - z * z) * np.sin(turn)], 1)
        directions = directions[directions[:, 1] > -0.75]
        points, normals = geometry.points, geometry.attributes[:, 3:6]
        casters = geometry.triangles[geometry.casts_shadow]
        total, weight, plain = np.zeros(len(points)), np.zeros(len(points)), np.zeros(len(points))
        for way in directions:
            visible = ShadowMap(points, casters, way, (0, -1, -3), size=300).lit(points, 0.35)
            visible[np.abs(points[:, 1] + 1) > 16] = 1.0
            facing = np.maximum(along(normals, way), 0.0)
            total += visible * facing
            weight += facing
            plain += visible
        open_sky = np.clip(total / np.maximum(weight, 1e-3), 0, 1)
        start = len(self.head.neutral)
        nostril = 1 - 0.93 * np.clip(1.25 * self.head.nostril_depth, 0, 1) ** 1.5
        self._skin[:, OPEN_SKY] = open_sky[:start] * nostril
        start += 2 * len(self._eyeball[0]) + self._lash_points
        for n, part in enumerate(self.parts):
            rows = slice(start, start + len(part.points))
            table = part.attributes.copy()
            share = (
                np.clip(1.6 * plain[rows] / len(directions), 0, 1)
                if part.directions is not None
                else open_sky[rows]
            )
            table[:, OPEN_SKY] = share
            self.parts[n] = replace(part, attributes=table)
            start = rows.stop

    def posed(self, expression: Expression, pose: Pose) -> Geometry:
        """All geometry of one instant."""
        turn, place = pose.rotation(), np.array(pose.place)
        skin = self.head.posed(expression)
        irises, eyes = self._eyes(skin, expression)
        lashes, _ = pieces.lashes(skin, self.head.centres, self.face.eyes.lash)
        points = [skin, *(ball for ball, _ in eyes), lashes]
        tables = [self._skin, *(table for _, table in eyes), pieces.columns(len(lashes))]
        strands: list[tuple[int, Array]] = []
        for part in self.parts:
            if part.directions is not None:
                strands.append((sum(map(len, points)), turned(part.directions, turn)))
            points.append(self._carried(part, skin, expression))
            tables.append(part.attributes)
        everything = settled(move_head(np.concatenate(points), self._weights, turn, place))
        attributes = np.empty((len(everything), 6 + ATTRIBUTES), np.float32)
        attributes[:, :3] = everything
        bare = (self._material != Material.HAIR) & (self._material != Material.BEARD)
        attributes[:, 3:6] = vertex_normals(everything, self._triangles[bare][:, ::-1])
        for start, directions in strands:
            attributes[start : start + len(directions), 3:6] = directions
        np.concatenate(tables, out=attributes[:, 6:], casting="same_kind")
        irises = settled(move_head(irises, 1.0, turn, place))
        marks = np.concatenate([everything[: mesh.SKIN_VERTEX_COUNT], irises])
        hidden = (Material.EYES, Material.MOUTH, Material.LASHES)
        casts = ~np.isin(self._material, hidden)
        return Geometry(attributes, self._triangles, self._material, marks, casts)

    def _carried(self, part: Part, skin: Array, expression: Expression) -> Array:
        """A part's points before the head turns."""
        if part.follows is Follows.JAW:
            return open_jaw(part.points, 1.0, expression.jaw)
        if part.follows is Follows.SKIN and part.anchors is not None:
            return np.asarray(part.points + (skin - self.head.neutral)[part.anchors])
        return part.points

    def _following(self) -> Array:
        """How far each point follows the head, in the order of `posed`: long hair stays on the shoulders."""
        rigid = np.ones(2 * len(self._eyeball[0]) + self._lash_points)
        parts = [
            head_weights(part.points) if part.follows is Follows.NECK else np.ones(len(part.points))
            for part in self.parts
        ]
        return np.concatenate([head_weights(self.head.neutral), rigid, *parts])

    def _eyes(self, skin: Array, expression: Expression) -> tuple[Array, list[tuple[Array, Array]]]:
        """Iris landmarks (10, 3) and, for each eye, its points and attributes in head space."""
        irises, balls = [], []
        for eye, centre in enumerate(self.head.centres):
            inwards = VERGENCE if eye == 0 else -VERGENCE
            gaze = rotation(expression.gaze[0] + inwards, expression.gaze[1])
            ball, _ = self._eyeball
            points = centre + turned(ball, gaze)
            table = pieces.columns(len(ball), c0=ball[:, 0], c1=ball[:, 1], c2=ball[:, 2])
            table[:, EYE_OPEN] = self._let_in(skin, eye, points)
            balls.append((points, table))
            irises.append(pieces.landmarks_of_iris(centre, gaze, self.head.radius * 1.05, eye))
        return np.concatenate(irises), balls

    def _let_in(self, skin: Array, eye: int, points: Array) -> Array:
        """How much light the lids let fall on points of an eyeball, (n,)."""
        centre = self.head.centres[eye]
        ring = skin[list(mesh.RIGHT_EYE if eye == 0 else mesh.LEFT_EYE)] - centre
        offset = points - centre
        across = np.arctan2(offset[:, 0], np.maximum(offset[:, 2], 0.05))
        height = np.arctan2(offset[:, 1], np.hypot(offset[:, 0], offset[:, 2]))
        upper, lower = lid_curves(ring, across)
        corners = np.arctan2(ring[:, 0], ring[:, 2])
        below = 0.22 + 0.78 * smoothstep(-0.02, 0.30, upper - height)
        above = 0.5 + 0.5 * smoothstep(-0.03, 0.16, height - lower)
        left = 0.55 + 0.45 * smoothstep(0, 0.35, across - corners.min())
        right = 0.55 + 0.45 * smoothstep(0, 0.35, corners.max() - across)
        return settled(below * above * left * right)

    def at(self, moment: Moment) -> Geometry:
        """The geometry of a moment, with what stands before the face."""
        geometry = self.posed(moment.expression, moment.pose)
        if moment.occluder is None:
            return geometry
        attributes, triangles, kind = occluders.posed(moment.occluder, self._skin[_CHEEK, [U, V]])
        return Geometry(
            np.concatenate([geometry.attributes, attributes]),
            np.concatenate([geometry.triangles, triangles + len(geometry.attributes)]),
            np.concatenate([geometry.material, np.full(len(triangles), kind, np.int32)]),
            geometry.landmarks,
            np.concatenate([geometry.casts_shadow, np.ones(len(triangles), bool)]),
        )


def _textures(face: Identity, body: Identity, rest: Array) -> SkinTextures:
    """One identity's face in the other's skin."""
    own = paint(face, rest)
    if face == body:
        return own
    other = paint(body, rest)
    weight = _face_mask(rest)[..., None]
    colour = other.colour + (own.colour - other.colour) * weight
    return SkinTextures(colour, other.relief + (own.relief - other.relief) * weight)


def _face_mask(rest: Array) -> Floats:
    """1 on the unrolled skin inside the face's outline, falling to 0 just within it."""
    places = unroll(rest[list(mesh.FACE_OVAL)]) * (WIDTH, HEIGHT)
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(canvas, [np.round(places * 16).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
    inner = cv2.erode(canvas, np.ones((21, 21), np.uint8))
    return np.asarray(cv2.GaussianBlur(inner.astype(np.float32) / 255, (0, 0), 14.0), np.float32)


@lru_cache(maxsize=12)
def performer(face: Identity, body: Identity | None = None) -> Performer:
    """The performer who wears `face` on `body` (its own by default), built once per process."""
    return Performer(face, body or face)
