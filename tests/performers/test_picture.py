"""Rendered pictures against their truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.geometry import mesh
from understudy.performers import Performance, Picture, cast, render, render_sequence, true_swap
from understudy.performers import performance as performance_module

MARCO, ELIN = cast("marco")[0], cast("elin")[0]
SIZE = 256
FRONTAL = Performance(seed=12, yaw=6.0, pitch=4.0, roll=2.0, liveliness=0.2)
LIVELY = Performance(seed=7)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return render(MARCO, FRONTAL, 30, SIZE)


def test_the_same_call_gives_the_same_picture(picture: Picture) -> None:
    again = render(MARCO, FRONTAL, 30, SIZE)
    assert np.array_equal(picture.image, again.image)
    assert np.array_equal(picture.truth.landmarks, again.truth.landmarks)
    assert not np.array_equal(picture.image, render(MARCO, FRONTAL, 31, SIZE).image)


def test_picture_and_mattes_are_what_they_promise(picture: Picture) -> None:
    truth = picture.truth
    assert picture.image.shape == (SIZE, SIZE, 3)
    assert picture.image.dtype == np.uint8
    assert truth.landmarks.shape == (mesh.VERTEX_COUNT, 3)
    for matte in (truth.face, truth.visible_face, truth.hair, truth.occluder):
        assert matte.shape == (SIZE, SIZE)
        assert matte.dtype == np.float32
        assert 0 <= matte.min() <= matte.max() <= 1
    assert 0.08 < truth.face.mean() < 0.3
    assert 0.01 < truth.hair.mean() < 0.3
    assert truth.occluder.max() == 0
    assert (truth.visible_face <= truth.face + 1e-6).all()
    assert (truth.visible_face + truth.hair + truth.occluder).max() <= 1.01


def test_landmarks_lie_where_the_picture_shows_them(picture: Picture) -> None:
    image, marks = picture.image.astype(float), np.round(picture.truth.landmarks[:, :2]).astype(int)
    inside = picture.truth.face[marks[:, 1], marks[:, 0]]
    interior = [4, 13, 50, 280, 9, 205, 425, 468, 473]
    assert (inside[interior] == 1).all()
    for iris, white in ((468, (33, 133)), (473, (263, 362))):
        x, y = marks[iris]
        left, right = sorted(picture.truth.landmarks[list(white), 0].round().astype(int))
        darkest = image[y, left + 2 : right - 1].mean(-1).argmin() + left + 2
        assert abs(darkest - x) <= 4, "the darkest place between the lids should be the iris"
    brow, forehead = (
        image[marks[105, 1] + 1, marks[105, 0]].mean(),
        image[marks[151, 1], marks[151, 0]].mean(),
    )
    assert brow < 0.8 * forehead


def test_the_iris_landmarks_surround_their_centre(picture: Picture) -> None:
    for ring in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
        points = picture.truth.landmarks[list(ring), :2]
        radius = np.linalg.norm(points[1:] - points[0], axis=1)
        span = np.linalg.norm(picture.truth.landmarks[33, :2] - picture.truth.landmarks[263, :2])
        assert np.allclose(radius, radius.mean(), rtol=0.2)
        assert 0.05 < radius.mean() / span < 0.09


def test_a_blink_closes_the_lids_in_truth_and_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    shots = {}
    for blink in (0.0, 1.0):
        monkeypatch.setattr(performance_module._Curves, "blink", lambda self, time, value=blink: value)
        shots[blink] = render(ELIN, replace(FRONTAL, grain=0.0), 30, SIZE)
    opened, closed = shots[0.0].truth.landmarks, shots[1.0].truth.landmarks
    gap = opened[145, 1] - opened[159, 1]
    assert closed[145, 1] - closed[159, 1] < 0.3 * gap
    x, y = np.round(opened[468, :2]).astype(int)
    there = (slice(y - 2, y + 3), slice(x - 2, x + 3))
    redness = [float(s.image[there][..., 0].mean() - s.image[there][..., 2].mean()) for s in shots.values()]
    assert redness[1] > redness[0] + 15, "a lid should have covered the green iris"


def test_gaze_points_where_the_irises_are() -> None:
    for frame in (5, 60):
        truth = render(MARCO, FRONTAL, frame, SIZE).truth
        assert np.allclose(np.linalg.norm(truth.gaze, axis=1), 1)
        assert (truth.gaze[:, 2] < 0).all(), "the eyes look at the camera's side"
        for eye, iris, corners in ((0, 468, (33, 133)), (1, 473, (263, 362))):
            middle = truth.landmarks[list(corners), 0].mean()
            outwards = truth.landmarks[iris, 0] - middle
            straight = truth.pose.rotation()[:, 2] * (1, -1, -1)
            sideways = truth.gaze[eye, 0] - straight[0]
            if abs(sideways) > 0.12:
                assert np.sign(outwards) == np.sign(sideways)


def test_normals_face_the_camera_and_uv_name_the_same_place_for_everybody() -> None:
    first, second = render(MARCO, FRONTAL, 30, SIZE).truth, render(ELIN, LIVELY, 10, SIZE).truth
    on_face = first.face > 0.99
    assert np.allclose(np.linalg.norm(first.normals[on_face], axis=-1), 1, atol=1e-4)
    assert np.median(first.normals[on_face][:, 2]) < -0.6
    nose = [t.uv[tuple(np.round(t.landmarks[4, 1::-1]).astype(int))] for t in (first, second)]
    assert np.allclose(nose[0], nose[1], atol=0.02)
    assert (first.uv[0, 0] == -1).all()


def test_flow_carries_landmarks_to_the_next_frame() -> None:
    now, following = (render(MARCO, LIVELY, f, SIZE).truth for f in (40, 41))
    for landmark in (4, 9, 50, 280):
        x, y = np.round(now.landmarks[landmark, :2]).astype(int)
        moved = following.landmarks[landmark, :2] - now.landmarks[landmark, :2]
        assert np.allclose(now.flow[y, x], moved, atol=0.35)


@pytest.mark.parametrize("kind", ["hand", "microphone"])
def test_an_occluder_hides_face_and_has_its_matte(kind: str) -> None:
    plain = render(MARCO, FRONTAL, 40, SIZE)
    covered = render(MARCO, replace(FRONTAL, occluder=kind, crossing=(20, 60)), 40, SIZE)
    hidden = covered.truth.occluder > 0.99
    assert 0.02 < hidden.mean() < 0.4
    assert (covered.truth.visible_face[hidden] < 0.02).all()
    assert covered.truth.visible_face.sum() < 0.97 * plain.truth.visible_face.sum()
    assert np.abs(covered.truth.face - plain.truth.face).mean() < 0.005, (
        "the whole face does not depend on it"
    )
    assert np.abs(covered.image[hidden].astype(int) - plain.image[hidden]).mean() > 15


def test_a_companion_appears_behind_and_changes_no_truth() -> None:
    alone = render(MARCO, FRONTAL, 30, SIZE)
    together = render(MARCO, replace(FRONTAL, companion=ELIN), 30, SIZE)
    covered = alone.truth.visible_face > 0.99
    assert np.array_equal(alone.truth.landmarks, together.truth.landmarks)
    assert np.abs(alone.image[covered].astype(int) - together.image[covered]).mean() < 1.0
    changed = np.abs(alone.image.astype(int) - together.image).max(-1) > 25
    assert changed.mean() > 0.03


def test_defocus_softens_and_grain_roughens() -> None:
    def roughness(**settings: float) -> float:
        image = render(MARCO, replace(FRONTAL, shutter=0.0, **settings), 30, SIZE).image.astype(float)
        return float(np.abs(np.diff(image, axis=1)).mean())

    assert roughness(grain=0.0, defocus=3.0) < 0.8 * roughness(grain=0.0)
    assert roughness(grain=4.0) > 1.2 * roughness(grain=0.0)


def test_a_true_swap_equals_the_plate_outside_the_face_and_differs_inside() -> None:
    plate = render(ELIN, LIVELY, 10, SIZE)
    swap = true_swap(MARCO, ELIN, LIVELY, 10, SIZE)
    outside = swap.truth.visible_face == 0
    assert 0.5 < outside.mean() < 0.95
    assert np.array_equal(swap.image[outside], plate.image[outside])
    inside = swap.truth.visible_face > 0.99
    assert np.abs(swap.image[inside].astype(int) - plate.image[inside]).mean() > 8
    outline = list(mesh.FACE_OVAL)
    assert np.abs(swap.truth.landmarks[outline] - plate.truth.landmarks[outline]).max() < 1.0
    assert np.abs(swap.truth.landmarks[4] - plate.truth.landmarks[4]).max() > 1.0


def test_swapping_a_face_with_itself_changes_nothing() -> None:
    plate, swap = render(MARCO, LIVELY, 3, SIZE), true_swap(MARCO, MARCO, LIVELY, 3, SIZE)
    assert np.array_equal(plate.image, swap.image)


def test_a_sequence_is_its_frames() -> None:
    frames = list(render_sequence(MARCO, LIVELY, range(3, 5), 128))
    assert [f.image.shape for f in frames] == [(128, 128, 3)] * 2
    assert np.array_equal(frames[1].image, render(MARCO, LIVELY, 4, 128).image)


def test_refuses_sizes_that_cannot_be_rendered() -> None:
    with pytest.raises(BadInputError, match="pixels"):
        render(MARCO, FRONTAL, 0, 7)
