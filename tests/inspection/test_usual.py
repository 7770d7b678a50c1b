"""What is usual in a shot, of curves whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.inspection.usual import calmed, spread, steadied

T = 80


def test_what_drifts_is_taken_off_and_what_is_short_stays() -> None:
    drifting = np.linspace(0, 40, T)
    flawed = drifting.copy()
    flawed[30:36] += 50
    left = steadied(flawed)
    assert np.abs(steadied(drifting)[16:-16]).max() < 1e-9
    assert left[30:36].min() > 45
    assert np.abs(np.delete(left, range(30, 36))[16:-16]).max() < 5


def test_what_is_unknown_stays_unknown() -> None:
    values = np.sin(np.arange(T) / 9)
    values[[4, 50]] = np.nan
    for window in (1, 3, 5):
        assert np.flatnonzero(~np.isfinite(calmed(values, window))).tolist() == [4, 50]
    assert np.flatnonzero(~np.isfinite(steadied(values))).tolist() == [4, 50]


def test_a_single_outlier_is_calmed_away_and_five_frames_are_not() -> None:
    values = np.zeros(T)
    values[10] = 9.0
    values[40:45] = 3.0
    calm = calmed(values, 5)
    assert calm[10] == 0.0
    assert calm[42] == 3.0


def test_spread_is_the_standard_deviation_whatever_a_tenth_of_it_does() -> None:
    values = np.random.default_rng(3).normal(0, 2, 4000)
    values[::10] = 500
    assert spread(values) == pytest.approx(2.3, rel=0.1)
