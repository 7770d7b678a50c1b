"""The second pass on clips in which faces are hard to find, hidden, or not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.faces.reel import SIZE, Reel, portrait, shifted, turned, wall
from understudy.errors import BadInputError
from understudy.faces.faceset import COLUMNS, Found
from understudy.faces.finding.ladder import lift_shadows
from understudy.faces.finding.survey import Surveyor
from understudy.faces.tracking.completing import TrackedFaces, complete


@pytest.fixture(scope="module")
def surveyor() -> Iterator[Surveyor]:
    with Surveyor(workers=2) as made:
        yield made


def completed(surveyor: Surveyor, reel: Reel) -> TrackedFaces:
    return complete(reel, [surveyor.survey(reel.frames())])


def hidden(picture: np.ndarray) -> np.ndarray:
    """The picture with a board held before the face."""
    covered = picture.copy()
    _, truth = portrait()
    low, high = truth[:, :2].min(0).astype(int), truth[:, :2].max(0).astype(int)
    covered[low[1] - 20 : high[1] + 20, low[0] - 20 : high[0] + 20] = (150, 120, 90)
    return covered


def test_a_plain_clip_is_read_no_second_time(surveyor: Surveyor) -> None:
    reel = Reel([shifted(2 * t, 0) for t in range(8)])
    survey = surveyor.survey(reel.frames())
    reel.read_frames.clear()
    result = complete(reel, [survey])
    assert reel.read_frames == []
    assert result.shots == ((0, 7),)
    assert result.missed == {}
    assert result.faces.track.tolist() == [0] * 8


def test_a_short_gap_is_interpolated_and_a_long_one_is_listed(surveyor: Surveyor) -> None:
    pictures = [shifted(t, 0) for t in range(30)]
    for t in (4, 5, *range(10, 25)):
        pictures[t] = hidden(pictures[t])
    result = completed(surveyor, Reel(pictures))
    faces = result.faces
    assert faces.frame[faces.found == Found.INTERPOLATED].tolist() == [4, 5]
    assert result.missed == {0: tuple(range(10, 25))}
    step = faces.landmarks[4, :, 0] - faces.landmarks[3, :, 0]
    assert 0 < step.mean() < 3


def test_a_face_in_the_dark_is_found_by_the_ladder(surveyor: Surveyor) -> None:
    """The frames at both ends are too dark for plain detection: the track is followed into them."""
    image, _ = portrait()
    dark = (image.astype(np.float32) * 0.02).round().astype(np.uint8)
    pictures = [dark] * 4 + [image] * 6 + [dark] * 3
    reel = Reel(pictures)
    survey = surveyor.survey(reel.frames())
    assert not np.isin([0, 1, 2, 3, 10, 11, 12], survey.faces.frame).any()
    light = surveyor.survey(Reel([image]).frames()).faces.landmarks[0]
    track = complete(reel, [survey])
    # A cut may well be seen where the light goes out; then the probe finds the face.
    assert track.faces.frame.tolist() == list(range(13))
    late = track.faces.found[-1]
    assert late not in (Found.DETECTED, Found.INTERPOLATED)
    eye = np.linalg.norm(light[33] - light[263])
    assert np.linalg.norm(track.faces.landmarks[-1] - light, axis=1).mean() < 0.25 * eye


def test_a_face_that_lies_on_its_side_all_the_time_is_found(surveyor: Surveyor) -> None:
    picture, _ = turned(90.0)
    faces = completed(surveyor, Reel([np.roll(picture, t, axis=1) for t in range(14)])).faces
    assert faces.frame.tolist() == list(range(14))
    assert set(faces.track.tolist()) == {0}
    down = faces.landmarks[:, 152, :2] - faces.landmarks[:, 10, :2]
    assert (down[:, 0] < -2 * np.abs(down[:, 1])).all()


def test_where_no_face_is_none_is_found(surveyor: Surveyor) -> None:
    rng = np.random.default_rng(0)
    blobs = cv2.GaussianBlur(rng.normal(120, 60, (SIZE, SIZE + 40, 3)), (0, 0), 6) * 6 - 600
    blobs = np.clip(blobs, 0, 255).astype(np.uint8)
    for pictures in ([wall()] * 14, [blobs[:, t : t + SIZE] for t in range(0, 28, 2)]):
        result = completed(surveyor, Reel(pictures))
        assert len(result.faces) == 0
        assert result.missed == {}


def test_cuts_part_tracks_and_runs_do_not(surveyor: Surveyor) -> None:
    flipped = np.ascontiguousarray(portrait()[0][::-1, ::-1] // 2)
    reel = Reel([shifted(t, 0) for t in range(10)] + [flipped] * 3 + [shifted(t, 0) for t in range(10)])
    surveys = [surveyor.survey(reel.frames(a, b)) for a, b in ((0, 4), (4, 12), (12, 23))]
    result = complete(reel, surveys)
    assert [first for first, _ in result.shots] == [0, 10, 13]
    faces = result.faces
    assert set(faces.track[faces.frame < 10].tolist()).isdisjoint(faces.track[faces.frame >= 13].tolist())
    assert np.isin([*range(10), *range(13, 23)], faces.frame).all()


def test_a_part_of_a_clip_keeps_its_frame_numbers(surveyor: Surveyor) -> None:
    reel = Reel([shifted(2 * t, 0) for t in range(12)])
    result = complete(reel, [surveyor.survey(reel.frames(5, 8)), surveyor.survey(reel.frames(8, 11))])
    assert result.faces.frame.tolist() == list(range(5, 11))
    assert result.shots == ((5, 10),)


def test_tracked_faces_come_back_from_disk(surveyor: Surveyor, tmp_path: Path) -> None:
    pictures = [shifted(0, 0)] * 20
    pictures[3:17] = [hidden(shifted(0, 0))] * 14
    result = completed(surveyor, Reel(pictures))
    result.save(tmp_path / "tracks.npz")
    again = TrackedFaces.load(tmp_path / "tracks.npz")
    assert (again.shots, again.missed) == (result.shots, result.missed)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(again.faces, name), getattr(result.faces, name))


@pytest.mark.parametrize("shots", [np.zeros(3, np.int64), np.zeros((1, 2)), np.full((1, 2), -1)])
def test_damaged_tracks_are_refused(surveyor: Surveyor, tmp_path: Path, shots: np.ndarray) -> None:
    path = tmp_path / "tracks.npz"
    completed(surveyor, Reel([shifted(0, 0)] * 4)).save(path)
    with np.load(path) as columns:
        columns = dict(columns)
    np.savez(path, **(columns | {"shots": shots}))
    with pytest.raises(BadInputError, match=r"run again\.$"):
        TrackedFaces.load(path)


def test_nothing_surveyed_is_bad_input() -> None:
    with pytest.raises(BadInputError, match="no frames"):
        complete(Reel([wall()]), [])


def test_lifted_shadows_are_brighter_and_keep_their_order() -> None:
    ramp = np.repeat(np.arange(0, 60, dtype=np.uint8)[None, :, None], 3, axis=2)
    bright = lift_shadows(ramp)[0, :, 0].astype(int)
    assert (np.diff(bright) >= 0).all()
    assert bright[-1] == 255
    assert bright[30] > 150
