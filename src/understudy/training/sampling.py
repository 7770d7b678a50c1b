"""Which faces a network sees: poses evenly, hard ones oftener, none twice before all have been seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Array = npt.NDArray[np.float64]

_BIN = 4.0
"""Degrees of yaw and pitch that count as one pose."""
_WAITING = 64


def pose_weights(pose: npt.NDArray[np.floating[Any]], strength: float = 1.0, most: float = 6.0) -> Array:
    """How often each of N faces should be seen so that yaw and pitch come evenly, (N,), mean 1.

    pose       (N, 2 or more) yaw and pitch in degrees
    strength   0: every face alike, 1: every pose alike
    most       no face weighs more than so many times the mean: a single odd frame is not a pose

    Weights are inverse to the density of poses, a histogram smoothed by a binomial kernel.
    """
    if not len(pose):
        return np.zeros(0)
    cell = np.floor(np.asarray(pose, np.float64)[:, :2] / _BIN).astype(np.int64)
    cell -= cell.min(0) - 2
    counts = np.zeros(cell.max(0) + 3)
    np.add.at(counts, (cell[:, 0], cell[:, 1]), 1.0)
    for axis in (0, 1):
        counts = np.apply_along_axis(np.convolve, axis, counts, np.array([1, 4, 6, 4, 1]) / 16, "same")
    weights = counts[cell[:, 0], cell[:, 1]] ** -strength
    for _ in range(8):  # what is cut off raises the others' share
        weights = np.minimum(weights, most * weights.mean())
    return np.asarray(weights / weights.mean(), np.float64)


def hold_out(
    count: int, share: float = 0.08, blocks: int = 4, gap: int = 3
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Split faces 0..count-1, which are in order of time: those to learn from, and those to be judged by.

    The latter are at most `blocks` runs spread over the whole time, and `gap` faces on both sides of each run
    are left out of both: a neighbouring frame is the same picture, and judging by it would tell nothing. With
    fewer than 8 faces nothing can be spared, and all of them are in both.
    """
    everything = np.arange(count, dtype=np.int64)
    if count < 8:
        return everything, everything
    total = max(1, round(share * count))
    blocks = max(1, min(blocks, total, count // 8))
    gap = min(gap, (count // blocks - total // blocks) // 8)
    role = np.zeros(count, np.int8)
    sizes = [len(part) for part in np.array_split(np.arange(total), blocks)]
    for block, size in enumerate(sizes):
        begin = round((block + 0.5) * count / blocks - size / 2)
        near = slice(max(0, begin - gap), begin + size + gap)
        role[near] = 1
        role[begin : begin + size] = 2
    return everything[role == 0], everything[role == 2]


class Sampler(nn.Module):
    """Draws faces in epochs: within one, every face comes as often as its weight says, to within one time.

    among     (M,) the faces to draw from, as indices
    weights   (M,) how often each is wanted, relative to the others; all alike where not given
    hard      0: as the weights say; 1: a face whose loss is twice the mean is drawn twice as often, up to
              three times as often or seldom. Losses are told with `tell`.

    It is a module without parameters whose state is one tensor, so that it is saved with the learner that
    holds it: resumed, it draws what it would have drawn. State of another number of faces is not used.
    """

    def __init__(
        self,
        among: npt.NDArray[np.int64],
        weights: npt.NDArray[np.floating[Any]] | None = None,
        hard: float = 0.0,
    ) -> None:
        super().__init__()
        if not len(among):
            raise ValueError("there is no face to draw from")
        self._among = torch.from_numpy(np.array(among, np.int64))
        wanted = np.ones(len(among)) if weights is None else np.asarray(weights, np.float64)
        if wanted.shape != (len(among),) or not (wanted > 0).all():
            raise ValueError(f"weights must be ({len(among)},) and above 0")
        self._weights = torch.from_numpy(wanted / wanted.mean())
        self._place_of = {int(face): place for place, face in enumerate(among)}
        self._hard = hard
        self._order = torch.zeros(len(among), dtype=torch.int64)
        self._next = len(among)
        self._loss = torch.full((len(among),), torch.nan, dtype=torch.float64)
        self._told: list[tuple[Tensor, Tensor]] = []

    def draw(self, count: int, chance: torch.Generator) -> Tensor:
        """The next `count` faces, (count,) int64 on the CPU."""
        parts: list[Tensor] = []
        while count > 0:
            if self._next == len(self._order):
                self._begin_epoch(chance)
            part = self._order[self._next : self._next + count]
            parts.append(self._among[part])
            self._next += len(part)
            count -= len(part)
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.int64)

    def tell(self, faces: Tensor, losses: Tensor) -> None:
        """How wrong the network was on drawn faces, both (B,), on any device; heeded from the next epoch."""
        self._told.append((faces, losses.detach()))
        if len(self._told) >= _WAITING:
            self._take_in()

    def _take_in(self) -> None:
        for faces, losses in self._told:
            for face, loss in zip(faces.tolist(), losses.double().tolist(), strict=True):
                place = self._place_of[face]
                before = float(self._loss[place])
                self._loss[place] = loss if np.isnan(before) else 0.7 * before + 0.3 * loss
        self._told.clear()

    def _begin_epoch(self, chance: torch.Generator) -> None:
        self._take_in()
        weights = self._weights * self._hardness()
        # Systematic resampling: each face comes floor or ceil of its share times, and so many in all.
        count = len(weights)
        edges = torch.cumsum(weights * (count / weights.sum()), 0)
        edges[-1] = count
        start = torch.rand(1, generator=chance, dtype=torch.float64)
        picks = torch.searchsorted(edges, start + torch.arange(count, dtype=torch.float64), right=True)
        picks = picks.clamp(max=count - 1)
        self._order = picks[torch.randperm(count, generator=chance)]
        self._next = 0

    def _hardness(self) -> Tensor:
        known = ~torch.isnan(self._loss)
        if not self._hard or not known.any():
            return torch.ones_like(self._weights)
        relative = self._loss / self._loss[known].mean().clamp(min=1e-12)
        relative = torch.where(known, relative, 1.0)
        return relative.clamp(1 / 3, 3.0) ** self._hard

    def get_extra_state(self) -> Tensor:
        """What is saved: order, place in it, losses, (3, M) float64."""
        self._take_in()
        place = torch.full_like(self._loss, float(self._next))
        return torch.stack([self._order.double(), place, self._loss])

    def set_extra_state(self, state: Tensor) -> None:
        """Go on from what `get_extra_state` gave."""
        count = len(self._order)
        if state.shape != (3, count):
            return
        self._told.clear()
        self._order = state[0].long().cpu().clamp(0, count - 1)
        self._next = int(state[1, 0].clamp(0, count))
        self._loss = state[2].double().cpu().clone()
