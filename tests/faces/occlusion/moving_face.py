"""A drawn face that moves and talks, with or without a thing before it: footage with a known answer."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.occlusion.solving import Occlusion, solve
from understudy.faces.occlusion.traces import TraceCollector, Traces
from understudy.geometry import mesh
from understudy.geometry.align import invert_affine
from understudy.geometry.raster import Raster

SIZE = 240
FRAMES = 40

Paint = Callable[[np.ndarray, int], np.ndarray]
"""Gets a frame (SIZE, SIZE, 3) uint8 and its number, returns what it has become."""


def landmarks(frames: int = FRAMES) -> npt.NDArray[np.float64]:
    """(N, 478, 3): the head shakes a little, wanders about, and the jaw opens and shuts."""
    points = []
    for t in np.linspace(0, 2 * np.pi, frames):
        face = mesh.canonical_face().copy()
        lower = np.clip(face[:, 1] - 0.75, 0, 0.3) / 0.3
        face[:, 1] += 0.1 * (1 - np.cos(3 * t)) * lower
        yaw = 0.25 * np.sin(t)
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        points.append(face @ turn.T * 75 + (120 + 8 * np.sin(2 * t), 95 + 5 * np.cos(t), 0))
    return np.array(points)


def _skin() -> npt.NDArray[np.float32]:
    """A texture with brows, blotches and pores."""
    random = np.random.default_rng(5)
    blotches = cv2.resize(random.normal(0, 9, (9, 9, 3)).astype(np.float32), (256, 256), interpolation=2)
    pores = cv2.GaussianBlur(random.normal(0, 12, (256, 256, 1)).astype(np.float32), (0, 0), 1.2)[..., None]
    skin = np.array([196, 148, 122], np.float32) + blotches + pores
    uv = mesh.canonical_uv() * 255
    for brow in (mesh.LEFT_BROW, mesh.RIGHT_BROW):
        cv2.fillConvexPoly(skin, cv2.convexHull(uv[list(brow)].astype(np.int32)), (80, 55, 40))
    cv2.fillPoly(skin, [uv[list(mesh.LIPS_OUTER)].astype(np.int32)], (170, 95, 95))
    cv2.fillPoly(skin, [uv[list(mesh.LIPS_INNER)].astype(np.int32)], (60, 25, 25))
    return skin


def frame(points: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The picture of the face with `points` (478, 3) before a grey wall."""
    at = Raster(points, mesh.face_triangles(), SIZE, SIZE).interpolate(mesh.canonical_uv() * 255, fill=-1)
    drawn = cv2.remap(_skin(), at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    return np.where(at[..., :1] < 0, 110, np.clip(drawn, 0, 255)).astype(np.uint8)


def trace(points: npt.NDArray[np.float64], paint: Paint | None = None, chunk: int = 64) -> list[Traces]:
    """The traces of the face, in chunks."""
    chunks = []
    for start in range(0, len(points), chunk):
        collector = TraceCollector()
        for row in range(start, min(start + chunk, len(points))):
            picture = frame(points[row])
            collector.add(picture if paint is None else paint(picture, row), points[row])
        chunks.append(collector.finish())
    return chunks


def occlusion(paint: Paint | None = None, points: npt.NDArray[np.float64] | None = None) -> Occlusion:
    """What is found before the face."""
    points = landmarks() if points is None else points
    return solve(trace(points, paint), points)


def in_frame(found: Occlusion, row: int) -> npt.NDArray[np.bool_]:
    """The found map of a face, drawn back into its frame: (SIZE, SIZE)."""
    cover = found.of_face(row)
    if cover is None:
        return np.zeros((SIZE, SIZE), bool)
    return cv2.warpAffine(cover, invert_affine(found.to_map[row]), (SIZE, SIZE)) > 127


def on_face(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """The face's pixels (SIZE, SIZE)."""
    return Raster(points, mesh.face_triangles(), SIZE, SIZE).covered


def disc(row: int, start: int = 14, stop: int = 24) -> npt.NDArray[np.bool_]:
    """Where a disc of 22 pixels radius is that crosses the face in frames start..stop-1."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    if start <= row < stop:
        cv2.circle(mask, (85 + 7 * (row - start), 105), 22, 1, -1)
    return mask > 0


def paint_disc(picture: np.ndarray, row: int, start: int = 14, stop: int = 24) -> np.ndarray:
    """A dark green, speckled disc before the face."""
    speckle = np.random.default_rng(9).integers(-15, 15, picture.shape)
    thing = np.clip(np.array([50, 105, 70]) + speckle, 0, 255)
    return np.where(disc(row, start, stop)[..., None], thing, picture).astype(np.uint8)
