"""What happens to the colours of an augmented face: tone, light, blur, noise, compression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

_TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
_LIGHT_NODES = 8
_BLOCK = 8


@dataclass(frozen=True)
class Tone:
    """How far colours may go, each drawn evenly from -amount to amount.

    hue          degrees, turned about the grey axis
    saturation   share
    brightness   share: a gain, drawn in its logarithm
    contrast     share, about middle grey, drawn in its logarithm
    light        how much brighter one side of the picture is than its middle, as a logarithm
    """

    hue: float = 0.0
    saturation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    light: float = 0.0

    @property
    def coloured(self) -> bool:
        """Whether colours are changed alike all over the picture."""
        return any((self.hue, self.saturation, self.brightness, self.contrast))


@dataclass(frozen=True)
class Wear:
    """What a camera and a codec do to a face.

    often   share of the faces that each happens to, independently
    blur    greatest sigma, as share of the picture's side
    noise   greatest standard deviation, 1 being full scale
    jpeg    lowest quality, 1 to 100; 100: no compression
    """

    often: float = 0.0
    blur: float = 0.015
    noise: float = 0.04
    jpeg: float = 30.0


def tone(pictures: Sequence[Tensor], amounts: Tone, chance: torch.Generator) -> list[Tensor]:
    """Change the tone of pictures (B, 3, S, S), all of the sequence alike, each of the batch differently."""
    count, device = len(pictures[0]), pictures[0].device
    changed = list(pictures)
    if amounts.coloured:
        matrix, offset = (each.to(device) for each in _colour(amounts, count, chance))
        changed = [
            torch.baddbmm(offset, matrix, each.reshape(count, 3, -1)).view(each.shape) for each in changed
        ]
    if amounts.light:
        nodes = _light(amounts.light, count, chance).to(device)
        gain = F.interpolate(nodes, changed[0].shape[-2:], mode="bilinear", align_corners=True)
        changed = [each * gain for each in changed]
    return changed


def _colour(amounts: Tone, count: int, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """One (B, 3, 3) matrix and (B, 3, 1) offset for hue, saturation, brightness and contrast together."""
    u = 2 * torch.rand(4, count, generator=chance) - 1
    angle, chroma = u[0] * np.radians(amounts.hue), 1.0 + u[1] * amounts.saturation
    turn = torch.zeros(count, 3, 3)
    turn[:, 0, 0] = 1.0
    turn[:, 1, 1] = turn[:, 2, 2] = chroma * torch.cos(angle)
    turn[:, 2, 1] = chroma * torch.sin(angle)
    turn[:, 1, 2] = -turn[:, 2, 1]
    to_yiq = torch.tensor(_TO_YIQ)
    gain = torch.exp(u[2] * np.log1p(amounts.brightness))
    slope = torch.exp(u[3] * np.log1p(amounts.contrast))
    matrix = torch.linalg.inv(to_yiq) @ turn @ to_yiq * (gain * slope)[:, None, None]
    return matrix, (0.5 * (1.0 - slope))[:, None, None].expand(count, 3, 1)


def _light(amount: float, count: int, chance: torch.Generator) -> Tensor:
    """A gain (B, 1, 8, 8) that goes up to one side of the picture and may bulge: a lamp that was moved."""
    u = 2 * torch.rand(5, count, generator=chance) - 1
    x = torch.linspace(-1, 1, _LIGHT_NODES)[None, None, :]
    y = x.transpose(1, 2)
    a, b, c, d, e = (each[:, None, None] for each in u)
    shape = a * x + b * y + 0.5 * (c * x * y + d * (x * x - y * y) + e * (x * x + y * y - 1))
    return torch.exp(amount * shape)[:, None]


def wear(pictures: Tensor, amounts: Wear, chance: torch.Generator) -> Tensor:
    """Blur, noise and compress some of the pictures (B, 3, S, S), in the order in which cameras do."""
    if not amounts.often:
        return pictures
    count, size = len(pictures), pictures.shape[-1]
    struck = torch.rand(3, count, generator=chance) < amounts.often
    much = torch.rand(3, count, generator=chance)
    seed = int(torch.randint(2**62, (1,), generator=chance))
    out = pictures.clone()
    causes: list[tuple[Callable[[Tensor, Tensor, float], Tensor], float]] = [
        (_blurred, amounts.blur * size),
        (partial(_noisy, seed=seed), amounts.noise),
        (compressed, amounts.jpeg),
    ]
    for (cause, limit), hit, degree in zip(causes, struck, much, strict=True):
        rows = hit.nonzero()[:, 0]
        if len(rows):
            where = rows.to(out.device)
            out[where] = cause(out[where], degree[rows].to(out.device), limit)
    return out


def _blurred(pictures: Tensor, much: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of up to `sigma` pixels."""
    count, channels, height, width = pictures.shape
    reach = max(1, int(np.ceil(2.5 * sigma)))
    x = torch.arange(-reach, reach + 1, device=pictures.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (x / (much * sigma).clamp(min=0.2)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = F.pad(pictures, (reach, reach, reach, reach), mode="replicate").flatten(0, 1)[None]
    flat = F.conv2d(flat, kernel[:, None, None, :], groups=count * channels)
    flat = F.conv2d(flat, kernel[:, None, :, None], groups=count * channels)
    return flat.view(count, channels, height, width)


def _noisy(pictures: Tensor, much: Tensor, sigma: float, seed: int) -> Tensor:
    """Gaussian noise of up to `sigma`, from a generator of the device: it would take long to bring over."""
    generator = torch.Generator(pictures.device).manual_seed(seed)
    noise = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    return pictures + noise * (much * sigma)[:, None, None, None]


def compressed(pictures: Tensor, much: Tensor, lowest: float) -> Tensor:
    """What JPEG leaves of pictures (B, 3, S, S), of a quality from `lowest` (`much` (B,) is 0) to 100 (1).

    ITU-T T.81: annex A.3.3 has the transform, annex K.1 the table for luma, which serves for colour too, and
    chroma is kept at full size. The scale of the table by quality is that of the IJG's library. Whole blocks
    only: a rest at the right and bottom stays as it is.
    """
    quality = lowest + much * (100.0 - lowest)
    scale = torch.where(quality < 50, 50.0 / quality.clamp(min=1.0), 2.0 - quality / 50.0).clamp(min=0.01)
    height, width = (side // _BLOCK * _BLOCK for side in pictures.shape[-2:])
    basis, steps, to_yiq = _jpeg_constants(pictures.device)
    step = (steps * scale[:, None, None]).clamp(min=1.0 / 255.0)[:, None, None, :, None, :]
    blocks = torch.einsum("ij,bjhw->bihw", to_yiq, pictures[..., :height, :width])
    blocks = blocks.reshape(len(pictures), 3, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    waves = torch.einsum("ki,lj,bcyixj->bcykxl", basis, basis, blocks)
    waves = torch.round(waves / step) * step
    blocks = torch.einsum("ki,lj,bcykxl->bcyixj", basis, basis, waves).reshape(
        len(pictures), 3, height, width
    )
    out = pictures.clone()
    out[..., :height, :width] = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_yiq), blocks)
    return out


@cache
def _jpeg_constants(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The cosine basis (8, 8), the table's steps for quality 50 (8, 8) in [0, 1], and the colour matrix."""
    k = np.arange(_BLOCK)
    basis = (
        np.cos((2 * k[None] + 1) * k[:, None] * np.pi / 16) * np.where(k == 0, np.sqrt(1 / 8), 0.5)[:, None]
    )
    table = np.array(
        [
            (16, 11, 10, 16, 24, 40, 51, 61),
            (12, 12, 14, 19, 26, 58, 60, 55),
            (14, 13, 16, 24, 40, 57, 69, 56),
            (14, 17, 22, 29, 51, 87, 80, 62),
            (18, 22, 37, 56, 68, 109, 103, 77),
            (24, 35, 55, 64, 81, 104, 113, 92),
            (49, 64, 78, 87, 103, 121, 120, 101),
            (72, 92, 95, 98, 112, 100, 103, 99),
        ]
    )
    constants = (basis, table / 255.0, np.array(_TO_YIQ))
    basis_t, steps, to_yiq = (torch.tensor(each, dtype=torch.float32, device=device) for each in constants)
    return basis_t, steps, to_yiq
