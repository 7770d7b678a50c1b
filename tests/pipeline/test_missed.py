"""Frames in which no face was replaced are told, whatever the reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.pipeline.agreed import swap
from tests.pipeline.films import Image, Take, film, frames_of, without_head
from understudy.cli.swap import describe
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import as_ranges


def swapped(folder: Path, likeness: Path, plate: Path) -> tuple[SwapRequest, list[str]]:
    """Swap a plate of three parts of which the middle one has no face; what is said at the end."""
    output = plate.with_suffix(".mkv")
    request = SwapRequest((likeness,), plate, output, project=folder / "project", codec="ffv1")
    result = swap(request)
    touched = [
        frame
        for frame, (before, after) in enumerate(zip(frames_of(plate), frames_of(output), strict=True))
        if (before != after).any()
    ]
    everything = set(range(result.frames))
    assert result.untouched == as_ranges(everything - set(touched))
    assert result.faces_swapped == len(touched)
    assert result.to_json()["untouched"] == [list(r) for r in result.untouched]
    return request, describe(result)


def test_a_head_that_ducks(folder: Path, likeness: Path, marco: Take, tmp_path: Path) -> None:
    """Longer than what is filled between two sightings: the track goes on, with a gap that is told."""
    away: list[Image] = [without_head(marco.images[5])] * 14
    plate = film(tmp_path / "duck.mp4", [*marco.images[:6], *away, *marco.images[6:12]])
    request, said = swapped(folder, likeness, plate)
    assert said[:2] == [
        f"Swapped 12 faces in 26 frames: {request.output}",
        "  frames 6-19 of track 0 (14 in all): no face found, left as in the plate",
    ]


def test_a_shot_without_anybody(folder: Path, likeness: Path, marco: Take, tmp_path: Path) -> None:
    x, y = np.meshgrid(np.arange(256), np.arange(256))
    meadow = np.stack([(x * 3) % 200, 120 + y // 2, (x + y) % 90], -1).astype(np.uint8)
    plate = film(tmp_path / "cut.mp4", [*marco.images[:6], *[meadow] * 8, *marco.images[6:12]])
    request, said = swapped(folder, likeness, plate)
    assert said[:2] == [
        f"Swapped 12 faces in 20 frames: {request.output}",
        "  frames 6-13 (8 in all): nobody to be replaced, left as in the plate",
    ]
