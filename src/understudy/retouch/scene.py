"""What repairing looks at: a finished film beside its plate, and where the faces are in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from understudy.pixels import Floats
from understudy.retouch.canvas import Area

Image = npt.NDArray[Any]
"""(H, W, 3) RGB, uint8 or uint16 on the full scale."""


class Scene(Protocol):
    """A film whose faces are repaired. Frames are the film's, from 0; all pictures have the film's size.

    What is asked for may be called by several threads at once.
    """

    @property
    def frames(self) -> int:
        """How many frames there are."""

    def result(self, frame: int) -> Image:
        """The film as it was made, without edits. Not to be written to."""

    def plate(self, frame: int) -> Image:
        """The plate beneath it, in the film's size. Not to be written to."""

    def landmarks(self, track: int, frame: int) -> npt.NDArray[np.float32] | None:
        """Steady landmarks (478, 3) of a face in the film's pixels; None where it is not in that frame."""


@dataclass(frozen=True)
class Moment:
    """One frame at work: what is asked of operations.

    image   (H, W, 3) as the edits before this one have left it; written to
    film    as it was before any
    """

    scene: Scene
    frame: int
    landmarks: npt.NDArray[np.float32] = field(repr=False)
    image: Image = field(repr=False)
    film: Image = field(repr=False)


def store(new: Floats, old: Floats, image: Image, area: Area) -> None:
    """Write an area of a frame; where `new` equals `old`, (h, w, 3) in [0, 1], nothing changes."""
    top = float(np.iinfo(image.dtype).max)
    rounded = np.clip(new * top + 0.5, 0, top).astype(image.dtype)
    region = image[area.within]
    region[...] = np.where((new == old).all(-1, keepdims=True), region, rounded)
