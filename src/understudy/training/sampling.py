"""Which faces a network sees: all poses alike, hard faces oftener; and by which it is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from understudy.training.chance import generator

Array = npt.NDArray[np.float64]

_BIN = 4.0
"""Degrees of yaw and pitch that count as one pose."""


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
    """Draws faces, each as often as it is wanted: what is drawn depends on nothing that was drawn before.

    So a training that is resumed, drawn ahead or divided among processes draws the same faces. Told by
    `begin` how far a training is, it goes through the faces in rounds, each in another order: none comes a
    second time before all have come, or as often as their weights say. Without, a batch is spread evenly over
    all faces, one out of each stretch of time.

    among     (M,) the faces to draw from, as indices
    weights   (M,) how often each is wanted, relative to the others; all alike where not given
    hard      0: as the weights say; 1: a face whose loss is twice the mean is drawn twice as often, up to
              three times as often or seldom. Losses are told with `tell`, and heeded from `refresh` on: to be
              called from `Learner.reweigh`, where no batch is being drawn.

    It is a module without parameters whose state, the losses, is one tensor that is saved with the learner
    that holds it. State of another number of faces is not used.
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
        self._loss = torch.full((len(among),), torch.nan, dtype=torch.float64)
        self._heeded = self._loss.clone()
        self._told: list[tuple[Tensor, Tensor]] = []
        self._edges = self._shares()
        self._turn: tuple[int, int] | None = None

    def begin(self, drawn: int, seed: int) -> None:
        """So many faces were drawn before, in all; `seed` decides about the order of all rounds."""
        self._turn = (drawn, seed)

    def draw(self, count: int, chance: torch.Generator) -> Tensor:
        """`count` faces, (count,) int64 on the CPU."""
        within = torch.rand(count, generator=chance, dtype=torch.float64)
        if self._turn is None:
            strata = torch.randperm(count, generator=chance)
            places = (strata + within) / count
        else:
            drawn, seed = self._turn
            self._turn = (drawn + count, seed)
            places = (self._round(drawn, count, seed) + within.clamp(1e-6, 1 - 1e-6)) / len(self._among)
        picks = torch.searchsorted(self._edges, places, right=True).clamp(max=len(self._edges) - 1)
        return self._among[picks]

    def _round(self, drawn: int, count: int, seed: int) -> Tensor:
        """Numbers `drawn` to `drawn + count` of endless rounds through 0..M-1, each round a permutation."""
        size = len(self._among)
        rounds = range(drawn // size, (drawn + count - 1) // size + 1)
        whole = torch.cat([torch.randperm(size, generator=generator(seed, "round", each)) for each in rounds])
        begin = drawn - rounds.start * size
        return whole[begin : begin + count]

    @torch.compiler.disable  # a list that grows would be compiled anew with every step
    def tell(self, faces: Tensor, losses: Tensor) -> None:
        """How wrong the network was on drawn faces, both (B,), on any device."""
        if self._hard:
            self._told.append((faces, losses.detach()))

    def refresh(self) -> None:
        """Heed what was told since the last time. Waits for the device."""
        self._take_in()
        self._heeded = self._loss.clone()
        self._edges = self._shares()

    def _take_in(self) -> None:
        for faces, losses in self._told:
            for face, loss in zip(faces.tolist(), losses.double().tolist(), strict=True):
                place = self._place_of[face]
                before = float(self._loss[place])
                self._loss[place] = loss if np.isnan(before) else 0.7 * before + 0.3 * loss
        self._told.clear()

    def _shares(self) -> Tensor:
        """Where on a line from 0 to 1 each face's share ends."""
        edges = torch.cumsum(self._weights * self._hardness(), 0)
        return edges / edges[-1]

    def _hardness(self) -> Tensor:
        known = ~torch.isnan(self._heeded)
        if not self._hard or not known.any():
            return torch.ones_like(self._weights)
        relative = self._heeded / self._heeded[known].mean().clamp(min=1e-12)
        relative = torch.where(known, relative, 1.0)
        return relative.clamp(1 / 3, 3.0) ** self._hard

    def get_extra_state(self) -> Tensor:
        """What is saved: the losses, and those that are heeded, (2, M) float64, NaN where none is known."""
        self._take_in()
        return torch.stack([self._loss, self._heeded])

    def set_extra_state(self, state: Tensor) -> None:
        """Go on from what `get_extra_state` gave."""
        if state.shape == (2, len(self._loss)):
            self._told.clear()
            self._loss, self._heeded = state.double().cpu().clone()
            self._edges = self._shares()
