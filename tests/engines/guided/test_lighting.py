"""The plate's light for the network: what it carries, and what it must not."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engines.lessons import faces_of
from tests.filmed_takes import Shelf, Take, filmed
from tests.posed_faces import Act, complexion, posed, somebody
from understudy.compositing.light import harmonics
from understudy.engines.guided import lighting
from understudy.engines.warp import WarpEngine
from understudy.training.faces import TrainingFaces

SIZE = 96


@pytest.fixture(scope="module")
def shading() -> lighting.Shading:
    points = posed(somebody(1.0, 1.0), Act(), 34.0, (48.0, 36.0))
    return lighting.shading_of(points, SIZE)


def coefficients(**by_term: float) -> np.ndarray:
    """One strength for all channels: `right`, `down`, or `even`."""
    found = np.zeros((9, 3))
    for term, value in by_term.items():
        found[{"even": 0, "right": 1, "down": 2}[term]] = value
    return found


def lit(shading: lighting.Shading, light: np.ndarray, skin: float) -> np.ndarray:
    grid = np.exp(shading.basis @ light.astype(np.float32)) * skin
    return np.kron(grid, np.ones((2, 2, 1)))[:SIZE, :SIZE].astype(np.float32)


def test_complexion_and_exposure_are_no_light(shading) -> None:
    bright, dark = coefficients(even=0.5, right=0.3), coefficients(even=-0.7, right=0.3)
    np.testing.assert_allclose(
        lighting.directional(bright, shading), lighting.directional(dark, shading), atol=1e-9
    )
    level = shading.basis @ lighting.directional(bright, shading)
    assert abs(np.average(level[..., 0], weights=shading.skin)) < 1e-3


def test_what_lies_to_the_light_is_bright_on_the_map(shading) -> None:
    shown = lighting.light_map(coefficients(right=0.5), shading)
    assert shown.shape == (SIZE, SIZE)
    assert shown[48, 70] > 130 > 125 > shown[48, 26]
    assert harmonics(np.array([1.0, 0.0, 0.0]))[1] == 1.0


def test_light_beyond_what_was_learned_is_told_as_its_end() -> None:
    points, whole = posed(somebody(1.0, 1.0), Act(), 34.0, (48.0, 36.0)), coefficients(right=0.6)
    lights = lighting.Lights(np.zeros((1, 9, 3), np.float32), whole[None].astype(np.float32))
    free = lights.map(0, points, SIZE)
    assert free.min() < 100 < 140 < free.max()
    within = replace(lights, known=(110, 140)).map(0, points, SIZE)
    assert within.dtype == np.uint8
    np.testing.assert_array_equal(within, np.clip(free.astype(int), 110, 140))


def relit(take: Take, faces: TrainingFaces, gain: np.ndarray) -> TrainingFaces:
    images = np.clip(faces.images * gain, 0, 255).astype(np.uint8)
    return replace(faces, images=images)


def test_every_face_of_a_plate_is_lit_though_few_are_measured() -> None:
    likeness = filmed(
        somebody(1.06, 0.97), complexion((0.35, 0.24, 0.4), 2), [Act(yaw=3 * k) for k in range(-3, 5)]
    )
    plate = filmed(somebody(0.97, 1.03), complexion((0.6, 0.5, 0.5), 1), [Act(yaw=k) for k in range(8)])
    plan = WarpEngine().fit(likeness.likeness, plate.faces)
    faces, crops = faces_of(plate, SIZE), Shelf(likeness, plan.needs)
    falling = np.linspace(0.5, 1.5, SIZE)[None, None, :, None]
    even, right = (
        lighting.plate_lights(plan, plate.faces, relit(plate, faces, gain), crops)
        for gain in (np.ones_like(falling), falling)
    )
    for one, other in ((even.whole, right.whole), (even.change, right.change)):
        assert one.shape == (8, 9, 3)
        more = (other - one)[:, 1]
        assert more.min() > 0.1
        assert np.abs(np.diff(more, axis=0)).max() < 0.1
    first, second, fourth = right.whole[0], right.whole[1], right.whole[3]
    np.testing.assert_allclose(second, first + (fourth - first) / 3, atol=1e-5)
