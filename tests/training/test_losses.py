from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d
from torch import Tensor

from understudy.training import losses


def pictures(count: int = 2, size: int = 24, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def reference_dssim(x: Tensor, y: Tensor, window: int, sigma: float) -> list[float]:
    """Wang et al. 2004 by the definition, in float64."""
    taps = np.exp(-((np.arange(window) - (window - 1) / 2) ** 2) / (2 * sigma**2))
    taps /= taps.sum()
    before, after = window // 2, window - window // 2 - 1

    def blur(a: np.ndarray) -> np.ndarray:
        a = correlate1d(correlate1d(a, taps, axis=-1), taps, axis=-2)
        return a[..., before : a.shape[-2] - after, before : a.shape[-1] - after]

    values = []
    for p, q in zip(x.double().numpy(), y.double().numpy(), strict=True):
        mp, mq = blur(p), blur(q)
        vp, vq, cov = blur(p * p) - mp**2, blur(q * q) - mq**2, blur(p * q) - mp * mq
        ssim = (2 * mp * mq + 1e-4) * (2 * cov + 9e-4) / ((mp**2 + mq**2 + 1e-4) * (vp + vq + 9e-4))
        values.append((1 - ssim.mean()) / 2)
    return values


@pytest.mark.parametrize(("window", "sigma"), [(11, 1.5), (8, 12 / 11), (22, 3.0)])
def test_dssim_is_the_definition_and_its_sigma_grows_with_the_window(window: int, sigma: float) -> None:
    x = pictures()
    y = (x + 0.3 * pictures(seed=1)).clamp(0, 1)
    assert losses.dssim(x, y, window).tolist() == pytest.approx(
        reference_dssim(x, y, window, sigma), abs=1e-5
    )


def test_dssim_of_flat_pictures_is_the_light_term() -> None:
    a, b = 0.3, 0.7
    x, y = torch.full((1, 3, 20, 20), a), torch.full((1, 3, 20, 20), b)
    ssim = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4)
    assert losses.dssim(x, y).item() == pytest.approx((1 - ssim) / 2, abs=5e-5)
    assert losses.dssim(x, x).item() == pytest.approx(0, abs=1e-6)


def test_dssim_is_exact_under_autocast_too() -> None:
    x, y = pictures(), pictures(seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(losses.dssim(x, y), losses.dssim(x, y))
        inside = losses.multiscale_dssim(x, y)
    assert torch.equal(inside, losses.multiscale_dssim(x, y))


def test_dssim_weighs_by_the_middle_of_the_window() -> None:
    x, y = pictures(1, 32), pictures(1, 32)
    y[..., 20:] = 0.5
    left, right = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    left[..., :12] = 1
    right[..., 26:] = 1
    assert losses.dssim(x, y, 7, left).item() == pytest.approx(0, abs=1e-6)
    assert losses.dssim(x, y, 7, right).item() > 0.3


def test_dssim_has_a_gradient_that_leads_to_the_target() -> None:
    y = pictures(1, 16)
    x = torch.full_like(y, 0.5).requires_grad_()
    before = losses.dssim(x, y, 5).sum()
    before.backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    with torch.no_grad():
        assert losses.dssim(x - 5 * x.grad, y, 5).item() < 0.9 * before.item()


def test_multiscale_is_the_mean_over_halved_pictures() -> None:
    x, y = pictures(2, 48), pictures(2, 48, seed=1)
    half = torch.nn.functional.avg_pool2d
    expected = (
        losses.dssim(x, y) + losses.dssim(half(x, 2), half(y, 2)) + losses.dssim(half(x, 4), half(y, 4))
    ) / 3
    assert torch.allclose(losses.multiscale_dssim(x, y, scales=3), expected, atol=1e-6)
    assert torch.allclose(losses.multiscale_dssim(x, y, scales=9), expected, atol=1e-6), (
        "12 pixels are too few"
    )


def test_first_scored_without_gradient_then_trained() -> None:
    """What is kept between calls must not be marked as made without gradient."""
    losses._band.cache_clear()
    x, y = pictures(1, 21), pictures(1, 21, seed=1)
    with torch.inference_mode():
        losses.dssim(x, y, 9)
    x.requires_grad_()
    losses.dssim(x, y, 9).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None


def test_l1_mse_and_their_weighted_means() -> None:
    x = torch.zeros(2, 3, 4, 4)
    y = x.clone()
    y[0] = 0.5
    y[1, :, 0] = 1.0
    top = torch.zeros(2, 1, 4, 4)
    top[:, :, 0] = 1
    assert losses.l1(x, y).tolist() == [0.5, 0.25]
    assert losses.l1(x, y, top).tolist() == [0.5, 1.0]
    assert losses.mse(x, y).tolist() == [0.25, 0.25]
    assert losses.mse(x, y, 2 * top).tolist() == [0.25, 1.0], "weights are relative"
    assert losses.mse(x, y, torch.zeros_like(top)).tolist() == [0.0, 0.0]
    assert losses.matte(x, y).tolist() == losses.mse(x, y).tolist()


def test_gradient_ignores_light_and_sees_slopes() -> None:
    ramp = torch.arange(5.0).expand(1, 1, 5, 5) / 10
    assert losses.gradient(ramp, ramp + 0.3).item() == pytest.approx(0, abs=1e-6)
    assert losses.gradient(ramp, torch.zeros(1, 1, 5, 5)).item() == pytest.approx(0.1)
    assert losses.gradient(ramp.transpose(2, 3), torch.zeros(1, 1, 5, 5)).item() == pytest.approx(0.1)
    edge = torch.zeros(1, 1, 5, 5)
    edge[..., :2] = 1
    step = torch.zeros(1, 1, 5, 5)
    step[..., 4] = 1
    assert losses.gradient(step, 0 * step).item() == pytest.approx(0.25)
    assert losses.gradient(step, 0 * step, edge).item() == 0


def test_pooled_l1_sees_only_means() -> None:
    x = torch.zeros(1, 1, 8, 8)
    y = x.clone()
    y[..., ::2] = 0.5
    y[..., 1::2] = -0.5
    assert losses.pooled_l1(x, y).item() == 0
    assert losses.pooled_l1(x, y + 0.25).item() == pytest.approx(0.25)


def test_total_variation_counts_both_axes() -> None:
    stripes = torch.zeros(1, 1, 4, 4)
    stripes[..., ::2] = 1
    assert losses.total_variation(stripes).item() == 1
    assert losses.total_variation(stripes.transpose(2, 3)).item() == 1
    assert losses.total_variation(torch.ones(1, 1, 4, 4)).item() == 0


def test_blur_keeps_flat_pictures_and_spreads_a_dot_by_its_sigma() -> None:
    assert torch.allclose(losses.blurred(torch.ones(1, 2, 9, 12), 2.0), torch.ones(1, 2, 9, 12))
    dot = torch.zeros(1, 1, 41, 41)
    dot[..., 20, 20] = 1
    soft = losses.blurred(dot, 3.0)[0, 0]
    assert soft.sum().item() == pytest.approx(1, abs=1e-5)
    at = torch.arange(41.0) - 20
    assert (soft.sum(0) * at.square()).sum().sqrt().item() == pytest.approx(3, rel=0.03)
    assert torch.equal(losses.blurred(dot, 0), dot)


def test_soft_mask_keeps_the_inside_and_falls_off_outside() -> None:
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., :16] = 1
    soft = losses.soft_mask(mask, 2.0)[0, 0, 5]
    assert torch.allclose(soft[:16], torch.ones(16))
    assert 0 < soft[17] < 1
    assert soft[24] == 0


def test_blur_outside_takes_nothing_from_the_face() -> None:
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., :8] = 1
    x = pictures(1, 16)
    x[..., :8] = 1.0
    x[..., 8:] = 0.25
    y = losses.blur_outside(x, mask, 2.0)
    assert torch.equal(y[..., :8], x[..., :8])
    assert torch.allclose(y[..., 8:], torch.tensor(0.25), atol=1e-5)


def test_cross_entropies() -> None:
    zero = torch.zeros(2, 1, 3, 3)
    assert torch.allclose(losses.judged(zero, True), torch.full((2,), math.log(2)))
    assert torch.allclose(losses.judged((zero, zero), False), torch.full((2,), 2 * math.log(2)))
    sure = torch.full((2, 1, 3, 3), 3.0)
    right, wrong = math.log1p(math.exp(-3)), math.log1p(math.exp(3))
    assert losses.judged(sure, True)[0].item() == pytest.approx(right)
    assert losses.judged(sure, False)[0].item() == pytest.approx(wrong)
    assert losses.discriminating(sure, -sure)[0].item() == pytest.approx(right)
    assert losses.discriminating(-sure, sure)[1].item() == pytest.approx(wrong)


def test_perceptual_and_identity_of_networks_that_the_user_brings() -> None:
    def perception(x: Tensor) -> list[Tensor]:
        return [x, torch.stack([x[:, 0], torch.zeros_like(x[:, 0])], dim=1)]

    red = torch.tensor([0.5, 0.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    green = red.roll(1, dims=1)
    assert losses.perceptual(red, 2 * red, perception).item() == pytest.approx(0, abs=1e-6)
    assert losses.perceptual(red, green, perception).item() == pytest.approx((2 + 1) / 2, abs=1e-5)

    def recogniser(x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))

    assert losses.identity(red, torch.tensor([3.0, 0, 0]), recogniser).item() == pytest.approx(0, abs=1e-6)
    assert losses.identity(red, torch.tensor([[0, 1.0, 0]]), recogniser).item() == pytest.approx(1)


def test_face_style_compares_means_and_deviations() -> None:
    x = torch.zeros(1, 1, 32, 32)
    assert losses.face_style(x + 0.2, x + 0.5, 2.0).item() == pytest.approx(0.09, abs=1e-4)
    rough, other = pictures(1, 32), pictures(1, 32)
    assert losses.face_style(rough, other.flip(3), 2.0).item() == pytest.approx(0, abs=1e-6)
    assert losses.face_style(torch.zeros(1, 3, 8, 8, requires_grad=True), other[..., :8, :8], 1.0).isfinite()


def test_background_style_sees_the_outside_only() -> None:
    x, y = pictures(1, 24), pictures(1, 24)
    outside = torch.zeros(1, 1, 24, 24)
    outside[..., :6] = 1
    x[..., 6:] = 0
    assert losses.background_style(x, y, outside, 7).item() == pytest.approx(0, abs=1e-6)
    x[..., :6] = 0
    assert losses.background_style(x, y, outside, 7).item() > 0.05
