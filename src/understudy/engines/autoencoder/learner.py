"""How the networks of DeepFaceLab's family learn a pair of performers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from understudy.engines.autoencoder.drawing import Pair
from understudy.engines.autoencoder.growing import Growth, in_full, is_full
from understudy.engines.autoencoder.objective import (
    Aim,
    Parts,
    Recipe,
    added,
    at_one_size,
    style,
    surroundings,
)
from understudy.engines.autoencoder.options import DfOptions, FamilyOptions, Options
from understudy.engines.autoencoder.sheet import sheet
from understudy.engines.autoencoder.sight import Sight
from understudy.errors import BadInputError
from understudy.nets.autoencoder import Autoencoder, Decoded, Decoder, Liae
from understudy.nets.discriminators import CodeDiscriminator, PatchDiscriminator
from understudy.training import losses
from understudy.training.learner import Batch, Learner, Losses
from understudy.training.regions import eyes_and_mouth

_JUDGED = 48
"""Held-out faces that the score is taken over."""
_SHOWN = 6


class PairLearner(Learner):
    """What all of the family have in common: batches, the discriminator of patches, score and preview.

    net      an autoencoder of whichever kind
    judge    the discriminator, or None
    growth   what draws while pictures are small, or None
    """

    def __init__(self, options: Options, pair: Pair, recipe: Recipe, decoders: Sequence[Decoder]) -> None:
        super().__init__()
        self.options = options
        self.pair = pair
        self.recipe = recipe
        self.sight = Sight(options, pair)
        self.growth = Growth(decoders) if options.grow else None
        self.judge = PatchDiscriminator(options.patch, options.gan_width) if options.gan > 0 else None

    @property
    @abstractmethod
    def net(self) -> nn.Module:
        """The network that draws."""

    @abstractmethod
    def begin_from(self, weights: Mapping[str, Tensor]) -> None:
        """Take what another training of such a network has learned, but for what belongs to its pair.

        `weights` are named as in a learner's `state_dict`. Raises BadInputError where they do not fit.
        """

    def of_net(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Those of a learner's weights that are the network's, named as in the network."""
        start = next(name for name, module in self.named_children() if module is self.net) + "."
        return {name[len(start) :]: each for name, each in weights.items() if name.startswith(start)}

    def has_grown(self, weights: Mapping[str, Tensor]) -> bool:
        """Whether a learner's weights are of a network that draws in full."""
        state = weights.get("growth._extra_state")
        return self.growth is None or state is None or is_full(state)

    @abstractmethod
    def swapped(self, plate: Tensor) -> Decoded:
        """Plate faces as the likeness."""

    @abstractmethod
    def drawn_again(self, likeness: Tensor) -> Decoded:
        """Likeness faces, through the network."""

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.net.parameters()).device

    def players(self) -> Mapping[str, list[nn.Parameter]]:
        """The network, and who judges it."""
        # First, since only the last player's gradients may take apart what they are computed from.
        found = {} if self.growth is None else {"head": list(self.growth.parameters())}
        # All of the network, frozen or not, so that they keep their numbers when that changes.
        found["network"] = list(self.net.parameters())
        if self.judge is not None:
            found["judge"] = list(self.judge.parameters())
        return found

    def begin(self, drawn: int, seed: int) -> None:
        """Go through the faces in rounds."""
        self.pair.begin(drawn, seed)

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        """`count` faces of each performer."""
        return self.pair.draw(count, chance, self.device)

    def passing(self) -> tuple[str, ...]:
        """Who judges, and what draws small pictures."""
        return ("judge.", "code_judge.", "growth.")

    def schedule(self, progress: float) -> None:
        """Pictures grow."""
        if self.growth is not None:
            self.growth.tell(progress)

    def drawn(self, decoder: Decoder, code: Tensor) -> Decoded:
        """A face, whose colours may be a smaller picture than its matte as long as pictures grow."""
        if self.growth is None or self.growth.is_full:
            drawn: Decoded = decoder(code)
            return drawn
        return Decoded(self.growth.draw(decoder, code), decoder.matte(code))

    def totals(self, parts: Parts) -> dict[str, Tensor]:
        """What the network, and the heads of small pictures, are to make small."""
        total = added(parts).mean()
        return {"network": total} if self.growth is None else {"head": total, "network": total}

    def reweigh(self) -> None:
        """Let hard faces be drawn oftener."""
        self.pair.reweigh()

    def reconstructed(self, batch: Batch, likeness: Decoded, plate: Decoded) -> Parts:
        """The losses of both performers' faces, added up; the sampler is told which were hard."""
        ours = self._reconstructed(likeness, aim_of(batch, "likeness"))
        theirs = self._reconstructed(plate, aim_of(batch, "plate"))
        self.pair.tell(batch, added(ours), added(theirs))
        return {name: ours[name] + theirs[name] for name in ours}

    def _reconstructed(self, drawn: Decoded, aim: Aim) -> Parts:
        drawn, aim = at_one_size(drawn, aim)
        return {**self.recipe.parts(drawn, aim), **self.sight.of_drawn(drawn, aim, self.recipe.mask(aim))}

    def contested(self, *drawn: tuple[Decoded, Aim]) -> tuple[Tensor, Tensor]:
        """What the discriminator of patches adds to the network's losses (B,), and its own loss.

        Both see only what is inside of the masks.
        """
        assert self.judge is not None
        masks = [self.recipe.mask(aim) for _, aim in drawn]
        fake = torch.cat([face.rgb * mask for (face, _), mask in zip(drawn, masks, strict=True)])
        real = torch.cat([aim.target * mask for (_, aim), mask in zip(drawn, masks, strict=True)])
        count = len(drawn[0][0].rgb)
        convincing = losses.judged(self.judge(fake), True).view(-1, count).sum(0)
        own = losses.discriminating(self.judge(real), self.judge(fake.detach())).mean()
        return self.options.gan * convincing, own

    def score(self) -> float:
        """PSNR, dB, of held-out likeness faces inside of their mattes, eyes and mouth counting four times.

        Of what would be used if the training ended here: at full size, whatever has grown.
        """
        if self.growth is None:
            return self._score()
        with self.growth.as_if_full():
            return self._score()

    def _score(self) -> float:
        faces = self.pair.likeness.held(_JUDGED, self.device)
        error, weight = 0.0, 0.0
        was_training = self.training
        self.eval()
        with torch.no_grad():
            for k in range(0, len(faces.images), 8):
                images, mattes = faces.images[k : k + 8], faces.mattes[k : k + 8]
                regions = eyes_and_mouth(faces.landmarks[k : k + 8], images.shape[-1])
                share = mattes * (1 + 3 * regions)
                apart = (self.drawn_again(images).rgb - images).square() * share
                error += float(apart.double().sum())
                weight += 3 * float(share.double().sum())
        self.train(was_training)
        return float(-10 * np.log10(max(error / max(weight, 1e-9), 1e-10)))

    def preview(self) -> npt.NDArray[np.uint8]:
        """Rows: likeness, its reconstruction, plate, swap, the swap's matte."""
        was_training = self.training
        self.eval()
        with torch.no_grad():
            likeness = self.pair.likeness.held(_SHOWN, self.device).images
            plate = self.pair.plate.held(_SHOWN, self.device).images
            again, swap = self.drawn_again(likeness), self.swapped(plate)
        self.train(was_training)
        return sheet([likeness, again.rgb, plate, swap.rgb, swap.matte])


class FamilyLearner(PairLearner):
    """Learns a `df`, a `liae` or a `quick96`."""

    name = "autoencoder"

    def __init__(self, net: Autoencoder, options: Options, pair: Pair, recipe: Recipe) -> None:
        decoders = {id(each): each for each in (net.likeness_decoder, net.plate_decoder)}
        super().__init__(options, pair, recipe, [*decoders.values()])
        self.autoencoder = net
        self.code_judge: CodeDiscriminator | None = None
        if isinstance(options, DfOptions) and options.true_face > 0:
            self.code_judge = CodeDiscriminator(*net.shape.code)
        if isinstance(net, Liae) and not options.warp:
            # Nothing that is bent teaches what both have in common; it would forget.
            net.inter_both.requires_grad_(False)

    @property
    def net(self) -> Autoencoder:
        """The network that draws."""
        return self.autoencoder

    def architecture(self) -> Mapping[str, Any]:
        """Everything that shapes depend on. Who judges may come and go."""
        shape = self.autoencoder.shape
        return {
            "kind": shape.name,
            "resolution": shape.resolution,
            "inter": shape.inter,
            "encoder": shape.encoder,
            "decoder": shape.decoder,
            "matte": shape.matte,
        }

    def players(self) -> Mapping[str, list[nn.Parameter]]:
        """The network, and who judges its pictures and its codes."""
        found = dict(super().players())
        if self.code_judge is not None:
            found["code judge"] = list(self.code_judge.parameters())
        return found

    def swapped(self, plate: Tensor) -> Decoded:
        """Plate faces as the likeness."""
        net = self.autoencoder
        return in_full(self.drawn(net.likeness_decoder, net.swap_code(net.encoder(plate))))

    def drawn_again(self, likeness: Tensor) -> Decoded:
        """Likeness faces, through the network."""
        net = self.autoencoder
        return in_full(self.drawn(net.likeness_decoder, net.likeness_code(net.encoder(likeness))))

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002
        """Of both performers' faces, drawn again, and of what else was asked for."""
        net = self.autoencoder
        count = len(batch["likeness input"])
        features = net.encoder(torch.cat([batch["likeness input"], batch["plate input"]]))
        codes = net.likeness_code(features[:count]), net.plate_code(features[count:])
        likeness, plate = self.drawn(net.likeness_decoder, codes[0]), self.drawn(net.plate_decoder, codes[1])
        aims = aim_of(batch, "likeness"), aim_of(batch, "plate")
        parts = self.reconstructed(batch, likeness, plate) | self.sight.of_swap(batch, self.swapped)
        likeness, plate = in_full(likeness), in_full(plate)
        totals: dict[str, Tensor] = {}
        if isinstance(self.options, FamilyOptions):
            styled = self.options.face_style, self.options.background_style
            if any(styled):
                # The code is left alone: style is the decoder's business.
                swap = in_full(self.drawn(net.likeness_decoder, net.swap_code(features[count:]).detach()))
                parts |= style(swap, plate, aims[1], *styled)
        if self.code_judge is not None:
            of_likeness, of_plate = codes
            power = self.options.true_face if isinstance(self.options, DfOptions) else 0.0
            parts["true face"] = power * losses.judged(self.code_judge(of_likeness), True)
            totals["code judge"] = losses.discriminating(
                self.code_judge(of_plate.detach()), self.code_judge(of_likeness.detach())
            ).mean()
        if self.judge is not None:
            parts["gan"], totals["judge"] = self.contested((likeness, aims[0]))
            if self.recipe.masked:
                mask = self.recipe.mask(aims[0])
                parts["surroundings"] = surroundings(likeness.rgb, aims[0], mask, 0.02)
        return Losses({**self.totals(parts), **totals}, {name: part.mean() for name, part in parts.items()})

    def begin_from(self, weights: Mapping[str, Tensor]) -> None:
        """Take the encoder and the decoders of another training; inters begin anew, as they were made.

        Raises BadInputError where their shapes are others.
        """
        fresh = _names_of(self.autoencoder, self.autoencoder.inters())
        take_over(self.autoencoder, self.of_net(weights), fresh)


def aim_of(batch: Batch, who: str) -> Aim:
    """What is to be drawn of a performer."""
    return Aim(batch[f"{who} target"], batch[f"{who} matte"], batch[f"{who} regions"])


def take_over(net: nn.Module, weights: Mapping[str, Tensor], fresh: set[str]) -> None:
    """Give `net` these weights, but for those in `fresh`. Raises BadInputError where they do not fit."""
    own = net.state_dict()
    for name in own.keys() - fresh:
        if name not in weights or weights[name].shape != own[name].shape:
            raise BadInputError(
                "The training to start from has another network: give one of the same engine, with the same "
                "resolution and widths."
            )
    net.load_state_dict({name: each if name in fresh else weights[name] for name, each in own.items()})


def _names_of(net: nn.Module, parts: list[nn.Module]) -> set[str]:
    belonging = {id(tensor) for part in parts for tensor in part.parameters()}
    return {name for name, parameter in net.named_parameters() if id(parameter) in belonging}
