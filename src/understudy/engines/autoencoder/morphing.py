"""How `amp` learns: a likeness that can be shown in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from understudy.engines.autoencoder.drawing import Pair
from understudy.engines.autoencoder.growing import in_full
from understudy.engines.autoencoder.learner import PairLearner, aim_of, take_over
from understudy.engines.autoencoder.objective import Recipe, surroundings
from understudy.engines.autoencoder.options import AmpOptions
from understudy.nets.autoencoder import Decoded
from understudy.nets.morph import Morph
from understudy.training.learner import Batch, Losses


class MorphLearner(PairLearner):
    """Learns an `amp`. A likeness face is coded by a random choice of channels from each inter."""

    name = "amp"

    def __init__(self, net: Morph, options: AmpOptions, pair: Pair, recipe: Recipe) -> None:
        super().__init__(options, pair, recipe, [net.decoder])
        self.morph = net
        self._factor, self._shown = options.morph_factor, options.morph
        if options.frozen_inters:
            net.inter_likeness.requires_grad_(False)
            net.inter_plate.requires_grad_(False)

    @property
    def net(self) -> Morph:
        """The network that draws."""
        return self.morph

    def architecture(self) -> Mapping[str, Any]:
        """Everything that shapes depend on."""
        return {"kind": "amp", **asdict(self.morph.shape)}

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        """`count` faces of each performer, and an order of the code's channels for each."""
        order = torch.stack([torch.randperm(self.morph.shape.inter, generator=chance) for _ in range(count)])
        return {**super().draw(count, chance), "order": order.to(self.device)}

    def swapped(self, plate: Tensor) -> Decoded:
        """Plate faces as the likeness, by the morph that was chosen."""
        net = self.morph
        return in_full(self.drawn(net.decoder, net.swap_code(net.encoder(plate), self._shown)))

    def drawn_again(self, likeness: Tensor) -> Decoded:
        """Likeness faces with all the likeness there is."""
        net = self.morph
        return in_full(self.drawn(net.decoder, net.swap_code(net.encoder(likeness), 1.0)))

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002
        """Of both performers' faces, drawn again."""
        net = self.morph
        count = len(batch["likeness input"])
        features = net.encoder(torch.cat([batch["likeness input"], batch["plate input"]]))
        codes = (
            net.likeness_code(features[:count], self._factor, batch["order"]),
            net.plate_code(features[count:]),
        )
        drawn = self.drawn(net.decoder, torch.cat(codes))
        likeness = Decoded(drawn.rgb[:count], drawn.matte[:count])
        plate = Decoded(drawn.rgb[count:], drawn.matte[count:])
        aims = aim_of(batch, "likeness"), aim_of(batch, "plate")
        parts = self.reconstructed(batch, likeness, plate) | self.sight.of_swap(batch, self.swapped)
        likeness, plate = in_full(likeness), in_full(plate)
        totals: dict[str, Tensor] = {}
        if self.judge is not None:
            parts["gan"], totals["judge"] = self.contested((likeness, aims[0]), (plate, aims[1]))
        if self.recipe.masked:
            parts["surroundings"] = surroundings(plate.rgb, aims[1], self.recipe.mask(aims[1]), 0.1)
        return Losses({**self.totals(parts), **totals}, {name: part.mean() for name, part in parts.items()})

    def begin_from(self, weights: Mapping[str, Tensor]) -> None:
        """Take the encoder and the decoder of another training. Raises BadInputError."""
        fresh = {name for name, _ in self.morph.named_parameters() if name.startswith("inter_")}
        take_over(self.morph, self.of_net(weights), fresh)
