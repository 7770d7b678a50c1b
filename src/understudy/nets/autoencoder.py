"""DeepFaceLab's `df` and `liae`, with any of the flags u, d, t and c, in PyTorch.

An encoder for both performers, a dense bottleneck (the inter) that keeps the plate performer's features out,
and decoders that draw a face and its matte. `df` has a decoder for each performer; `liae` has one decoder and
two inters.

| flag | effect |
|---|---|
| u | pixel norm on the encoder's output |
| d | works at half resolution; the head draws each 2x2 pixels at once |
| t | a deeper encoder and decoder, no upscale in the inter |
| c | x·cos x instead of leaky ReLU |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from understudy.nets.blocks import (
    Activation,
    Downscale,
    Residual,
    Upscale,
    convolution,
    initialise,
    leaky,
    pixel_norm,
    x_cos_x,
)


class Decoded(NamedTuple):
    """What a decoder draws: rgb (B, 3, S, S) and matte (B, 1, S, S), float32 in [0, 1]."""

    rgb: Tensor
    matte: Tensor


@dataclass(frozen=True)
class Flags:
    """The letters after the dash in `liae-udt`."""

    u: bool = False
    d: bool = False
    t: bool = False
    c: bool = False

    def activation(self, slope: float) -> Activation:
        """Leaky ReLU of that slope, or what flag c puts in its place."""
        return x_cos_x if self.c else leaky(slope)

    @property
    def multiple(self) -> int:
        """What a resolution must be a multiple of."""
        return 32 if self.d or self.t else 16


@dataclass(frozen=True)
class Shape:
    """Everything that the weights' shapes depend on.

    kind             `df` or `liae`
    resolution       side of the pictures, pixels
    inter            width of the bottleneck
    encoder, decoder, matte   channels per level of the encoder, the picture's decoder and the matte's
    """

    kind: str
    flags: Flags
    resolution: int
    inter: int = 256
    encoder: int = 64
    decoder: int = 64
    matte: int = 22

    def __post_init__(self) -> None:
        if self.kind not in ("df", "liae"):
            raise ValueError(f"kind must be df or liae, got {self.kind!r}")
        if self.resolution < 32 or self.resolution % self.flags.multiple:
            raise ValueError(f"resolution must be a multiple of {self.flags.multiple}, got {self.resolution}")

    @classmethod
    def parse(cls, name: str, resolution: int, **widths: int) -> Shape:
        """From a name such as `df`, `df-ud` or `liae-udt`. Raises ValueError for any other."""
        found = re.fullmatch(r"(df|liae)(?:-([udtc]+))?", name)
        letters = (found.group(2) or "") if found else ""
        if found is None or len(set(letters)) != len(letters):
            raise ValueError(f"{name!r} is not df or liae with some of the letters u, d, t, c after a dash")
        flags = Flags(**dict.fromkeys(letters, True))
        return cls(kind=found.group(1), flags=flags, resolution=resolution, **widths)

    @property
    def name(self) -> str:
        """As it is written: `liae-udt`."""
        letters = "".join(letter for letter in "udtc" if getattr(self.flags, letter))
        return f"{self.kind}-{letters}" if letters else self.kind

    @property
    def grid(self) -> int:
        """Side of the grid that the inter makes of its code."""
        return self.resolution // (32 if self.flags.d else 16)

    @property
    def code(self) -> tuple[int, int]:
        """Channels and side of what a decoder is given."""
        channels = self.inter if self.kind == "df" else 4 * self.inter
        return channels, self.grid * (1 if self.flags.t else 2)


QUICK96 = Shape("df", Flags(u=True, d=True), 96, inter=128, encoder=64, decoder=64, matte=16)


class Encoder(nn.Module):
    """(B, 3, S, S) to `features` numbers: 8e channels on a grid of S/16, or S/32 with flag t."""

    def __init__(self, flags: Flags, resolution: int, width: int) -> None:
        super().__init__()
        down, act = flags.activation(0.1), flags.activation(0.2)
        e = width
        layers: list[nn.Module]
        if flags.t:
            layers = [
                Downscale(3, e, down),
                Residual(e, act),
                Downscale(e, 2 * e, down),
                Downscale(2 * e, 4 * e, down),
                Downscale(4 * e, 8 * e, down),
                Downscale(8 * e, 8 * e, down),
                Residual(8 * e, act),
            ]
        else:
            layers = [Downscale(a, b, down) for a, b in [(3, e), (e, 2 * e), (2 * e, 4 * e), (4 * e, 8 * e)]]
        self.layers = nn.Sequential(*layers)
        self.normed = flags.u
        self.features = 8 * e * (resolution // (32 if flags.t else 16)) ** 2

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to (B, features)."""
        y: Tensor = self.layers(x).flatten(1)
        return pixel_norm(y) if self.normed else y


class Inter(nn.Module):
    """The bottleneck: (B, features) through `inter` numbers to a grid of channels."""

    def __init__(self, shape: Shape, features: int) -> None:
        super().__init__()
        self.channels = shape.inter if shape.kind == "df" else 2 * shape.inter
        self.grid = shape.grid
        self.squeeze = nn.Linear(features, shape.inter)
        self.spread = nn.Linear(shape.inter, self.grid**2 * self.channels)
        plain = shape.flags.t
        self.upscale = None if plain else Upscale(self.channels, self.channels, shape.flags.activation(0.1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, features) to (B, C, g, g), or (B, C, 2g, 2g) without flag t."""
        y: Tensor = self.spread(self.squeeze(x)).unflatten(1, (self.channels, self.grid, self.grid))
        return y if self.upscale is None else self.upscale(y)


def painting(channels: int, count: int) -> nn.ModuleList:
    """Heads that make a picture out of channels: one, or four for the pixels of each 2x2 square."""
    return nn.ModuleList(convolution(channels, 3, kernel) for kernel in (1, 3, 3, 3)[:count])


def painted(y: Tensor, heads: nn.ModuleList) -> Tensor:
    """The picture (B, 3, S, S) in [0, 1] that heads make out of channels (B, C, S, S), four of S/2."""
    drawn = torch.stack([head(y) for head in heads], dim=2).flatten(1, 2)
    if len(heads) == 4:
        drawn = functional.pixel_shuffle(drawn, 2)
    return torch.sigmoid(drawn.float())


class Decoder(nn.Module):
    """Draws a face and, in a trunk of its own, its matte."""

    def __init__(self, flags: Flags, channels: int, width: int, matte: int) -> None:
        super().__init__()
        up, act = flags.activation(0.1), flags.activation(0.2)
        steps = (8, 8, 4, 2) if flags.t else (8, 4, 2)
        layers: list[nn.Module] = []
        for a, b in zip((channels, *(s * width for s in steps)), (s * width for s in steps), strict=False):
            layers += [Upscale(a, b, up), Residual(b, act)]
        self.layers = nn.Sequential(*layers)
        # with flag d one head for each pixel of a 2x2 square, from left to right, then down
        self.heads = painting(2 * width, 4 if flags.d else 1)
        matte_steps = (*steps, 1) if flags.d else steps
        sizes = [channels, *(s * matte for s in matte_steps)]
        self.matte_layers = nn.Sequential(*(Upscale(a, b, up) for a, b in pairwise(sizes)))
        self.matte_head = convolution(sizes[-1], 1, 1)

    def forward(self, code: Tensor) -> Decoded:
        """(B, C, g, g) to the picture and its matte."""
        return Decoded(self.draw(code), self.matte(code))

    def draw(self, code: Tensor) -> Tensor:
        """The picture alone, (B, 3, S, S)."""
        return painted(self.layers(code), self.heads)

    def matte(self, code: Tensor) -> Tensor:
        """The matte alone, (B, 1, S, S)."""
        return torch.sigmoid(self.matte_head(self.matte_layers(code)).float())


class Autoencoder(nn.Module):
    """What `df` and `liae` have in common. Codes are what decoders are given, (B, *shape.code, side)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape.flags, shape.resolution, shape.encoder)

    def likeness_code(self, features: Tensor) -> Tensor:
        """Code of a likeness face to be drawn again."""
        raise NotImplementedError

    def plate_code(self, features: Tensor) -> Tensor:
        """Code of a plate face to be drawn again."""
        raise NotImplementedError

    def swap_code(self, features: Tensor) -> Tensor:
        """Code of a plate face to be drawn as the likeness."""
        raise NotImplementedError

    @property
    def likeness_decoder(self) -> Decoder:
        """Draws the likeness, of its own faces and of plate faces."""
        raise NotImplementedError

    @property
    def plate_decoder(self) -> Decoder:
        """Draws the plate's performer."""
        raise NotImplementedError

    def forward(self, plate: Tensor) -> Decoded:
        """The swap: plate faces (B, 3, S, S) in [0, 1] drawn as the likeness."""
        drawn: Decoded = self.likeness_decoder(self.swap_code(self.encoder(plate)))
        return drawn

    def inters(self) -> list[nn.Module]:
        """What is started anew when a pretrained network is given a new pair."""
        raise NotImplementedError


class Df(Autoencoder):
    """One inter, a decoder for each performer: what is drawn has the likeness's own features throughout."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.inter = Inter(shape, self.encoder.features)
        self.decoder_likeness = _decoder(shape)
        self.decoder_plate = _decoder(shape)
        initialise(self)

    def likeness_code(self, features: Tensor) -> Tensor:
        """One code for everything."""
        code: Tensor = self.inter(features)
        return code

    plate_code = likeness_code
    swap_code = likeness_code

    @property
    def likeness_decoder(self) -> Decoder:
        """`decoder_likeness`."""
        return self.decoder_likeness

    @property
    def plate_decoder(self) -> Decoder:
        """`decoder_plate`."""
        return self.decoder_plate

    def inters(self) -> list[nn.Module]:
        """The one inter."""
        return [self.inter]


class Liae(Autoencoder):
    """Two inters, one decoder: `inter_both` learns from both performers, `inter_plate` from the plate's.

    A likeness face is coded by `inter_both` twice, a plate face by `inter_plate` and `inter_both`; in the
    swap its first half comes from `inter_both` too.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.inter_both = Inter(shape, self.encoder.features)
        self.inter_plate = Inter(shape, self.encoder.features)
        self.decoder = _decoder(shape)
        initialise(self)

    def likeness_code(self, features: Tensor) -> Tensor:
        """`inter_both`, twice."""
        both = self.inter_both(features)
        return torch.cat([both, both], dim=1)

    swap_code = likeness_code

    def plate_code(self, features: Tensor) -> Tensor:
        """`inter_plate`, then `inter_both`."""
        return torch.cat([self.inter_plate(features), self.inter_both(features)], dim=1)

    @property
    def likeness_decoder(self) -> Decoder:
        """The one decoder, for both."""
        return self.decoder

    plate_decoder = likeness_decoder

    def inters(self) -> list[nn.Module]:
        """Both of them."""
        return [self.inter_both, self.inter_plate]


def _decoder(shape: Shape) -> Decoder:
    return Decoder(shape.flags, shape.code[0], shape.decoder, shape.matte)


def autoencoder(shape: Shape) -> Autoencoder:
    """The network of a shape."""
    return Df(shape) if shape.kind == "df" else Liae(shape)
