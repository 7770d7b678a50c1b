from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.media.timecode import advanced

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("start", "frames", "rate", "end"),
    [
        ("10:20:30:12", 13, Fraction(25), "10:20:31:00"),
        ("23:59:59:23", 1, Fraction(24), "00:00:00:00"),
        ("00:00:59;29", 1, NTSC, "00:01:00;02"),
        ("00:09:59;29", 1, NTSC, "00:10:00;00"),
        ("00:00:00;00", 17982, NTSC, "00:10:00;00"),
        ("00:00:00;00", 107892, NTSC, "01:00:00;00"),
        ("00:00:59;59", 1, Fraction(60000, 1001), "00:01:00;04"),
        ("00:00:59:29", 1, NTSC, "00:01:00:00"),
        ("nonsense", 5, NTSC, "nonsense"),
    ],
)
def test_labels_count_on(start: str, frames: int, rate: Fraction, end: str) -> None:
    assert advanced(start, frames, rate) == end


@given(st.integers(0, 3_000_000), st.integers(0, 100_000), st.sampled_from([":", ";"]))
def test_steps_add_up(one: int, two: int, sign: str) -> None:
    zero = f"00:00:00{sign}00"
    assert advanced(advanced(zero, one, NTSC), two, NTSC) == advanced(zero, one + two, NTSC)


def test_dropped_labels_never_appear() -> None:
    label = "00:00:58;00"
    seen = []
    for _ in range(300):
        label = advanced(label, 1, NTSC)
        seen.append(label)
    assert len(set(seen)) == len(seen)
    assert "00:01:00;00" not in seen
    assert "00:01:00;01" not in seen
