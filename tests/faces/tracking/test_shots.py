"""Cuts in moving pictures of which the cuts are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.faces.scene import scene
from tests.posed_faces import Act, posed, somebody
from understudy.faces.faceset import concatenate
from understudy.faces.tracking.shots import CutFinder


def scenery(seed: int, width: int = 400) -> np.ndarray:
    """A wide picture with large and small things in it, in muted colours."""
    rng = np.random.default_rng(seed)
    tint = np.array([30.0, 0.0, -30.0])
    coarse = cv2.resize(rng.uniform(30, 220, (5, width // 10)), (width, 36), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(rng.uniform(-1, 1, (36, width)), (0, 0), 1.5) * 100
    return np.clip((coarse + fine)[..., None] + tint, 0, 255).astype(np.uint8)


def pan(picture: np.ndarray, starts: list[int]) -> np.ndarray:
    return np.stack([picture[:, x : x + 64] for x in starts])


def cuts_of(*parts: np.ndarray) -> list[int]:
    finder = CutFinder()
    for part in parts:
        finder.add(part)
    return finder.cuts(concatenate([]), 0)


def test_a_change_of_scene_is_a_cut_wherever_the_runs_end() -> None:
    a, b = pan(scenery(1), [0] * 12), pan(scenery(2), [5] * 10)
    assert cuts_of(a, b) == [12]
    assert cuts_of(np.concatenate([a, b])) == [12]
    assert cuts_of(a[:5], np.concatenate([a[5:], b[:1]]), b[1:]) == [12]


def test_a_moving_camera_is_no_cut() -> None:
    assert cuts_of(pan(scenery(1), list(range(0, 60, 2)))) == []


def test_light_that_goes_up_slowly_is_no_cut() -> None:
    still = pan(scenery(1), [0] * 30).astype(float)
    assert cuts_of((still * np.linspace(0.4, 1.0, 30)[:, None, None, None]).astype(np.uint8)) == []


def _jump(part: float) -> np.ndarray:
    """A still picture of which a part at the right changes at frame 10."""
    before, after = scenery(1)[:, :64], scenery(2)[:, :64]
    mixed = before.copy()
    edge = round(64 * (1 - part))
    mixed[:, edge:] = after[:, edge:]
    return np.stack([before] * 10 + [mixed] * 10)


def test_a_jump_of_part_of_the_picture_is_a_cut_though_pyscenedetect_alone_would_pass_it() -> None:
    finder = CutFinder()
    finder.add(_jump(0.25))
    assert 8 < finder._changes[10] < 27
    assert finder.cuts(concatenate([]), 100) == [110]


@pytest.mark.parametrize(("shift", "cuts"), [(0.0, []), (20.0, [10])])
def test_a_jump_that_leaves_the_face_in_its_place_is_none(shift: float, cuts: list[int]) -> None:
    finder = CutFinder()
    finder.add(_jump(0.25))
    rows = [(t, posed(somebody(), Act(), 60.0, (300.0 + shift * (t >= 10), 200.0))) for t in range(20)]
    assert finder.cuts(scene(rows), 0) == cuts
