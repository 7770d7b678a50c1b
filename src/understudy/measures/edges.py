"""The border of what was replaced: seam and ring colour difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from understudy.measures.ciede2000 import ciede2000
from understudy.measures.picture import Matte, box_of, lab, weights
from understudy.pixels import Floats, Picture, to_float

SEAM_REACH = (3.0, 6.0, 12.0)
"""How far on both sides of the edge the seam looks, in pixels."""

_ALONG = 15
_SECTORS = 16
_LEAST_STD = 2 / 255
_LEAST_PIXELS = 8


def seam_along_edge(
    result: Picture, plate: Picture, matte: Matte
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Edge points (N, 2) as (x, y) where the matte crosses 0.5, and the seam at each, (N,).

    At each point the jump across the edge, |[I(+d) - I(-d)] - [P(+d) - P(-d)]|, averaged over channels and
    over d = 3, 6 and 12 pixels along the matte's normal, divided by the plate's own local standard deviation
    (25x25 pixels, at least 2/255): a jump hides in texture and shows on smooth skin. Before its size is taken
    the jump is averaged along 15 pixels of the edge: a seam is seen as a line, and grain is none. Points from
    where it would look beyond the frame are left out.
    """
    reach = int(max(SEAM_REACH))
    box = box_of(matte, margin=2 * reach + 2)
    if box is None:
        return np.zeros((0, 2)), np.zeros(0)
    weight, ours, theirs = weights(matte[box]), to_float(result[box]), to_float(plate[box])
    difference = ours - theirs
    spread = np.maximum(_local_std(theirs, 2 * reach + 1), _LEAST_STD)
    height, width = weight.shape
    found, seams = [np.zeros((0, 2))], [np.zeros(0)]
    for points, normals in _edges(weight):
        seen = (points >= reach).all(1) & (points <= np.array([width, height]) - 1 - reach).all(1)
        seams.append((_jump(difference, points, normals) / _sample(spread, points))[seen])
        found.append(points[seen] + (box[1].start, box[0].start))
    return np.concatenate(found), np.concatenate(seams)


def seam(result: Picture, plate: Picture, matte: Matte) -> float:
    """95th percentile of `seam_along_edge`, in the plate's local standard deviations. Target <= 0.5.

    Traps: a feature of the likeness that ends at the edge (a brow, a beard) counts as a seam, and one that is
    hidden in a busy plate does not show. The reach is in pixels, so figures of clips of different size do not
    compare.
    """
    along = seam_along_edge(result, plate, matte)[1]
    return float(np.percentile(along, 95)) if len(along) else np.nan


def ring_colour_difference(result: Picture, plate: Picture, matte: Matte, interocular: float) -> float:
    """How much the colour step from a ring outside the matte's edge to one inside differs from the plate's.

    In CIEDE2000, target <= 1. Each ring is 4 % of the inter-ocular distance wide (in pixels; at least 2), cut
    into 16 sectors around their centre so that one cheek too red and the other too green do not cancel; the
    figure is the mean over sectors. The steps are compared as colours and not as sizes: beside dark hair a
    face that is too dark has a smaller step, and is still wrong. Pixels in the feather (matte in 0.02..0.98)
    are in neither ring. NaN without a sector that has both.
    """
    ring = max(2, round(0.04 * interocular))
    box = box_of(matte, margin=ring + 2)
    if box is None:
        return np.nan
    weight = weights(matte[box])
    within, beyond = weight > 0.98, weight < 0.02
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * ring + 1, 2 * ring + 1))
    inner = within & ~cv2.erode(within.astype(np.uint8), disc, borderValue=1).astype(bool)
    outer = beyond & ~cv2.erode(beyond.astype(np.uint8), disc, borderValue=1).astype(bool)
    y, x = np.nonzero(within)
    if not len(x):
        return np.nan
    centre = (float(x.mean()), float(y.mean()))
    rings = [_Ring.of(mask, centre) for mask in (inner, outer)]
    enough = (rings[0].counts >= _LEAST_PIXELS) & (rings[1].counts >= _LEAST_PIXELS)
    if not enough.any():
        return np.nan
    steps, inside = [], np.zeros((_SECTORS, 3))
    for picture in (result, plate):
        inside = rings[0].colours(picture[box])
        steps.append(inside - rings[1].colours(picture[box]))
    change = ciede2000(inside + (steps[0] - steps[1]), inside)
    return float(change[enough].mean())


@dataclass(frozen=True)
class _Ring:
    """The pixels of a ring: where they are, and in which sector around a centre."""

    mask: npt.NDArray[np.bool_]
    sector: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_], centre: tuple[float, float]) -> _Ring:
        rows, columns = np.nonzero(mask)
        angle = np.arctan2(rows - centre[1], columns - centre[0])
        sector = np.minimum(((angle / (2 * np.pi) + 0.5) * _SECTORS).astype(int), _SECTORS - 1)
        return cls(mask, sector, np.bincount(sector, minlength=_SECTORS))

    def colours(self, picture: Picture) -> npt.NDArray[np.float64]:
        """Mean L*a*b* of each sector, (16, 3); 0 where it is empty. Only the ring itself is converted."""
        colours = lab(np.ascontiguousarray(picture[self.mask])[None])[0]
        sums = [np.bincount(self.sector, colours[:, i], minlength=_SECTORS) for i in range(3)]
        return np.stack(sums, axis=-1) / np.maximum(self.counts, 1)[:, None]


def _edges(matte: Floats) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Points (N, 2) of every closed 0.5 contour, in order, and unit normals that point out of the matte."""
    contours, _ = cv2.findContours((matte >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smooth = cv2.GaussianBlur(matte, (0, 0), 3.0)
    gradient = np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)], axis=-1)
    for contour in contours:
        points = contour[:, 0].astype(np.float64)
        normals = -_sample(gradient, points)
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        known = length[:, 0] > 1e-6
        if known.any():
            yield points[known], normals[known] / length[known]


def _jump(
    difference: Floats, points: npt.NDArray[np.float64], normals: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Step of `difference` across the edge at every point of a contour, (N,), averaged along the edge."""
    total = np.zeros(len(points))
    for distance in SEAM_REACH:
        outer = _sample(difference, points + distance * normals)
        inner = _sample(difference, points - distance * normals)
        total += np.abs(uniform_filter1d(outer - inner, _ALONG, axis=0, mode="wrap")).mean(-1)
    return total / len(SEAM_REACH)


def _sample(image: Floats, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x, y = points.astype(np.float32).T
    # remap counts its target in 16 bits: contours of large mattes are sampled as a sheet, not as one long
    # row.
    side = int(np.ceil(np.sqrt(len(x))))
    pad = side * side - len(x)
    sheet = [np.pad(v, (0, pad), mode="edge").reshape(side, side) for v in (x, y)]
    values = cv2.remap(image, sheet[0], sheet[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values.reshape(side * side, *image.shape[2:])[: len(x)], np.float64)


def _local_std(image: Floats, side: int) -> Floats:
    """Standard deviation in a square window, averaged over channels, (H, W)."""
    mean = cv2.blur(image, (side, side))
    variance = np.maximum(cv2.blur(image * image, (side, side)) - mean * mean, 0)
    return np.asarray(np.sqrt(variance).mean(-1), np.float32)
