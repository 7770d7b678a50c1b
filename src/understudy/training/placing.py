"""Where an augmented face lies in its crop: turned, scaled, shifted, mirrored, and bent by a grid.

Convention: output pixel p shows source pixel q = A p; both count from the crop's centre in half crops, x
right, y down, as `F.grid_sample` does with align_corners=False (-1 and 1 are the outer edges of the pixels).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from understudy.geometry import mesh

_NODES = 9
_CELLS = (2, 4, 8)
_TRUNCATED = 2.5
"""The normal distribution that bends is cut off at so many sigmas, and divided by them."""


@dataclass(frozen=True)
class Placing:
    """How far a face may be moved.

    rotation   degrees to either side
    scale      0.15: from 1 / 1.15 to 1.15
    shift      share of the crop, in x and in y
    flip       how often it is mirrored, 0 to 1
    """

    rotation: float = 10.0
    scale: float = 0.15
    shift: float = 0.05
    flip: float = 0.0


@dataclass(frozen=True)
class Placed:
    """A batch of placings: linear (B, 2, 2) and shift (B, 2) of A, and which are mirrored (B,)."""

    linear: Tensor
    shift: Tensor
    mirrored: Tensor

    def to(self, device: torch.device) -> Placed:
        """The same on another device."""
        return Placed(*(each.to(device, non_blocking=True) for each in vars(self).values()))

    def grid(self, size: int, bent: Tensor | None = None) -> Tensor:
        """Where each pixel of a crop of `size` comes from, (B, S, S, 2), for `F.grid_sample`.

        `bent` (B, 2, 9, 9): shifts of the output pixels before they are placed, see `warp_field`.
        """
        middle = (2 * torch.arange(size, device=self.linear.device, dtype=torch.float32) + 1) / size - 1
        if bent is None:
            x = middle[None, None, :, None] * self.linear[:, None, None, :, 0]
            y = middle[None, :, None, None] * self.linear[:, None, None, :, 1]
            return x + (y + self.shift[:, None, None])
        points = F.interpolate(bent, (size, size), mode="bilinear", align_corners=True)
        points[:, 0] += middle
        points[:, 1] += middle[:, None]
        flat = torch.baddbmm(self.shift[:, :, None], self.linear, points.flatten(2))
        return flat.view(-1, 2, size, size).permute(0, 2, 3, 1)

    def points(self, landmarks: Tensor, size: int) -> Tensor:
        """Landmarks (B, 478, 3) of the source where they are in the output, crop pixels.

        A mirrored face's right eye is its left one: points change places. Depth is scaled with the face.
        """
        landmarks = landmarks.float()
        middle = (size - 1) / 2
        back = torch.linalg.inv(self.linear)
        centred = landmarks[..., :2] - middle - self.shift[:, None] * (size / 2)
        flat = torch.einsum("bij,bnj->bni", back, centred) + middle
        depth = landmarks[..., 2:] * torch.linalg.det(back).abs().sqrt()[:, None, None]
        moved = torch.cat([flat, depth], -1)
        return torch.where(self.mirrored[:, None, None], moved[:, _mirror(landmarks.device)], moved)


def place(amounts: Placing, count: int, chance: torch.Generator) -> Placed:
    """Draw `count` placings, on the CPU. Uniform within their limits; scales uniform in their logarithm."""
    u = 2 * torch.rand(4, count, generator=chance) - 1
    mirrored = torch.rand(count, generator=chance) < amounts.flip
    angle = u[0] * np.radians(amounts.rotation)
    scale = torch.exp(-u[1] * np.log1p(amounts.scale))
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    side = torch.where(mirrored, -1.0, 1.0)
    linear = torch.stack([torch.stack([cos * side, -sin], -1), torch.stack([sin * side, cos], -1)], -2)
    return Placed(linear, 2 * amounts.shift * u[2:].T, mirrored)


def warp_field(amount: float, count: int, chance: torch.Generator) -> Tensor:
    """Random bends (count, 2, 9, 9), x and y, in half crops, bilinear between nodes; the border stays.

    Each face gets a grid of 2, 4 or 8 cells a side, whose inner nodes are moved in x and in y, independently,
    by a truncated normal of standard deviation 0.38 times `amount` of a cell.
    """
    field = torch.zeros(count, 2, _NODES, _NODES)
    choice = torch.randint(len(_CELLS), (count,), generator=chance)
    normal = torch.randn(count, 2, _NODES - 2, _NODES - 2, generator=chance).clamp(-_TRUNCATED, _TRUNCATED)
    for index, cells in enumerate(_CELLS):
        mine = choice == index
        inner = normal[mine, :, : cells - 1, : cells - 1]
        coarse = F.pad(inner * (2.0 / cells * amount / _TRUNCATED), (1, 1, 1, 1))
        # The nodes of a coarser grid are among those of the finer: the bend is exactly the same.
        field[mine] = F.interpolate(coarse, (_NODES, _NODES), mode="bilinear", align_corners=True)
    return field


@cache
def _mirror(device: torch.device) -> Tensor:
    return torch.from_numpy(mesh.mirror_index().copy()).to(device)
