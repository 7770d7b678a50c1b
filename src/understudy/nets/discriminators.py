"""Networks that judge others: whose face a code is of, and whether a picture is a photograph."""

from __future__ import annotations

from itertools import pairwise, product

import torch
from torch import Tensor, nn
from torch.nn import functional

from understudy.nets.blocks import TransposedConvolution, convolution, initialise

MOST_LAYERS = 9


class CodeDiscriminator(nn.Module):
    """Tells from df's code whether it is of a plate face (DeepFaceLab's true face).

    channels, side  of the code; 1 + side // 8 convolutions of stride 2, the first 4x4
    """

    def __init__(self, channels: int, side: int, width: int = 256) -> None:
        super().__init__()
        widths = [width * min(2**k, 8) for k in range(1 + side // 8)]
        sizes = [channels, *widths]
        self.layers = nn.ModuleList(
            convolution(a, b, 3 if k else 4, stride=2) for k, (a, b) in enumerate(pairwise(sizes))
        )
        self.head = convolution(sizes[-1], 1, 1)
        initialise(self)

    def forward(self, code: Tensor) -> Tensor:
        """(B, C, s, s) to logits (B, 1, h, w)."""
        for layer in self.layers:
            code = functional.leaky_relu(layer(code), 0.1)
        logits: Tensor = self.head(code).float()
        return logits


def receptive_field(strides: tuple[int, ...]) -> int:
    """Side, in pixels, of what one output of a row of 3x3 convolutions sees."""
    side, jump = 1, 1
    for stride in strides:
        side += 2 * jump
        jump *= stride
    return side


def strides_for(patch: int) -> tuple[int, ...]:
    """Strides of at most nine 3x3 convolutions, the first of stride 2, that together see about `patch`.

    The nearest field, of two equally near the smaller. Of rows that see alike: the shortest, then the one of
    the largest strides, then the one that strides latest.
    """
    rows = ((2, *rest) for count in range(MOST_LAYERS) for rest in product((1, 2), repeat=count))

    def order(strides: tuple[int, ...]) -> tuple[object, ...]:
        field = receptive_field(strides)
        return abs(field - patch), field, len(strides), -sum(strides), tuple(-s for s in reversed(strides))

    return min(rows, key=order)


class PatchDiscriminator(nn.Module):
    """A U-Net that judges patches: once in the middle, and once for every pixel (Schonfeld et al. 2020).

    patch  side of the patch that the middle sees, pixels
    width  channels at the picture's own size; twice as many with each layer, 512 at most
    """

    def __init__(self, patch: int, width: int = 16, channels: int = 3) -> None:
        super().__init__()
        strides = strides_for(patch)
        widths = [min(width * 2**k, 512) for k in range(len(strides) + 1)]
        self.entry = convolution(channels, width, 1)
        self.down = nn.ModuleList(
            convolution(a, b, 3, stride=s) for a, b, s in zip(widths, widths[1:], strides, strict=False)
        )
        self.middle = convolution(widths[-1], widths[-1], 1)
        self.middle_head = convolution(widths[-1], 1, 1)
        self.up = nn.ModuleList(
            TransposedConvolution(widths[k + 1] * (1 if k == len(strides) - 1 else 2), widths[k], strides[k])
            for k in reversed(range(len(strides)))
        )
        self.head = convolution(2 * width, 1, 1)
        initialise(self)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, S, S) to logits for patches (B, 1, h, w) and for pixels (B, 1, S, S)."""
        x = functional.leaky_relu(self.entry(x), 0.2)
        kept = []
        for layer in self.down:
            kept.append(x)
            x = functional.leaky_relu(layer(x), 0.2)
        x = functional.leaky_relu(self.middle(x), 0.2)
        patches: Tensor = self.middle_head(x).float()
        for layer in self.up:
            skip = kept.pop()
            x = functional.leaky_relu(layer(x), 0.2)[..., : skip.shape[-2], : skip.shape[-1]]
            x = torch.cat([x, skip], dim=1)
        pixels: Tensor = self.head(x).float()
        return patches, pixels
