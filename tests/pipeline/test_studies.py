from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.media import ClipInfo
from understudy.pipeline.mattes.plates import at_work
from understudy.pipeline.studies import places_of, stride, study, study_likeness
from understudy.project.corrections import Correction, Moved


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


def test_landmarks_that_were_put_right_are_what_is_used(likeness: Path, tmp_path: Path) -> None:
    with at_work(tmp_path / "project", "look", {}, None) as session:
        clip = session.open(likeness)
        found = study(session, clip, "likeness")
        (x, y), *_ = places_of(found.analysis.faces.landmarks[5:6])
        put_right = Correction(5, float(x), float(y), (Moved(61, -3.0, 2.0),), reach=2)
        session.project_catalog.replace_corrections(clip.digest, [put_right])
        after = study(session, clip, "likeness")
        moved = after.analysis.faces.landmarks - found.analysis.faces.landmarks
        assert moved[5, 61] == pytest.approx((-3.0, 2.0, 0.0), abs=1e-3)
        assert 0 < np.linalg.norm(moved[7, 61]) < 2
        assert not moved[[0, 1, 2, 8, 9]].any()
        assert after.digest != found.digest
        used = study_likeness(session, [clip])
        session.project_catalog.replace_corrections(clip.digest, ())
        assert study(session, clip, "likeness").digest == found.digest
        assert study_likeness(session, [clip]).digest != used.digest
