"""Against the truth, pixel by pixel: for digital performers, and for one performer in two takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.measures.picture import Matte, box_of, weights
from understudy.pixels import Floats, Picture, luma, to_float


@dataclass(frozen=True)
class Fidelity:
    """How near a result is to the truth inside a matte.

    psnr      dB, inf for equal pictures
    ssim      1 for equal pictures
    gradient  8-bit code values a pixel, 0 for equal pictures
    """

    psnr: float
    ssim: float
    gradient: float


def fidelity(result: Picture, truth: Picture, matte: Matte, fit: bool = False) -> Fidelity:
    """All three figures; with `fit`, after `fit_colour`.

    Raw figures count everything; fitted ones forgive what a colourist corrects in a minute. Trap: PSNR and
    SSIM prefer a blurred face to a sharp one that is half a pixel off. Read them beside the gradient error
    and `texture.sharpness_match`.
    """
    box = box_of(matte, margin=_SSIM_RADIUS + 1)
    if box is None:
        return Fidelity(np.nan, np.nan, np.nan)
    result, truth, matte = to_float(result[box]), to_float(truth[box]), matte[box]
    if fit:
        result = fit_colour(result, truth, matte)
    return Fidelity(
        psnr(result, truth, matte), ssim(result, truth, matte), gradient_error(result, truth, matte)
    )


def fit_colour(result: Picture, truth: Picture, matte: Matte) -> Floats:
    """`result` with the gain and offset of every channel that bring it nearest to `truth` inside the matte.

    Least squares, weighted by the matte; not clipped to [0, 1]. A flat channel gets an offset only.
    """
    source, target, weight = to_float(result), to_float(truth), weights(matte).astype(np.float64)
    total = weight.sum()
    if total == 0:
        return source
    fitted = np.empty_like(source)
    for channel in range(3):
        x, y = source[..., channel].astype(np.float64), target[..., channel].astype(np.float64)
        mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
        variance = (weight * (x - mean_x) ** 2).sum()
        gain = (weight * (x - mean_x) * (y - mean_y)).sum() / variance if variance > 1e-9 * total else 1.0
        fitted[..., channel] = gain * (x - mean_x) + mean_y
    return fitted


def psnr(result: Picture, truth: Picture, matte: Matte) -> float:
    """Peak signal-to-noise ratio in dB over RGB inside the matte, peak 1; inf for equal pictures."""
    square = ((to_float(result) - to_float(truth)) ** 2).mean(-1)
    error = _mean(square, matte)
    if np.isnan(error):
        return np.nan
    return float(-10 * np.log10(error)) if error > 0 else np.inf


_SSIM_RADIUS = 5


def ssim(result: Picture, truth: Picture, matte: Matte) -> float:
    """Structural similarity of luma, averaged inside the matte.

    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment", IEEE TIP 2004: Gaussian window 11x11 with
    sigma 1.5, K1 = 0.01, K2 = 0.03, peak 1. The window looks 5 pixels beyond the matte's edge. DSSIM is (1 -
    SSIM) / 2.
    """
    # Variances are small differences of large sums: single precision would show in the fourth decimal.
    a, b = luma(result).astype(np.float64), luma(truth).astype(np.float64)

    def local_mean(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        side = 2 * _SSIM_RADIUS + 1
        return cv2.GaussianBlur(image, (side, side), 1.5, borderType=cv2.BORDER_REFLECT)

    mean_a, mean_b = local_mean(a), local_mean(b)
    variance_a = local_mean(a * a) - mean_a**2
    variance_b = local_mean(b * b) - mean_b**2
    covariance = local_mean(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    similarity /= (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return _mean(similarity, matte)


def gradient_error(result: Picture, truth: Picture, matte: Matte) -> float:
    """Mean length of the difference of the luma gradients, in 8-bit code values a pixel.

    Central differences. Unlike PSNR it does not see a constant offset, and it punishes blur.
    """
    difference = luma(result) - luma(truth)
    dx = cv2.Sobel(difference, cv2.CV_32F, 1, 0, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.Sobel(difference, cv2.CV_32F, 0, 1, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
    return 255 * _mean(cv2.magnitude(dx, dy), matte)


def _mean(values: npt.NDArray[np.floating[Any]], matte: Matte) -> float:
    weight = weights(matte)
    total = float(weight.sum(dtype=np.float64))
    return float((values * weight).sum(dtype=np.float64) / total) if total > 0 else np.nan
