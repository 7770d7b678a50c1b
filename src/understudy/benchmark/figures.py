"""Every figure of a score: its name, what it says in plain words, which way is good, what difference counts.

How each is computed stands in `understudy.measures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Good(Enum):
    """Where a figure wants to be."""

    HIGH = "higher is better"
    LOW = "lower is better"
    NOUGHT = "nearer to 0 is better"
    EXCESS = "lower is better, and nothing is gained below 0"
    ONE = "nearer to 1 is better"
    NEITHER = "says what it is like"


class Group(Enum):
    """What a figure judges; also the order and the headings of tables."""

    TRUTH = "Against the truth"
    PICTURE = "Picture"
    ACTING = "Acting"
    COST = "Cost"


def mean(values: Array) -> float:
    """Of the frames that have a value."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def median(values: Array) -> float:
    """Of the frames that have a value."""
    return float(np.nanmedian(values)) if np.isfinite(values).any() else np.nan


def low_end(values: Array) -> float:
    """The value that 5 % of the frames stay below."""
    return float(np.nanpercentile(values, 5)) if np.isfinite(values).any() else np.nan


def high_end(values: Array) -> float:
    """The value that 5 % of the frames go beyond."""
    return float(np.nanpercentile(values, 95)) if np.isfinite(values).any() else np.nan


def root_mean_square(values: Array) -> float:
    """Of the frames that have a value."""
    return float(np.sqrt(np.nanmean(values**2))) if np.isfinite(values).any() else np.nan


@dataclass(frozen=True)
class Figure:
    """One number about a swapped clip.

    key       its name in files
    title     its heading, with the unit
    words     what it says, for somebody who reads it for the first time
    relevant  the least difference that is worth a word, in the figure's own unit
    digits    behind the point
    target    what a good swap reaches, None where nothing is asked
    curve     the per-frame values that it comes from, None where it comes from the whole clip
    over      how it comes from them; where the whole clip decides, what stands in when its spread is asked
    """

    key: str
    group: Group
    title: str
    words: str
    good: Good
    relevant: float
    digits: int = 2
    target: float | None = None
    curve: str | None = None
    over: Callable[[Array], float] = median

    def badness(self, value: Any) -> Any:
        """How bad a value is, more being worse; works on arrays. Nothing is bad about what is `NEITHER`."""
        value = np.asarray(value, np.float64)
        if self.good is Good.HIGH:
            return -value
        if self.good is Good.LOW:
            return value
        if self.good is Good.NOUGHT:
            return np.abs(value)
        if self.good is Good.EXCESS:
            return np.maximum(value, self.relevant)
        if self.good is Good.ONE:
            return np.abs(np.log(np.maximum(value, 1e-6)))
        return np.zeros_like(value)

    def meets(self, value: float) -> bool:
        """Whether a value reaches the target; True where there is none."""
        return self.target is None or bool(self.badness(value) <= self.badness(self.target) + 1e-12)

    def text(self, value: float) -> str:
        """The value as it is written in tables."""
        return f"{value:.{self.digits}f}" if np.isfinite(value) else "–"


_T, _P, _A, _C = Group.TRUTH, Group.PICTURE, Group.ACTING, Group.COST
_HIGH, _LOW, _NOUGHT, _ONE, _NEITHER = Good.HIGH, Good.LOW, Good.NOUGHT, Good.ONE, Good.NEITHER


def _fidelity(region: str, psnr: float, ssim: float) -> tuple[Figure, ...]:
    """PSNR and SSIM of a region, raw and after a colour fit."""
    where = {"face": "the face", "eyes": "the eyes", "mouth": "the mouth"}[region]
    fit = "once a colourist has matched gain and offset"
    return (
        _of_curve(f"psnr_{region}", f"PSNR {region}, dB", f"how near {where} is to a perfect swap", psnr, 1),
        _of_curve(
            f"psnr_{region}_fitted",
            f"PSNR {region} fitted, dB",
            f"{where} against a perfect swap, {fit}",
            psnr,
            1,
        ),
        _of_curve(
            f"ssim_{region}",
            f"SSIM {region}",
            f"how like a perfect swap the structure of {where} is",
            ssim,
            3,
        ),
        _of_curve(
            f"ssim_{region}_fitted",
            f"SSIM {region} fitted",
            f"the structure of {where} against a perfect swap, {fit}",
            ssim,
            3,
        ),
    )


def _of_curve(key: str, title: str, words: str, relevant: float, digits: int) -> Figure:
    return Figure(key, _T, title, words, _HIGH, relevant, digits, curve=key, over=mean)


FIGURES: tuple[Figure, ...] = (
    *_fidelity("face", 0.15, 0.004),
    *_fidelity("eyes", 0.25, 0.008),
    *_fidelity("mouth", 0.25, 0.008),
    Figure("psnr_face_worst", _T, "PSNR face fitted, worst 5 %, dB",
           "how near the worst frames are to a perfect swap, colour matched",
           _HIGH, 0.25, 1, curve="psnr_face_fitted", over=low_end),
    Figure("gradient_face", _T, "gradient", "how far detail and edges of the face are from a perfect swap's",
           _LOW, 0.05, 2, curve="gradient_face", over=mean),
    Figure("mouth_detail_truth", _T, "teeth to truth",
           "sharpness inside the open mouth, over a perfect swap's",
           _ONE, 0.05, 2, curve="mouth_detail_truth"),
    Figure("landmarks_truth", _T, "landmarks to truth, %",
           "how far the features are from where a perfect swap has them",
           _LOW, 0.1, 2, curve="landmarks_truth"),
    Figure("gaze_truth", _T, "gaze to truth, °", "how far the eyes look from where a perfect swap's look",
           _LOW, 0.3, 1, curve="gaze_truth"),
    Figure("occlusion_iou", _T, "occluder IoU", "how well what stands before the face was told from it",
           _HIGH, 0.02, 2, 0.95, curve="occlusion_iou", over=mean),
    Figure("painted_over", _T, "painted over", "part of what stands before the face that was painted over",
           _LOW, 0.01, 3, 0.01, curve="painted_over", over=mean),

    Figure("missed", _P, "missed", "frames whose face was not replaced", _LOW, 0.5, 0, 0),
    Figure("to_likeness", _P, "to likeness",
           "how far a face-recognition network finds the result from the likeness",
           _LOW, 0.02, 2, curve="to_likeness"),
    Figure("to_performer", _P, "to performer", "and from the plate's own performer",
           _HIGH, 0.02, 2, curve="to_performer"),
    Figure("margin", _P, "margin", "how much nearer to the likeness than to the plate's performer it is",
           _HIGH, 0.02, 2, 0.0, curve="margin"),
    Figure("residual", _P, "residual", "unsteadiness of the face from frame to frame, over the plate's own",
           _LOW, 0.03, 2, 1.15),
    Figure("flicker", _P, "flicker",
           "unsteadiness of the face from frame to frame in parts of its contrast, over the plate's own",
           _LOW, 0.03, 2, 1.15, curve="flicker", over=mean),
    Figure("flicker_energy", _P, "its energy", "the same as an energy", _LOW, 0.06, 2),
    Figure("pumping", _P, "pumping, ΔE", "how much the face's colour breathes", _LOW, 0.05, 2, 0.3,
           curve="pumping", over=root_mean_square),
    Figure("seam", _P, "seam", "steps along the border of what was replaced, over the plate's texture",
           _LOW, 0.15, 2, 0.5, curve="seam"),
    Figure("ring", _P, "ring ΔE", "colour step from the replaced face to the skin around it", _LOW, 0.2, 1,
           1.0,
           curve="ring"),
    Figure("sharpness_fine", _P, "sharpness fine",
           "finest detail against the plate's, in powers of two of energy",
           _NOUGHT, 0.1, 2, 0.3, curve="sharpness_fine"),
    Figure("sharpness_middle", _P, "sharpness", "detail against the plate's, in powers of two of energy",
           _NOUGHT, 0.1, 2, 0.3, curve="sharpness_middle"),
    Figure("sharpness_coarse", _P, "sharpness coarse", "coarse detail against the plate's", _NOUGHT, 0.1, 2,
           0.3,
           curve="sharpness_coarse"),
    Figure("mouth_detail", _P, "teeth",
           "sharpness inside the open mouth, over the likeness's own when it opens as far",
           _ONE, 0.1, 2, curve="mouth_detail"),
    Figure("grain", _P, "grain", "grain of the face over the plate's", _ONE, 0.05, 2, 1.25),
    Figure("grain_frozen", _P, "frozen grain", "grain that stands still like a dirty window", _NOUGHT, 0.03,
           2, 0.1),
    Figure("outside", _P, "outside", "largest change far from the face, in 8-bit values", _LOW, 0.5, 0,
           curve="outside"),

    Figure("mouth", _A, "mouth, %", "how far the lips are from what the plate's lips do", _LOW, 0.1, 2,
           curve="mouth"),
    Figure("mouth_reach", _A, "of", "what a face that does not act would score", _NEITHER, 1, 1),
    Figure("eyes", _A, "eyes, %", "how far the lids are from what the plate's lids do", _LOW, 0.1, 2,
           curve="eyes"),
    Figure("eyes_reach", _A, "of", "what a face that does not act would score", _NEITHER, 1, 1),
    Figure("brows", _A, "brows, %", "how far the brows are from what the plate's brows do", _LOW, 0.1, 2,
           curve="brows"),
    Figure("brows_reach", _A, "of", "what a face that does not act would score", _NEITHER, 1, 1),
    Figure("gaze", _A, "gaze, °", "how far the eyes look from where the plate's look", _LOW, 0.2, 1, 2.0,
           curve="gaze"),
    Figure("gaze_reach", _A, "of", "what eyes that rest would score", _NEITHER, 1, 1),
    Figure("gaze_95", _A, "gaze 95 %, °", "the same in the worst frames", _LOW, 0.4, 1, 5.0, curve="gaze",
           over=high_end),
    Figure("lids", _A, "lids, %", "error of the lids' opening over time", _LOW, 1, 1, 5.0, curve="lids",
           over=mean),
    Figure("lids_reach", _A, "lids open ×", "how far they open against the plate's", _ONE, 0.05, 2),
    Figure("lids_lag", _A, "lids late", "frames by which they come late", _NOUGHT, 0.3, 1),
    Figure("lips", _A, "lips, %", "error of the lips' opening over time", _LOW, 0.5, 1, 5.0, curve="lips",
           over=mean),
    Figure("lips_reach", _A, "lips open ×", "how far they open against the plate's", _ONE, 0.05, 2),
    Figure("lips_lag", _A, "lips late", "frames by which they come late", _NOUGHT, 0.3, 1),
    Figure("pose", _A, "pose, °", "how far the head turns from how the plate's turns", _LOW, 0.1, 1,
           curve="pose"),
    Figure("jitter", _A, "jitter", "shaking of the features beyond the plate's own", Good.EXCESS,
           0.0004, 4, 0.002, curve="jitter", over=mean),

    Figure("frames_per_second", _C, "frames/s", "speed of the whole swap, likeness included", _HIGH, 0.5, 1),
    Figure("cpu_seconds", _C, "CPU s", "processor time of the swap", _LOW, 2, 1),
    Figure("peak_mb", _C, "peak MiB", "the most memory that the swap held", _LOW, 50, 0),
)  # fmt: skip

BY_KEY = {figure.key: figure for figure in FIGURES}
