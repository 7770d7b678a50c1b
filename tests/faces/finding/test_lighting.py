"""From where a face is lit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.posed_faces import Act, posed, somebody
from understudy.faces.finding.lighting import light_direction
from understudy.geometry.mesh import face_triangles, skin_triangles
from understudy.geometry.raster import Raster, vertex_normals


def lit(points: np.ndarray, right: float, down: float, level: float = 0.5) -> np.ndarray:
    """A grey face whose brightness is level * (1 + right * nx + down * ny), (240, 240, 3) uint8."""
    normals = vertex_normals(points, skin_triangles())
    shade = level * (1 + right * normals[:, :1] + down * normals[:, 1:2])
    picture = Raster(points, face_triangles(), 240, 240).interpolate(np.repeat(shade, 3, axis=1), 0.2)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("act", [Act(), Act(yaw=25, pitch=-10), Act(roll=30)])
@pytest.mark.parametrize(("right", "down"), [(0.0, 0.0), (0.6, 0.0), (-0.4, -0.3), (0.0, 0.5)])
def test_the_light_of_a_shaded_face_is_told(act: Act, right: float, down: float) -> None:
    points = posed(somebody(), act, 90.0, (120.0, 105.0))
    found, wanted = light_direction(lit(points, right, down), points), np.array([right, down])
    if not wanted.any():
        assert np.abs(found).max() < 0.03
        return
    # in parts of the mean, which changes as the face turns: the direction is exact, the length is not
    assert found @ wanted > np.cos(np.radians(8)) * np.linalg.norm(found) * np.linalg.norm(wanted)
    assert 0.75 < np.linalg.norm(found) / np.linalg.norm(wanted) < 1.3


def test_neither_exposure_nor_what_it_stands_before_is_light() -> None:
    points = posed(somebody(), Act(), 90.0, (120.0, 105.0))
    dark, bright = (light_direction(lit(points, 0.5, 0.0, level), points) for level in (0.15, 0.5))
    assert np.abs(dark - bright).max() < 0.03


def test_black_and_absent_faces_have_no_light() -> None:
    points = posed(somebody(), Act(), 90.0, (120.0, 105.0))
    assert np.array_equal(light_direction(np.zeros((240, 240, 3), np.uint8), points), (0, 0))
    assert np.array_equal(light_direction(lit(points, 0.5, 0), points + np.array([500.0, 0, 0])), (0, 0))
