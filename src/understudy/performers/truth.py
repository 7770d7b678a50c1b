"""What is known exactly of a rendered picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.geometry.raster import Raster
from understudy.performers.cage import Array
from understudy.performers.moment import Expression, Light, Pose
from understudy.performers.sampling import Camera, Floats, Ints

_TO_HOUSE = np.array([1.0, -1.0, -1.0])
"""Stage space has y up and z towards the camera; the house's has y down and z away."""


def pixels(camera: Camera, points: npt.NDArray[Any]) -> Array:
    """Stage-space points (N, 3) as x, y, z in pixels; z is 0 at the head's resting distance."""
    screen = camera.project(points)
    screen[:, 2] = (screen[:, 2] - camera.distance) * camera.scale
    return screen


@dataclass(frozen=True)
class Surface:
    """The head's skin alone, before a camera: points (n, 3) in stage space, now and a frame later."""

    points: Floats
    later: Floats
    normals: Floats
    uv: Floats
    triangles: Ints
    face: Ints
    camera: Camera

    @cached_property
    def raster(self) -> Raster:
        """The skin as the camera sees it without hair, spectacles or occluders."""
        size = self.camera.size
        return Raster(self.camera.project(self.points), self.triangles, size, size)


@dataclass(frozen=True)
class Truth:
    """Ground truth of one picture, in the conventions of `understudy.geometry`.

    landmarks     (478, 3) float64, pixels; z in the same unit, smaller is nearer
    pose, expression, light   as performed
    gaze          (2, 3) unit vectors, right eye then left, x right, y down, z away from the camera
    face          (H, W) float32 in [0, 1]: the face as far as it faces the camera, were nothing in front of
    it
    visible_face  the part of it that is seen: without hair, spectacles and occluders
    hair, occluder   the parts of the picture that scalp hair, and things in front of the face, cover
    `shot` counts cuts.

    Costlier fields are computed when first asked for.
    """

    landmarks: Array
    pose: Pose
    expression: Expression
    light: Light
    gaze: Array
    visible_face: Floats
    hair: Floats
    occluder: Floats
    shot: int
    _surface: Callable[[], Surface] = field(repr=False, compare=False)

    @cached_property
    def surface(self) -> Surface:
        """The head's skin."""
        return self._surface()

    @cached_property
    def face(self) -> Floats:
        """(H, W) float32: 1 where the face's surface lies, whatever stands before it."""
        raster = self.surface.raster
        inside = np.append(self.surface.face.astype(np.float32), np.float32(0))
        return np.asarray(np.maximum(inside[raster.owner], self.visible_face), np.float32)

    @cached_property
    def normals(self) -> Floats:
        """(H, W, 3) unit normals of the skin, x right, y down, z away from the camera; 0 off the head."""
        carried = self.surface.raster.interpolate(self.surface.normals * _TO_HOUSE.astype(np.float32))
        length = np.linalg.norm(carried, axis=-1, keepdims=True)
        return np.asarray(carried / np.maximum(length, 1e-6), np.float32)

    @cached_property
    def uv(self) -> Floats:
        """(H, W, 2) where each pixel lies on the unrolled head, in [0, 1]; -1 off the head.

        Equal coordinates are the same place of the face in every frame and for every performer.
        """
        return self.surface.raster.interpolate(self.surface.uv, fill=-1.0)

    @cached_property
    def flow(self) -> Floats:
        """(H, W, 2) motion of the skin to the shot's next frame, pixels right and down; 0 off the head."""
        camera = self.surface.camera
        motion = camera.project(self.surface.later)[:, :2] - camera.project(self.surface.points)[:, :2]
        return self.surface.raster.interpolate(motion)


@dataclass(frozen=True)
class Picture:
    """A rendered frame: `image` (H, W, 3) uint8 RGB, and what is true of it."""

    image: npt.NDArray[np.uint8]
    truth: Truth
