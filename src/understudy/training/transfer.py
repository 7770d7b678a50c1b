"""Giving one face the colours of another, in batches: the likeness is learned in the plate's light.

Every way is fitted to what is inside of both mattes, as one map of colours, which is then applied to whole
pictures: to the network's input and to its target alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Way = Literal["none", "rct", "lct", "mkl", "idt", "sot"]

_LAB = ((0.3811, 0.5783, 0.0402), (0.1967, 0.7244, 0.0782), (0.0241, 0.1288, 0.8444))
_OPPONENT = ((1.0, 1.0, 1.0), (1.0, 1.0, -2.0), (1.0, -1.0, 0.0))
_KNOTS = 32
_ROUNDS = 10


def transfer(
    pictures: Sequence[Tensor], mattes: Tensor, wanted: Tensor, wanted_mattes: Tensor, way: Way
) -> list[Tensor]:
    """All of `pictures` with the colours of `wanted`, by the map that takes the first of them there.

    pictures         (B, 3, S, S) each, in [0, 1]; mattes (B, 1, S, S) of the first
    wanted           (B, 3, S, S) with its mattes

    | way | map |
    |---|---|
    | rct | means and deviations in a space of uncorrelated colours (Reinhard et al. 2001) |
    | lct | the root of the covariances: S_w^(1/2) S^(-1/2) (Hertzmann 2001; Gatys et al. 2016) |
    | mkl | the least moving linear one (Pitié & Kokaram 2007) |
    | idt | distributions along three axes, turned again and again (Pitié et al. 2007) |
    | sot | likewise, a part of the way along many axes (Rabin et al. 2011, sliced transport) |

    Faces with too little matte are left as they are.
    """
    if way == "none":
        return list(pictures)
    with torch.autocast(pictures[0].device.type, enabled=False):
        flat = [each.float().flatten(2) for each in pictures]
        own, other = mattes.float().flatten(2), wanted_mattes.float().flatten(2)
        enough = ((own.sum(2) > 16) & (other.sum(2) > 16))[..., None]
        if way == "rct":
            changed = _reinhard(flat, own, wanted.float().flatten(2), other)
        elif way in ("lct", "mkl"):
            changed = _linear(flat, own, wanted.float().flatten(2), other, least=way == "mkl")
        else:
            changed = _sliced(flat, own, wanted.float().flatten(2), other, share=1.0 if way == "idt" else 0.6)
        return [
            torch.where(enough, after, before).clamp(0, 1).view(picture.shape)
            for before, after, picture in zip(flat, changed, pictures, strict=True)
        ]


def _moments(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted means (B, 3, 1) and covariances (B, 3, 3) of x (B, 3, P)."""
    share = weight / weight.sum(2, keepdim=True).clamp(min=1e-6)
    mean = (x * share).sum(2, keepdim=True)
    away = x - mean
    return mean, (away * share) @ away.transpose(1, 2) + 1e-6 * torch.eye(3, device=x.device)


def _linear(flat: list[Tensor], own: Tensor, wanted: Tensor, other: Tensor, least: bool) -> list[Tensor]:
    mean, covariance = _moments(flat[0], own)
    aim, aimed = _moments(wanted, other)
    if least:
        root, inverse = _root(covariance), _root(covariance, inverse=True)
        matrix = inverse @ _root(root @ aimed @ root) @ inverse
    else:
        matrix = _root(aimed) @ _root(covariance, inverse=True)
    return [matrix @ (each - mean) + aim for each in flat]


def _root(matrix: Tensor, inverse: bool = False) -> Tensor:
    """The symmetric square root of symmetric matrices (B, 3, 3), or its inverse."""
    values, vectors = torch.linalg.eigh(matrix)
    roots = values.clamp(min=1e-8).sqrt()
    return vectors @ torch.diag_embed(1 / roots if inverse else roots) @ vectors.transpose(1, 2)


def _reinhard(flat: list[Tensor], own: Tensor, wanted: Tensor, other: Tensor) -> list[Tensor]:
    device = flat[0].device
    cones = torch.tensor(_LAB, device=device)
    opponent = torch.tensor(_OPPONENT, device=device)
    opponent = opponent / opponent.norm(dim=1, keepdim=True)

    def there(x: Tensor) -> Tensor:
        return opponent @ (cones @ x + 1 / 255).clamp(min=1e-4).log()

    def back(x: Tensor) -> Tensor:
        return torch.linalg.inv(cones) @ ((opponent.T @ x).exp() - 1 / 255)

    mean, covariance = _moments(there(flat[0]), own)
    aim, aimed = _moments(there(wanted), other)
    spread, aimed_spread = (each.diagonal(dim1=1, dim2=2).sqrt()[..., None] for each in (covariance, aimed))
    return [back((there(each) - mean) * (aimed_spread / spread).clamp(max=4) + aim) for each in flat]


def _sliced(flat: list[Tensor], own: Tensor, wanted: Tensor, other: Tensor, share: float) -> list[Tensor]:
    chance = torch.Generator().manual_seed(0)
    levels = (torch.arange(_KNOTS, device=flat[0].device) + 0.5) / _KNOTS
    moved = flat
    for _ in range(_ROUNDS):
        axes = torch.linalg.qr(torch.randn(3, 3, generator=chance))[0].to(flat[0].device)
        along = [axes @ each for each in moved]
        knots = _quantiles(along[0], own, levels)
        aims = _quantiles(axes @ wanted, other, levels)
        moved = [axes.T @ (each + share * (_bent(each, knots, aims) - each)) for each in along]
    return moved


def _quantiles(x: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Weighted quantiles (B, 3, K) of x (B, 3, P)."""
    ordered, order = x.sort(dim=2)
    below = weight.expand_as(x).gather(2, order).cumsum(2)
    below = below / below[..., -1:].clamp(min=1e-6)
    at = torch.searchsorted(below, levels.expand(*x.shape[:2], -1).contiguous())
    found = ordered.gather(2, at.clamp(max=x.shape[2] - 1))
    # equal knots would make the map between them infinitely steep
    rise = torch.arange(len(levels), device=x.device) * 1e-5
    return found + rise


def _bent(x: Tensor, knots: Tensor, aims: Tensor) -> Tensor:
    """x (B, 3, P) by the piecewise linear map from knots to aims (B, 3, K), shifted beyond the outermost."""
    at = torch.searchsorted(knots, x.contiguous()).clamp(1, knots.shape[2] - 1)
    x0, x1 = knots.gather(2, at - 1), knots.gather(2, at)
    y0, y1 = aims.gather(2, at - 1), aims.gather(2, at)
    inside = y0 + (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0, 1)
    return inside + (x - x.clamp(knots[..., :1], knots[..., -1:]))
