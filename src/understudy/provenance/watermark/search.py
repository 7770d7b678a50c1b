"""Where a pattern lies in a picture that was cropped, scaled, padded, mirrored or slightly turned.

Each guess of scale and turn is laid over the residual; one correlation with the pilot, by FFT, gives the
shift. Guesses with a turn look at the grid's middle only, which a wrong guess distorts least, so that they
may stand further apart; the best are then refined over the whole grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt
import scipy.fft

from understudy.parallel import ordered_map
from understudy.provenance.watermark.base import Affine
from understudy.provenance.watermark.pattern import Pattern
from understudy.provenance.watermark.residual import WORKING_SIZE

Floats = npt.NDArray[np.float32]

_SCALES = np.exp(np.arange(math.log(0.70), math.log(2.0), 0.006))
_TURNED_SCALES = np.exp(np.arange(math.log(0.85), math.log(1.25), 0.016))
_TURNS = np.radians([turn for turn in np.arange(-3.0, 3.01, 0.75) if abs(turn) > 0.1])
_MIDDLE = 5 / 12
_STRAIGHT_TRIED, _TURNED_TRIED = 3, 4
_NEAR = 0.018
_STEPS = (0.003, 0.0015, 0.0008)


@dataclass(frozen=True)
class Guess:
    """A placement: scale along x (negative: mirrored) and y, turn in radians, shift in chips.

    `peak` is the highest correlation with the pilot in standard deviations of all shifts.
    """

    across: float
    down: float
    turn: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    peak: float = field(default=0.0, compare=False)

    def is_near(self, other: Guess) -> bool:
        """Whether refining either would lead to the same placement."""
        return abs(self.across / other.across - 1) < _NEAR and abs(self.turn - other.turn) < _NEAR

    def placement(self, size: int) -> Affine:
        """From the marked picture to the one looked at (see `base.Detection`), for a grid of `size` chips."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([self.across, self.down])
        return np.hstack([linear, linear @ np.array(self.shift)[:, None] / size])


NOMINAL = Guess(1.0, 1.0)


def laid(residual: Floats, placement: Affine, size: int) -> Floats:
    """The residual where each chip of a grid of `size` would be, (size, size); 0 off the picture."""
    matrix = _to_residual(residual, placement, size)
    chips: Floats = cv2.warpAffine(
        residual, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return chips


def seen(residual: Floats, placement: Affine, size: int) -> npt.NDArray[np.bool_]:
    """Which chips of a grid of `size` lie on the picture, (size, size)."""
    matrix = _to_residual(residual, placement, size)
    ones = np.ones(residual.shape, np.uint8)
    inside = cv2.warpAffine(ones, matrix, (size, size), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    shown: npt.NDArray[np.bool_] = inside > 0
    return shown


def _to_residual(residual: Floats, placement: Affine, size: int) -> Affine:
    """From places on the grid, in chips, to places on the residual, in pixels; shape (2, 3)."""
    height, width = residual.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    linear = placement[:, :2] * (WORKING_SIZE / size)
    start = middle + WORKING_SIZE * placement[:, 2] - linear @ np.full(2, (size - 1) / 2)
    return np.hstack([linear, start[:, None]])


class Search:
    """The search for one pattern's pilot in one residual."""

    def __init__(self, pattern: Pattern, residual: Floats) -> None:
        self._pattern = pattern
        self._residual = residual
        self._ring = scipy.fft.next_fast_len(pattern.size * 4 // 3, real=True)
        self._pilot = np.conj(scipy.fft.rfft2(pattern.pilot, (self._ring, self._ring)))

    def straight(self) -> Iterator[Guess]:
        """The likeliest placements without a turn, mirrored or not, likeliest first."""
        guesses = [Guess(mirror * scale, scale) for mirror in (1, -1) for scale in _SCALES]
        return self._best(self._shifted(guesses, middle=False), _STRAIGHT_TRIED)

    def turned(self) -> Iterator[Guess]:
        """The likeliest placements with a turn of up to three degrees, likeliest first."""
        guesses = [Guess(scale, scale, turn) for turn in _TURNS for scale in _TURNED_SCALES]
        return self._best(self._shifted(guesses, middle=True), _TURNED_TRIED)

    def _shifted(self, guesses: Iterable[Guess], *, middle: bool) -> list[Guess]:
        return list(ordered_map(lambda guess: self._with_shift(guess, middle=middle), guesses))

    def _best(self, guesses: list[Guess], count: int) -> Iterator[Guess]:
        chosen: list[Guess] = []
        for guess in sorted(guesses, key=lambda guess: -guess.peak):
            if not any(guess.is_near(other) for other in chosen):
                chosen.append(guess)
                yield self._refined(guess)
            if len(chosen) == count:
                return

    def _refined(self, guess: Guess) -> Guess:
        """Uphill in scale across, scale down and turn, by steps that grow finer."""
        best = self._with_shift(guess)
        for step in _STEPS:
            for _ in range(2):
                around = [
                    replace(
                        best,
                        across=best.across * (1 + a * step),
                        down=best.down * (1 + d * step),
                        turn=best.turn + t * step,
                    )
                    for a, d, t in (
                        (1, 1, 0),
                        (-1, -1, 0),
                        (0, 0, 1),
                        (0, 0, -1),
                        (1, 0, 0),
                        (-1, 0, 0),
                        (0, 1, 0),
                        (0, -1, 0),
                    )
                ]
                top = max(self._shifted(around, middle=False), key=lambda found: found.peak)
                if top.peak <= best.peak:
                    break
                best = top
        return best

    def _with_shift(self, guess: Guess, *, middle: bool = False) -> Guess:
        """The guess with the shift at which the pilot fits best, to a fraction of a chip."""
        size, ring = self._pattern.size, self._ring
        chips = laid(self._residual, replace(guess, shift=(0, 0)).placement(size), size)
        if middle:
            edge = round(size * (1 - _MIDDLE) / 2)
            inside = np.zeros_like(chips)
            inside[edge:-edge, edge:-edge] = chips[edge:-edge, edge:-edge]
            chips = inside
        spectrum = scipy.fft.rfft2(chips, (ring, ring)) * self._pilot
        fit = scipy.fft.irfft2(spectrum, (ring, ring))
        y, x = divmod(int(fit.argmax()), ring)
        across = _summit(fit[y, x - 1], fit[y, x], fit[y, (x + 1) % ring])
        down = _summit(fit[y - 1, x], fit[y, x], fit[(y + 1) % ring, x])
        shift = (_signed(x, ring) + across, _signed(y, ring) + down)
        return replace(guess, shift=shift, peak=float(fit[y, x] / (fit.std() + 1e-12)))


def _signed(place: int, ring: int) -> int:
    return place if place < ring // 2 else place - ring


def _summit(before: float, top: float, after: float) -> float:
    """Where between three neighbours the peak of their parabola lies, in -0.5..0.5."""
    bend = before - 2 * top + after
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
