"""Networks and learners out of options."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from understudy.engines.autoencoder.drawing import UNBENT, Pair
from understudy.engines.autoencoder.learner import FamilyLearner, PairLearner
from understudy.engines.autoencoder.morphing import MorphLearner
from understudy.engines.autoencoder.objective import Recipe
from understudy.engines.autoencoder.options import (
    AmpOptions,
    FamilyOptions,
    LiaeOptions,
    Options,
    Quick96Options,
)
from understudy.nets.autoencoder import QUICK96, Autoencoder, Decoded, Flags, Shape, autoencoder
from understudy.nets.morph import Morph, MorphShape
from understudy.training.faces import TrainingFaces


def made_net(options: Options) -> Autoencoder | Morph:
    """The network that options ask for."""
    widths = {"encoder": options.encoder, "decoder": options.decoder, "matte": options.matte}
    if isinstance(options, AmpOptions):
        return Morph(MorphShape(options.resolution, options.bottleneck, options.inter, **widths))
    if isinstance(options, FamilyOptions):
        flags = Flags(**dict.fromkeys(options.flags, True))
        kind = "liae" if isinstance(options, LiaeOptions) else "df"
        return autoencoder(Shape(kind, flags, options.resolution, options.inter, **widths))
    return autoencoder(QUICK96)


def made_learner(options: Options, likeness: TrainingFaces, plate: TrainingFaces, seed: int) -> PairLearner:
    """A learner with a fresh network, which `seed` alone decides.

    Raises ValueError where the faces are not of the options' resolution.
    """
    for faces in (likeness, plate):
        if faces.size != options.resolution:
            raise ValueError(f"faces must be {options.resolution} pixels wide, got {faces.size}")
    if isinstance(options, FamilyOptions):
        options = options.effective
    quick = isinstance(options, Quick96Options)
    amp = isinstance(options, AmpOptions)
    recipe = Recipe(
        kind=options.recipe,
        masked=options.masked,
        eyes_mouth=options.eyes_mouth,
        two_windows=amp or options.resolution >= 256,
        clipped=not quick,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = made_net(options)
        pair = Pair(likeness, plate, options, UNBENT if quick else 0.0)
        if isinstance(net, Morph):
            assert isinstance(options, AmpOptions)
            return MorphLearner(net, options, pair, recipe)
        return FamilyLearner(net, options, pair, recipe)


def swapping(net: nn.Module, options: Options) -> Callable[[Tensor], Decoded]:
    """What draws plate faces (B, 3, S, S), on any device, as the likeness."""
    device = next(net.parameters()).device
    morph = {"morph": options.morph} if isinstance(options, AmpOptions) else {}

    def swap(plate: Tensor) -> Decoded:
        drawn: Decoded = net(plate.to(device), **morph)
        return drawn

    return swap
