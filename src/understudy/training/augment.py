"""Faces made different every time they are seen: placed, bent, toned, lit, worn; in batches on the device.

kornia has operations like these. On one core, a batch of 16 pictures of 128 pixels, its colour jitter took
2.0 ms a picture where this takes 0.04, its blur 0.64 and here 0.17, its JPEG 1.5 and here 0.8.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from understudy.training.placing import Placing, place, warp_field
from understudy.training.toning import Tone, Wear, tone, wear


@dataclass(frozen=True)
class Augmentation:
    """How much is changed. The defaults are what DeepFaceLab trains with; tone stays as it is.

    placing   where the face is: the same for input, target, matte and landmarks
    warp      how far the input alone is bent, in cells of a grid; 0: not at all
    both      tone of input and target alike: what the network has to carry over
    own       tone of the input alone: what the network has to see through
    wear      blur, noise and compression of the input alone
    """

    placing: Placing = field(default_factory=Placing)
    warp: float = 0.24
    both: Tone = field(default_factory=Tone)
    own: Tone = field(default_factory=Tone)
    wear: Wear = field(default_factory=Wear)


@dataclass(frozen=True)
class Augmented:
    """A batch to learn from.

    input, target   (B, 3, S, S) float32 RGB in [0, 1]
    matte           (B, 1, S, S) float32 in [0, 1], of the target
    landmarks       (B, 478, 3) float32, pixels of the target
    maps            (B, C, S, S) float32, of the target; None where none were given
    mirrored        (B,) bool, which of them are mirrored
    """

    input: Tensor = field(repr=False)
    target: Tensor = field(repr=False)
    matte: Tensor = field(repr=False)
    landmarks: Tensor = field(repr=False)
    mirrored: Tensor = field(repr=False)
    maps: Tensor | None = field(default=None, repr=False)


def augment(
    images: Tensor,
    mattes: Tensor,
    landmarks: Tensor,
    amounts: Augmentation,
    chance: torch.Generator,
    maps: Tensor | None = None,
) -> Augmented:
    """Change a batch of faces at random; every picture is sampled once, whatever is done to it.

    images      (B, 3, S, S) uint8, or float in [0, 1]
    mattes      (B, 1, S, S) uint8, or float in [0, 1]
    landmarks   (B, 478, 3) float32, crop pixels
    chance      the only source of randomness, on the CPU; on one device, the same gives the same
    maps        (B, C, S, S) float, anything that goes with the target, moved as it is

    All on one device. Beyond its edge a picture goes on as its outermost pixels.
    """
    device, count, size = images.device, len(images), images.shape[-1]
    placed = place(amounts.placing, count, chance).to(device)
    layers = [_unit(images), _unit(mattes), *([] if maps is None else [maps])]
    grid = placed.grid(size)
    # Bicubic: a target that is softer than the picture teaches softness.
    target = _sampled(torch.cat(layers, 1), grid, "bicubic")
    picture, matte = target[:, :3], target[:, 3:4]
    if amounts.warp:
        bent = warp_field(amounts.warp, count, chance).to(device)
        seen = _sampled(layers[0], placed.grid(size, bent), "bilinear")
    else:
        seen = picture
    picture, seen = tone([picture, seen], amounts.both, chance)
    (seen,) = tone([seen], amounts.own, chance)
    seen = wear(seen, amounts.wear, chance)
    return Augmented(
        input=seen.clamp(0.0, 1.0),
        target=picture.clamp(0.0, 1.0),
        matte=matte.clamp(0.0, 1.0),
        landmarks=placed.points(landmarks, size),
        mirrored=placed.mirrored,
        maps=None if maps is None else target[:, 4:],
    )


def _sampled(pictures: Tensor, grid: Tensor, mode: str) -> Tensor:
    return F.grid_sample(pictures, grid, mode=mode, padding_mode="border", align_corners=False)


def _unit(pictures: Tensor) -> Tensor:
    return pictures.float() / 255.0 if pictures.dtype == torch.uint8 else pictures.float()
