"""What the networks of DeepFaceLab's family minimise: its own recipe, mended, and ours.

Mended: SSIM's sigma grows with its window, so that two windows are two scales; total variation is taken along
both axes; the background's style goes by the plate's matte; all are means over the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from understudy.nets.autoencoder import Decoded
from understudy.training import losses

Parts = dict[str, Tensor]
"""Weighted losses by name, (B,) each; they add up to the whole."""


@dataclass(frozen=True)
class Aim:
    """What is to be drawn: target (B, 3, S, S), its matte and eyes and mouth (B, 1, S, S)."""

    target: Tensor
    matte: Tensor
    regions: Tensor

    @property
    def size(self) -> int:
        """Side of the pictures."""
        return self.target.shape[-1]

    def smaller(self, times: int) -> Aim:
        """The same in pictures of a `times` smaller side, averaged."""
        return Aim(*(functional.avg_pool2d(each, times) for each in vars(self).values()))


@dataclass(frozen=True)
class Recipe:
    """Which losses of a drawn face.

    kind          `mixed` or `dssim`
    masked        only what is inside of the matte counts
    eyes_mouth    eyes and mouth count more
    two_windows   SSIM at two sizes of its window (DeepFaceLab: from 256 pixels on)
    clipped       the soft mask is 1 up to the matte's edge (DeepFaceLab: but for Quick96)
    """

    kind: str
    masked: bool
    eyes_mouth: bool
    two_windows: bool
    clipped: bool = True

    def parts(self, drawn: Decoded, aim: Aim) -> Parts:
        """The losses of a face."""
        own = self._mixed(drawn, aim) if self.kind == "mixed" else self._dssim(drawn, aim)
        return {**own, "matte": 10 * losses.matte(drawn.matte, aim.matte)}

    def mask(self, aim: Aim) -> Tensor:
        """What counts, 1, and what does not, 0."""
        if not self.masked:
            return torch.ones_like(aim.matte)
        sigma = max(1, aim.size // 32)
        return losses.soft_mask(aim.matte, sigma) if self.clipped else losses.blurred(aim.matte, sigma)

    def _dssim(self, drawn: Decoded, aim: Aim) -> Parts:
        mask = self.mask(aim)
        x, y = drawn.rgb * mask, aim.target * mask
        window = aim.size / 11.6
        windows = [int(window), int(window / 2)] if self.two_windows else [int(window)]
        windows = [max(3, each) for each in windows]
        similar = torch.stack([losses.dssim(x, y, each) for each in windows]).mean(0)
        parts = {"ssim": 10 * similar, "colour": 10 * losses.mse(x, y)}
        if self.eyes_mouth:
            within = aim.regions * aim.matte
            parts["regions"] = 300 * losses.l1(drawn.rgb * within, aim.target * within)
        return parts

    def _mixed(self, drawn: Decoded, aim: Aim) -> Parts:
        mask = self.mask(aim)
        weight = mask * (1 + 4 * aim.regions) if self.eyes_mouth else mask
        x, y = drawn.rgb * mask, aim.target * mask
        return {
            "ssim": 5 * losses.multiscale_dssim(x, y, weight=weight),
            "colour": 5 * losses.l1(drawn.rgb, aim.target, weight),
            "gradient": 5 * losses.gradient(drawn.rgb, aim.target, weight),
            "light": 4 * losses.pooled_l1(x, y),
        }


def at_one_size(drawn: Decoded, aim: Aim) -> tuple[Decoded, Aim]:
    """What is drawn small, and what it should be, both at that size (`growing`)."""
    times = aim.size // drawn.rgb.shape[-1]
    if times == 1:
        return drawn, aim
    return Decoded(drawn.rgb, functional.avg_pool2d(drawn.matte, times)), aim.smaller(times)


def surroundings(drawn: Tensor, aim: Aim, mask: Tensor, weight: float) -> Tensor:
    """Keeps what is outside of the face near the target, and quiet, (B,); DeepFaceLab's beside its GAN.

    weight  0.02 in SAEHD, 0.1 in AMP. Its 1e-6 is of the sum of all squared differences.
    """
    outside = 1 - mask
    apart = weight * losses.mse(drawn * outside, aim.target * outside)
    return apart + 1e-6 * drawn[0].numel() * losses.total_variation(drawn)


def style(swap: Decoded, plate: Decoded, aim: Aim, face: float, background: float) -> Parts:
    """Pulls the swap towards the plate's colours and surroundings; powers from 0 to 100."""
    parts: Parts = {}
    if face > 0:
        mask = (swap.matte * plate.matte).detach()
        alike = losses.face_style(swap.rgb * mask, aim.target * mask, aim.size / 16)
        parts["face style"] = 100 * face * alike
    if background > 0:
        outside = 1 - losses.soft_mask(aim.matte, max(1, aim.size // 32))
        window = int(aim.size / 11.6)
        alike = losses.background_style(swap.rgb, aim.target, outside, window)
        parts["background style"] = 0.1 * background * alike
    return parts


def added(parts: Mapping[str, Tensor]) -> Tensor:
    """The sum of all parts, (B,)."""
    return torch.stack(list(parts.values())).sum(0)
