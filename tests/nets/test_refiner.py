"""The network that corrects pictures: it begins as one that changes nothing, and does what it says."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from understudy.nets.refiner import FARTHEST, Correction, Refiner, Residual

SIZE = 32


def correction(**changes: torch.Tensor) -> Correction:
    nothing = {
        "shift": torch.zeros(1, 2, SIZE, SIZE),
        "tone": torch.zeros(1, 3, SIZE, SIZE),
        "drawn": torch.zeros(1, 3, SIZE, SIZE),
        "share": torch.zeros(1, 1, SIZE, SIZE),
        "matte": torch.ones(1, 1, SIZE, SIZE),
    }
    return Correction(**{**nothing, **changes})


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_before_it_has_learned_it_changes_next_to_nothing(picture) -> None:
    made = Refiner(maps=4, channels=(8, 12, 16))(
        picture, torch.zeros(1, 4, SIZE, SIZE), torch.ones(1, 1, SIZE, SIZE)
    )
    assert (made.apply(picture) - picture).abs().max() < 0.01
    assert made.matte.min() > 0.95


def test_a_shift_takes_what_lies_so_many_pixels_off(picture) -> None:
    across = torch.tensor([2.0, 1.0]).view(1, 2, 1, 1) / SIZE
    moved = correction(shift=across.expand(1, 2, SIZE, SIZE)).apply(picture)
    torch.testing.assert_close(moved[..., :-1, :-2], picture[..., 1:, 2:], atol=1e-5, rtol=0)


def test_tone_is_added_and_what_is_drawn_takes_its_share(picture) -> None:
    tone = torch.full((1, 3, SIZE, SIZE), 0.1)
    drawn = torch.full((1, 3, SIZE, SIZE), 0.5)
    share = torch.full((1, 1, SIZE, SIZE), 0.25)
    made = correction(tone=tone, drawn=drawn, share=share).apply(picture)
    torch.testing.assert_close(made, 0.75 * (picture + 0.1) + 0.25 * 0.5)


def test_still_nothing_moves_and_detail_may_stay(picture) -> None:
    flat = torch.full((1, 3, SIZE, SIZE), 0.5)
    made = correction(
        shift=torch.full((1, 2, SIZE, SIZE), 0.1), tone=0.2 * flat, drawn=flat, share=2 * flat[:, :1]
    )
    torch.testing.assert_close(made.still(picture), flat)
    means = torch.nn.functional.avg_pool2d(picture, 5, 1, 2, count_include_pad=False)
    torch.testing.assert_close(made.still(picture, detail=0.5), 0.5 + 0.5 * (picture - means))
    untouched = correction(tone=0.2 * flat)
    torch.testing.assert_close(untouched.still(picture, toned=0.5), picture + 0.05)


def test_shifts_are_bounded_and_smooth(picture) -> None:
    net = Refiner(maps=1, channels=(8, 12))
    torch.nn.init.normal_(net.net.end.weight, std=100.0)
    made = net(picture, torch.zeros(1, 1, SIZE, SIZE), torch.ones(1, 1, SIZE, SIZE))
    assert made.shift.abs().max() <= FARTHEST
    assert made.shift.abs().max() > 0.5 * FARTHEST
    noise = made.drawn[..., 1:] - made.drawn[..., :-1]
    tone = made.tone[..., 1:] - made.tone[..., :-1]
    assert tone.std() / made.tone.std() < 0.5 * noise.std() / made.drawn.std()


def test_where_it_may_not_draw_it_does_not(picture) -> None:
    net = Refiner(maps=1, channels=(8, 12))
    torch.nn.init.normal_(net.net.end.weight, std=100.0)
    drawable = torch.zeros(1, 1, SIZE, SIZE)
    drawable[..., :4, :] = 1
    share = net(picture, torch.zeros(1, 1, SIZE, SIZE), drawable).share
    assert share[..., 4:, :].max() == 0
    assert share[..., :4, :].max() > 0.5


def test_it_learns_to_undo_a_shift() -> None:
    torch.manual_seed(0)
    net = Refiner(maps=1, channels=(8, 12))
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    y = torch.nn.functional.interpolate(torch.rand(4, 3, 8, 8), (SIZE, SIZE), mode="bicubic")
    x, maps = torch.roll(y, 1, -1), torch.zeros(4, 1, SIZE, SIZE)
    errors = []
    for _ in range(40):
        loss = (net(x, maps, 1 + maps).apply(x) - y).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        errors.append(float(loss))
    assert errors[-1] < 0.6 * errors[0]


def test_a_narrow_block_that_halves_writes_nowhere_else() -> None:
    """Convolutions of torch 2.13 did so on processors: the process died of it, sooner or later."""
    program = """
import torch
from torch import nn
from torch.nn import functional
from understudy.nets.refiner import Residual
block = Residual(8, 12, 2).to(memory_format=torch.channels_last)
for _ in range(60):
    x = torch.rand(1, 8, 64, 64).contiguous(memory_format=torch.channels_last).requires_grad_()
    block(x).square().mean().backward()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


def test_a_block_that_halves_sees_every_other_pixel_beside_its_convolutions() -> None:
    block = Residual(3, 5, 2)
    x = torch.rand(2, 3, 8, 6)
    assert isinstance(block.short_cut, nn.Conv2d)
    strided = functional.conv2d(x, block.short_cut.weight, block.short_cut.bias, stride=2)
    assert torch.allclose(block(x), strided, atol=1e-6), "the second convolution begins at zero"
