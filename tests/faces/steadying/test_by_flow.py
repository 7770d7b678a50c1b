import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.posed_faces import LOWER, UPPER
from understudy.faces import stretches
from understudy.faces.steadying import following
from understudy.faces.steadying.by_flow import Motion, steady
from understudy.faces.stretches import kept_in
from understudy.geometry import mesh


def _track(frames: int = 60) -> np.ndarray:
    """A face that turns and moves smoothly across the picture."""
    t = np.linspace(0, 2 * np.pi, frames)[:, None, None]
    face = mesh.canonical_face()[None] * 100 + 200
    return face + np.concatenate([20 * np.sin(t), 10 * np.cos(t), 0 * t], axis=2)


def _motion(points: np.ndarray, trust: float = 1.0) -> Motion:
    steps = np.diff(points[..., :2], axis=0)
    return Motion(steps.astype(np.float32), np.full(steps.shape[:2], trust, np.float32))


def test_exact_input_is_left_alone() -> None:
    points = _track()
    points[..., 2] = 0
    assert np.abs(steady(points, _motion(points)) - points).max() < 1e-3


def test_flow_removes_jitter_and_adds_no_lag() -> None:
    truth = _track()
    noisy = truth + np.random.default_rng(0).normal(0, 0.5, truth.shape)
    out = steady(noisy, _motion(truth))
    before = np.abs(noisy - truth)[..., :2].std()
    after = np.abs(out - truth)[..., :2]
    assert after.std() < 0.35 * before
    sway = out[:, 4, 0] - out[:, 4, 0].mean()
    lags = [np.dot(sway[3:-3], np.roll(truth[:, 4, 0], k)[3:-3]) for k in (-1, 0, 1)]
    assert int(np.argmax(lags)) == 1


def test_untrusted_flow_changes_nothing() -> None:
    noisy = _track() + np.random.default_rng(1).normal(0, 0.5, (60, 478, 3))
    out = steady(noisy, _motion(noisy * 0, trust=0.0))
    assert np.abs(out - noisy)[..., :2].max() < 1e-3


def test_a_blink_that_flow_does_not_see_keeps_most_of_its_depth() -> None:
    points = _track() * 0 + mesh.canonical_face() * 100
    upper = list(mesh.RIGHT_LID_UPPER[1:-1])
    blink = points.copy()
    blink[28:33, upper, 1] += 8
    still = Motion(np.zeros((59, 478, 2), np.float32), np.ones((59, 478), np.float32))
    still.trust[26:34][:, upper] = 0.02  # forward and backward flow disagree on a closing lid
    out = steady(blink, still)
    assert (out[30, upper, 1] - points[30, upper, 1]).min() > 0.9 * 8


def test_a_blink_in_two_frames_keeps_its_depth_though_flow_swears_that_nothing_moved() -> None:
    points = _track() * 0 + mesh.canonical_face() * 100
    upper = list(mesh.RIGHT_LID_UPPER[1:-1])
    blink = points + np.random.default_rng(5).normal(0, 0.1, points.shape)
    blink[29:31, upper, 1] += 8
    blink[58:, upper, 1] += 8  # the film ends with closed eyes
    still = Motion(np.zeros((59, 478, 2), np.float32), np.ones((59, 478), np.float32))
    moved = steady(blink, still)[:, upper, 1] - points[:, upper, 1]
    assert moved[29:31].min() > 0.9 * 8
    assert moved[58:].min() > 0.9 * 8
    assert np.abs(moved[:27]).max() < 0.15
    assert np.abs(moved[33:57]).max() < 0.3


def _talking(gaps: np.ndarray) -> np.ndarray:
    """A still face whose inner lips are `gaps` (N,) pixels apart."""
    points = np.repeat(mesh.canonical_face()[None] * 100, len(gaps), axis=0)
    points[:, LOWER] = points[:, UPPER]
    points[:, LOWER, 1] += gaps[:, None]
    return points


def _gaps(points: np.ndarray) -> np.ndarray:
    return (points[:, LOWER, 1] - points[:, UPPER, 1]).mean(1)


def test_lips_that_meet_are_shut_though_flow_saw_them_part_by_half() -> None:
    gaps = np.zeros(60)
    gaps[10:20] = gaps[30:40] = 20.0
    points = _talking(gaps)
    motion = _motion(_talking(gaps / 2))
    out = _gaps(steady(points, motion))
    shut = gaps == 0
    assert np.abs(out[shut]).max() < 0.1
    assert out[~shut].min() > 10


def test_lips_that_are_open_move_as_flow_says() -> None:
    gaps = 12.0 + 3 * np.sin(np.linspace(0, 12, 60))
    noisy = _talking(gaps + np.random.default_rng(2).normal(0, 1.0, 60))
    out = _gaps(steady(noisy, _motion(_talking(gaps))))
    assert np.std(out - gaps) < 0.5 * np.std(_gaps(noisy) - gaps)
    assert np.abs(np.diff(out - gaps)).max() < 0.3


def test_one_face_is_a_track() -> None:
    points = _track(1)
    empty = Motion(np.zeros((0, 478, 2), np.float32), np.zeros((0, 478), np.float32))
    assert np.allclose(steady(points, empty), points)


def test_a_long_track_is_solved_in_windows_as_if_it_were_solved_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(4)
    points = (_track(700) + random.normal(0, 0.5, (700, 478, 3))).astype(np.float32)
    trust = np.ones((699, 478), np.float32)
    trust[300:320] = 0.1
    motion = Motion(_motion(points).displacement, trust)
    whole = steady(points, motion)
    monkeypatch.setattr(following, "_WINDOW", 64)
    assert np.abs(steady(points, motion) - whole).max() <= np.spacing(np.float32(512))


def test_memory_does_not_grow_with_the_track(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_WINDOW", 64)
    monkeypatch.setattr(following, "_MARGIN", 16)
    monkeypatch.setattr(stretches, "LARGE", 1 << 16)

    def peak(frames: int) -> int:
        points = _track(frames).astype(np.float32)
        motion = _motion(points)
        tracemalloc.start()
        with kept_in(tmp_path):
            steady(points, motion)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)
    assert (peak(400) - peak(200)) / 200 < 0.05 * 478 * 3 * 4
