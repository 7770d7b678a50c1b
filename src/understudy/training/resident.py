"""Training faces as tensors: on the device where they fit, so that training never waits for them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from understudy.training.faces import TrainingFaces

_DEVICE_BYTES = 6 << 30
"""Pictures of one person that are kept on a GPU; more stay in the computer's memory or on its disk."""


@dataclass(frozen=True)
class Taken:
    """Some faces: images (B, 3, S, S) and mattes (B, 1, S, S) uint8, landmarks (B, 478, 3), pose (B, 3)."""

    images: Tensor = field(repr=False)
    mattes: Tensor = field(repr=False)
    landmarks: Tensor = field(repr=False)
    pose: Tensor = field(repr=False)


class Resident:
    """Takes batches out of training faces, uint8 all the way. Not a module: the faces are not saved."""

    def __init__(self, faces: TrainingFaces) -> None:
        self._here = [_tensor(each) for each in (faces.images, faces.mattes, faces.landmarks, faces.pose)]
        self._there: list[Tensor] = self._here
        self._device = torch.device("cpu")

    def take(self, rows: Tensor, device: torch.device) -> Taken:
        """The faces `rows` (B,) int64 (on the CPU) on a device. The first call moves all of them there."""
        if device != self._device:
            self._device = device
            size = sum(each.nbytes for each in self._here)
            self._there = [each.to(device) for each in self._here] if size <= _DEVICE_BYTES else self._here
        if self._there is self._here:
            images, mattes, landmarks, pose = (each[rows].to(device) for each in self._here)
        else:
            where = rows.to(device, non_blocking=True)
            images, mattes, landmarks, pose = (each[where] for each in self._there)
        return Taken(images.permute(0, 3, 1, 2), mattes[:, None], landmarks, pose)


def _tensor(array: npt.NDArray[Any]) -> Tensor:
    with warnings.catch_warnings():
        # Arrays mapped from the disk cannot be written to, and nobody does.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
