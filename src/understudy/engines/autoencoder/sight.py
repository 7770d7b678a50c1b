"""What is asked of a drawn face beside the pixels: that it looks like the person, and holds still."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from understudy.engines.autoencoder.drawing import Pair
from understudy.engines.autoencoder.objective import Aim, Parts
from understudy.engines.autoencoder.options import Options
from understudy.nets.autoencoder import Decoded
from understudy.training import losses
from understudy.training.learner import Batch
from understudy.training.onlookers import embeddings, features, perception, recogniser
from understudy.training.placing import Placed

_KNOWN = 32
"""Likeness faces whose mean embedding is who the likeness is."""


class Sight:
    """Losses by networks that the user brings, and of the swap itself, for which there is no target.

    Not a module: nothing in it is trained or saved. Raises BadInputError where a network is missing.
    """

    def __init__(self, options: Options, pair: Pair) -> None:
        self._options = options
        self._pair = pair
        self._perception = perception(options.perception) if options.perceptual > 0 else None
        self._recogniser = recogniser() if options.identity > 0 else None
        self._known: Tensor | None = None

    def of_drawn(self, drawn: Decoded, aim: Aim, mask: Tensor) -> Parts:
        """Of a face that is drawn again, where the mask is 1."""
        if self._perception is None:
            return {}
        network = self._perception.on(drawn.rgb.device)
        apart = losses.perceptual(drawn.rgb * mask, aim.target * mask, lambda x: features(network, x))
        return {"perceptual": self._options.perceptual * apart}

    def of_swap(self, batch: Batch, swap: Callable[[Tensor], Decoded]) -> Parts:
        """Of plate faces drawn as the likeness. `swap` draws them with gradients; called once at most.

        identity     the swap, in its surroundings, is to be taken for the likeness (`losses.identity`)
        steadiness   the swap of a face that is moved a little is the swap moved as much, within the face:
                     |f(T x) - T f(x)| (Eilertsen et al. 2019, transform invariance): what comes of two
                     frames then differs by what was acted, and not by how they were cut out
        """
        steadiness = self._options.steadiness
        if not steadiness and self._recogniser is None:
            return {}
        plate, matte = batch["plate target"], batch["plate matte"]
        shown, grid = plate, None
        if steadiness:
            moved = Placed(batch["moved linear"], batch["moved shift"], batch["moved linear"][:, 0, 0] < 0)
            grid = moved.grid(plate.shape[-1])
            shown = torch.cat([plate, _sampled(plate, grid)])
        drawn = swap(shown).rgb
        parts: Parts = {}
        if grid is not None:
            still = _sampled(torch.cat([drawn[: len(plate)], matte], 1), grid)
            parts["steadiness"] = steadiness * losses.l1(drawn[len(plate) :], still[:, :3], still[:, 3:])
        if self._recogniser is not None:
            network = self._recogniser.on(plate.device)
            known = self._likeness(plate.device)
            face = torch.lerp(plate, drawn[: len(plate)].float(), matte)
            parts["identity"] = self._options.identity * losses.identity(
                face, known, lambda x: embeddings(network, x, batch["plate landmarks"])
            )
        return parts

    @torch.no_grad()
    def _likeness(self, device: torch.device) -> Tensor:
        """The mean embedding of the likeness, (128,)."""
        if self._known is None:
            assert self._recogniser is not None
            faces = self._pair.likeness.learned(_KNOWN, device)
            network = self._recogniser.on(device)
            found = [
                embeddings(network, faces.images[k : k + 4], faces.landmarks[k : k + 4])
                for k in range(0, len(faces.images), 4)
            ]
            self._known = torch.cat(found).mean(0)
        return self._known


def _sampled(pictures: Tensor, grid: Tensor) -> Tensor:
    return functional.grid_sample(pictures.float(), grid, padding_mode="border", align_corners=False)
