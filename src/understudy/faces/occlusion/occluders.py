"""Which deviation is a thing before the face, and not an expression, a shadow or a slip of the tracker."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from understudy.faces.occlusion.appearance import Appearance, Floats, Mask, plain_skin
from understudy.faces.sampling import Bytes
from understudy.faces.stretches import Growing

# Everything here errs towards seeing nothing: a false occluder lets the plate performer's face show through,
# which is worse than a strand of hair that is painted over.
_STRONG = 2.0  # deviation that makes an occluder
_WEAK = 0.8  # deviation that belongs to one, around a strong core
_WEAK_LIVELY = 2.0  # the same on eyes and mouth, which are never like themselves
_EDGE_LEVEL = 0.35  # part of the step from face to occluder that counts as occluder
_EDGE_REACH = 7  # texels within which the step is measured
_MIN_CORE = 12  # texels
_MIN_AREA = 40  # texels, about 1 % of the face
_MAX_COVER = 0.6  # more of the visible face than this is not an occluder but another light, or a lost track
_MAX_FREQUENCY = 0.35  # a look that is there this often is the face's own, or cannot be told from it
_NEIGHBOURS = (-2, -1, 1, 2)
_SUPPORT = 2  # neighbouring frames that must show the same thing
_DRIFT = 4  # texels it may have moved from frame to frame


def occluder(certain: Floats, extent: Floats, visible: Mask) -> Mask:
    """Texels (T, T) where something is before the face, from the two scores of `Appearance.deviation`.

    Large, coherent and strong: regions of weak deviation in `extent` with a strong core in `certain` on
    plain skin.
    """
    plain = plain_skin()
    # Between face and occluder the picture is a mixture of both: the edge is drawn at a part of the step, not
    # where the mixture first shows.
    step = cv2.dilate(extent, np.ones((_EDGE_REACH, _EDGE_REACH), np.uint8))
    floor = np.where(plain, _WEAK, _WEAK_LIVELY)
    weak = (extent > np.maximum(floor, _EDGE_LEVEL * step)).astype(np.uint8)
    weak = cv2.morphologyEx(weak, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    core = (certain > _STRONG) & plain
    if core.sum() < _MIN_CORE:
        return np.zeros(visible.shape, bool)
    labels, count = ndimage.label(weak)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    strength = np.bincount(labels[core], minlength=count + 1)
    keep = (area >= _MIN_AREA) & (strength >= _MIN_CORE)
    keep[0] = False
    mask = ndimage.binary_fill_holes(
        cv2.morphologyEx(keep[labels].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    )
    if mask[visible].sum() > _MAX_COVER * visible.sum():
        return np.zeros(visible.shape, bool)
    return np.asarray(mask, bool)


def without_own_skin(mask: Mask, look: Floats, appearance: Appearance) -> Mask:
    """`mask` without regions that look like this face's skin where the usual look does not.

    There the usual look was learnt from the occluder: it was before the face for most of the shot and has
    gone.
    """
    plain = plain_skin() & appearance.known
    skin = np.median(appearance.usual[plain], axis=0)
    spread = np.median(np.abs(appearance.usual[plain] - skin), axis=0) * 1.4826 + (0.1, 0.03, 0.03)
    labels, count = ndimage.label(mask)
    for number in range(1, count + 1):
        region = (labels == number) & plain
        if not region.any():
            continue
        now = np.median(np.linalg.norm((look[region] - skin) / spread, axis=1))
        usually = np.median(np.linalg.norm((appearance.usual[region] - skin) / spread, axis=1))
        if usually > 1.5 * now + 1.0:
            mask = mask & (labels != number)
    return mask


class Masks:
    """Masks (T, T) of consecutive frames, kept in an eighth of their size. An empty one counts as None."""

    def __init__(self, masks: Iterable[Mask | None] = ()) -> None:
        self._places = array("i")
        self._packed: Growing | None = None
        for mask in masks:
            self.append(mask)

    def append(self, mask: Mask | None) -> None:
        """Add the mask of the next frame."""
        if mask is None or not mask.any():
            self._places.append(-1)
            return
        packed = np.packbits(mask, axis=1)
        if self._packed is None:
            self._packed = Growing(packed.shape, np.uint8)
        self._places.append(len(self._packed))
        self._packed.add(packed)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, row: int) -> Mask | None:
        place = self._places[row]
        if place < 0 or self._packed is None:
            return None
        return np.unpackbits(self._packed.row(place), axis=1).view(bool)

    def __iter__(self) -> Iterator[Mask | None]:
        return (self[row] for row in range(len(self)))

    def shown(self) -> npt.NDArray[np.int64]:
        """The frames that have a mask."""
        return np.flatnonzero(np.array(self._places, np.int64) >= 0)


def steady(masks: Masks) -> Masks:
    """Masks of consecutive frames without what only flashes up, and with short gaps closed. None is empty.

    A region stays when two of the four frames around it show something at that place; a frame gets what the
    frames before and after it agree on. Texels that are masked in more than a third of all frames are given
    up: whether they show the face or the occluder cannot be told.
    """
    times = sum(mask.astype(np.int64) for mask in masks if mask is not None)
    if not np.any(times):
        return masks
    frequent = np.asarray(times / len(masks) > _MAX_FREQUENCY)
    kept = Masks(_supported(masks, row, frequent) for row in range(len(masks)))
    return Masks(_bridged(kept, row) for row in range(len(masks)))


def soften(masks: Masks, row: int) -> Bytes | None:
    """Mask `row` as coverage (T, T) uint8, eased over neighbouring frames and at its rim. None is empty."""
    own = masks[row]
    if own is None:
        return None
    total = np.zeros(own.shape, np.float32)
    for step, weight in ((-1, 0.2), (0, 0.6), (1, 0.2)):
        mask = masks[min(max(row + step, 0), len(masks) - 1)]
        total += weight * (own if mask is None else mask)
    return np.asarray(cv2.GaussianBlur(total, (0, 0), 0.8) * 255 + 0.5, np.uint8)


def _neighbours(masks: Masks, row: int) -> list[Mask | None]:
    return [masks[row + step] for step in _NEIGHBOURS if 0 <= row + step < len(masks)]


def _supported(masks: Masks, row: int, frequent: Mask) -> Mask | None:
    mask = masks[row]
    if mask is None:
        return None
    near = np.ones((2 * _DRIFT + 1, 2 * _DRIFT + 1), np.uint8)
    around = [cv2.dilate(m.astype(np.uint8), near) > 0 for m in _neighbours(masks, row) if m is not None]
    labels, count = ndimage.label(mask)
    kept = np.zeros_like(mask)
    for number in range(1, count + 1):
        region = labels == number
        support = sum((region & other).sum() > 0.3 * region.sum() for other in around)
        if support >= _SUPPORT and (region & frequent).sum() < 0.3 * region.sum():
            kept |= region
    return kept if kept.any() else None


def _bridged(masks: Masks, row: int) -> Mask | None:
    def either(*rows: int) -> Mask | None:
        found = [m for m in (masks[r] for r in rows if 0 <= r < len(masks)) if m is not None]
        return np.logical_or.reduce(found) if found else None

    before, after, mask = either(row - 1, row - 2), either(row + 1, row + 2), masks[row]
    if before is None or after is None:
        return mask
    both = before & after
    joined = both if mask is None else mask | both
    return joined if joined.any() else None
