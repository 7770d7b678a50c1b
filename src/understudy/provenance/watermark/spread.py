"""Our watermark: keyed spread spectrum with a soft-decoded convolutional code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from understudy.provenance.watermark.base import Detection, Image
from understudy.provenance.watermark.coding import decode
from understudy.provenance.watermark.embedding import Embedder
from understudy.provenance.watermark.pattern import Pattern
from understudy.provenance.watermark.residual import Floats, mean_residual
from understudy.provenance.watermark.search import NOMINAL, Guess, Search, laid, seen

PUBLIC_KEY = b"understudy-public-1"
"""Anyone can read marks made with it; whoever has a key can also forge and remove them."""

_FINE, _COARSE = 320, 160
_FINE_FROM = 1200
"""Pictures whose longer side is shorter than this take the coarse grid: its chips are still pixels there."""

_SURE, _SURE_AFTER_SEARCH = 4.0, 6.5
"""The least sureness of the pilot: a search picks the largest of many chances, so that it must show more."""


class SpreadSpectrum:
    """Implements `understudy.provenance.watermark.base.Watermark`."""

    algorithm = "org.understudy.spread.1"

    def __init__(self, key: bytes | None = None) -> None:
        """`key` None is the public key, which every copy of Understudy can read."""
        self._key = PUBLIC_KEY if key is None else key

    def embedder(self, payload: int, height: int, width: int) -> Callable[[Image], Image]:
        """What marks pictures of that size with `payload`; see `Watermark.embedder`."""
        pattern = _pattern(self._key, _FINE if max(height, width) >= _FINE_FROM else _COARSE)
        return Embedder(pattern.chips(payload, height, width), height, width)

    def detect(self, pictures: Iterable[Image], *, search: bool = True) -> Detection:
        """Look for a mark; see `Watermark.detect`."""
        residual, frames = mean_residual(pictures)
        best = Detection(None, 0.0, frames)
        for guess, least in _guesses(
            [_pattern(self._key, size) for size in (_FINE, _COARSE)], residual, search
        ):
            found = _read(guess[1], guess[0], residual, frames, least)
            if found.payload is not None:
                return found
            best = max(best, found, key=lambda detection: detection.confidence)
        return best


def _guesses(
    patterns: list[Pattern], residual: Floats, search: bool
) -> Iterable[tuple[tuple[Guess, Pattern], float]]:
    for pattern in patterns:
        yield (NOMINAL, pattern), _SURE
    if not search:
        return
    searches = [(Search(pattern, residual), pattern) for pattern in patterns]
    for kind in (Search.straight, Search.turned):
        for place, pattern in searches:
            for guess in kind(place):
                yield (guess, pattern), _SURE_AFTER_SEARCH


def _read(pattern: Pattern, guess: Guess, residual: Floats, frames: int, least: float) -> Detection:
    placement = guess.placement(pattern.size)
    chips, shown = laid(residual, placement, pattern.size), seen(residual, placement, pattern.size)
    evidence, sureness = pattern.evidence(chips, shown)
    payload = decode(evidence) if sureness >= least else None
    return Detection(payload, sureness, frames, placement)


@cache
def _pattern(key: bytes, size: int) -> Pattern:
    return Pattern.of_key(key, size)
