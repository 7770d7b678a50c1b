"""Faces drawn on the canonical mesh, posed and acting, for tests that need pictures of somebody."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.faces.faceset import Faceset
from understudy.geometry import mesh
from understudy.geometry.raster import Raster

UPPER, LOWER = (list(lip) for lip in mesh.LIPS_PARTING)


@dataclass(frozen=True)
class Act:
    """What a face does in one frame.

    yaw, pitch, roll   degrees, as `understudy.geometry` turns them
    mouth              opening of the lips, outer eye corners being 1 apart
    blink              0 open, 1 shut
    gaze               (x, y) shift of the irises, same unit as `mouth`
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    mouth: float = 0.0
    blink: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)


def rotation(act: Act) -> np.ndarray:
    """Roll after pitch after yaw, (3, 3)."""
    y, p, r = np.radians([act.yaw, act.pitch, act.roll])
    yaw = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    pitch = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    roll = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return roll @ pitch @ yaw


def acted(shape: np.ndarray, act: Act) -> np.ndarray:
    """A (478, 3) neutral shape with the expression of an act, in head space."""
    points = shape.copy()
    line = points[UPPER + LOWER, 1].mean()
    hang = np.clip(1.0 - (points[:, 0] / 0.27) ** 2, 0.0, 1.0)
    below = points[:, 1] > line
    below[UPPER], below[LOWER] = False, True
    points[:, 1] += act.mouth * hang * below
    for upper, lower in (
        (mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER),
        (mesh.LEFT_LID_UPPER, mesh.LEFT_LID_LOWER),
    ):
        points[list(upper)] += act.blink * (points[list(lower)] - points[list(upper)])
    points[list(mesh.RIGHT_IRIS + mesh.LEFT_IRIS), :2] += act.gaze
    return points


def posed(shape: np.ndarray, act: Act, size: float, centre: tuple[float, float]) -> np.ndarray:
    """Frame landmarks (478, 3) of an acting face: `size` pixels between the outer eye corners."""
    return size * acted(shape, act) @ rotation(act).T + np.array([*centre, 0.0])


def somebody(wide: float = 1.0, long: float = 1.0) -> np.ndarray:
    """A neutral shape (478, 3): the canonical face made wider and longer."""
    return mesh.canonical_face() * (wide, long, 1.0)


def complexion(skin: tuple[float, float, float], seed: int) -> np.ndarray:
    """Vertex colours (478, 3) in [0, 1]: blotchy skin, red lips, dark brows."""
    rng = np.random.default_rng(seed)
    colours = np.array(skin) + 0.05 * rng.standard_normal((mesh.VERTEX_COUNT, 1))
    colours[list(mesh.LIPS_OUTER + mesh.LIPS_INNER)] = np.array(skin) * (0.9, 0.5, 0.5)
    colours[list(mesh.RIGHT_BROW + mesh.LEFT_BROW)] = np.array(skin) * 0.4
    return np.clip(colours, 0.0, 1.0)


def portrait(landmarks: np.ndarray, colours: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture (H, W, 3) float32 in [0, 1] of a face before a grey wall; an open mouth is dark inside."""
    raster = Raster(landmarks, mesh.face_triangles(), height, width)
    picture = raster.interpolate(colours, fill=0.35)
    skin = len(mesh.skin_triangles())
    picture[(raster.owner >= skin) & (raster.owner < skin + len(mesh.mouth_triangles()))] = (0.1, 0.02, 0.02)
    for ring, iris in ((mesh.RIGHT_EYE, mesh.RIGHT_IRIS), (mesh.LEFT_EYE, mesh.LEFT_IRIS)):
        eye = np.zeros((height, width), np.uint8)
        cv2.fillPoly(eye, [np.round(landmarks[list(ring), :2]).astype(np.int32)], 1)
        ball = np.full((height, width, 3), 0.9, np.float32)
        radius = np.linalg.norm(landmarks[list(iris[1:]), :2] - landmarks[iris[0], :2], axis=1).mean()
        middle = tuple(int(v) for v in np.round(landmarks[iris[0], :2]))
        cv2.circle(ball, middle, round(float(radius)), (0.2, 0.1, 0.05), -1, cv2.LINE_AA)
        picture = np.where((eye > 0)[..., None] & raster.covered[..., None], ball, picture)
    return cv2.GaussianBlur(picture, (0, 0), 0.7).astype(np.float32)


def faceset(landmarks: np.ndarray, track: int = 0) -> Faceset:
    """One track of (N, 478, 3) landmarks, a face a frame."""
    count = len(landmarks)
    return Faceset(
        frame=np.arange(count, dtype=np.int32),
        track=np.full(count, track, np.int32),
        landmarks=landmarks.astype(np.float32),
        score=np.ones(count, np.float32),
        found=np.zeros(count, np.uint8),
        light=np.zeros((count, 2), np.float32),
    )
