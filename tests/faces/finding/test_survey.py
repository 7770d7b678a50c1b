"""The first pass: a pure function of each frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.faces.reel import Reel, portrait, shifted, wall
from understudy.errors import BadInputError
from understudy.faces.faceset import COLUMNS, Found, concatenate
from understudy.faces.finding.survey import THUMBNAIL_SIDE, Survey, Surveyor


@pytest.fixture(scope="module")
def surveyor() -> Iterator[Surveyor]:
    with Surveyor(workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def reel() -> Reel:
    image, _ = portrait()
    pictures = [shifted(3 * t, -t) for t in range(7)]
    return Reel([*pictures, wall(), np.hstack([image, image])[:, ::2]])


def test_every_face_is_found_in_its_frame(surveyor: Surveyor, reel: Reel) -> None:
    _, truth = portrait()
    survey = surveyor.survey(reel.frames(0, 8))
    assert survey.faces.frame.tolist() == list(range(7))
    assert (survey.faces.track == -1).all()
    assert (survey.faces.found == Found.DETECTED).all()
    eye = np.linalg.norm(truth[33, :2] - truth[263, :2])
    for t, points in enumerate(survey.faces.landmarks):
        assert np.linalg.norm(points[:, :2] - truth[:, :2] - (3 * t, -t), axis=1).mean() < 0.1 * eye


def test_runs_and_threads_make_no_difference(surveyor: Surveyor, reel: Reel) -> None:
    whole = surveyor.survey(reel.frames(0, 8))
    with Surveyor(workers=1) as alone:
        parts = [alone.survey(reel.frames(a, b)) for a, b in ((0, 3), (3, 4), (4, 8))]
    together = concatenate([part.faces for part in parts])
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(whole.faces, name), getattr(together, name))
    np.testing.assert_array_equal(whole.thumbnails, np.concatenate([part.thumbnails for part in parts]))
    assert [(part.first, part.stop) for part in parts] == [(0, 3), (3, 4), (4, 8)]


def test_progress_is_told_once_a_frame_and_frames_are_read_once(surveyor: Surveyor, reel: Reel) -> None:
    reel.read_frames.clear()
    told: list[int] = []
    surveyor.survey(reel.frames(2, 6), lambda: told.append(1))
    assert len(told) == 4
    assert reel.read_frames == [2, 3, 4, 5]


def test_several_faces_come_largest_first(surveyor: Surveyor) -> None:
    image, _ = portrait()
    small = np.full_like(image, 90)
    small[64:192, 64:192] = image[::2, ::2]
    found = surveyor.survey(Reel([np.hstack([small, image])]).frames()).faces
    assert len(found) == 2
    assert found.landmarks[0, :, 0].mean() > 256 > found.landmarks[1, :, 0].mean()


def test_alpha_and_sixteen_bits_make_no_difference(surveyor: Surveyor) -> None:
    image, truth = portrait()
    deep = np.dstack([image.astype(np.uint16) * 257, np.full(image.shape[:2], 65535, np.uint16)])
    plain, rich = surveyor.survey(Reel([image]).frames()), surveyor.survey(Reel([deep]).frames())
    apart = np.linalg.norm((plain.faces.landmarks - rich.faces.landmarks)[0, :, :2], axis=1).mean()
    assert apart < 0.01 * np.linalg.norm(truth[33, :2] - truth[263, :2])
    assert rich.thumbnails.dtype == np.uint8
    assert rich.thumbnails.shape == (1, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3)


def test_a_survey_comes_back_from_disk(surveyor: Surveyor, reel: Reel, tmp_path: Path) -> None:
    survey = surveyor.survey(reel.frames(3, 5))
    survey.save(tmp_path / "chunk.npz")
    again = Survey.load(tmp_path / "chunk.npz")
    assert (again.first, again.stop) == (3, 5)
    np.testing.assert_array_equal(again.thumbnails, survey.thumbnails)
    np.testing.assert_array_equal(again.faces.landmarks, survey.faces.landmarks)


@pytest.mark.parametrize(
    "change",
    [{"first": np.array(-1)}, {"first": np.array(0.5)}, {"thumbnails": np.zeros((2, 4, 4), np.uint8)}],
)
def test_a_damaged_survey_is_refused(
    surveyor: Surveyor, reel: Reel, tmp_path: Path, change: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "chunk.npz"
    surveyor.survey(reel.frames(0, 2)).save(path)
    with np.load(path) as columns:
        columns = dict(columns)
    np.savez(path, **(columns | change))
    with pytest.raises(BadInputError, match=r"run again\.$"):
        Survey.load(path)


def test_no_frames_are_bad_input(surveyor: Surveyor) -> None:
    with pytest.raises(BadInputError, match="no frames"):
        surveyor.survey([])
