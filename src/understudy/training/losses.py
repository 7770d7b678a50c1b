"""How far a drawn face is from what it should be.

Convention: pictures are (B, C, H, W) in [0, 1], masks and weights (B, 1, H, W). Every loss gives one number
for each example, (B,) float32, a mean over all but the batch: their mean weighs batches of any size alike,
and a sampler can be told which faces are hard. All is computed in float32, whatever autocast says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

SIGMA_OF_WINDOW = 1.5 / 11


class Perception(Protocol):
    """A frozen network that the user brings: what it sees in pictures, layer by layer."""

    def __call__(self, pictures: Tensor) -> Sequence[Tensor]:
        """(B, 3, H, W) in [0, 1] to feature maps (B, C, h, w); differentiable."""


class Recogniser(Protocol):
    """A frozen face recogniser that the user brings."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """Aligned faces (B, 3, H, W) in [0, 1] to embeddings (B, D); differentiable."""


def mean(values: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean over all but the batch, (B,); where a weight (B, 1, H, W) is given, the weighted mean.

    An example that weighs nothing has 0.
    """
    values = values.float()
    if weight is None:
        return values.flatten(1).mean(1)
    weight = weight.float()
    share = weight.flatten(1).sum(1) * values.shape[1]
    return (values * weight).flatten(1).sum(1) / share.clamp(min=1e-6)


def l1(x: Tensor, y: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of |x - y|."""
    return mean((x.float() - y.float()).abs(), weight)


def mse(x: Tensor, y: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of (x - y)²."""
    return mean((x.float() - y.float()).square(), weight)


def gradient(x: Tensor, y: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of |differences of neighbours in x - those in y|, both axes (cf. Mathieu et al. 2016, eq. 6)."""
    error = x.float() - y.float()
    across, down = (error[..., 1:] - error[..., :-1]).abs(), (error[..., 1:, :] - error[..., :-1, :]).abs()
    if weight is None:
        return mean(across) + mean(down)
    return mean(across, torch.minimum(weight[..., 1:], weight[..., :-1])) + mean(
        down, torch.minimum(weight[..., 1:, :], weight[..., :-1, :])
    )


def pooled_l1(x: Tensor, y: Tensor, sides: Sequence[int] = (4, 8)) -> Tensor:
    """Mean of |x - y| of the means over squares of these sides: colour and light, whatever the detail."""
    error = x.float() - y.float()
    each = [mean(functional.avg_pool2d(error, side).abs()) for side in sides]
    return torch.stack(each).mean(0)


def total_variation(x: Tensor) -> Tensor:
    """Mean of squared differences of neighbours, over both axes (Rudin et al. 1992, squared)."""
    x = x.float()
    return mean((x[..., 1:] - x[..., :-1]).square()) + mean((x[..., 1:, :] - x[..., :-1, :]).square())


def dssim(x: Tensor, y: Tensor, window: int = 11, weight: Tensor | None = None) -> Tensor:
    """(1 - SSIM) / 2 with a Gaussian window (Wang et al. 2004), where the window is wholly inside.

    window  its side, pixels, at most the pictures'; its sigma is 1.5 at 11, and grows with it
    weight  (B, 1, H, W): the weighted mean, by what lies in the middle of each window
    """
    size = x.shape[-2:]
    window = min(window, *size)
    with torch.autocast(x.device.type, enabled=False):
        # SSIM's variances do not change with a common offset, and with this one they cancel less.
        x, y = x.float() - 0.5, y.float() - 0.5
        rows = _band(size[0], window, x.device).T
        columns = _band(size[1], window, x.device)

        def blur(maps: Tensor) -> Tensor:
            return rows @ (maps @ columns)

        mean_x, mean_y = blur(x), blur(y)
        variances = blur(x.square() + y.square()) - mean_x.square() - mean_y.square()
        covariance = blur(x * y) - mean_x * mean_y
        light_x, light_y = mean_x + 0.5, mean_y + 0.5
        light = (2 * light_x * light_y + 1e-4) / (light_x.square() + light_y.square() + 1e-4)
        similarity = light * (2 * covariance + 9e-4) / (variances + 9e-4)
    if weight is not None:
        top, left = (size[0] - similarity.shape[-2]) // 2, (size[1] - similarity.shape[-1]) // 2
        weight = weight[..., top : top + similarity.shape[-2], left : left + similarity.shape[-1]]
    return mean((1 - similarity) / 2, weight)


def multiscale_dssim(
    x: Tensor, y: Tensor, window: int = 11, scales: int = 3, weight: Tensor | None = None
) -> Tensor:
    """Mean of `dssim` at `scales` sizes, each half the one before, as in MS-SSIM (Wang et al. 2003).

    At half the size the same window covers twice the picture, its sigma too. The scales are averaged, not
    multiplied: a product has no gradient where one of its factors is near zero.
    """
    each = [dssim(x, y, window, weight)]
    for _ in range(scales - 1):
        if min(x.shape[-2:]) < 2 * window:
            break
        x, y = functional.avg_pool2d(x.float(), 2), functional.avg_pool2d(y.float(), 2)
        weight = None if weight is None else functional.avg_pool2d(weight.float(), 2)
        each.append(dssim(x, y, window, weight))
    return torch.stack(each).mean(0)


def blurred(x: Tensor, sigma: float) -> Tensor:
    """x under a Gaussian of sigma pixels, cut off at 3 sigma; the edge is weighed by what is inside."""
    if sigma <= 0:
        return x
    with torch.autocast(x.device.type, enabled=False):
        rows, columns = (_gaussian(side, sigma, x.device) for side in x.shape[-2:])
        return rows @ (x.float() @ columns.T)


def matte(drawn: Tensor, target: Tensor) -> Tensor:
    """Mean of squared differences of mattes."""
    return mse(drawn, target)


def perceptual(x: Tensor, y: Tensor, perception: Perception) -> Tensor:
    """Mean over layers of squared distances of unit features (Zhang et al. 2018, LPIPS unweighted)."""
    each = []
    for of_x, of_y in zip(perception(x), perception(y), strict=True):
        a, b = functional.normalize(of_x.float(), dim=1), functional.normalize(of_y.float(), dim=1)
        each.append((a - b).square().sum(1).flatten(1).mean(1))
    return torch.stack(each).mean(0)


def identity(x: Tensor, known: Tensor, recogniser: Recogniser) -> Tensor:
    """1 - cosine of the faces' embeddings and `known` (D,) or (B, D) (as in Chen et al. 2020, SimSwap)."""
    return 1 - functional.cosine_similarity(recogniser(x).float(), known.float(), dim=-1)


def judged(logits: Sequence[Tensor] | Tensor, as_real: bool) -> Tensor:
    """Cross entropy of a discriminator's logits against `real` or `not real`, (B,).

    Of several maps of logits the mean is taken of each, and these are added up (Goodfellow et al. 2014, the
    generator's in the form that does not saturate).
    """
    maps = [logits] if isinstance(logits, Tensor) else list(logits)
    # softplus(-z) = -log sigmoid(z)
    each = [mean(functional.softplus(-one.float() if as_real else one.float())) for one in maps]
    return torch.stack(each).sum(0)


def discriminating(real: Sequence[Tensor] | Tensor, drawn: Sequence[Tensor] | Tensor) -> Tensor:
    """What a discriminator minimises: half of both cross entropies, of real and of drawn pictures, (B,)."""
    return (judged(real, True) + judged(drawn, False)) / 2


def face_style(swap: Tensor, target: Tensor, sigma: float) -> Tensor:
    """Squared differences of blurred channels' means and deviations (cf. Huang & Belongie 2017, eq. 13).

    swap, target  (B, C, H, W), black outside their mattes
    """
    x, y = blurred(swap, sigma).flatten(2), blurred(target, sigma).flatten(2)
    means = (x.mean(2) - y.mean(2)).square()
    # the square root of nothing has no gradient
    deviations = ((x.var(2) + 1e-8).sqrt() - (y.var(2) + 1e-8).sqrt()).square()
    return (means + deviations).mean(1)


def background_style(swap: Tensor, target: Tensor, outside: Tensor, window: int) -> Tensor:
    """DSSIM and squared differences of what is outside of the face: `outside` (B, 1, H, W) is 1 there."""
    x, y = swap * outside, target * outside
    return dssim(x, y, window) + mse(x, y)


def blur_outside(x: Tensor, mask: Tensor, sigma: float) -> Tensor:
    """x with what is outside of the mask blurred, by outside pixels only: G(x (1 - m)) / G(1 - m)."""
    outside = 1 - mask.float()
    x = x.float()
    soft = blurred(x * outside, sigma) / blurred(outside, sigma).clamp(min=1e-4)
    return x * mask + soft.clamp(0, 1) * outside


def soft_mask(mask: Tensor, sigma: float) -> Tensor:
    """min(G(m), 1/2) · 2: a mask that is 1 up to the edge of m and falls off outside of it."""
    return blurred(mask, sigma).clamp(0, 0.5) * 2


@lru_cache(maxsize=64)
def _band(size: int, window: int, device: torch.device) -> Tensor:
    """(size, size - window + 1): what a row is multiplied by to be blurred where the window is inside.

    A product with a banded matrix is the fastest blur on a CPU: SSIM and its gradient, of 8 pictures of 128
    pixels, took 27 ms of one core this way, 41 by depthwise convolutions along one axis each, 66 along both
    at once; and its time does not grow with the window.
    """
    with torch.inference_mode(False):
        at = torch.arange(size, dtype=torch.float64)
        tap = at[:, None] - at[: size - window + 1]
        spread = 2 * (window * SIGMA_OF_WINDOW) ** 2
        taps = torch.exp(-(tap - (window - 1) / 2).square() / spread) * ((tap >= 0) & (tap < window))
        return (taps / taps.sum(0)).float().to(device)


@lru_cache(maxsize=64)
def _gaussian(size: int, sigma: float, device: torch.device) -> Tensor:
    """(size, size): rows that sum to 1, a Gaussian about each pixel."""
    with torch.inference_mode(False):
        at = torch.arange(size, dtype=torch.float64)
        away = at[:, None] - at
        taps = torch.exp(-away.square() / (2 * sigma**2)) * (away.abs() <= max(1.0, 3 * sigma))
        return (taps / taps.sum(1, keepdim=True)).float().to(device)
