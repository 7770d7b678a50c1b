import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from understudy.training.sampling import Sampler, hold_out, pose_weights


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_all_faces_come_equally_often() -> None:
    sampler, dice = Sampler(np.arange(3, 53)), chance()
    drawn = torch.cat([sampler.draw(8, dice) for _ in range(2000)])
    times = np.bincount(drawn.numpy(), minlength=53)
    assert not times[:3].any()
    assert np.abs(times[3:] - 320).max() < 60


def test_a_batch_is_spread_over_all_of_the_time_in_any_order() -> None:
    sampler, dice = Sampler(np.arange(160)), chance()
    for _ in range(50):
        drawn = sampler.draw(16, dice)
        assert (torch.sort(drawn).values // 10).tolist() == list(range(16))
        assert drawn.tolist() != sorted(drawn.tolist())


@given(
    seed=st.integers(0, 2**31),
    faces=st.integers(1, 40),
    counts=st.lists(st.integers(1, 17), min_size=1, max_size=12),
)
def test_in_rounds_none_comes_again_before_all_have_come(seed, faces, counts) -> None:
    one, other = Sampler(np.arange(5, 5 + faces)), Sampler(np.arange(5, 5 + faces))
    drawn, done = [], 0
    for k, count in enumerate(counts):
        one.begin(done, seed)
        drawn.append(one.draw(count, chance(k)))
        done += count
    whole = torch.cat(drawn)
    for begin in range(0, done - faces + 1, faces):
        assert sorted(whole[begin : begin + faces].tolist()) == list(range(5, 5 + faces))
    other.begin(done - counts[-1], seed)
    assert torch.equal(other.draw(counts[-1], chance(99)), drawn[-1]), "whatever was drawn before"


def test_rounds_keep_to_weights_and_differ() -> None:
    weights = np.array([1.0, 2.0, 5.0])
    sampler = Sampler(np.arange(3), weights)
    sampler.begin(0, 7)
    drawn = sampler.draw(2400, chance())
    assert np.bincount(drawn.numpy()) == pytest.approx([300, 600, 1500], abs=60)
    even = Sampler(np.arange(8))
    even.begin(0, 7)
    rounds = even.draw(80, chance()).view(10, 8)
    assert len({tuple(each) for each in rounds.tolist()}) == 10


@given(seed=st.integers(0, 2**31), before=st.integers(0, 5), count=st.integers(1, 40))
def test_what_is_drawn_depends_on_nothing_before(seed, before, count) -> None:
    one, other = Sampler(np.arange(30)), Sampler(np.arange(30))
    for k in range(before):
        one.draw(k + 1, chance(k))
    assert torch.equal(one.draw(count, chance(seed)), other.draw(count, chance(seed)))


@given(seed=st.integers(0, 2**31), weights=st.lists(st.floats(0.05, 5), min_size=1, max_size=30))
def test_weights_are_kept_to(seed, weights) -> None:
    count = 40 * len(weights)
    drawn = Sampler(np.arange(len(weights)), np.array(weights)).draw(count, chance(seed))
    times = np.bincount(drawn.numpy(), minlength=len(weights))
    wanted = count * np.array(weights) / np.sum(weights)
    assert (np.abs(times - wanted) <= 2).all()


def test_hard_faces_are_drawn_oftener_once_that_is_heeded_and_easy_ones_are_not_forgotten() -> None:
    sampler, dice = Sampler(np.arange(20), hard=1.0), chance()
    sampler.tell(torch.arange(20), torch.where(torch.arange(20) == 7, 40.0, 1.0))
    assert np.bincount(sampler.draw(400, dice).numpy(), minlength=20).max() <= 22
    sampler.refresh()
    times = np.bincount(sampler.draw(400, dice).numpy(), minlength=20)
    assert times[7] == pytest.approx(400 * 3 / (3 + 19 / 2.95), abs=2)
    assert times.min() >= 12


def test_what_is_told_is_heeded_by_the_share_that_was_asked_for() -> None:
    sampler, dice = Sampler(np.arange(20)), chance()
    sampler.tell(torch.arange(20), torch.arange(20.0))
    sampler.refresh()
    assert np.bincount(sampler.draw(400, dice).numpy()).max() <= 22


class _Holder(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.faces = Sampler(np.arange(count), np.linspace(1, 3, count), hard=0.5)


def test_resumed_it_draws_what_it_would_have_drawn() -> None:
    one = _Holder(17)
    for seed in range(9):
        faces = one.faces.draw(5, chance(seed))
        one.faces.tell(faces, (faces + 1).float())
    one.faces.refresh()
    saved = {name: value.clone() for name, value in one.state_dict().items()}
    assert all(isinstance(value, torch.Tensor) for value in saved.values())

    other = _Holder(17)
    assert not torch.equal(other.faces.draw(100, chance(3)), one.faces.draw(100, chance(3)))
    other.load_state_dict(saved)
    assert torch.equal(other.faces.draw(100, chance(3)), one.faces.draw(100, chance(3)))


def test_resumed_it_does_not_heed_what_was_told_too_soon() -> None:
    one, other = Sampler(np.arange(9), hard=1.0), Sampler(np.arange(9), hard=1.0)
    one.tell(torch.arange(9), torch.arange(9.0))
    one.refresh()
    one.tell(torch.arange(9), torch.arange(9.0).flip(0))
    other.set_extra_state(one.get_extra_state())
    for _ in range(2):
        assert torch.equal(other.draw(100, chance(3)), one.draw(100, chance(3)))
        one.refresh()
        other.refresh()


def test_the_state_of_other_faces_is_not_taken_over() -> None:
    one, other = Sampler(np.arange(5), hard=1.0), Sampler(np.arange(8), hard=1.0)
    one.tell(torch.arange(5), torch.arange(5.0))
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
