from __future__ import annotations

import pytest
import torch
from torch import Tensor

from understudy.training.transfer import transfer

WAYS = ["rct", "lct", "mkl", "idt", "sot"]


def skin(seed: int, tint: tuple[float, float, float], spread: float) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    noise = torch.randn(2, 3, 24, 24, generator=chance)
    mixed = torch.einsum("ij,bjhw->bihw", torch.tensor([[1.0, 0, 0], [0.6, 0.5, 0], [0.3, 0.2, 0.4]]), noise)
    return (torch.tensor(tint).view(3, 1, 1) + spread * mixed).clamp(0.02, 0.98)


PALE, DARK = skin(1, (0.7, 0.55, 0.5), 0.04), skin(2, (0.35, 0.25, 0.2), 0.08)
WHOLE = torch.ones(2, 1, 24, 24)


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    flat = x.flatten(2)
    return flat.mean(2), flat.std(2)


@pytest.mark.parametrize("way", WAYS)
def test_means_and_deviations_become_those_that_are_wanted(way: str) -> None:
    (made,) = transfer([PALE], WHOLE, DARK, WHOLE, way)
    mean, deviation = moments(made)
    wanted_mean, wanted_deviation = moments(DARK)
    assert torch.allclose(mean, wanted_mean, atol=0.015)
    # rct matches deviations in a space of its own
    assert torch.allclose(deviation, wanted_deviation, rtol=0.25 if way == "rct" else 0.1)
    assert not torch.allclose(mean, moments(PALE)[0], atol=0.1)


@pytest.mark.parametrize("way", WAYS)
def test_a_face_in_its_own_colours_stays(way: str) -> None:
    (made,) = transfer([PALE], WHOLE, PALE, WHOLE, way)
    assert torch.allclose(made, PALE, atol=0.01)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_outside_of_the_mattes_has_no_say(way: str) -> None:
    inside = WHOLE.clone()
    inside[..., :8] = 0
    blackened, whitened = PALE.clone(), DARK.clone()
    blackened[..., :8] = 0
    whitened[..., :8] = 1
    (made,) = transfer([blackened], inside, whitened, inside, way)
    (expected,) = transfer([PALE[..., 8:]], inside[..., 8:], DARK[..., 8:], inside[..., 8:], way)
    assert torch.allclose(made[..., 8:], expected, atol=2e-3)


@pytest.mark.parametrize("way", WAYS)
def test_input_and_target_go_by_the_same_map(way: str) -> None:
    """A picture that is the first one mirrored comes out as the first one's result, mirrored."""
    first, second = transfer([PALE, PALE.flip(3)], WHOLE, DARK, WHOLE, way)
    assert torch.allclose(second, first.flip(3), atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_faces_without_a_matte_are_left_alone(way: str) -> None:
    some = WHOLE.clone()
    some[1] = 0
    (made,) = transfer([PALE], some, DARK, WHOLE, way)
    assert torch.equal(made[1], PALE[1])
    assert not torch.allclose(made[0], PALE[0], atol=0.05)


def test_mkl_is_the_least_moving_and_lct_not_mirrored() -> None:
    mkl, lct = (transfer([PALE], WHOLE, DARK, WHOLE, way)[0] for way in ("mkl", "lct"))
    assert (mkl - PALE).square().mean() <= (lct - PALE).square().mean() + 1e-6


def test_none_is_none() -> None:
    assert transfer([PALE], WHOLE, DARK, WHOLE, "none")[0] is PALE
