"""How a network learns mattes from a few faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from understudy.mattes.augmenting import Examples, MatteAugmentation, augmented
from understudy.mattes.network import Shape, mattes_of
from understudy.training.learner import Batch, Learner, Losses
from understudy.training.sampling import Sampler, hold_out

Bytes = npt.NDArray[np.uint8]

_HELD_OUT = 0.15
_SHOWN = 8
_GAP = 2


@dataclass(frozen=True)
class LabelledFaces:
    """Faces with mattes by hand, in order of time, squares of one side S.

    images    (N, S, S, 3) uint8 RGB
    mattes    (N, S, S) uint8, 255 where the face is to be replaced
    weights   (N, S, S) uint8, 255 where that matters, see `areas.face_area`
    """

    images: Bytes = field(repr=False)
    mattes: Bytes = field(repr=False)
    weights: Bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("mattes", "weights"):
            if getattr(self, name).shape != self.images.shape[:3]:
                raise ValueError(f"{name} must be {self.images.shape[:3]}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.images)


class MatteLearner(Learner):
    """Learns to tell what is to be replaced from what stands before it."""

    name = "matte"

    def __init__(
        self, shape: Shape, faces: LabelledFaces, augmentation: MatteAugmentation | None = None
    ) -> None:
        super().__init__()
        if faces.images.shape[1] != shape.resolution:
            raise ValueError(
                f"faces are {faces.images.shape[1]} wide and the network sees {shape.resolution}"
            )
        self.shape = shape
        self.augmentation = augmentation or MatteAugmentation()
        self.network = shape.network()
        seen, self._held = hold_out(len(faces), share=_HELD_OUT, blocks=len(faces), gap=0)
        self.sampler = Sampler(seen)
        self._faces = [
            torch.from_numpy(np.ascontiguousarray(each))
            for each in (faces.images, faces.mattes, faces.weights)
        ]

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        """`count` faces, changed."""
        rows = self.sampler.draw(count, chance)
        return vars(augmented(self._examples(rows), self.augmentation, chance))

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002
        """Cross entropy, and how far what is covered overlaps (soft Dice: Milletari et al., "V-Net", 2016).

        Without the second, a few faces on which little is covered teach that nothing is.
        """
        logits = self.network(batch["images"])
        matte, weight = batch["mattes"], batch["weights"]
        area = weight.sum((1, 2, 3)).clamp(min=1.0)
        entropy = F.binary_cross_entropy_with_logits(logits, matte, reduction="none") * weight
        entropy = (entropy.sum((1, 2, 3)) / area).mean()
        cover, found = (1 - matte) * weight, torch.sigmoid(-logits) * weight
        both, either = (cover * found).sum((1, 2, 3)), (cover + found).sum((1, 2, 3))
        # As if a hundredth of the face were covered and found: where nothing is, little is asked.
        apart = (1 - (2 * both + 0.01 * area) / (either + 0.01 * area)).mean()
        return Losses({"network": entropy + 0.5 * apart}, {"entropy": entropy, "overlap": apart})

    def score(self) -> float:
        """Intersection over union on held-out faces, the mean of what is to be replaced and of the rest."""
        rows = torch.from_numpy(self._held)
        faces = self._examples(rows)
        return intersection_over_union(mattes_of(self.network, faces.images), faces.mattes, faces.weights)

    def preview(self) -> Bytes:
        """Rows: held-out faces, what is covered by hand in red, what was found to be."""
        faces = self._examples(torch.from_numpy(self._held[:_SHOWN]))
        rows = [
            faces.images,
            _reddened(faces.images, faces.mattes, faces.weights),
            _reddened(faces.images, mattes_of(self.network, faces.images), faces.weights),
        ]
        return _sheet(rows)

    def architecture(self) -> Mapping[str, Any]:
        """Everything that shapes depend on."""
        return asdict(self.shape)

    def _examples(self, rows: Tensor) -> Examples:
        images, mattes, weights = (each[rows].to(self.device).float() / 255.0 for each in self._faces)
        return Examples(images.permute(0, 3, 1, 2), mattes[:, None], weights[:, None])


def intersection_over_union(found: Tensor, truth: Tensor, weights: Tensor) -> float:
    """Mean IoU of both classes, cut at one half, over all pixels that matter of mattes (B, 1, S, S)."""
    matters, ours, theirs = weights > 0.5, found > 0.5, truth > 0.5
    shares = []
    for a, b in ((ours, theirs), (~ours, ~theirs)):
        either = int(((a | b) & matters).sum())
        shares.append(int((a & b & matters).sum()) / either if either else 1.0)
    return sum(shares) / 2


def _reddened(images: Tensor, mattes: Tensor, weights: Tensor) -> Tensor:
    cover = 0.7 * (1 - mattes) * weights
    red = torch.tensor([1.0, 0.1, 0.1], device=images.device).view(1, 3, 1, 1)
    return images * (1 - cover) + red * cover


def _sheet(rows: list[Tensor]) -> Bytes:
    size = rows[0].shape[-1]
    lines = [torch.cat([F.pad(each, (0, _GAP)) for each in row], -1) for row in rows]
    whole = torch.cat([F.pad(line, (0, 0, 0, _GAP)) for line in lines], 1)[:, : -_GAP or size, :-_GAP]
    return np.asarray((whole * 255).round().byte().permute(1, 2, 0).cpu().numpy())
