"""Faces and their mattes made different every time they are seen, so that a few dozen teach a lot.

What is done is what DeepFaceLab does for its XSeg: placing, bending, other faces behind, flares, colours
that change in a circle, blur, noise, JPEG. And what stands before one face is put before another, as it is
cut out: Ghiasi et al., "Simple copy-paste is a strong data augmentation method", CVPR 2021.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from understudy.training.placing import Placing, place, warp_field
from understudy.training.toning import Tone, Wear, tone, wear


@dataclass(frozen=True)
class MatteAugmentation:
    """How much is changed; shares of the faces that each thing happens to.

    placing, warp   of face and matte alike
    partner         where another face is put, whose surroundings go behind, whose occluder before
    behind, before  how often
    flare           how often the face, and how often the rest, gets a veil of its own light
    tone            within a circle with a soft rim
    wear            blur, noise and compression
    """

    placing: Placing = field(default_factory=lambda: Placing(rotation=10, scale=0.1, shift=0.05, flip=0.4))
    warp: float = 0.2
    partner: Placing = field(default_factory=lambda: Placing(rotation=60, scale=0.3, shift=0.15, flip=0.5))
    behind: float = 0.5
    before: float = 0.5
    flare: float = 0.35
    tone: Tone = field(default_factory=lambda: Tone(40.0, 0.4, 0.35, 0.25, 0.3))
    wear: Wear = field(default_factory=lambda: Wear(often=0.25))


@dataclass(frozen=True)
class Examples:
    """A batch: pictures (B, 3, S, S), mattes and weights (B, 1, S, S), all float in [0, 1].

    A weight says how much it matters whether the matte is right there.
    """

    images: Tensor = field(repr=False)
    mattes: Tensor = field(repr=False)
    weights: Tensor = field(repr=False)


def augmented(batch: Examples, amounts: MatteAugmentation, chance: torch.Generator) -> Examples:
    """The same faces, changed at random; `chance`, a generator on the CPU, is the only source of it."""
    count = len(batch.images)
    mine = _placed(batch, amounts.placing, amounts.warp, chance)
    # Each face is the partner of the one before it.
    partners = Examples(*(each.roll(-1, 0) for each in vars(batch).values()))
    if count > 1:
        other = _placed(partners, amounts.partner, 0.0, chance)
        mine = _met(mine, other, amounts, chance)
    images = _flared(mine, amounts.flare, chance)
    images = _toned(images, amounts.tone, chance)
    return replace(mine, images=wear(images, amounts.wear, chance).clamp(0.0, 1.0))


def _placed(batch: Examples, placing: Placing, warp: float, chance: torch.Generator) -> Examples:
    count, size, device = len(batch.images), batch.images.shape[-1], batch.images.device
    placed = place(placing, count, chance).to(device)
    bent = warp_field(warp, count, chance).to(device) if warp else None
    layers = torch.cat([batch.images, batch.mattes, batch.weights], 1)
    moved = F.grid_sample(layers, placed.grid(size, bent), padding_mode="border", align_corners=False)
    return Examples(moved[:, :3], moved[:, 3:4], moved[:, 4:])


def _met(mine: Examples, other: Examples, amounts: MatteAugmentation, chance: torch.Generator) -> Examples:
    """What is round the partner's face goes behind, at random opacities; what is before it goes before."""
    count, device = len(mine.images), mine.images.device
    (theirs,) = tone([other.images], amounts.tone, chance)
    behind, before = _struck(2, count, chance, (amounts.behind, amounts.before)).to(device)
    opacity = (0.15 + 0.85 * torch.rand(count, 1, 1, 1, generator=chance)).to(device)
    around = (1 - mine.mattes) * (1 - other.mattes) * opacity * behind
    images = mine.images * (1 - around) + theirs * around
    over = (1 - other.mattes) * other.weights * before
    return Examples(images * (1 - over) + theirs * over, mine.mattes * (1 - over), mine.weights)


def _flared(batch: Examples, often: float, chance: torch.Generator) -> Tensor:
    """A veil: the light of the face, or of the rest, blurred by a quarter of the picture, added."""
    count, size, device = len(batch.images), batch.images.shape[-1], batch.images.device
    much = torch.rand(2, count, 1, 1, 1, generator=chance) * _struck(2, count, chance, (often, often))
    face, rest = (0.5 * much).to(device)
    lit = batch.images * (face * batch.mattes + rest * (1 - batch.mattes))
    step = size // 8
    return batch.images + F.interpolate(
        F.avg_pool2d(F.avg_pool2d(lit, step), 3, 1, 1), (size, size), mode="bilinear", align_corners=False
    )


def _toned(images: Tensor, amounts: Tone, chance: torch.Generator) -> Tensor:
    """Other colours within a circle, which may be as large as the picture."""
    count, size, device = len(images), images.shape[-1], images.device
    (changed,) = tone([images], amounts, chance)
    x, y, radius = torch.rand(3, count, 1, 1, 1, generator=chance).to(device)
    line = (torch.arange(size, device=device) + 0.5) / size
    apart = torch.hypot(line[None, None, None] - x, line[None, None, :, None] - y)
    share = ((0.3 + radius - apart) / 0.3).clamp(0.0, 1.0)
    return images + (changed - images) * share


def _struck(kinds: int, count: int, chance: torch.Generator, often: tuple[float, ...]) -> Tensor:
    """(kinds, count, 1, 1, 1) of 1 where it happens and 0 where not."""
    drawn = torch.rand(kinds, count, 1, 1, 1, generator=chance)
    return (drawn < torch.tensor(often).view(kinds, 1, 1, 1, 1)).float()
