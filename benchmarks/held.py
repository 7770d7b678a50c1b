"""A film held in memory, with one face: edits are tried on it by the benchmark of retouching and by tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Held:
    """Implements `retouch.scene.Scene` with one track, 0.

    film, below   the result and the plate, T frames (H, W, 3)
    faces         landmarks (T, 478, 3)
    """

    film: tuple[Bytes, ...] = field(repr=False)
    below: tuple[Bytes, ...] = field(repr=False)
    faces: npt.NDArray[np.float32] = field(repr=False)

    @property
    def frames(self) -> int:
        """T."""
        return len(self.film)

    def result(self, frame: int) -> Bytes:
        """The film without edits."""
        return self.film[frame]

    def plate(self, frame: int) -> Bytes:
        """What is beneath it."""
        return self.below[frame]

    def landmarks(self, track: int, frame: int) -> npt.NDArray[np.float32] | None:
        """Of the one face."""
        return self.faces[frame] if track == 0 and 0 <= frame < len(self.faces) else None

    def with_film(self, film: tuple[Bytes, ...]) -> Held:
        """The same face and plate beneath another result."""
        return replace(self, film=film)
