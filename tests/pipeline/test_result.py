"""Results as JSON values, and frames as ranges."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.pipeline.result import SwappedTrack, SwapResult, as_ranges, peak_memory_mb
from understudy.project.stage import StageRecord


def test_the_result_as_json():
    result = SwapResult(
        output=Path("out.mp4"),
        frames=50,
        tracks=(SwappedTrack(0, 0, 49, 48, ((12, 12), (15, 15))), SwappedTrack(3, 5, 9, 5)),
        stages=(
            StageRecord("faces", "ab", 2.0, 50, skipped=False),
            StageRecord("fit", "cd", 0.0, 0, skipped=True),
        ),
        seconds=3.0,
        warnings=("too dark",),
    )
    plain = json.loads(json.dumps(result.to_json()))
    assert plain["faces_swapped"] == 53
    assert plain["missed"] == {"0": [[12, 12], [15, 15]]}
    assert [stage["frames_per_second"] for stage in plain["stages"]] == [25.0, None]
    assert plain["warnings"] == ["too dark"]


@given(st.lists(st.integers(0, 60)))
def test_ranges_hold_exactly_the_frames_and_are_as_few_as_can_be(frames):
    ranges = as_ranges(frames)
    assert [frame for first, last in ranges for frame in range(first, last + 1)] == sorted(set(frames))
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(ranges))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells it another way")
def test_peak_memory_is_not_the_parents():
    block = b"x" * (300 << 20)
    code = "from understudy.pipeline.result import peak_memory_mb; print(peak_memory_mb())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(told) < len(block) / 2**20


def test_peak_memory_counts_what_was_touched():
    before = peak_memory_mb()
    block = bytearray(int((before or 0) * 2**20) + (64 << 20))
    block[::4096] = b"x" * len(block[::4096])
    assert before is None or peak_memory_mb() > before + 32
