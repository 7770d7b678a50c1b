"""Decoders that draw small pictures first, and larger ones as they learn: most of the work is in the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from understudy.nets.autoencoder import Decoded, Decoder, painted, painting
from understudy.nets.blocks import initialise

_BENDS = ((0.2, 0.0), (0.3, 1.0), (0.45, 1.0), (0.55, 2.0))
"""Progress and stage: 0 draws at a quarter, 1 at half, 2 at the full size; between two, one fades in."""
_FULL = 2.0


def stage_at(progress: float) -> float:
    """The stage, 0 to 2, when so much of the budget is used."""
    before = _BENDS[0]
    if progress <= before[0]:
        return before[1]
    for after in _BENDS[1:]:
        if progress < after[0]:
            along = (progress - before[0]) / (after[0] - before[0])
            return before[1] + along * (after[1] - before[1])
        before = after
    return _FULL


class Growth(nn.Module):
    """The heads of the smaller sizes, and how far it is (Karras et al. 2018, 2: fading in of layers).

    They belong to training alone: the network is the same with and without them. What has grown stays so,
    when a longer budget makes a training young again, too.
    """

    def __init__(self, decoders: Sequence[Decoder]) -> None:
        super().__init__()
        self._decoders = tuple(decoders)  # a tuple: they are not to be this module's children
        self.heads = nn.ModuleList(_small(each, level) for each in decoders for level in (0, 1))
        initialise(self)
        self._reached = 0.0
        self._share: Tensor
        self.register_buffer("_share", torch.zeros(()), persistent=False)

    @property
    def stage(self) -> float:
        """0 to 2: see `stage_at`."""
        return self._reached

    @property
    def is_full(self) -> bool:
        """Whether pictures are drawn by the decoder alone."""
        return self._reached >= _FULL

    def tell(self, progress: float) -> None:
        """So much of the budget is used."""
        self._reach(max(self._reached, stage_at(progress)))

    @contextmanager
    def as_if_full(self) -> Iterator[None]:
        """Inside the block decoders draw as they will when they are drawn with."""
        reached = self._reached
        self._reach(_FULL)
        try:
            yield
        finally:
            self._reach(reached)

    def draw(self, decoder: Decoder, code: Tensor) -> Tensor:
        """The picture at its present size, (B, 3, s, s) in [0, 1]."""
        level = int(self._reached)
        number = next(k for k, each in enumerate(self._decoders) if each is decoder)
        done = _blocks(decoder, level)
        y = decoder.layers[:done](code)
        picture = self._painted(number, level, y)
        if self._reached == level:
            return picture
        finer = self._painted(number, level + 1, decoder.layers[done : done + 2](y))
        return torch.lerp(enlarged(picture, finer.shape[-1]), finer, self._share)

    def _painted(self, number: int, level: int, y: Tensor) -> Tensor:
        heads = self._decoders[number].heads if level == _FULL else self.heads[2 * number + level]
        assert isinstance(heads, nn.ModuleList)
        return painted(y, heads)

    def _reach(self, stage: float) -> None:
        self._reached = stage
        self._share.fill_(stage - int(stage))

    def get_extra_state(self) -> Tensor:
        """What is saved: how far it is."""
        return torch.tensor([self._reached], dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """Go on from there."""
        self._reach(float(state[0]))


def is_full(state: Tensor) -> bool:
    """Whether this, of `Growth.get_extra_state`, is of pictures in full."""
    return float(state[0]) >= _FULL


def enlarged(picture: Tensor, size: int) -> Tensor:
    """A picture (B, C, s, s) at a larger size."""
    if picture.shape[-1] == size:
        return picture
    return functional.interpolate(picture, (size, size), mode="bilinear", align_corners=False)


def in_full(drawn: Decoded) -> Decoded:
    """A face that may be drawn small, as large as its matte."""
    return Decoded(enlarged(drawn.rgb, drawn.matte.shape[-1]), drawn.matte)


def _blocks(decoder: Decoder, level: int) -> int:
    """How many of its layers a decoder goes through at a level: an upscale and a residual for each size."""
    return len(decoder.layers) - 2 * (int(_FULL) - level)


def _small(decoder: Decoder, level: int) -> nn.ModuleList:
    residual = decoder.layers[_blocks(decoder, level) - 1]
    channels = next(residual.parameters()).shape[0]
    return painting(channels, len(decoder.heads))
