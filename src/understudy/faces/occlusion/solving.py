"""What stands before a face and must stay visible after the swap: hands, microphones, strands of hair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.occlusion.appearance import (
    MAP_SIZE,
    Appearance,
    Mask,
    map_texels,
    plain_skin,
    texel_positions,
)
from understudy.faces.occlusion.hands import is_hand_before_face, silhouette
from understudy.faces.occlusion.occluders import Masks, occluder, soften, steady, without_own_skin
from understudy.faces.occlusion.traces import Traces
from understudy.faces.sampling import Bytes
from understudy.faces.stretches import STRETCH, empty, release
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine, invert_affine

Matrix = npt.NDArray[np.floating[Any]]

MIN_FACES = 12
"""In a shorter track nothing can be said to be unusual; only hands are found there."""

_SAMPLED_FACES = 128
_HAND_DEVIATION = 0.5
_MIN_HAND_UNUSUAL = 0.15
_MAX_HAND_COVER = 0.55
_TRUSTED_HAND = 0.3
_GUIDE = 16.0  # OpenCV's filter takes a greyish guide in [0, 1] for singular and then does nothing
_GUIDE_NOISE = 1e-3  # variance of what is not an edge, for a guide in [0, 1]
_RIM = 1  # map pixels at the face's rim where the texture is not to be trusted
_OUTWARD = 12  # map pixels that an occluder at the rim is carried on outwards


@dataclass(frozen=True)
class Occlusion:
    """What covers the faces of one track, N rows.

    slot    (N,) int32        row in `maps`, -1 for a face that nothing covers
    to_map  (N, 2, 3) float64   frame pixels to map pixels, see `traces.face_square`
    maps    (M, S, S) uint8   255 where something is before the face, 0 where nothing is; `solve` makes them
            MAP_SIZE wide
    """

    slot: npt.NDArray[np.int32]
    to_map: npt.NDArray[np.float64]
    maps: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        square = self.maps.ndim == 3 and self.maps.shape[1] == self.maps.shape[2]
        if self.to_map.shape != (len(self.slot), 2, 3) or not square:
            raise ValueError(f"to_map is {self.to_map.shape} and maps {self.maps.shape}")
        if self.slot.size and not -1 <= self.slot.min() <= self.slot.max() < len(self.maps):
            raise ValueError("slots point outside the maps")

    def __len__(self) -> int:
        return len(self.slot)

    def of_face(self, row: int) -> Bytes | None:
        """The map (S, S) of face `row`, or None where nothing covers it."""
        return None if self.slot[row] < 0 else self.maps[self.slot[row]]

    def save(self, path: Path) -> None:
        """Write as .npz under a temporary name, then rename."""
        save_columns(path, {f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Occlusion:
        """Read what `save` wrote. Raises BadInputError for anything else."""
        columns = load_columns(path, [f.name for f in fields(cls)], mapped=True)
        try:
            return cls(**columns)
        except (ValueError, TypeError) as error:
            raise BadInputError(f"{path} is damaged ({error}): delete it and run again.") from error


def solve(traces: Sequence[Traces], landmarks: Matrix) -> Occlusion:
    """Find what is before the faces of one track, given its `traces` in order and its landmarks (N, 478, 3).

    `landmarks` are those that the traces were collected with. `traces` is gone through twice; pass
    `TraceFiles` to keep memory flat. A face that is covered for most of the shot, or that the light hides,
    gives no occluder. Raises ValueError where the two differ in length.
    """
    count = len(landmarks)
    appearance = _learn(traces, count)
    to_map = np.zeros((count, 2, 3))
    evidence = _Evidence()
    for row, (face, (texture, matrix, hands)) in enumerate(zip(landmarks, _faces(traces), strict=True)):
        to_map[row] = matrix
        if row % STRETCH == 0:
            release(landmarks)
        points = apply_affine(matrix, face)
        evidence.add(_look(texture, points, apply_affine(matrix, hands), appearance))
    trusted = evidence.trusted_hands()
    masks = steady(evidence.masks(trusted))

    covered = masks.shown()
    slot = np.full(count, -1, np.int32)
    slot[covered] = np.arange(len(covered))
    maps = empty((len(covered), MAP_SIZE, MAP_SIZE), np.uint8)
    for row in covered:
        if slot[row] % STRETCH == 0:
            release(landmarks, maps)
        cover = soften(masks, row)
        assert cover is not None
        points = apply_affine(to_map[row], landmarks[row])
        maps[slot[row]] = _to_square(cover, points, evidence.hand[row] if trusted[row] else None)
    return Occlusion(slot, to_map, maps)


def refine(
    occlusion_map: Bytes | None,
    to_map: Matrix,
    image_crop: npt.NDArray[Any],
    to_crop: Matrix,
) -> npt.NDArray[np.float32] | None:
    """How much of a render crop is covered: (h, w) in [0, 1], its edge drawn to the edges of the plate's
    picture.

    `occlusion_map` with its `to_map` comes from an `Occlusion`; `image_crop` (h, w, 3) is the plate in crop
    space, uint8, uint16 or float in [0, 1], and `to_crop` (2, 3) takes frame pixels there. None where
    nothing covers the crop. Guided filter: He, Sun, Tang, "Guided image filtering", PAMI 2013, at reduced
    resolution (He, Sun 2015).
    """
    if occlusion_map is None or not occlusion_map.any():
        return None
    height, width = image_crop.shape[:2]
    to_frame = np.vstack([invert_affine(to_crop), (0, 0, 1)])
    crop_to_map = to_map @ to_frame
    pixel = 1.0 / np.sqrt(abs(np.linalg.det(crop_to_map[:, :2])))  # crop pixels a map pixel
    cover = cv2.warpAffine(
        occlusion_map, crop_to_map, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    radius = max(2, round(2.5 * pixel))
    x, y, w, h = cv2.boundingRect(cover)
    if w == 0:
        return None
    x0, y0 = max(0, x - 2 * radius), max(0, y - 2 * radius)
    part = np.s_[y0 : min(height, y + h + 2 * radius), x0 : min(width, x + w + 2 * radius)]
    alpha = np.zeros((height, width), np.float32)
    alpha[part] = _guided(image_crop[part], cover[part], radius)
    return alpha


def _guided(guide: npt.NDArray[Any], cover: Bytes, radius: int) -> npt.NDArray[np.float32]:
    height, width = cover.shape
    shrink = max(1, min(radius // 3, round(max(height, width) / 256)))
    small = (max(1, width // shrink), max(1, height // shrink))
    scale = {"uint8": 255.0, "uint16": 65535.0}.get(guide.dtype.name, 1.0)
    coarse = (cv2.resize(guide, small, interpolation=cv2.INTER_AREA) * (_GUIDE / scale)).astype(np.float32)
    rough = cv2.resize(cover, small, interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    fine = cv2.ximgproc.guidedFilter(coarse, rough, max(1, radius // shrink), _GUIDE_NOISE * _GUIDE**2)
    alpha = cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR)
    # Steeper than the filter leaves it, so that skin beside the occluder is not mixed in.
    return np.asarray(np.clip((alpha - 0.5) * 1.6 + 0.5, 0.0, 1.0), np.float32)


def _faces(traces: Sequence[Traces]) -> Iterator[tuple[Bytes, Matrix, Matrix]]:
    for chunk in traces:
        yield from zip(chunk.texture, chunk.to_map, chunk.hands, strict=True)


def _learn(traces: Sequence[Traces], count: int) -> Appearance | None:
    if count < MIN_FACES:
        return None
    wanted = set(np.linspace(0, count - 1, min(count, _SAMPLED_FACES)).round().astype(int).tolist())
    # Copies: a view of one face would keep its whole chunk.
    sample = [texture.copy() for row, (texture, _, _) in enumerate(_faces(traces)) if row in wanted]
    return Appearance.learn(np.array(sample))


@dataclass(frozen=True)
class _Sight:
    """What speaks for an occluder in one frame.

    `unusual` (T, T) is where the face does not look like itself; `hand` (MAP_SIZE, MAP_SIZE) is the
    silhouette of hands found before the face, `hand_on_skin` (T, T) the visible skin it hides, and
    `hand_unusual` the part of that which does not look like the face.
    """

    unusual: Mask | None = None
    hand: Mask | None = None
    hand_on_skin: Mask | None = None
    hand_unusual: float = 0.0


def _look(texture: Bytes, points: Matrix, hands: Matrix, appearance: Appearance | None) -> _Sight:
    visible = texture[..., 3] > 0
    score, unusual = None, None
    if appearance is not None:
        look = appearance.level(texture)
        score, extent = appearance.deviation(look, visible)
        mask = occluder(score, extent, visible)
        unusual = without_own_skin(mask, look, appearance) if mask.any() else None

    outline = points[list(mesh.FACE_OVAL), :2]
    before = [silhouette(hand, MAP_SIZE) for hand in hands if is_hand_before_face(hand, outline)]
    if not before:
        return _Sight(unusual)
    hand = np.maximum.reduce(before)
    on_skin = _on_texture(hand, points) & visible
    compared = on_skin & plain_skin()
    if not compared.any() or on_skin.sum() > _MAX_HAND_COVER * visible.sum():
        return _Sight(unusual)
    share = 0.0 if score is None else float((score[compared] > _HAND_DEVIATION).mean())
    return _Sight(unusual, hand > 0, on_skin, share)


class _Evidence:
    """All that was seen of one track, kept small: of a long one there is much."""

    def __init__(self) -> None:
        self.unusual, self.hand, self.hand_on_skin = Masks(), Masks(), Masks()
        self.hand_unusual: list[float] = []

    def add(self, sight: _Sight) -> None:
        self.unusual.append(sight.unusual)
        self.hand.append(sight.hand)
        self.hand_on_skin.append(sight.hand_on_skin)
        self.hand_unusual.append(sight.hand_unusual)

    def trusted_hands(self) -> Mask:
        """(N,) the frames whose hand is not just a misreading of the face.

        Measured on footage, 35 to 95 % of the skin under a real hand looks unusual, and none under a misread
        one. Only where a hand is there for much of the track may it have become the usual look; then it is
        taken on trust.
        """
        found = np.zeros(len(self.hand), bool)
        found[self.hand.shown()] = True
        if found.sum() > _TRUSTED_HAND * len(found):
            return found
        return found & (np.array(self.hand_unusual) >= _MIN_HAND_UNUSUAL)

    def masks(self, trusted: Mask) -> Masks:
        """All that is before the face, with the hands that are `trusted` (N,)."""
        masks = Masks()
        for row, unusual in enumerate(self.unusual):
            hand = self.hand_on_skin[row] if trusted[row] else None
            parts = [part for part in (unusual, hand) if part is not None]
            masks.append(np.logical_or.reduce(parts) if parts else None)
        return masks


def _on_texture(covered: Bytes, points: Matrix) -> Mask:
    place = texel_positions(points)
    seen = cv2.remap(covered, place[..., 0], place[..., 1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(seen > 0, bool)


def _to_square(cover: Bytes, points: Matrix, outside: Mask | None) -> Bytes:
    """The texture's coverage (T, T) seen in the face square, carried on beyond the face's rim."""
    texel = map_texels(points)
    square = cv2.remap(cover, texel[..., 0], texel[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    on_face = (texel[..., 0] > -1).astype(np.uint8)
    within = cv2.erode(on_face, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8))
    if within.any():
        square = _carried_on(square, within)
    if outside is not None:
        square = np.where(outside & (on_face == 0), 255, square)
    return np.asarray(square, np.uint8)


def _carried_on(square: Bytes, within: Bytes) -> Bytes:
    distance, nearest = cv2.distanceTransformWithLabels(
        1 - within, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    value = np.zeros(int(nearest.max()) + 1, np.uint8)
    value[nearest[within > 0]] = square[within > 0]
    return np.where(distance <= _OUTWARD, value[nearest], 0).astype(np.uint8)
