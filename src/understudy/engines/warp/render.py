"""Drawing one face: likeness frames warped onto the target mesh, region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.engines.base import Crop, Crops, PlateFace, Rendered
from understudy.engines.warp.layers import (
    Grid,
    eye_span,
    mouth_span,
    vertex_shares,
    with_rim,
)
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.geometry.raster import vertex_normals
from understudy.pixels import to_float

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mix:
    """What one region shows over time: up to K likeness rows a plate face, with weights that sum to 1.

    rows (N, K) int32, weight (N, K) float32; unused places weigh 0.
    """

    rows: npt.NDArray[np.int32]
    weight: Floats

    def at(self, index: int) -> list[tuple[int, float]]:
        """(row, weight) pairs of one plate face."""
        pairs = zip(self.rows[index].tolist(), self.weight[index].tolist(), strict=True)
        return [(row, weight) for row, weight in pairs if weight > 0]


@dataclass(frozen=True)
class WarpModel:
    """A plan: which likeness rows go where. Nothing is trained.

    target     (N, 478, 3) the mesh to draw, plate frame pixels
    plate      (N, 478, 3) the plate's own landmarks, plate frame pixels
    likeness   (M, 478, 3) the likeness's landmarks, its own frame pixels
    skin, eyes, mouth   what each region shows
    inside     (N,) in [0, 1]: how much of the mouth's inside comes from the plate
    """

    target: Floats = field(repr=False)
    plate: Floats = field(repr=False)
    likeness: Floats = field(repr=False)
    skin: Mix = field(repr=False)
    eyes: Mix = field(repr=False)
    mouth: Mix = field(repr=False)
    inside: Floats = field(repr=False)

    @property
    def needs(self) -> npt.NDArray[np.int64]:
        """Rows of the likeness whose crops `render` will ask for, ascending."""
        rows = [mix.rows[mix.weight > 0] for mix in (self.skin, self.eyes, self.mouth)]
        return np.unique(np.concatenate(rows)).astype(np.int64)

    def example(self, row: int) -> int:
        """The likeness row that gives most of the skin of plate face `row`."""
        return int(self.skin.rows[row][self.skin.weight[row].argmax()])

    def save(self) -> Mapping[str, npt.NDArray[Any]]:
        """The model as named arrays."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, Mix):
                arrays[f"{f.name}.rows"], arrays[f"{f.name}.weight"] = value.rows, value.weight
            else:
                arrays[f.name] = value
        return arrays

    @classmethod
    def load(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> WarpModel:
        """The model that `save` described."""
        values: dict[str, Any] = {n: arrays[n] for n in ("target", "plate", "likeness", "inside")}
        for name in ("skin", "eyes", "mouth"):
            values[name] = Mix(arrays[f"{name}.rows"], arrays[f"{name}.weight"])
        return cls(**values)

    def render(self, faces: Sequence[PlateFace], crops: Crops) -> list[Rendered]:
        """Likeness faces for plate faces."""
        return [_Drawing(self, face, crops).draw() for face in faces]


class _Drawing:
    """One face being drawn."""

    def __init__(self, model: WarpModel, face: PlateFace, crops: Crops) -> None:
        self.model, self.face, self.crops = model, face, crops
        self.height, self.width = face.image.shape[:2]
        self.target = apply_affine(face.to_crop, model.target[face.row])
        self.grid = Grid(with_rim(self.target), self.height, self.width)
        shares = self.grid.carry(vertex_shares())
        self.mouth_share, self.eye_share, self.depth = shares[..., 0], shares[..., 1], shares[..., 2]

    def draw(self) -> Rendered:
        everywhere = (slice(0, self.height), slice(0, self.width))
        rgb = self._layer(self.model.skin, everywhere)
        self._put(rgb, self.eye_share, self.model.eyes, gaze=True)
        self._put(rgb, self.mouth_share, self.model.mouth, gaze=False)
        own = self._mouth_inside(rgb)
        return Rendered(rgb, self._matte(), own)

    def _put(self, rgb: Floats, share: Floats, mix: Mix, *, gaze: bool) -> None:
        box = _box(share)
        if box is None:
            return
        layer = self._layer(mix, box, gaze=gaze)
        weight = share[box][..., None]
        rgb[box] += weight * (layer - rgb[box])

    def _layer(self, mix: Mix, box: tuple[slice, slice], *, gaze: bool = False) -> Floats:
        """The mix of picks at this face, drawn inside `box` of the crop."""
        total: Floats | None = None
        for row, weight in mix.at(self.face.row):
            crop = self.crops[row]
            source = apply_affine(crop.to_crop, self.model.likeness[row])
            crop, source = _near_scale(crop, source, self.target)
            unseen = _turned_away(source)
            carried = self.grid.carry(with_rim(np.column_stack([source[:, :2], unseen])))[box]
            where = np.ascontiguousarray(carried[..., :2])
            if gaze:
                self._turn_eyes(where, source, box)
            drawn = _sample(crop.image, where)
            inside = np.clip(20.0 * self.depth[box], 0.0, 1.0)
            hidden: Floats = (np.clip(carried[..., 2], 0.0, 1.0) * inside).astype(np.float32)
            self._mend(drawn, hidden, crop, np.column_stack([source[:, :2], unseen]), box)
            drawn *= np.float32(weight)
            total = drawn if total is None else total + drawn
        assert total is not None
        return total

    def _mend(
        self, drawn: Floats, hidden: Floats, crop: Crop, source: Array, box: tuple[slice, slice]
    ) -> None:
        """Where the target shows what the pick does not see, take the other half of its face, mirrored."""
        spot = _box(hidden, 0.02)
        if spot is None:
            return
        carried = self.grid.carry(with_rim(source[mesh.mirror_index()]))[box][spot]
        share = (hidden[spot] * (1.0 - np.clip(carried[..., 2], 0.0, 1.0)))[..., None]
        mirrored = _sample(crop.image, np.ascontiguousarray(carried[..., :2]))
        # the halves are lit differently: make them meet where one dissolves into the other
        meeting = share * (1.0 - share)
        total = meeting.sum()
        if total > 1.0:
            gain = (meeting * drawn[spot]).sum((0, 1)) / np.maximum((meeting * mirrored).sum((0, 1)), 1e-3)
            mirrored *= np.clip(gain, 0.5, 2.0)
        drawn[spot] += share * (mirrored - drawn[spot])

    def _turn_eyes(self, where: Floats, source: Array, box: tuple[slice, slice]) -> None:
        """Shift the map inside the eyes so that the pick's iris lands where the plate looks."""
        between_lids = self.grid.between(eye_span())[box]
        y0, x0 = box[0].start, box[1].start
        ys, xs = np.mgrid[y0 : box[0].stop, x0 : box[1].stop].astype(np.float32)
        for iris in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
            centre = self.target[iris[0], :2]
            radius = np.linalg.norm(self.target[list(iris[1:]), :2] - centre, axis=1).mean()
            column, row = (round(v) for v in centre - (x0, y0))
            if not (0 <= row < where.shape[0] and 0 <= column < where.shape[1]) or radius < 0.5:
                continue
            miss = source[iris[0], :2] - where[row, column]
            source_radius = np.linalg.norm(source[list(iris[1:]), :2] - source[iris[0], :2], axis=1).mean()
            size = float(np.linalg.norm(miss))
            miss *= min(1.0, 1.2 * source_radius / max(size, 1e-6))
            distance = np.hypot(xs - centre[0], ys - centre[1]) / radius
            ramp = np.clip((2.6 - distance) / 1.6, 0.0, 1.0)
            follow = ramp * ramp * (3 - 2 * ramp) * between_lids
            where += follow[..., None] * miss.astype(np.float32)

    def _mouth_inside(self, rgb: Floats) -> Floats | None:
        """Lay the plate's own teeth and tongue between the drawn lips; returns where, (H, W), or None."""
        amount = float(self.model.inside[self.face.row])
        if amount <= 0.01:
            return None
        inside = self.grid.between(mouth_span())
        box = _box(inside)
        if box is None:
            return None
        plate = apply_affine(self.face.to_crop, self.model.plate[self.face.row])
        where = np.ascontiguousarray(self.grid.carry(with_rim(plate[:, :2]))[box])
        drawn = _sample(self.face.image, where)
        feather = max(1.0, 0.012 * float(np.ptp(self.target[:, 0])))
        mask = cv2.GaussianBlur(inside, (0, 0), feather)
        mask = np.clip(2.0 * mask - 1.0, 0.0, 1.0) * np.float32(amount)
        rgb[box] += mask[box][..., None] * (drawn - rgb[box])
        return mask

    def _matte(self) -> Floats:
        """1 inside the face, falling to 0 at its oval and at the silhouette of a turned head."""
        count = len(mesh.face_triangles())
        seen = (self.grid.raster.owner >= 0) & (self.grid.raster.owner < count)
        span = float(np.ptp(self.target[:, 1])) / self.grid.step
        edge = cv2.distanceTransform(seen.astype(np.uint8), cv2.DIST_L2, 5)
        edge = self.grid.enlarge(edge / max(span, 1.0))
        ramp = np.clip(np.minimum((self.depth - 0.03) / 0.11, (edge - 0.012) / 0.04), 0.0, 1.0)
        matte: Floats = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
        return matte


def _turned_away(source: Array) -> Array:
    """(478,) 1 where the surface is turned away from the camera or nearly so, 0 where it is well seen."""
    facing = -vertex_normals(source, mesh.skin_triangles())[:, 2]
    away = np.clip((0.32 - facing) / 0.22, 0.0, 1.0)
    return np.asarray(away * away * (3 - 2 * away), np.float64)


def _box(weight: Floats, threshold: float = 1e-3) -> tuple[slice, slice] | None:
    """The smallest box that holds everything above the threshold."""
    x, y, w, h = cv2.boundingRect((weight > threshold).astype(np.uint8))
    return None if w == 0 else (slice(y, y + h), slice(x, x + w))


def _sample(image: npt.NDArray[Any], where: Floats) -> Floats:
    """Cubic lookup, float32 in [0, 1]. The map's kernel overshoots; values are clipped by whoever encodes."""
    return to_float(cv2.remap(image, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _near_scale(crop: Crop, source: Array, target: Array) -> tuple[Crop, Array]:
    """Shrink a crop whose face is much larger than the target's, so that sampling does not alias."""
    ratio = float(np.ptp(target[:, 1]) / max(np.ptp(source[:, 1]), 1e-6))
    if ratio > 0.75:
        return crop, source
    height, width = crop.image.shape[:2]
    size = (max(8, round(width * ratio)), max(8, round(height * ratio)))
    scale = np.array([size[0] / width, size[1] / height])
    small = cv2.resize(crop.image, size, interpolation=cv2.INTER_AREA)
    source = source.copy()
    source[:, :2] = (source[:, :2] + 0.5) * scale - 0.5
    return Crop(small, crop.to_crop), source
