"""Detection, shots and tracks on real clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from understudy.faces.finding.survey import Surveyor
from understudy.faces.steadying.by_landmarks import smooth
from understudy.faces.tracking.completing import TrackedFaces, complete
from understudy.media import open_clip

pytestmark = pytest.mark.footage


@pytest.fixture(scope="module")
def surveyor() -> Iterator[Surveyor]:
    with Surveyor() as made:
        yield made


def tracked(surveyor: Surveyor, path: Path, first: int, stop: int) -> TrackedFaces:
    with open_clip(path) as clip:
        return complete(clip, [surveyor.survey(clip.frames(first, stop))])


@pytest.mark.parametrize(
    ("name", "around", "cuts"),
    [
        ("latentsync-man-demo2/clip.mp4", (50, 80), [67]),
        ("latentsync-man-demo2/clip.mp4", (420, 455), [432]),
        ("latentsync-man-demo3/clip.mp4", (260, 280), [271]),
        ("hamilton-cuts-mic/clip.mp4", (70, 95), [82]),
        ("hamilton-cuts-mic/clip.mp4", (203, 218), [211]),
        ("pexels-group-drink/clip.mp4", (0, 30), []),
    ],
)
def test_cuts_are_where_they_are_and_nowhere_else(
    surveyor: Surveyor, footage: Path, name: str, around: tuple[int, int], cuts: list[int]
) -> None:
    result = tracked(surveyor, footage / name, *around)
    assert [first for first, _ in result.shots[1:]] == cuts


def test_a_cartoon_has_no_face_and_the_man_after_it_is_found_at_once(
    surveyor: Surveyor, footage: Path
) -> None:
    result = tracked(surveyor, footage / "pyfeat-man" / "noface_face.mov", 70, 110)
    assert result.faces.frame.tolist() == list(range(96, 110))
    assert result.missed == {}


def test_hands_before_a_hard_lit_face_do_not_break_the_track(surveyor: Surveyor, footage: Path) -> None:
    result = tracked(surveyor, footage / "dfdc-hands-hardlight-FAKE" / "yhffcuhhjy.mp4", 55, 95)
    assert result.faces.frame.tolist() == list(range(55, 95))
    assert set(result.faces.track.tolist()) == {0}


def test_a_still_face_is_calmed_and_not_moved(surveyor: Surveyor, footage: Path) -> None:
    faces = tracked(surveyor, footage / "evm-man-glasses" / "face.mp4", 0, 40).faces
    before, after = faces.landmarks, smooth(faces.landmarks, faces.frame)
    jitter = [np.sqrt((np.diff(points[..., :2], n=2, axis=0) ** 2).mean()) for points in (before, after)]
    eyes = np.linalg.norm(before[0, 33] - before[0, 263])
    assert jitter[0] < 0.006 * eyes
    assert jitter[1] < 0.4 * jitter[0]
    assert np.abs(after - before).mean() < 0.003 * eyes
