"""DeepFaceLab's `amp`: a likeness that can be dialled in, between the plate's performer and the likeness."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from understudy.nets.autoencoder import Decoded, Decoder, Encoder, Flags
from understudy.nets.blocks import initialise, pixel_norm

_FLAGS = Flags(u=True, d=True, t=True)


@dataclass(frozen=True)
class MorphShape:
    """Everything that the weights' shapes depend on: see `autoencoder.Shape`.

    bottleneck  numbers that a face is squeezed into
    inter       channels of a code, of which the morph takes the first from the likeness
    """

    resolution: int = 224
    bottleneck: int = 256
    inter: int = 1024
    encoder: int = 64
    decoder: int = 64
    matte: int = 22

    def __post_init__(self) -> None:
        if self.resolution < 32 or self.resolution % 32:
            raise ValueError(f"resolution must be a multiple of 32, got {self.resolution}")


class MorphEncoder(nn.Module):
    """The deep encoder and its bottleneck in one: (B, 3, S, S) to (B, bottleneck)."""

    def __init__(self, shape: MorphShape) -> None:
        super().__init__()
        self.trunk = Encoder(Flags(t=True), shape.resolution, shape.encoder)
        self.squeeze = nn.Linear(self.trunk.features, shape.bottleneck)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to (B, bottleneck)."""
        y: Tensor = self.squeeze(pixel_norm(self.trunk(x)))
        return y


class MorphInter(nn.Module):
    """(B, bottleneck) to (B, inter, S/32, S/32), linear."""

    def __init__(self, shape: MorphShape) -> None:
        super().__init__()
        self.channels, self.grid = shape.inter, shape.resolution // 32
        self.spread = nn.Linear(shape.bottleneck, self.channels * self.grid**2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, bottleneck) to (B, C, g, g)."""
        y: Tensor = self.spread(x)
        return y.view(-1, self.channels, self.grid, self.grid)


class Morph(nn.Module):
    """An encoder, an inter for each performer whose channels can be mixed, and one decoder."""

    def __init__(self, shape: MorphShape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = MorphEncoder(shape)
        self.inter_likeness = MorphInter(shape)
        self.inter_plate = MorphInter(shape)
        self.decoder = Decoder(_FLAGS, shape.inter, shape.decoder, shape.matte)
        initialise(self)

    def likeness_code(self, features: Tensor, factor: float, order: Tensor) -> Tensor:
        """Code of likeness faces in training: int(C · factor) channels are from `inter_likeness`.

        order  (B, C): for each example a permutation of its channels; those with the lowest numbers are taken
        """
        taken = (order < int(self.shape.inter * factor))[..., None, None]
        return torch.where(taken, self.inter_likeness(features), self.inter_plate(features))

    def plate_code(self, features: Tensor) -> Tensor:
        """Code of plate faces."""
        code: Tensor = self.inter_plate(features)
        return code

    def swap_code(self, features: Tensor, morph: float) -> Tensor:
        """Code of plate faces as the likeness, by `morph` in [0, 1]: its first int(morph · C) channels."""
        first = int(morph * self.shape.inter)
        return torch.cat(
            [self.inter_likeness(features)[:, :first], self.inter_plate(features)[:, first:]], dim=1
        )

    def forward(self, plate: Tensor, morph: float = 1.0) -> Decoded:
        """The swap: plate faces (B, 3, S, S) in [0, 1] drawn as the likeness, by `morph`."""
        drawn: Decoded = self.decoder(self.swap_code(self.encoder(plate), morph))
        return drawn
