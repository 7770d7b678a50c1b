import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from understudy.training.sampling import Sampler, hold_out, pose_weights


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_no_face_comes_twice_before_all_have_come() -> None:
    sampler, dice = Sampler(np.arange(3, 13)), chance()
    for _ in range(4):
        assert sorted(sampler.draw(10, dice).tolist()) == list(range(3, 13))


def test_epochs_differ_in_order() -> None:
    sampler, dice = Sampler(np.arange(50)), chance()
    assert sampler.draw(50, dice).tolist() != sampler.draw(50, dice).tolist()


@given(seed=st.integers(0, 2**31), weights=st.lists(st.floats(0.05, 5), min_size=1, max_size=30))
def test_an_epoch_keeps_to_the_weights(seed, weights) -> None:
    count = len(weights)
    drawn = Sampler(np.arange(count), np.array(weights)).draw(count, chance(seed))
    times = np.bincount(drawn.numpy(), minlength=count)
    wanted = np.array(weights) / np.mean(weights)
    assert (times >= np.floor(wanted - 1e-6)).all()
    assert (times <= np.ceil(wanted + 1e-6)).all()


def test_hard_faces_are_drawn_oftener_and_easy_ones_are_not_forgotten() -> None:
    sampler, dice = Sampler(np.arange(20), hard=1.0), chance()
    for _ in range(10):
        faces = sampler.draw(20, dice)
        sampler.tell(faces, torch.where(faces == 7, 4.0, 1.0))
    times = np.bincount(sampler.draw(400, dice).numpy(), minlength=20)
    assert times[7] == pytest.approx(20 * 3 * 20 / (19 / 1.15 + 3), abs=14)
    assert times.min() >= 12


def test_what_is_told_is_heeded_by_the_share_that_was_asked_for() -> None:
    sampler, dice = Sampler(np.arange(20)), chance()
    faces = sampler.draw(20, dice)
    sampler.tell(faces, faces.float())
    assert (np.bincount(sampler.draw(20, dice).numpy()) == 1).all()


class _Holder(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.faces = Sampler(np.arange(count), np.linspace(1, 3, count), hard=0.5)


def test_resumed_it_draws_what_it_would_have_drawn() -> None:
    one, dice = _Holder(17), chance(3)
    for _ in range(9):
        faces = one.faces.draw(5, dice)
        one.faces.tell(faces, (faces + 1).float())
    saved, dice_then = {k: v.clone() for k, v in one.state_dict().items()}, dice.get_state()
    assert all(isinstance(value, torch.Tensor) for value in saved.values())
    wanted = [one.faces.draw(5, dice).tolist() for _ in range(12)]

    other, dice = _Holder(17), chance()
    other.load_state_dict(saved)
    dice.set_state(dice_then)
    assert [other.faces.draw(5, dice).tolist() for _ in range(12)] == wanted


def test_the_state_of_other_faces_is_not_taken_over() -> None:
    one, other = Sampler(np.arange(5)), Sampler(np.arange(8))
    one.draw(3, chance())
    other.set_extra_state(one.get_extra_state())
    assert sorted(other.draw(8, chance()).tolist()) == list(range(8))


def test_it_stays_out_of_what_devices_and_averages_move() -> None:
    holder = _Holder(4)
    assert len(list(holder.parameters())) == 2
    assert not list(holder.buffers())
    assert holder.double().faces.draw(4, chance()).dtype == torch.int64


def test_nothing_to_draw_from_and_weights_that_say_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no face"):
        Sampler(np.zeros(0, np.int64))
    with pytest.raises(ValueError, match="weights"):
        Sampler(np.arange(2), np.array([1.0, 0.0]))


def test_poses_come_evenly() -> None:
    rng = np.random.default_rng(0)
    yaw = np.concatenate([rng.uniform(-2, 2, 900), rng.uniform(38, 42, 100)])
    pose = np.stack([yaw, np.zeros_like(yaw), np.zeros_like(yaw)], 1)
    weights = pose_weights(pose)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[900:].sum() == pytest.approx(weights[:900].sum(), rel=0.1)
    assert np.allclose(pose_weights(pose, strength=0.0), 1.0)


def test_one_odd_frame_is_not_shown_for_ever() -> None:
    pose = np.zeros((1000, 3))
    pose[0] = (60, 30, 0)
    assert pose_weights(pose, most=6.0)[0] == pytest.approx(6.0, rel=0.01)


@given(count=st.integers(8, 5000))
def test_held_out_faces_have_no_neighbours_among_those_learned_from(count) -> None:
    learn, test = hold_out(count)
    assert len(test) >= 1
    assert len(learn) > 0.5 * count
    apart = np.abs(learn[:, None] - test[None]).min()
    assert apart >= (4 if count > 400 else 1)
    runs = np.split(test, np.flatnonzero(np.diff(test) > 1) + 1)
    assert len(runs) <= 4
    assert np.array_equal(hold_out(count)[1], test)


def test_of_few_faces_all_are_learned_from() -> None:
    learn, test = hold_out(5)
    assert learn.tolist() == test.tolist() == [0, 1, 2, 3, 4]
