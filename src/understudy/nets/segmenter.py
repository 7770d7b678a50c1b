"""DeepFaceLab's XSeg: a U-Net that draws the matte of a face from its picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from understudy.nets.blocks import TransposedConvolution, convolution, initialise

_LEVELS = ((1, 2, 4), (2, 2, 3), (4, 2, 2), (8, 3, 2), (8, 3, 2), (8, 3, 2))  # channels, blocks, blur taps
_UP = (1, 2, 4, 4, 4, 4)  # channels of the transposed convolution at each level, in units of the base


class ResponseNorm(nn.Module):
    """Filter response normalisation with a learned epsilon, thresholded (Singh & Krishnan 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = nn.Parameter(torch.full((1,), 1e-6))
        self.threshold = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), kept. The mean of squares is over H and W, in float32."""
        power = x.float().square().mean(dim=(2, 3), keepdim=True)
        scale = self.weight[:, None, None] * torch.rsqrt(power + self.eps.abs())
        return torch.maximum(x * scale.to(x.dtype) + self.bias[:, None, None], self.threshold[:, None, None])


class Block(nn.Module):
    """A 3x3 or a transposed 3x3 of stride 2, normalised."""

    def __init__(self, channels_in: int, channels_out: int, up: bool = False) -> None:
        super().__init__()
        self.conv: nn.Module = (
            TransposedConvolution(channels_in, channels_out, 2)
            if up
            else convolution(channels_in, channels_out, 3)
        )
        self.norm = ResponseNorm(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', H, W), or twice the size."""
        y: Tensor = self.norm(self.conv(x))
        return y


class BlurPool(nn.Module):
    """Binomial filter of `taps`, then every second pixel (Zhang 2019); fewer zeros come first."""

    kernel: Tensor

    def __init__(self, channels: int, taps: int) -> None:
        super().__init__()
        row = torch.tensor([float(math.comb(taps - 1, k)) for k in range(taps)])
        kernel = torch.outer(row, row) / row.sum() ** 2
        self.register_buffer("kernel", kernel.expand(channels, 1, taps, taps).contiguous(), persistent=False)
        before, after = (taps - 1) // 2, taps // 2
        self.padding = (before, after, before, after)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to half the size."""
        padded = functional.pad(x, self.padding)
        return functional.conv2d(padded, self.kernel.to(x.dtype), stride=2, groups=x.shape[1])


class Segmenter(nn.Module):
    """Six levels down, a dense middle of 512 numbers, six levels up with skips.

    resolution  side of the pictures, a multiple of 64; 256 in DeepFaceLab
    """

    def __init__(self, resolution: int = 256, base: int = 32) -> None:
        super().__init__()
        if resolution < 64 or resolution % 64:
            raise ValueError(f"resolution must be a multiple of 64, got {resolution}")
        widths = [base * level[0] for level in _LEVELS]
        down, pools, ups, joins = [], [], [], []
        channels = 3
        for width, (_, blocks, taps) in zip(widths, _LEVELS, strict=True):
            down.append(_chain(channels, width, blocks))
            pools.append(BlurPool(width, taps))
            channels = width
        self.middle_shape = (widths[-1], resolution // 64, resolution // 64)
        middle = math.prod(self.middle_shape)
        self.squeeze = nn.Linear(middle, 512)
        self.spread = nn.Linear(512, middle)
        for level in reversed(range(len(widths))):
            ups.append(Block(channels, base * _UP[level], up=True))
            joins.append(_chain(base * _UP[level] + widths[level], widths[level], _LEVELS[level][1]))
            channels = widths[level]
        self.down, self.pools = nn.ModuleList(down), nn.ModuleList(pools)
        self.ups, self.joins = nn.ModuleList(ups), nn.ModuleList(joins)
        self.head = convolution(channels, 1, 3)
        initialise(self)

    def forward(self, x: Tensor, skips: bool = True) -> Tensor:
        """(B, 3, S, S) in [0, 1] to logits (B, 1, S, S); without `skips` all goes through the middle."""
        kept = []
        for blocks, pool in zip(self.down, self.pools, strict=True):
            x = blocks(x)
            kept.append(x if skips else torch.zeros_like(x))
            x = pool(x)
        x = self.spread(self.squeeze(x.flatten(1))).unflatten(1, self.middle_shape)
        for up, join in zip(self.ups, self.joins, strict=True):
            x = join(torch.cat([up(x), kept.pop()], dim=1))
        logits: Tensor = self.head(x).float()
        return logits


def _chain(channels_in: int, channels_out: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(*(Block(channels_out if k else channels_in, channels_out) for k in range(blocks)))
