"""Footage that is damaged: what can be saved is saved, with a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.barcode_clips import picture, remux
from tests.pipeline.desk import Desk
from tests.pipeline.films import Take, damaged, film
from understudy.media import open_clip


def truncated(path: Path, source: Path, share: float) -> Path:
    path.write_bytes(source.read_bytes()[: int(source.stat().st_size * share)])
    return path


@pytest.fixture
def hole(desk: Desk) -> Path:
    return damaged(desk.folder / "hole.mov", desk.plate, frame=7)


def test_a_truncated_plate_is_swapped_as_far_as_it_goes(desk: Desk, marco: Take) -> None:
    cut = truncated(desk.folder / "cut.mkv", film(desk.folder / "whole.mkv", marco.images[:12]), 0.6)
    with open_clip(cut) as clip:
        count = clip.info.frame_count
    assert 4 <= count < 12
    warning = desk.warning(plate=cut)
    assert warning.startswith("cut.mkv is damaged: The file breaks off at ")
    assert warning.endswith(f"Its {count} readable frames are used.")
    desk.assert_swapped(cut, count)


def test_a_plate_with_a_hole_is_swapped_up_to_it(desk: Desk, hole: Path) -> None:
    for _ in range(2):  # the second time nothing is decoded, and yet it is told
        warning = desk.warning(plate=hole)
        assert warning.startswith("hole.mov is damaged: frame 7 cannot be decoded")
        assert warning.endswith(" Frames 0-6 are used.")
        desk.assert_swapped(hole, 7)


def test_none_of_the_wanted_frames_can_be_read(desk: Desk, hole: Path) -> None:
    assert "frame 7 cannot be decoded" in desk.refusal("--frames", "7-9", plate=hole)


def test_what_lies_beyond_the_wanted_frames_does_not_matter(desk: Desk, hole: Path) -> None:
    said = desk.run("--frames", "0-5", plate=hole)
    assert (said.code, said.sentences) == (0, [])


def test_a_plate_that_changes_its_size_is_swapped_up_to_there(desk: Desk, marco: Take) -> None:
    one = film(desk.folder / "one.ts", marco.images[:8])
    two = film(desk.folder / "two.ts", [picture(k, height=128, width=192) for k in range(8)])
    later = remux(two, desk.folder / "later.ts", shift=-90000)
    both = desk.folder / "both.ts"
    both.write_bytes(one.read_bytes() + later.read_bytes())
    warning = desk.warning(plate=both)
    assert warning.startswith("both.ts changes its size from 256x256 to 192x128 at frame 8; cut it there")
    assert warning.endswith(" Frames 0-7 are used.")
    desk.assert_swapped(both, 8)


def test_of_a_truncated_likeness_the_rest_is_used(desk: Desk, arjun: Take) -> None:
    cut = truncated(desk.folder / "cut.mkv", film(desk.folder / "whole.mkv", arjun.images), 0.5)
    assert desk.warning(likeness=cut).startswith("cut.mkv is damaged: The file breaks off at ")
    desk.assert_swapped(desk.plate, 10)


def test_a_frame_that_is_not_whole_is_told(desk: Desk, marco: Take) -> None:
    """The decoder paints over what is lost: the frame is used, but somebody has to look at it."""
    whole = film(desk.folder / "whole.mp4", marco.images[:8], options={"crf": "6", "bf": "0", "g": "1"})
    scratched = damaged(desk.folder / "scratched.mp4", whole, frame=5, share=0.5)
    assert "scratched.mp4 is damaged: frame 5" in desk.warning(plate=scratched)
    assert len(list(open_clip(desk.output).frames())) >= 5
