"""Drawing one face: likeness frames warped onto the target mesh, region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.engines.base import Crop, Crops, PlateFace, Rendered
from understudy.engines.warp.layers import Grid, Window, eye_span, mouth_span, vertex_shares, with_rim
from understudy.engines.warp.lookup import EVEN, add_looked_up
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.geometry.raster import vertex_normals
from understudy.pixels import to_float

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_REACH = 6
"""Pixels around the matte that are drawn too: what sharpens and blurs later looks a little past it."""
_HARDLY = 0.02


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

    @property
    def room(self) -> float:
        """Nothing beside the face is looked at."""
        return 0.0

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
    """One face being drawn: what lies where is worked out by cells, pixels are touched once a pick."""

    def __init__(self, model: WarpModel, face: PlateFace, crops: Crops) -> None:
        self.model, self.face, self.crops = model, face, crops
        self.target = apply_affine(face.to_crop, model.target[face.row])
        self.grid = Grid(with_rim(self.target), *face.image.shape[:2])
        shares = self.grid.raster.interpolate(vertex_shares())
        self.mouth_share, self.eye_share, self.depth = shares[..., 0], shares[..., 1], shares[..., 2]

    def draw(self) -> Rendered:
        matte, inside = self._matte(), self._mouth_inside()
        rgb = np.zeros((self.grid.height, self.grid.width, 3), np.float32)
        left = self._about(matte)
        if inside is not None:
            self._add_mouth_inside(rgb, left * inside)
            left = left * (1.0 - inside)
        self._add(rgb, self.model.mouth, left * self.mouth_share)
        left = left * (1.0 - self.mouth_share)
        self._add(rgb, self.model.eyes, left * self.eye_share, gaze=True)
        self._add(rgb, self.model.skin, left * (1.0 - self.eye_share))
        own = None if inside is None else self.grid.enlarge(inside)
        return Rendered(rgb, self.grid.enlarge(matte), own)

    def _about(self, matte: Floats) -> Floats:
        """1 where the matte is and where a blur of the picture reaches from there, 0 elsewhere."""
        reach = 2 * -(-_REACH // self.grid.step) + 1
        near = cv2.dilate((matte > 0).astype(np.uint8), np.ones((reach, reach), np.uint8))
        return (near & self.grid.raster.covered).astype(np.float32)

    def _add(self, rgb: Floats, mix: Mix, share: Floats, *, gaze: bool = False) -> None:
        """Add the picks of a mix, `share` of each cell, to the picture."""
        window = self.grid.window(share)
        if window is None:
            return
        for row, weight in mix.at(self.face.row):
            crop = self.crops[row]
            source = apply_affine(crop.to_crop, self.model.likeness[row])
            crop, source = _near_scale(crop, source, self.target)
            picture, part = to_float(crop.image), share[window] * np.float32(weight)
            seen = np.column_stack([source[:, :2], _turned_away(source)])
            carried = self.grid.raster.interpolate(with_rim(seen), within=window)
            where = np.ascontiguousarray(carried[..., :2])
            if gaze:
                self._turn_eyes(where, source, window)
            if carried[..., 2].max() > _HARDLY:
                hidden = carried[..., 2] * np.clip(20.0 * self.depth[window], 0.0, 1.0)
                part = self._mend(rgb, picture, (where, seen), part, hidden, window)
            self._look_up(rgb, picture, where, part, window)

    def _mend(
        self,
        rgb: Floats,
        picture: Floats,
        drawn: tuple[Floats, Array],
        part: Floats,
        hidden: Floats,
        window: Window,
    ) -> Floats:
        """Where the target shows what the pick does not see, add the other half of its face, mirrored.

        drawn   the map of the pick, and its points with how far they are turned away
        Returns what is left of `part`.
        """
        where, seen = drawn
        carried = self.grid.raster.interpolate(with_rim(seen[mesh.mirror_index()]), within=window)
        mirrored = np.ascontiguousarray(carried[..., :2])
        share = np.where(hidden > _HARDLY, hidden * (1.0 - carried[..., 2]), np.float32(0.0))
        # the halves are lit differently: make them meet where one dissolves into the other
        meeting = share * (1.0 - share)
        gain: npt.NDArray[np.floating[Any]] = EVEN
        if meeting.sum() > 1.0 / self.grid.step**2:
            sums = [_sum_looked_up(picture, places, meeting) for places in (where, mirrored)]
            gain = np.clip(sums[0] / np.maximum(sums[1], 1e-3), 0.5, 2.0)
        self._look_up(rgb, picture, mirrored, part * share, window, gain)
        return part * (1.0 - share)

    def _look_up(
        self,
        rgb: Floats,
        picture: Floats,
        where: Floats,
        share: Floats,
        window: Window,
        gain: npt.NDArray[np.floating[Any]] = EVEN,
    ) -> None:
        """Add `share` of a picture, from the places `where`, both by cells, to the pixels of a window."""
        enlarge, place = self.grid.enlarge, self.grid.pixels(window)
        add_looked_up(picture, enlarge(where, window), enlarge(share, window), rgb[place], gain)

    def _turn_eyes(self, where: Floats, source: Array, window: Window) -> None:
        """Shift the map inside the eyes so that the pick's iris lands where the plate looks."""
        between_lids = self.grid.between(eye_span(), window)
        rows, columns = window
        ys, xs = np.mgrid[rows, columns].astype(np.float32)
        for iris in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
            centre = (self.target[iris[0], :2] + 0.5) / self.grid.step - 0.5
            radius = np.linalg.norm(self.target[list(iris[1:]), :2] - self.target[iris[0], :2], axis=1).mean()
            column, row = (round(v) for v in centre - (columns.start, rows.start))
            if not (0 <= row < where.shape[0] and 0 <= column < where.shape[1]) or radius < 0.5:
                continue
            miss = source[iris[0], :2] - _at(where, centre - (columns.start, rows.start))
            source_radius = np.linalg.norm(source[list(iris[1:]), :2] - source[iris[0], :2], axis=1).mean()
            size = float(np.linalg.norm(miss))
            miss *= min(1.0, 1.2 * source_radius / max(size, 1e-6))
            distance = np.hypot(xs - centre[0], ys - centre[1]) * (self.grid.step / radius)
            ramp = np.clip((2.6 - distance) / 1.6, 0.0, 1.0)
            follow = ramp * ramp * (3 - 2 * ramp) * between_lids
            where += follow[..., None] * miss.astype(np.float32)

    def _mouth_inside(self) -> Floats | None:
        """How much of each cell shows the plate's own teeth and tongue; None where nothing does."""
        amount = float(self.model.inside[self.face.row])
        if amount <= 0.01:
            return None
        inside = self.grid.between(mouth_span())
        feather = max(1.0, 0.012 * float(np.ptp(self.target[:, 0]))) / self.grid.step
        mask = cv2.GaussianBlur(inside, (0, 0), feather)
        return np.clip(2.0 * mask - 0.5, 0.0, 1.0) * np.float32(amount)

    def _add_mouth_inside(self, rgb: Floats, share: Floats) -> None:
        window = self.grid.window(share)
        if window is None:
            return
        plate = apply_affine(self.face.to_crop, self.model.plate[self.face.row])
        where = self.grid.raster.interpolate(with_rim(plate[:, :2]), within=window)
        self._look_up(rgb, self.face.image, where, share[window], window)

    def _matte(self) -> Floats:
        """1 inside the face, falling to 0 at its oval and at the silhouette of a turned head."""
        count = len(mesh.face_triangles())
        seen = (self.grid.raster.owner >= 0) & (self.grid.raster.owner < count)
        span = float(np.ptp(self.target[:, 1])) / self.grid.step
        edge = cv2.distanceTransform(seen.astype(np.uint8), cv2.DIST_L2, 5) / max(span, 1.0)
        ramp = np.clip(np.minimum((self.depth - 0.03) / 0.11, (edge - 0.012) / 0.04), 0.0, 1.0)
        matte: Floats = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
        return matte


def _turned_away(source: Array) -> Array:
    """(478,) 1 where the surface is turned away from the camera or nearly so, 0 where it is well seen."""
    facing = -vertex_normals(source, mesh.skin_triangles())[:, 2]
    away = np.clip((0.32 - facing) / 0.22, 0.0, 1.0)
    return np.asarray(away * away * (3 - 2 * away), np.float64)


def _at(grid: Floats, place: Array) -> Array:
    """The value of a (h, w, C) grid at one place (x, y), linear between cells."""
    spot = np.asarray(place, np.float32).reshape(1, 1, 2)
    found = cv2.remap(grid, spot, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[0, 0], np.float64)


def _sum_looked_up(picture: Floats, where: Floats, share: Floats) -> npt.NDArray[np.floating[Any]]:
    """Sum over `share` times the picture at `where`, (3,)."""
    found = np.zeros((*share.shape, 3), np.float32)
    add_looked_up(picture, where, share, found)
    return np.array(cv2.sumElems(found)[:3])


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
