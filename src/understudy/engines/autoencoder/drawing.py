"""Where batches come from: both performers' faces, drawn and augmented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from understudy.engines.autoencoder.options import Options
from understudy.training.augment import Augmentation, Augmented, augment
from understudy.training.faces import TrainingFaces
from understudy.training.losses import blur_outside
from understudy.training.placing import Placing, place
from understudy.training.regions import eyes_and_mouth
from understudy.training.resident import Resident
from understudy.training.sampling import Sampler, hold_out, pose_weights
from understudy.training.toning import Tone
from understudy.training.transfer import transfer

MOVED = Placing(rotation=1.0, scale=0.01, shift=0.01)
"""How differently a face may be cut out of two frames."""
UNBENT = 1 / 3
"""The share of Quick96's batches in which nothing is bent."""


@dataclass(frozen=True)
class Held:
    """Faces as they are: images (N, 3, S, S) and mattes (N, 1, S, S) in [0, 1], landmarks (N, 478, 3)."""

    images: Tensor = field(repr=False)
    mattes: Tensor = field(repr=False)
    landmarks: Tensor = field(repr=False)


class Performer(nn.Module):
    """One performer's faces: those that are learned from, and those that are held out to judge by."""

    def __init__(self, faces: TrainingFaces, even_poses: bool, hard: float) -> None:
        super().__init__()
        learned, held = hold_out(len(faces))
        weights = pose_weights(faces.pose[learned]) if even_poses else None
        self.sampler = Sampler(learned, weights, hard)
        self._learned, self._held = learned, held
        self._faces = Resident(faces)

    def draw(
        self, count: int, amounts: Augmentation, chance: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Augmented]:
        """`count` faces, augmented, and which they are."""
        rows = self.sampler.draw(count, chance)
        taken = self._faces.take(rows, device)
        return rows.to(device), augment(taken.images, taken.mattes, taken.landmarks, amounts, chance)

    def held(self, most: int, device: torch.device) -> Held:
        """At most so many of the held-out faces, evenly spread."""
        return self._some(self._held, most, device)

    def learned(self, most: int, device: torch.device) -> Held:
        """At most so many of the faces that are learned from, evenly spread."""
        return self._some(self._learned, most, device)

    def _some(self, among: npt.NDArray[np.int64], most: int, device: torch.device) -> Held:
        count = min(most, len(among))
        places = np.linspace(0, len(among) - 1, count).round().astype(np.int64)
        taken = self._faces.take(torch.from_numpy(among[places]), device)
        return Held(taken.images.float() / 255, taken.mattes.float() / 255, taken.landmarks)


class Pair(nn.Module):
    """Both performers, drawn together: an example is a face of each."""

    def __init__(
        self, likeness: TrainingFaces, plate: TrainingFaces, options: Options, unbent: float = 0.0
    ) -> None:
        super().__init__()
        self.likeness = Performer(likeness, options.even_poses, options.hard)
        self.plate = Performer(plate, options.even_poses, options.hard)
        self._options = options
        self._unbent = unbent

    def draw(self, count: int, chance: torch.Generator, device: torch.device) -> dict[str, Tensor]:
        """Tensors named `likeness input`, `plate matte` and so on: input, target, matte, regions, landmarks.

        `face` is which faces they are. With the option `steadiness` also by how much plate faces are moved.
        """
        options = self._options
        bend = options.warp and float(torch.rand(1, generator=chance)) >= self._unbent
        base = Augmentation(warp=Augmentation.warp if bend else 0.0)
        jitter = options.colour_jitter
        jittered = Tone(hue=180 * jitter, saturation=jitter / 2, brightness=jitter / 2)
        faces, likeness = self.likeness.draw(
            count, replace(base, placing=_placing(options.likeness_flip), own=jittered), chance, device
        )
        plate_faces, plate = self.plate.draw(
            count, replace(base, placing=_placing(options.plate_flip)), chance, device
        )
        seen, wanted = transfer(
            [likeness.target, likeness.input],
            likeness.matte,
            plate.target,
            plate.matte,
            options.colour_transfer,
        )[::-1]
        likeness = replace(likeness, input=seen, target=wanted)
        batch = {"likeness face": faces, "plate face": plate_faces}
        for name, face in (("likeness", likeness), ("plate", plate)):
            size = face.target.shape[-1]
            target = face.target
            if options.blur_outside:
                target = blur_outside(target, face.matte, size / 128)
            batch[f"{name} input"] = face.input
            batch[f"{name} target"] = target
            batch[f"{name} matte"] = face.matte
            batch[f"{name} regions"] = eyes_and_mouth(face.landmarks, size)
            batch[f"{name} landmarks"] = face.landmarks
        if options.steadiness:
            moved = place(MOVED, count, chance)
            batch |= {"moved linear": moved.linear.to(device), "moved shift": moved.shift.to(device)}
        return batch

    def begin(self, drawn: int, seed: int) -> None:
        """So many faces of each performer were drawn before."""
        self.likeness.sampler.begin(drawn, seed)
        self.plate.sampler.begin(drawn, seed + 1)

    def tell(self, batch: Mapping[str, Tensor], likeness: Tensor, plate: Tensor) -> None:
        """How wrong the network was on each face of a batch, (B,) each."""
        self.likeness.sampler.tell(batch["likeness face"], likeness)
        self.plate.sampler.tell(batch["plate face"], plate)

    def reweigh(self) -> None:
        """Heed what was told."""
        self.likeness.sampler.refresh()
        self.plate.sampler.refresh()


def _placing(flips: bool) -> Placing:
    """DeepFaceLab mirrors four in ten."""
    return Placing(flip=0.4 if flips else 0.0)
