"""Where each bit stands on the picture: a square grid of chips, laid out by a key.

The grid belongs to the picture, not to its pixels: `size` chips along the longer side, centred, so that a
rescaled film needs no search. A quarter of the chips, the pilot, is known beforehand and tells where the grid
lies in a picture that was cropped or turned; each of the others carries one coded bit, times its own sign.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from understudy.provenance.watermark.coding import CODED_BITS, encode

Floats = npt.NDArray[np.float32]

_PILOT_SHARE = 0.25
_LOWEST = 3.0
"""Blotches wider than about this many chips are taken out of the pattern: the eye sees those first."""


@dataclass(frozen=True)
class Pattern:
    """A keyed layout.

    signs   (size, size), -1 or 1
    slots   (size, size): which coded bit a chip carries, -1 for pilot chips
    pilot   (size, size): the signs of the pilot chips, 0 elsewhere
    """

    size: int
    signs: Floats = field(repr=False)
    slots: npt.NDArray[np.int32] = field(repr=False)
    pilot: Floats = field(repr=False)

    @classmethod
    def of_key(cls, key: bytes, size: int) -> Pattern:
        """The layout that `key` gives, on every machine the same."""
        seed = hashlib.sha256(size.to_bytes(4, "big") + key).digest()[:16]
        random = np.random.Generator(np.random.Philox(int.from_bytes(seed, "little")))
        signs = (random.integers(0, 2, (size, size), dtype=np.int8) * 2 - 1).astype(np.float32)
        is_pilot = random.random((size, size)) < _PILOT_SHARE
        slots = random.integers(0, CODED_BITS, (size, size)).astype(np.int32)
        slots[is_pilot] = -1
        return cls(size, signs, slots, np.where(is_pilot, signs, 0).astype(np.float32))

    def chips(self, payload: int, height: int, width: int) -> Floats:
        """The chips that a picture of `height` x `width` pixels shows for a number; mean square about 1."""
        bits = 1 - 2 * encode(payload).astype(np.float32)
        whole = self.signs * np.where(self.slots < 0, 1, bits[np.maximum(self.slots, 0)])
        whole -= cv2.GaussianBlur(whole, (0, 0), _LOWEST)
        rows, columns = self.shape_on(height, width)
        top, left = (self.size - rows) // 2, (self.size - columns) // 2
        return np.ascontiguousarray(whole[top : top + rows, left : left + columns])

    def shape_on(self, height: int, width: int) -> tuple[int, int]:
        """Chips down and across a picture; even, so that the grid's centre is the picture's."""
        scale = self.size / max(height, width)
        return max(2, 2 * round(height * scale / 2)), max(2, 2 * round(width * scale / 2))

    def evidence(self, chips: Floats, seen: npt.NDArray[np.bool_]) -> tuple[Floats, float]:
        """What a picture's chips say: evidence for each coded bit, and how surely the pilot is there.

        `chips` (size, size) are the measured values, `seen` says which of them lie on the picture. The
        sureness is the pilot's correlation in standard deviations: near 0, give or take 1, where there is no
        mark.
        """
        agreement = (chips * self.signs)[seen]
        slots = self.slots[seen]
        data = slots >= 0
        pilot = agreement[~data]
        if pilot.size < 64:
            return np.zeros(CODED_BITS, np.float32), 0.0
        sums = np.bincount(slots[data], agreement[data], CODED_BITS)
        counts = np.bincount(slots[data], minlength=CODED_BITS)
        sureness = float(pilot.mean() * np.sqrt(pilot.size) / (pilot.std() + 1e-9))
        return (sums / np.sqrt(np.maximum(counts, 1))).astype(np.float32), sureness
