"""What a watermark can do, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]
"""(H, W, 3 or 4) RGB(A), uint8 or uint16 on the full scale."""
Affine = npt.NDArray[np.float64]
"""(2, 3), on column vectors (x, y, 1)."""

PAYLOAD_BITS = 64


@dataclass(frozen=True)
class Detection:
    """What was found in a film.

    payload     the hidden number, or None where there is none that can be believed
    confidence  how far the mark stands out of what an unmarked picture gives, in standard deviations
    frames      how many pictures were looked at
    placement   where the marked picture lies in the one that was looked at: from the marked picture to this
                one, both with the centre at the origin and the longer side of length 1; shape (2, 3)
    """

    payload: int | None
    confidence: float
    frames: int
    placement: Affine = field(default_factory=lambda: np.eye(2, 3), repr=False)


class Watermark(Protocol):
    """One algorithm with one key. Every one passes tests/provenance/test_watermark_contract.py.

    `algorithm` is the name that is written into credentials, in reverse-domain notation as in the C2PA list
    of soft-binding algorithms.
    """

    algorithm: str

    def embedder(self, payload: int, height: int, width: int) -> Callable[[Image], Image]:
        """What marks pictures (H, W, 3 or 4) with `payload`, 0 <= payload < 2**64.

        It returns a new picture of the same shape and type, depends on the picture alone, and may be called
        from several threads.
        """

    def detect(self, pictures: Iterable[Image], *, search: bool = True) -> Detection:
        """Look for a mark in pictures of one film, all (H, W, 3 or 4) of one size.

        `search` also tries other placements than the whole picture, which takes seconds. Raises ValueError
        where there is no picture.
        """
