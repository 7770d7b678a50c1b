from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.media import ClipInfo
from understudy.pipeline.studies import stride


def clip(frames: int, rate: int = 25) -> ClipInfo:
    return ClipInfo(
        Path("clip.mp4"), 64, 64, Fraction(rate), Fraction(1, rate), np.arange(frames), "h264", "yuv420p", 8
    )


@pytest.mark.parametrize(
    ("clips", "step"),
    [
        ([clip(1)], 1),
        ([clip(300)], 1),
        ([clip(449)], 1),
        ([clip(600)], 2),
        ([clip(300), clip(300), clip(1)], 2),
        ([clip(900)], 3),
        ([clip(25 * 600)], 3),
        ([clip(60 * 600, rate=60)], 7),
        ([clip(25 * 600), clip(12 * 600, rate=12)], 1),
        ([clip(4 * 600, rate=4)], 1),
    ],
)
def test_long_likenesses_are_looked_at_now_and_then_but_eight_times_a_second(clips, step) -> None:
    assert stride(clips) == step


def test_stills_are_all_looked_at() -> None:
    assert stride([replace(clip(1), rate=Fraction(25))] * 900) == 1
