"""From a performer and a moment to a picture and its truth."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from understudy.performers import shading
from understudy.performers.hair import CENTRE
from understudy.performers.expressions import move_head
from understudy.performers.moment import Lens, Moment
from understudy.performers.parts import SMOOTH, Material
from understudy.performers.performer import Geometry, Performer
from understudy.performers.sampling import Camera, Floats, Samples, ShadowMap, gather, sample
from understudy.performers.skin import PER_CM, linear

_SCATTER_CM = (0.20, 0.085, 0.05)
"""How far red, green and blue light travels in skin: the widths of the blur."""


def camera_of(lens: Lens, size: int) -> Camera:
    """The camera that a lens makes."""
    return Camera(size, lens.focal)


def expose(performer: Performer, moment: Moment, geometry: Geometry, camera: Camera) -> Floats:
    """Planes (H, W, shading.PLANES) of what the performer adds to the picture, before the backdrop."""
    screen = camera.project(geometry.points)
    facing = _not_behind(geometry, moment, np.array((0.0, 0.0, 1.0)))
    triangles, material = geometry.triangles[facing], geometry.material[facing]
    samples = sample(screen, triangles, material, SMOOTH, camera.size)
    values = gather(screen, triangles, geometry.attributes, samples)
    light = shading.light_table(moment.light)
    centre = np.array((0.0, -2.0, -2.0)) + moment.pose.place
    casters = geometry.casts_shadow & _not_behind(geometry, moment, light[0])
    shadow = ShadowMap(geometry.points, geometry.triangles[casters], light[0], centre)
    material = material[samples.triangle]
    lit = shadow.lit(values[:, :3] + 0.12 * _unit32(values[:, 3:6]))
    planes = np.zeros((camera.size * camera.size, shading.PLANES), np.float32)
    _shade(performer, moment, camera, samples, material, values, lit, light, planes)
    planes = planes.reshape(camera.size, camera.size, shading.PLANES)
    _scatter(planes, camera)
    return planes


def _not_behind(geometry: Geometry, moment: Moment, way: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Triangles that something which looks against `way` may see: all but the hair on the skull's far side."""
    middle = move_head(CENTRE[None], 1.0, moment.pose.rotation(), np.array(moment.pose.place))[0]
    hair = geometry.material == Material.HAIR
    roots = geometry.points[geometry.triangles[hair, 0]] - middle.astype(np.float32)
    far = (roots @ way.astype(np.float32) < -2.5) & (roots[:, 1] > -6.5)
    kept = np.ones(len(hair), bool)
    kept[hair] = ~far
    return kept


def _unit32(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), 1e-6)[:, None]


def _shade(
    performer: Performer,
    moment: Moment,
    camera: Camera,
    samples: Samples,
    material: npt.NDArray[np.int32],
    values: Floats,
    lit: Floats,
    light: Floats,
    planes: Floats,
) -> None:
    rows = {kind: np.nonzero(material == kind)[0] for kind in Material}
    eye = np.array((0.0, camera.look_y, camera.distance), np.float32)
    turn = moment.pose.rotation()
    up = turn[:, 1].astype(np.float32)
    middle = move_head(CENTRE[None], 1.0, turn, np.array(moment.pose.place))[0].astype(np.float32)
    textures = performer.textures.at_scale(PER_CM / camera.scale)
    scalp, cloth = linear(performer.body.hair.colour), linear(performer.body.cloth)
    beard = linear(performer.face.beard_colour or performer.face.hair.colour)
    lash = np.array(
        [*0.1 * linear(performer.face.eyes.brow_colour or performer.face.hair.colour) + 0.002, 0.0]
    )
    opening = float(np.clip((moment.expression.jaw + 0.5 * moment.expression.smile) / 0.35, 0, 1))
    where = (samples.share, samples.pixel, planes)
    for kind, plane in ((Material.SKIN, shading.FACE), (Material.HAND, shading.OCCLUDER)):
        shading.shade_skin(
            rows[kind], values, lit, light, eye, up, opening, textures.colour, textures.relief, scalp, cloth,
            plane, *where,
        )  # fmt: skip
    shading.shade_eyes(rows[Material.EYES], values, lit, light, eye, performer.iris, performer.fibres, *where)
    shading.shade_mouth(rows[Material.MOUTH], values, lit, light, opening, *where)
    for kind, colour, plane in ((Material.HAIR, scalp, shading.HAIR), (Material.BEARD, beard, shading.FACE)):
        shading.shade_hair(
            rows[kind], values, lit, light, eye, middle, colour, performer.streaks, plane, *where
        )
    plain = (
        (Material.LASHES, lash, shading.FACE),
        (Material.FRAME, np.array((0.012, 0.011, 0.012, 0.5)), shading.OCCLUDER),
        (Material.MICROPHONE, np.array((0.02, 0.02, 0.022, 0.35)), shading.OCCLUDER),
    )
    for kind, colour, plane in plain:
        shading.shade_plain(rows[kind], values, lit, light, eye, colour.astype(np.float32), plane, *where)


def _scatter(planes: Floats, camera: Camera) -> None:
    """Let light that entered skin leave nearby, then colour it: subsurface scattering in the picture's plane."""
    irradiance, albedo = planes[..., shading.IRRADIANCE], planes[..., shading.ALBEDO]
    skin = np.ascontiguousarray(planes[..., shading.SKIN_SHARE])
    for channel, reach in enumerate(_SCATTER_CM):
        width = reach * camera.scale
        light = cv2.GaussianBlur(np.ascontiguousarray(irradiance[..., channel]), (0, 0), width)
        light /= np.maximum(cv2.GaussianBlur(skin, (0, 0), width), 1e-3)
        planes[..., channel] += albedo[..., channel] * light


@lru_cache(maxsize=8)
def backdrop(seed: int, size: int) -> Floats:
    """An out-of-focus room with lamps, (size, size, 3) linear."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    tone = rng.uniform(0.07, 0.16, 3) * rng.uniform(0.8, 1.3)
    accent = rng.dirichlet((3.0, 3.0, 3.0)) * 2.2
    room = tone * (1.15 - 0.42 * y[..., None]) * (1 - 0.5 * ((x - 0.3) ** 2 + (y - 0.3) ** 2))[..., None]
    for _ in range(18):
        centre_x, centre_y, radius = rng.uniform(0, 1), rng.uniform(0, 0.8), rng.uniform(0.03, 0.09)
        disc = np.clip((radius - np.hypot(x - centre_x, y - centre_y)) / (0.15 * radius), 0, 1)
        room += accent * (rng.uniform(0.02, 0.14) * disc)[..., None]
    pillar = np.clip(1 - np.abs(x - rng.uniform(0.1, 0.9)) / 0.11, 0, 1) > 0.2
    room *= 1 - 0.35 * pillar[..., None]
    room = cv2.GaussianBlur(room.astype(np.float32), (0, 0), size / 110)
    room.setflags(write=False)
    return room


def develop(linear_light: Floats, moment: Moment) -> npt.NDArray[np.uint8]:
    """Lens, sensor and tone curve: linear light (H, W, 3) to an RGB picture (H, W, 3) uint8."""
    size, lens = linear_light.shape[0], moment.lens
    image = linear_light * lens.exposure
    image = image + 0.05 * cv2.GaussianBlur(np.clip(image - 0.5, 0, 4), (0, 0), size / 60)
    softness = np.hypot(0.45, lens.defocus) * size / 512
    image = cv2.GaussianBlur(image, (0, 0), softness)
    rng = np.random.default_rng(moment.grain)
    grain = rng.standard_normal(image.shape, np.float32)
    # photon noise grows with the root of the light, read noise is constant
    image = image + lens.grain * np.sqrt(np.maximum(image, 0) * 0.00035 + 0.00002) * grain
    image = np.maximum(image, 0)
    image = image * (1 + image / 6.0) / (1 + image * 0.62) * 1.12
    encoded = np.where(image < 0.0031308, 12.92 * image, 1.055 * np.maximum(image, 1e-6) ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(encoded * 255 + 0.5, 0, 255), np.uint8)
