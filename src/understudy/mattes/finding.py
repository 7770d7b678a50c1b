"""Mattes found by a trained network, steady in time, in the form in which occluders are known elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.occlusion.solving import Occlusion
from understudy.faces.stretches import empty, windows
from understudy.geometry.align import invert_affine

if TYPE_CHECKING:
    from understudy.nets.segmenter import Segmenter

Bytes = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.floating[Any]]

_REACH = 2
"""Frames to either side that a pixel's cover is the median of."""
_FAINT = 26
"""Of 255: what is covered less is not covered; XSeg's tenth."""
_CERTAIN = 128
"""A face on which no pixel is covered so much has nothing before it."""


def covers(network: Segmenter, images: Bytes, areas: Bytes) -> Bytes:
    """How much of faces is covered, (N, S, S) of 255, 0 outside of `areas` (N, S, S); images (N, S, S, 3)."""
    import torch

    from understudy.mattes.network import mattes_of

    if not len(images):
        return np.zeros(images.shape[:3], np.uint8)
    device = next(network.parameters()).device
    pictures = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255.0
    covered = 1.0 - mattes_of(network, pictures)[:, 0].cpu().numpy()
    return np.round(covered * areas).astype(np.uint8)


def steadied(cover: Bytes, frame: npt.NDArray[np.integer[Any]]) -> Bytes:
    """Covers (N, S, S) of one track, each pixel the median of those within two frames.

    The squares move with the face, so that what keeps still before a face, or passes it, stays sharp; what
    comes for a frame or two goes. `frame` (N,) ascends; what lies beyond a gap has no say. As large columns,
    the covers are gone through in stretches.
    """
    steady = empty(cover.shape, np.uint8)
    for wanted, seen, inner in windows(len(cover), _REACH, cover, steady):
        near, numbers = cover[seen], frame[seen]
        for place in range(inner.start, inner.stop):
            # The same number before and after, or the median would lean to one side.
            reach = _reach(numbers, place)
            some = near[place - reach : place + reach + 1]
            steady[wanted.start + place - inner.start] = np.median(some, axis=0)
    return steady


def _reach(numbers: npt.NDArray[np.integer[Any]], place: int) -> int:
    for reach in range(_REACH, 0, -1):
        first, last = place - reach, place + reach
        if first >= 0 and last < len(numbers) and numbers[last] - numbers[first] == 2 * reach:
            return reach
    return 0


def occlusion(cover: Bytes, to_map: npt.NDArray[np.float64], found: Occlusion | None = None) -> Occlusion:
    """Covers (N, S, S) of one track, with the matrices (N, 2, 3) from the frame to their squares, as what is
    known of occluders elsewhere. With `found`, what was found without training is covered too.
    """
    count, size = cover.shape[:2]
    whole = empty(cover.shape, np.uint8)
    slot = np.full(count, -1, np.int32)
    shown = 0
    for wanted, _, _ in windows(count, 0, cover, whole):
        for row in range(wanted.start, wanted.stop):
            one = np.where(cover[row] >= _FAINT, cover[row], 0).astype(np.uint8)
            if one.max(initial=0) < _CERTAIN:
                one[:] = 0
            if found is not None:
                one = np.maximum(one, _seen_in(found, row, to_map[row], size))
            if one.any():
                whole[shown] = one
                slot[row] = shown
                shown += 1
    return Occlusion(slot, to_map, whole[:shown])


def _seen_in(found: Occlusion, row: int, to_map: Matrix, size: int) -> Bytes:
    """What covers a face of `found`, in another square."""
    theirs = found.of_face(row)
    if theirs is None:
        return np.zeros((size, size), np.uint8)
    matrix = to_map @ np.vstack([invert_affine(found.to_map[row]), (0.0, 0.0, 1.0)])
    return np.asarray(cv2.warpAffine(theirs, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)
