"""A network that corrects a picture of a face that was put together from others."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

FARTHEST = 1 / 32
"""How far the picture is moved at most, as a share of its side."""
_CELL = 4
"""What is moved and toned is told for squares of so many pixels, and is smooth between: detail stays."""


class Residual(nn.Module):
    """Two 3x3 convolutions beside a short cut; the second begins at zero, so that the block begins as one."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)
        same = inputs == outputs and stride == 1
        self.short_cut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1)
        self._stride = stride
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        # Not by the convolution: on processors, a 1x1 one with a stride writes past the end of its gradients
        # where it has 8 inputs and channels lie last (oneDNN in torch 2.13).
        seen = x[..., :: self._stride, :: self._stride]
        return torch.as_tensor(self.short_cut(seen) + self.second(functional.silu(self.first(x))))


class UNet(nn.Module):
    """An hourglass with short cuts (Ronneberger et al. 2015) that works at half size inside.

    Pixels are unshuffled into channels at both ends: at full size most of the work would be done where there
    are the fewest channels. H and W must be multiples of 2^(levels).
    """

    def __init__(self, inputs: int, outputs: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.begin = nn.Conv2d(4 * inputs, channels[0], 3, 1, 1)
        self.down = nn.ModuleList(
            Residual(channels[max(0, level - 1)], count, 2 if level else 1)
            for level, count in enumerate(channels)
        )
        self.middle = Residual(channels[-1], channels[-1])
        self.up = nn.ModuleList(
            Residual(channels[level] + channels[level - 1], channels[level - 1])
            for level in range(len(channels) - 1, 0, -1)
        )
        self.end = nn.Conv2d(channels[0], 4 * outputs, 3, 1, 1)
        nn.init.zeros_(self.end.weight)
        nn.init.zeros_(self.end.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W); all zero before anything is learned."""
        x = self.begin(functional.pixel_unshuffle(x, 2))
        levels = []
        for block in self.down:
            x = block(x)
            levels.append(x)
        x = self.middle(x)
        for block, beside in zip(self.up, levels[-2::-1], strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, beside], 1))
        return functional.pixel_shuffle(self.end(functional.silu(x)), 2)


@dataclass(frozen=True)
class Correction:
    """What is to be done to a picture, all (B, ., H, W) float32.

    shift   (2) x and y, from a pixel to where its content is taken from, as shares of the side
    tone    (3) added to what was moved; smooth
    drawn   (3) the picture as the network would draw it, in [0, 1] or a little outside
    share   (1) in [0, 1], how much of `drawn` is shown
    matte   (1) in [0, 1], where the face is seen
    """

    shift: Tensor = field(repr=False)
    tone: Tensor = field(repr=False)
    drawn: Tensor = field(repr=False)
    share: Tensor = field(repr=False)
    matte: Tensor = field(repr=False)

    def apply(self, picture: Tensor) -> Tensor:
        """The corrected picture, of (B, 3, H, W) in [0, 1]."""
        moved = functional.grid_sample(
            picture.float(), _grid(picture) + 2 * self.shift.permute(0, 2, 3, 1),
            mode="bilinear", padding_mode="border", align_corners=False,
        )  # fmt: skip
        return torch.lerp(moved + self.tone, self.drawn, self.share)

    def still(self, picture: Tensor, toned: Tensor | float = 1.0, detail: float = 0.0) -> Tensor:
        """The same, but with nothing moved.

        toned   (B, 1, H, W) or a number: how much of the tone is added
        detail  share of the picture's finest detail that stays in what is drawn anew
        """
        there = picture.float() + toned * self.tone
        drawn = self.drawn + detail * (_finest(there) - _finest(self.drawn))
        return torch.lerp(there, drawn, self.share)


class Refiner(nn.Module):
    """From a picture (B, 3, S, S) in [0, 1] and maps of what it should show (B, M, S, S) to a `Correction`.

    Before anything is learned it changes next to nothing. What is moved and toned is smooth, so that the
    picture keeps its own detail; only where that cannot do (eyes, teeth) the network draws.

    maps      M
    channels  of the hourglass, from full to smallest size
    """

    def __init__(self, maps: int, channels: tuple[int, ...] = (32, 48, 64, 96)) -> None:
        super().__init__()
        self.net = UNet(3 + maps, 2 + 3 + 3 + 1 + 1, channels)

    def forward(self, picture: Tensor, maps: Tensor, drawable: Tensor) -> Correction:
        """The correction; `drawable` (B, 1, S, S) in [0, 1] says how far the picture may be drawn anew."""
        out = self.net(torch.cat([picture - 0.5, maps], 1)).float()
        smooth = _smoothed(out[:, :5])
        return Correction(
            shift=FARTHEST * torch.tanh(0.3 * smooth[:, :2]),
            tone=0.3 * smooth[:, 2:],
            drawn=0.5 + 0.5 * out[:, 5:8],
            share=drawable.float() * torch.sigmoid(2 * out[:, 8:9] - 4),
            matte=torch.sigmoid(4 * out[:, 9:10] + 4),
        )


def _finest(x: Tensor) -> Tensor:
    """What means over 5 x 5 pixels take off."""
    return x - functional.avg_pool2d(x, 5, 1, 2, count_include_pad=False)


def _smoothed(x: Tensor) -> Tensor:
    """Means over squares of _CELL pixels, linear between their middles."""
    cells = functional.avg_pool2d(x.contiguous(), _CELL)
    return functional.interpolate(cells, scale_factor=float(_CELL), mode="bilinear", align_corners=False)


def _grid(picture: Tensor) -> Tensor:
    """The place of every pixel, (1, H, W, 2), as `grid_sample` counts with align_corners=False."""
    height, width = picture.shape[-2:]
    x, y = (
        (2 * torch.arange(side, device=picture.device, dtype=torch.float32) + 1) / side - 1
        for side in (width, height)
    )
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
