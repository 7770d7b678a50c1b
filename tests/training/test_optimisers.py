from __future__ import annotations

import copy
import math
from collections.abc import Iterable

import pytest
import torch
from torch import Tensor, nn

from understudy.errors import BadInputError
from understudy.training.optimisers import KINDS, optimiser
from understudy.training.optimisers.belief import AdaBelief
from understudy.training.optimisers.dropped import DroppedRms
from understudy.training.optimisers.muon import Muon, orthogonal
from understudy.training.optimisers.schedule_free import ScheduleFree
from understudy.training.optimisers.stepping import drop_out, wave


def net() -> nn.Sequential:
    torch.manual_seed(4)
    return nn.Sequential(nn.Conv2d(3, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12 * 16, 9))


def loss_of(module: nn.Module, step: int) -> Tensor:
    chance = torch.Generator().manual_seed(step)
    x = torch.rand(8, 3, 6, 6, generator=chance)
    wanted = x.flatten(1)[:, :9] - x.flatten(1)[:, 9:18]
    return (module(x) - wanted).square().mean()


def train(module: nn.Module, by: torch.optim.Optimizer, steps: Iterable[int]) -> list[float]:
    values = []
    for step in steps:
        by.zero_grad()
        loss = loss_of(module, step)
        loss.backward()  # type: ignore[no-untyped-call]
        by.step()
        values.append(loss.item())
    return values


def scalar(value: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor([value]))


@pytest.mark.parametrize("name", KINDS)
def test_every_optimiser_lowers_a_loss(name: str) -> None:
    module = net()
    rate = max(KINDS[name].rate, 2e-3) if name.startswith("dfl") else None
    values = train(module, optimiser(name, module.parameters(), rate), [7] * 120)
    assert max(values[-10:]) < 0.3 * values[0]


@pytest.mark.parametrize("name", KINDS)
def test_training_goes_on_from_tensors_and_plain_values(name: str) -> None:
    whole = net()
    expected = train(whole, optimiser(name, whole.parameters()), range(9))

    module = net()
    by = optimiser(name, module.parameters())
    first = train(module, by, range(4))
    state = by.state_dict()
    for entries in state["state"].values():
        assert all(isinstance(value, Tensor) for value in entries.values())
    for group in state["param_groups"]:
        assert all(isinstance(v, bool | int | float | str | list | tuple | None) for v in group.values())
    # through bytes, as a checkpoint does, contiguous and on the CPU
    kept = {
        number: {what: value.detach().cpu().clone() for what, value in entries.items()}
        for number, entries in state["state"].items()
    }
    other = net()
    other.load_state_dict(module.state_dict())
    again = optimiser(name, other.parameters())
    again.load_state_dict({"state": kept, "param_groups": copy.deepcopy(state["param_groups"])})
    assert first + train(other, again, range(4, 9)) == expected


@pytest.mark.parametrize("name", KINDS)
def test_what_has_no_gradient_stays(name: str) -> None:
    module = net()
    by = optimiser(name, module.parameters())
    before = module[0].weight.detach().clone()
    module[3](torch.ones(1, 192)).sum().backward()
    by.step()
    assert torch.equal(module[0].weight, before)
    assert "step" not in by.state[module[0].weight]


@pytest.mark.parametrize("name", KINDS)
def test_weights_in_channels_last_take_the_same_steps(name: str) -> None:
    plain, last = net(), net().to(memory_format=torch.channels_last)
    a = train(plain, optimiser(name, plain.parameters()), range(3))
    b = train(last, optimiser(name, last.parameters()), range(3))
    # what drops out depends on the layout, how much does not
    assert a == pytest.approx(b, rel=1e-3)


def test_unknown_optimisers_are_refused_by_name() -> None:
    with pytest.raises(BadInputError, match=r"'sgd'; choose one of: adamw, muon"):
        optimiser("sgd", net().parameters())


def test_the_rate_can_be_given() -> None:
    assert optimiser("adamw", net().parameters(), 0.25).param_groups[0]["lr"] == 0.25
    assert optimiser("dfl-adabelief", net().parameters()).param_groups[0]["lr"] == 5e-5


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith("dfl")])
def test_deepfacelabs_take_the_steps_of_a_loss_that_is_added_up_over_the_batch(name: str) -> None:
    chosen = KINDS[name]
    ours, theirs = scalar(1.0), scalar(1.0)
    by = optimiser(name, [ours], batch=4)
    other = chosen.make([theirs], lr=chosen.rate, **chosen.options)
    for slope in (3e-7, -1e-6, 2e-6):  # where eps is felt
        ours.grad, theirs.grad = torch.tensor([slope]), torch.tensor([4 * slope])
        by.step()
        other.step()
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-7)
    plain = optimiser("adamw", [scalar(1.0)], batch=4).param_groups[0]["eps"]
    assert plain == optimiser("adamw", [scalar(1.0)]).param_groups[0]["eps"]


@pytest.mark.parametrize("correct", [True, False])
def test_adabelief_is_its_formula(correct: bool) -> None:
    parameter = scalar(1.0)
    by = AdaBelief([parameter], lr=0.1, betas=(0.9, 0.99), eps=1e-6, correct_bias=correct)
    value, mean, variance = 1.0, 0.0, 0.0
    for step, gradient in enumerate([0.5, -0.25, 0.125, 0.5], start=1):
        parameter.grad = torch.tensor([gradient])
        by.step()
        mean = 0.9 * mean + 0.1 * gradient
        variance = 0.99 * variance + 0.01 * (gradient - mean) ** 2
        m, v = (mean / (1 - 0.9**step), variance / (1 - 0.99**step)) if correct else (mean, variance)
        value -= 0.1 * m / (math.sqrt(v) + 1e-6)
        assert parameter.item() == pytest.approx(value, rel=1e-5)


def test_rmsprop_without_dropout_is_torchs() -> None:
    ours, theirs = net(), net()
    a = train(ours, DroppedRms(ours.parameters(), lr=1e-3), range(6))
    b = train(theirs, torch.optim.RMSprop(theirs.parameters(), lr=1e-3, alpha=0.9, eps=1e-6), range(6))
    assert a == pytest.approx(b, rel=1e-5)


def test_dropout_moves_a_share_and_another_one_each_step() -> None:
    parameter = nn.Parameter(torch.zeros(100, 100))
    by = DroppedRms([parameter], lr=1.0, dropout=0.3)
    masks = []
    for _ in range(2):
        before = parameter.detach().clone()
        parameter.grad = torch.ones(100, 100)
        by.step()
        masks.append(parameter.detach() != before)
        assert masks[-1].float().mean().item() == pytest.approx(0.3, abs=0.02)
    both = (masks[0] & masks[1]).float().mean().item()
    assert both == pytest.approx(0.09, abs=0.02)


def test_dropout_depends_on_seed_and_step_alone() -> None:
    def dropped(seed: int, step: int) -> Tensor:
        torch.rand(7)
        update = torch.ones(50)
        drop_out([update], 0.3, seed, step)
        return update

    assert torch.equal(dropped(1, 5), dropped(1, 5))
    assert not torch.equal(dropped(1, 5), dropped(1, 6))
    assert not torch.equal(dropped(1, 5), dropped(2, 5))


def test_the_wave_is_a_cosine_of_500_steps() -> None:
    assert [wave(step) for step in (0, 125, 250, 500)] == pytest.approx([1, 0.5, 0, 1])


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (24, 24)])
def test_orthogonal_keeps_directions_and_evens_out_strengths(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    made = orthogonal(matrix[None])[0].float()
    strengths = torch.linalg.svdvals(made)
    assert strengths.min() > 0.5
    assert strengths.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    aligned = u.T @ made @ v.T
    assert torch.allclose(aligned, torch.diag(aligned.diagonal()), atol=0.08)


def test_muon_moves_matrices_by_a_fifth_of_its_rate_and_the_rest_as_adam_does() -> None:
    module = net()
    by = Muon(module.parameters(), lr=0.01, plain=0.1)
    conv, dense = module[0], module[3]
    assert [len(group["params"]) for group in by.param_groups] == [2, 2]
    before = [each.detach().clone() for each in (conv.weight, dense.weight, conv.bias)]
    train(module, by, range(1))
    moved = [a.detach() - b for a, b in zip((conv.weight, dense.weight, conv.bias), before, strict=True)]
    for change in moved[:2]:
        assert change.square().mean().sqrt().item() == pytest.approx(0.2 * 0.01, rel=0.3)
    assert moved[2].abs().max().item() == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_muon_takes_tall_matrices_in_blocks() -> None:
    chance = torch.Generator().manual_seed(1)
    tall = nn.Parameter(torch.zeros(1024, 16))
    halves = [nn.Parameter(torch.zeros(512, 16)) for _ in range(2)]
    tall.grad = torch.randn(1024, 16, generator=chance)
    for half, gradient in zip(halves, tall.grad.chunk(2), strict=True):
        half.grad = gradient.clone()
    for by in (Muon([tall]), Muon(halves)):
        by.step()
    assert torch.allclose(tall, torch.cat(list(halves)), atol=1e-6)
    assert tall.any()


def test_muon_leaves_thin_matrices_to_adam() -> None:
    drawing, wide = nn.Parameter(torch.ones(3, 64, 3, 3)), nn.Parameter(torch.ones(8, 8))
    by = Muon([drawing, wide])
    assert by.param_groups[0]["params"][0] is wide
    assert by.param_groups[1]["params"][0] is drawing


def test_schedule_free_is_its_three_sequences() -> None:
    parameter = scalar(2.0)
    by = ScheduleFree([parameter], lr=0.1, betas=(0.9, 0.99), eps=1e-8)
    x = z = 2.0
    square = weight = 0.0
    for step, rate in enumerate([0.05, 0.1, 0.1, 0.1], start=1):
        by.param_groups[0]["lr"] = rate
        gradient = parameter.item() - 0.5
        parameter.grad = torch.tensor([gradient])
        by.step()
        square = 0.99 * square + 0.01 * gradient**2
        z -= rate * gradient / (math.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weight += rate**2
        x += (z - x) * rate**2 / weight
        assert parameter.item() == pytest.approx(0.1 * z + 0.9 * x, rel=1e-4)
        with by.averaged():
            assert parameter.item() == pytest.approx(x, rel=1e-4)
        assert parameter.item() == pytest.approx(0.1 * z + 0.9 * x, rel=1e-4)
