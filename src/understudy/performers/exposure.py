"""What falls on the film: a posed performer, seen by a camera and lit, as planes of light and mattes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.performers.cage import Array, along
from understudy.performers.combing import CENTRE
from understudy.performers.expressions import move_head
from understudy.performers.moment import Moment
from understudy.performers.parts import SMOOTH, Material
from understudy.performers.performer import Geometry, Performer
from understudy.performers.sampling import Camera, Floats, ShadowMap, gather, sample
from understudy.performers.shading import planes as plane
from understudy.performers.shading.eyes import shade_eyes, shade_mouth
from understudy.performers.shading.planes import PLANES, Scene, light_table
from understudy.performers.shading.skin import shade_cloth, shade_skin
from understudy.performers.shading.strands import shade_hair, shade_plain
from understudy.performers.skin import PER_CM, linear

_SCATTER_CM = (0.20, 0.085, 0.05)
"""How far red, green and blue light travels in skin: the widths of the blur."""
_FRAME = np.array((0.012, 0.011, 0.012, 0.5), np.float32)
_MICROPHONE = np.array((0.02, 0.02, 0.022, 0.35), np.float32)
_SKIN_OFFSET = 0.12
"""Shadows are looked up this far off the surface, cm: a shadow map's texel is as wide."""


def expose(performer: Performer, moment: Moment, geometry: Geometry, camera: Camera) -> Floats:
    """Planes (H, W, PLANES) of what the performer adds to the picture, before the backdrop."""
    screen = camera.project(geometry.points)
    facing = _not_behind(geometry, moment, np.array((0.0, 0.0, 1.0)))
    triangles, material = geometry.triangles[facing], geometry.material[facing]
    samples = sample(screen, triangles, material, SMOOTH, camera.size)
    values = gather(screen, triangles, geometry.attributes, samples)
    light = light_table(moment.light)
    casters = geometry.casts_shadow & _not_behind(geometry, moment, light[0])
    middle = np.array((0.0, -2.0, -2.0)) + moment.pose.place
    shadow = ShadowMap(geometry.points, geometry.triangles[casters], light[0], middle)
    normals = values[:, plane.NORMAL : plane.NORMAL + 3]
    length = np.sqrt(np.einsum("ij,ij->i", normals, normals))[:, None]
    lit = shadow.lit(values[:, :3] + _SKIN_OFFSET * normals / np.maximum(length, 1e-6))
    film = np.zeros((camera.size * camera.size, PLANES), np.float32)
    eye = np.array((camera.aside, camera.look_y, camera.distance), np.float32)
    scene = Scene(values, lit, samples.share, samples.pixel, light, eye, film)
    _shade(performer, moment, scene, material[samples.triangle], camera)
    film = film.reshape(camera.size, camera.size, PLANES)
    _scatter(film, camera)
    return film


def _not_behind(geometry: Geometry, moment: Moment, way: Array | Floats) -> npt.NDArray[np.bool_]:
    """Triangles that can be seen against `way`: all but the hair on the skull's far side."""
    middle = move_head(CENTRE[None], 1.0, moment.pose.rotation(), np.array(moment.pose.place))[0]
    hair = geometry.material == Material.HAIR
    roots = geometry.points[geometry.triangles[hair, 0]] - middle.astype(np.float32)
    far = (along(roots, way) < -2.5) & (roots[:, 1] > -6.5)
    kept = np.ones(len(hair), bool)
    kept[hair] = ~far
    return kept


def _shade(
    performer: Performer, moment: Moment, scene: Scene, material: npt.NDArray[np.int32], camera: Camera
) -> None:
    rows = {kind: np.nonzero(material == kind)[0] for kind in Material}
    turn = moment.pose.rotation()
    up = turn[:, 1].astype(np.float32)
    skull = move_head(CENTRE[None], 1.0, turn, np.array(moment.pose.place))[0].astype(np.float32)
    opening = float(np.clip((moment.expression.jaw + 0.5 * moment.expression.smile) / 0.35, 0, 1))
    textures = performer.textures.at_scale(PER_CM / camera.scale)
    face, body = performer.face, performer.body
    scalp = linear(body.hair.colour)
    for kind, matte in ((Material.SKIN, plane.FACE), (Material.HAND, plane.OCCLUDER)):
        shade_skin(rows[kind], scene, matte, up, opening, textures.colour, textures.relief, scalp)
    shade_cloth(rows[Material.SKIN], scene, linear(body.cloth))
    shade_eyes(rows[Material.EYES], scene, performer.iris, performer.fibres)
    shade_mouth(rows[Material.MOUTH], scene, opening)
    beard = linear(face.beard_colour or face.hair.colour)
    for kind, colour, matte in ((Material.HAIR, scalp, plane.HAIR), (Material.BEARD, beard, plane.FACE)):
        shade_hair(rows[kind], scene, matte, skull, colour, performer.streaks)
    lash = np.append(0.1 * linear(face.eyes.brow_colour or face.hair.colour) + 0.002, 0.0).astype(np.float32)
    plain = (
        (Material.LASHES, lash, plane.FACE),
        (Material.FRAME, _FRAME, plane.OCCLUDER),
        (Material.MICROPHONE, _MICROPHONE, plane.OCCLUDER),
    )
    for kind, colour, matte in plain:
        shade_plain(rows[kind], scene, matte, colour)


def _scatter(film: Floats, camera: Camera) -> None:
    """Let light that entered skin leave nearby, then colour it: scattering in the picture's plane."""
    skin = np.ascontiguousarray(film[..., plane.SKIN])
    for channel, reach in enumerate(_SCATTER_CM):
        width = reach * camera.scale
        light = cv2.GaussianBlur(np.ascontiguousarray(film[..., plane.IRRADIANCE + channel]), (0, 0), width)
        light /= np.maximum(cv2.GaussianBlur(skin, (0, 0), width), 1e-3)
        film[..., plane.RADIANCE + channel] += film[..., plane.ALBEDO + channel] * light
