"""The skin's textures, painted on the head unrolled from a cylinder, placed by landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.performers.cage import MIRROR, Array
from understudy.performers.identity import Colour, Identity

Floats = npt.NDArray[np.float32]

WIDTH, HEIGHT = 2048, 1024
_AXIS_Z, _TOP, _SPAN = -4.0, 14.0, 36.0
PER_CM = HEIGHT / _SPAN
"""Texels per cm, down the face."""

_BEARD_AREA = (
    132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 435, 433, 287, 410,
    322, 391, 393, 164, 167, 165, 92, 186, 57, 213, 215,
)  # fmt: skip
_CHIN_AREA = (208, 201, 200, 421, 428, 396, 175, 171)
# landmark, half width and half height in texels, strength
_BLUSH = (
    (205, 70, 55, 0.55), (425, 70, 55, 0.55), (50, 60, 45, 0.5), (280, 60, 45, 0.5), (4, 34, 34, 0.7),
    (64, 22, 22, 0.6), (294, 22, 22, 0.6), (152, 60, 40, 0.3), (9, 60, 40, 0.2), (159, 45, 24, 0.4),
    (386, 45, 24, 0.4), (145, 50, 24, 0.35), (374, 50, 24, 0.35),
)  # fmt: skip
_LID_CREASE = (
    (130, 226, 0), (247, 113, 2), (30, 225, 3), (29, 224, 3), (27, 223, 3), (28, 222, 3), (56, 221, 3),
    (190, 189, 4),
)  # fmt: skip


@dataclass(frozen=True)
class SkinTextures:
    """`colour` (h, w, 4): linear albedo, roughness. `relief` (h, w, 3): slope across, slope down, gloss."""

    colour: Floats
    relief: Floats

    def at_scale(self, texels_per_pixel: float) -> SkinTextures:
        """The textures halved until a texel is about a pixel, so that fine detail does not glitter."""
        textures = self
        while texels_per_pixel > 1.5:
            height, width = textures.colour.shape[:2]
            half = (width // 2, height // 2)
            textures = SkinTextures(
                cv2.resize(textures.colour, half, interpolation=cv2.INTER_AREA),
                cv2.resize(textures.relief, half, interpolation=cv2.INTER_AREA),
            )
            texels_per_pixel /= 2
        return textures


def unroll(points: Array) -> Array:
    """Texture coordinates (N, 2) in [0, 1] of template points in stage space."""
    u = np.arctan2(points[:, 0], points[:, 2] - _AXIS_Z) / (2 * np.pi) + 0.5
    return np.stack([u, (_TOP - points[:, 1]) / _SPAN], 1)


def linear(colour: Colour) -> Floats:
    """An sRGB colour (0..255) in linear light."""
    return np.asarray(((np.array(colour) / 255 + 0.055) / 1.055) ** 2.4, np.float32)


def noise(rng: np.random.Generator, height: int, width: int, grain: float) -> Floats:
    """Smooth noise of unit strength whose features are about `grain` pixels wide, (height, width)."""
    coarse = rng.standard_normal((max(2, int(height / grain) + 2), max(2, int(width / grain) + 2)))
    return cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)


def _blur(image: Floats, across: float, down: float | None = None) -> Floats:
    return cv2.GaussianBlur(image, (0, 0), across, sigmaY=down or across)


def paint(identity: Identity, template: Array) -> SkinTextures:
    """Paint an identity's textures; `template` is the fine neutral mesh shared by all heads."""
    return _Painter(identity, unroll(template[: mesh.SKIN_VERTEX_COUNT]) * (WIDTH, HEIGHT)).textures()


class _Painter:
    def __init__(self, identity: Identity, places: Array) -> None:
        self.identity, self.look = identity, identity.complexion
        self.places = places
        self.rng = np.random.default_rng(identity.seed)
        self.lips = self.filled(mesh.LIPS_OUTER, 1.6)
        self.crease = self.lid_creases()
        self.brows = self.brow_strokes()
        self.hair = linear(identity.eyes.brow_colour or identity.hair.colour)

    def noise(self, grain: float) -> Floats:
        return noise(self.rng, HEIGHT, WIDTH, grain)

    def blob(self, centre: Array, across: float, down: float) -> Floats:
        x = np.exp(-(((np.arange(WIDTH) - centre[0]) / across) ** 2))
        y = np.exp(-(((np.arange(HEIGHT) - centre[1]) / down) ** 2))
        return np.outer(y, x).astype(np.float32)

    def filled(self, landmarks: Sequence[int], softness: float) -> Floats:
        canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
        corners = np.round(self.places[list(landmarks)] * 16).astype(np.int32)
        cv2.fillPoly(canvas, [corners], 255, lineType=cv2.LINE_AA, shift=4)
        return _blur(canvas.astype(np.float32) / 255, softness)

    def line(self, points: Array, width: float, softness: float) -> Floats:
        canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
        corners = np.round(points * 16).astype(np.int32)
        cv2.polylines(canvas, [corners], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
        return _blur(canvas.astype(np.float32) / 255, softness)

    def side(self, landmarks: Sequence[int], left: bool) -> Array:
        return self.places[[int(MIRROR[i]) if left else i for i in landmarks]]

    def scattered(self, count: int, density: Floats, low: float, high: float) -> Floats:
        """Dots of random strength, as many as `density` lets through of `count` tries."""
        x, y = self.rng.integers(0, WIDTH, count), self.rng.integers(0, HEIGHT, count)
        kept = self.rng.random(count) < density[y, x]
        dots = np.zeros((HEIGHT, WIDTH), np.float32)
        np.add.at(dots, (y[kept], x[kept]), self.rng.uniform(low, high, kept.sum()).astype(np.float32))
        return dots

    def textures(self) -> SkinTextures:
        beard_area = self.beard_area()
        colour = self.tone()
        colour *= self.spots()[..., None] ** np.array([0.35, 0.62, 0.75], np.float32)
        colour = self.with_lips(colour)
        colour *= np.exp(-self.liner()[..., None] * np.array([1.7, 1.9, 1.9], np.float32))
        colour *= np.exp(-self.crease[..., None] * np.array([0.35, 0.5, 0.5], np.float32))
        cover = np.clip(self.brows * 1.25 + _blur(self.brows, 4.0) * 0.30, 0, 0.95)[..., None]
        colour = colour * (1 - cover) + cover * self.hair * 0.8
        colour = self.with_stubble(colour, beard_area)
        height, pores = self.height()
        across, down = cv2.Sobel(height, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(height, cv2.CV_32F, 0, 1) / 8
        shine = sum(self.blob(self.places[i], s, s) for i, s in ((4, 45), (9, 60), (151, 80), (197, 35)))
        rough = 0.57 - 0.06 * np.clip(shine, 0, 1) * self.look.oil + 0.05 * self.noise(7) - 0.14 * self.lips
        gloss = (
            np.clip(1 - 0.6 * pores, 0.2, 1) * (1 + 0.25 * self.lips) * (1 - 0.5 * np.clip(self.brows, 0, 1))
        )
        painted = np.dstack([colour, np.clip(rough, 0.24, 0.75)]).astype(np.float32)
        return SkinTextures(
            _blur(painted, 0.6), _blur(np.dstack([across, down, gloss]).astype(np.float32), 0.75)
        )

    def tone(self) -> Floats:
        """Base colour with mottling, blush and shadowed lids."""
        look = self.look
        colour = np.ones((HEIGHT, WIDTH, 3), np.float32) * linear(look.skin)
        melanin = 0.5 * self.noise(60) + 0.35 * self.noise(16) + 0.3 * self.noise(5)
        colour *= np.exp(-0.045 * melanin[..., None] * np.array([0.6, 1.0, 1.3], np.float32))
        red = np.zeros((HEIGHT, WIDTH), np.float32)
        for landmark, across, down, strength in _BLUSH:
            red += strength * self.blob(self.places[landmark], across, down)
        red *= 1 + 0.25 * self.noise(9) + 0.2 * self.noise(30)
        red = np.clip(red, 0, 1.3) * look.redness
        colour *= np.exp(-red[..., None] * np.array([0.05, 0.25, 0.20], np.float32))
        shade = np.zeros((HEIGHT, WIDTH), np.float32)
        for below, corner in ((145, 133), (374, 362)):
            shade += 0.5 * self.blob(self.places[below] + (0, 16), 42, 14)
            shade += 0.35 * self.blob(self.places[corner], 16, 20)
        return colour * np.exp(-shade[..., None] * np.array([0.22, 0.26, 0.16], np.float32) * look.eye_bags)

    def spots(self) -> Floats:
        """Transmission of freckles and moles."""
        where = sum(
            self.blob(self.places[i], s, 0.7 * s) for i, s in ((50, 120), (280, 120), (5, 80), (151, 150))
        )
        share = np.clip(where, 0, 1).astype(np.float32)
        tries = int(self.look.freckles / max(share.mean(), 1e-3))
        dark = np.zeros((HEIGHT, WIDTH), np.float32)
        for size in (0.8, 1.2, 1.7):
            dark += _blur(self.scattered(tries // 3, share, 0.25, 0.9), size) * (7.0 * size * size)
        for _ in range(self.look.moles):
            x, y = self.rng.uniform(0.38, 0.62) * WIDTH, self.rng.uniform(0.25, 0.66) * HEIGHT
            dark += 1.8 * self.blob(np.array([x, y]), 2.2, 2.2)
        return np.exp(-np.clip(dark, 0, 2.2))

    def with_lips(self, colour: Floats) -> Floats:
        streaks = self.rng.standard_normal((HEIGHT // 24, WIDTH // 2)).astype(np.float32)
        tint = 1 + 0.10 * self.noise(4) + 0.08 * cv2.resize(streaks, (WIDTH, HEIGHT))
        cover = 0.88 * self.lips[..., None]
        colour = colour * (1 - cover) + cover * linear(self.look.lips) * tint[..., None]
        seam = 0.85 * self.filled(mesh.LIPS_INNER, 0.9)[..., None]
        return colour * (1 - seam) + seam * linear((60, 22, 22))

    def liner(self) -> Floats:
        """Lash roots along the lids."""
        dark = np.zeros((HEIGHT, WIDTH), np.float32)
        for left in (False, True):
            dark += self.line(self.side(mesh.RIGHT_LID_UPPER, left), 2, 1.1)
            dark += 0.45 * self.line(self.side(mesh.RIGHT_LID_LOWER, left), 1, 1.1)
        return np.clip(dark * self.identity.eyes.liner, 0, 1)

    def lid_creases(self) -> Floats:
        dark = np.zeros((HEIGHT, WIDTH), np.float32)
        for left in (False, True):
            above, below = (self.side([pair[k] for pair in _LID_CREASE], left) for k in (0, 1))
            points = (above + below) / 2
            points[:, 1] += [pair[2] for pair in _LID_CREASE]
            dark += self.line(points, 2, 1.5)
        return 0.8 * dark

    def brow_strokes(self) -> Floats:
        """Single hairs, drawn at twice the size; they fan upwards at the nose and lie flat at the temple."""
        eyes, zoom = self.identity.eyes, 2
        canvas = np.zeros((HEIGHT * zoom, WIDTH * zoom), np.uint8)
        fraction = np.linspace(0, 1, 5)
        steps = np.linspace(0, 1, 5)[:, None]
        for left in (False, True):
            upper, lower = self.side((107, 66, 105, 63, 70), left), self.side((55, 65, 52, 53, 46), left)
            outwards = (upper[4] - upper[0]) / np.linalg.norm(upper[4] - upper[0])
            for _ in range(eyes.brow_strokes):
                along, height = self.rng.beta(1.1, 1.25), self.rng.beta(1.6, 1.6)
                top = np.array([np.interp(along, fraction, upper[:, k]) for k in (0, 1)])
                bottom = np.array([np.interp(along, fraction, lower[:, k]) for k in (0, 1)])
                spread = eyes.brow_thickness * (1 - 0.55 * along) * (height - 0.5) * 1.6
                root = top * (0.5 + spread) + bottom * (0.5 - spread)
                lean = 0.8 * (1 - along) ** 1.5 + 0.12 * (1 - 2 * height) + self.rng.normal(0, 0.12)
                way = np.array([outwards[0] * np.cos(lean), outwards[1] * np.cos(lean) - np.sin(lean)])
                length = self.rng.uniform(9, 17) * (1 - 0.25 * along)
                hair = root + way * length * steps + (0.0, 0.22 * length) * steps**2
                ink = int(255 * self.rng.uniform(0.55, 1.0))
                cv2.polylines(
                    canvas, [np.round(hair * zoom * 16).astype(np.int32)], False, ink, 1, cv2.LINE_AA, 4
                )
        strokes = _blur(canvas.astype(np.float32) / 255, 0.8)
        return cv2.resize(strokes, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)

    def beard_area(self) -> Floats:
        """Where a beard grows: jaw, chin, upper lip and the throat below."""
        area = np.maximum(self.filled(_BEARD_AREA, 12), self.filled(_CHIN_AREA, 10))
        throat = sum(self.blob(self.places[152] + (dx, 38), 90, 40) for dx in (-120, 0, 120))
        area = np.maximum(area, 0.75 * np.clip(throat, 0, 1))
        area *= 1 - np.clip(1.6 * self.lips, 0, 1)
        for cheek in (205, 425):
            area *= 1 - 0.6 * self.blob(self.places[cheek], 50, 40)
        return np.asarray(area, np.float32)

    def with_stubble(self, colour: Floats, area: Floats) -> Floats:
        strength = max(self.look.stubble, self.look.beard)
        if not strength:
            return colour
        dots = _blur(self.scattered(190_000, 0.8 * area, 0.4, 1.0), 0.6, 1.1) * 3.0
        shade = np.clip(dots * strength, 0, 1.2)[..., None] * np.array([1.0, 0.95, 0.85], np.float32)
        shade = shade + (area * strength)[..., None] * np.array([0.24, 0.17, 0.10], np.float32)
        root = np.clip(area * self.look.beard * 1.3, 0, 0.85)[..., None]
        return colour * np.exp(-shade) * (1 - root) + root * self.hair * 0.6

    def height(self) -> tuple[Floats, Floats]:
        """The skin's relief and, apart, its pores."""
        look = self.look
        pores = _blur(self.scattered(90_000, np.ones((HEIGHT, WIDTH), np.float32), 0.4, 1.0), 0.9)
        height = (
            -1.1 * look.pores * pores + 0.10 * self.noise(2.2) + 0.12 * self.noise(6) + 0.25 * self.noise(22)
        )
        for left in (False, True):
            out = 1 if left else -1
            fold = self.side((129, 203, 206, 216), left)
            fold[0, 1] -= 2
            height -= 1.5 * look.wrinkles * self.line(fold, 5, 5.0)
            bag = self.side((243, 22, 24, 110), left)
            bag[:, 1] += (6, 5, 4, 3)
            height -= 1.2 * look.wrinkles * self.line(bag, 2, 1.6)
            corner = self.side((33,), left)[0]
            for q in range(3):
                foot = corner + np.array([(12 * out, 7 * q - 8), (34 * out, 13 * q - 16)])
                height -= 0.6 * look.wrinkles * self.line(foot, 1, 1.1)
        x = np.linspace(-120, 120, 20)
        for q, drop in enumerate((0, 18, 38)):
            wave = drop - 8 + 5 * np.sin((x + WIDTH / 2) / 60 + q) + 6 * (x / 130) ** 2
            brow_line = np.stack([WIDTH / 2 + x, self.places[151, 1] + wave], 1)
            height -= 0.5 * look.wrinkles * self.line(brow_line, 2, 2.6)
        streaks = self.rng.standard_normal((HEIGHT // 40, WIDTH // 3)).astype(np.float32)
        height += self.lips * (0.5 * cv2.resize(streaks, (WIDTH, HEIGHT)) + 0.3)
        return height - 2.2 * self.crease + 1.5 * self.brows, pores
