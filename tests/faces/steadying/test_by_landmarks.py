"""Smoothing against performances that are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.faces.scene import scene
from tests.posed_faces import Act, posed, somebody
from understudy.faces.steadying.by_landmarks import smooth, smooth_faces
from understudy.faces.tracking.tracks import link
from understudy.geometry import mesh

EYES = 100.0
NOISE = 0.25
"""Deviation of the jitter in pixels, a quarter of a percent of the eye distance."""


def performance(acts: list[Act], drift: float = 0.0) -> np.ndarray:
    """True landmarks (T, 478, 3), the head moving by `drift` pixels a frame."""
    return np.stack([posed(somebody(), act, EYES, (200 + drift * t, 180.0)) for t, act in enumerate(acts)])


def jittered(points: np.ndarray, seed: int = 0) -> np.ndarray:
    return points + np.random.default_rng(seed).normal(0, NOISE, points.shape)


def smoothed(points: np.ndarray) -> np.ndarray:
    return smooth(points, np.arange(len(points))).astype(np.float64)


def lid_opening(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, 159] - points[:, 145], axis=-1)


def lip_opening(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, 13] - points[:, 14], axis=-1)


def rms(difference: np.ndarray) -> float:
    return float(np.sqrt((difference[..., :2] ** 2).mean()))


def test_a_still_face_stops_to_tremble() -> None:
    truth = performance([Act()] * 60)
    before, after = jittered(truth), smoothed(jittered(truth))
    bends = [np.diff(points, n=2, axis=0) for points in (before, after)]
    assert rms(bends[1]) < 0.2 * rms(bends[0])
    assert rms(after - truth) < 0.5 * rms(before - truth)


def test_steady_motion_passes_unchanged_up_to_both_ends() -> None:
    truth = performance([Act()] * 40, drift=3.0)
    np.testing.assert_allclose(smoothed(truth), truth, atol=2e-3)


def test_a_turning_head_neither_lags_nor_shrinks() -> None:
    yaw = 25 * np.sin(np.arange(80) / 80 * 4 * np.pi)
    truth = performance([Act(yaw=y, roll=y / 3) for y in yaw])
    after = smoothed(jittered(truth))
    assert rms(after - truth) < NOISE
    course, true = (np.diff(points[:, 1, 0]) for points in (after, truth))
    match = [np.dot(course[5:-5], true[5 + lag : len(true) - 5 + lag]) for lag in range(-4, 5)]
    assert int(np.argmax(match)) - 4 == 0
    assert np.ptp(after[:, 1, 0]) > 0.97 * np.ptp(truth[:, 1, 0])


@pytest.mark.parametrize("length", [1, 2, 4])
def test_blinks_keep_their_depth_and_moment(length: int) -> None:
    blink = np.zeros(50)
    blink[20 : 20 + length] = 1.0
    truth = performance([Act(blink=b) for b in blink])
    after = lid_opening(smoothed(jittered(truth)))
    true = lid_opening(truth)
    depth = true.max() - true.min()
    assert true.max() - after[20 : 20 + length].min() > 0.95 * depth
    assert int(np.argmin(after)) in range(20, 20 + length)


def test_a_closure_of_one_frame_within_speech_survives() -> None:
    mouth = 0.12 + 0.05 * np.sin(np.arange(60) * 0.9)
    mouth[30] = 0.0
    truth = performance([Act(mouth=m) for m in mouth])
    true, after = lip_opening(truth), lip_opening(smoothed(jittered(truth)))
    assert true[29] - after[30] > 0.95 * (true[29] - true[30])


def test_a_glance_is_kept() -> None:
    gaze = [(0.05 if 25 <= t < 35 else 0.0, 0.0) for t in range(60)]
    truth = performance([Act(gaze=g) for g in gaze])
    after = smoothed(jittered(truth))
    iris = mesh.RIGHT_IRIS[0]
    step = after[25, iris, 0] - after[24, iris, 0]
    assert step > 0.9 * (truth[25, iris, 0] - truth[24, iris, 0])


def test_one_frame_in_which_the_landmarks_jump_is_mended() -> None:
    truth = performance([Act()] * 30, drift=1.0)
    broken = truth.copy()
    broken[12] = broken[12] * 1.15 + (20.0, -8.0, 0.0)
    np.testing.assert_allclose(smoothed(broken), truth, atol=0.3)


def test_nothing_is_carried_over_a_gap() -> None:
    here, there = performance([Act()] * 10), performance([Act()] * 10) + 80.0
    frames = np.array([*range(10), *range(40, 50)])
    together = smooth(np.concatenate([here, there]), frames)
    np.testing.assert_array_equal(together[:10], smooth(here, np.arange(10)))
    np.testing.assert_array_equal(together[10:], smooth(there, np.arange(10)))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_short_runs_are_no_trouble(count: int) -> None:
    truth = performance([Act()] * 5)[:count]
    np.testing.assert_allclose(smooth(truth, np.arange(count)), truth, atol=1e-3)


def test_tracks_are_smoothed_each_by_itself() -> None:

    left, right = (
        jittered(performance([Act()] * 12)),
        jittered(performance([Act()] * 12), seed=1) + np.array([300.0, 0.0, 0.0]),
    )
    rows = [(t, points[t]) for points in (left, right) for t in range(12)]
    faces = smooth_faces(link(scene(rows), []))
    for track in (0, 1):
        one = faces.of_track(track).landmarks
        side = left if one[0, 0, 0] < 300 else right
        np.testing.assert_allclose(one, smoothed(side.astype(np.float32)), atol=1e-3)
