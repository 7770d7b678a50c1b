"""Performances: the same seed, the same moments; and what each setting does."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.performers import Performance, cast


def test_moments_depend_on_seed_and_frame_alone() -> None:
    forwards = [Performance(seed=3).moment(f) for f in range(5)]
    backwards = [Performance(seed=3).moment(f) for f in reversed(range(5))]
    assert forwards == backwards[::-1]
    assert forwards[0] != Performance(seed=4).moment(0)


def test_a_take_visits_its_range_and_stays_within() -> None:
    moments = [Performance(seed=8).moment(f) for f in range(0, 1500, 3)]
    yaw = np.array([m.pose.yaw for m in moments])
    pitch = np.array([m.pose.pitch for m in moments])
    assert np.abs(yaw).max() <= 45.0
    assert yaw.min() < -35.0
    assert yaw.max() > 35.0
    assert np.abs(pitch).max() <= 18.0
    blink = np.array([m.expression.blink for m in moments])
    assert blink.max() > 0.95
    assert np.median(blink) < 0.05
    for name in ("jaw", "smile", "brow_raise"):
        strength = np.array([getattr(m.expression, name) for m in moments])
        assert strength.min() >= 0.0
        assert 0.4 < strength.max() <= 1.0


def test_curves_are_smooth_within_a_shot_and_jump_at_a_cut() -> None:
    take = Performance(seed=2, cuts=(50,))
    yaw = np.array([take.moment(f).pose.yaw for f in range(40, 60)])
    steps = np.abs(np.diff(yaw))
    assert steps.argmax() == 9
    assert np.delete(steps, 9).max() < 8.0
    assert [take.moment(f).shot for f in (0, 49, 50, 51)] == [0, 0, 1, 1]
    assert take.moment(49).backdrop != take.moment(50).backdrop


def test_still_settings_hold_still() -> None:
    take = Performance(seed=5, yaw=0.0, pitch=0.0, roll=0.0, liveliness=0.0, lighting=0.0)
    moments = [take.moment(f) for f in range(0, 100, 10)]
    assert {m.light for m in moments} == {moments[0].light}
    assert all(m.pose.yaw == 0 and m.expression.jaw == 0 for m in moments)


def test_an_occluder_crosses_during_its_frames_only() -> None:
    take = Performance(seed=1, occluder="hand", crossing=(10, 20))
    assert [take.moment(f).occluder is not None for f in (9, 10, 15, 20, 21)] == [
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("wrong", [{"occluder": "elephant"}, {"frame_rate": 0.0}, {"seed": -1}])
def test_refuses_what_cannot_be_played(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        Performance(**{"seed": 1} | wrong)  # type: ignore[arg-type]


def test_the_company_is_varied_and_known_by_name() -> None:
    company = cast()
    assert len(company) >= 6
    assert len({identity.name for identity in company}) == len(company)
    assert len({identity.seed for identity in company}) == len(company)
    assert any(identity.glasses for identity in company)
    assert any(identity.complexion.beard for identity in company)
    assert cast("elin")[0].name == "elin"
    with pytest.raises(BadInputError, match="marco"):
        cast("nobody")


def test_a_companion_is_seen_from_elsewhere_and_not_pulled_there_by_the_neck() -> None:
    take = Performance(seed=1, companion=cast("elin")[0])
    assert np.linalg.norm(take.companion_place) > 20
    for frame in (0, 40, 80):
        moment = take.companion_moment(frame)
        assert np.linalg.norm(moment.pose.place) < 6
        assert moment.light == take.moment(frame).light
        assert moment.lens.defocus > take.moment(frame).lens.defocus
