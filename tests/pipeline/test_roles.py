from pathlib import Path

import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, Found
from understudy.pipeline.analysis import Analysis
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.roles import Role, cast_roles, likeness_rows, track_weights

ANNA, BEN = Path("anna.mp4"), Path("ben.mp4")


def analysis(
    tracks: dict[int, tuple[range, float]], shots: tuple[tuple[int, int], ...] = ((0, 99),)
) -> Analysis:
    """Tracks by number: the frames they are in and the size of the face in pixels."""
    rows = sorted((frame, track) for track, (frames, _) in tracks.items() for frame in frames)
    landmarks = np.zeros((len(rows), 478, 3), np.float32)
    for row, (_, track) in enumerate(rows):
        landmarks[row, 152, :2] = tracks[track][1]
    faces = Faceset(
        frame=np.array([frame for frame, _ in rows], np.int32),
        track=np.array([track for _, track in rows], np.int32),
        landmarks=landmarks,
        score=np.ones(len(rows), np.float32),
        found=np.full(len(rows), Found.DETECTED, np.uint8),
        light=np.zeros((len(rows), 2), np.float32),
    )
    return Analysis(faces, shots, {})


def request(**changes) -> SwapRequest:
    return SwapRequest(
        **{"likeness": (ANNA,), "plate": Path("plate.mp4"), "output": Path("out.mp4"), **changes}
    )


TWO_SHOTS = analysis(
    {
        0: (range(0, 10), 100.0),
        1: (range(0, 10), 60.0),
        2: (range(10, 20), 50.0),
        3: (range(10, 20), 80.0),
    },
    shots=((0, 9), (10, 19)),
)


def test_unknown_performers_give_the_largest_track_of_every_shot() -> None:
    assert cast_roles(request(), TWO_SHOTS, None) == [Role((0,), (ANNA,)), Role((3,), (ANNA,))]


def test_known_performers_give_all_tracks_of_the_one_seen_most() -> None:
    """Person 7 plays tracks 1 and 3: 1400 pixels of face against 1000 and 500."""
    assert cast_roles(request(), TWO_SHOTS, [5, 7, 6, 7]) == [Role((1, 3), (ANNA,))]


def test_size_is_summed_over_all_frames() -> None:
    plate = analysis({0: (range(0, 4), 100.0), 1: (range(0, 50), 20.0)})
    assert track_weights(plate) == {0: pytest.approx(400.0), 1: pytest.approx(1000.0)}
    assert cast_roles(request(), plate, None) == [Role((1,), (ANNA,))]


def test_a_track_that_is_asked_for_is_taken_alone() -> None:
    assert cast_roles(request(track=2), TWO_SHOTS, [5, 7, 6, 7]) == [Role((2,), (ANNA,))]


def test_assignments_give_each_track_its_likeness() -> None:
    asked = request(likeness=(), assignments=((3, BEN), (0, ANNA)))
    assert cast_roles(asked, TWO_SHOTS, None) == [Role((3,), (BEN,)), Role((0,), (ANNA,))]


@pytest.mark.parametrize("changes", [{"track": 9}, {"likeness": (), "assignments": ((0, ANNA), (9, BEN))}])
def test_a_track_that_is_not_there_is_named_with_those_that_are(changes) -> None:
    with pytest.raises(BadInputError, match=r"no track 9: it has 0, 1, 2, 3\.$"):
        cast_roles(request(**changes), TWO_SHOTS, None)


def test_a_role_has_its_faces_by_track_and_frame() -> None:
    mixed = analysis({0: (range(0, 6, 2), 10.0), 1: (range(0, 6), 10.0), 2: (range(1, 4), 10.0)})
    faces = Role((2, 0), (ANNA,)).faces(mixed.faces)
    assert faces.track.tolist() == [0, 0, 0, 2, 2, 2]
    assert faces.frame.tolist() == [0, 2, 4, 1, 2, 3]


def test_the_likeness_is_its_leading_face_where_it_was_seen() -> None:
    clip = analysis({0: (range(0, 5), 40.0), 1: (range(0, 5), 90.0)})
    clip.faces.found[clip.faces.frame == 3] = Found.INTERPOLATED
    rows = likeness_rows(clip, None)
    assert (clip.faces.track[rows] == 1).all()
    assert clip.faces.frame[rows].tolist() == [0, 1, 2, 4]


def test_a_likeness_goes_through_all_shots() -> None:
    rows = likeness_rows(TWO_SHOTS, None)
    assert set(TWO_SHOTS.faces.track[rows].tolist()) == {0, 3}
    rows = likeness_rows(TWO_SHOTS, [5, 7, 6, 7])
    assert set(TWO_SHOTS.faces.track[rows].tolist()) == {1, 3}


@pytest.mark.parametrize("persons", [None, []])
def test_a_clip_without_faces_has_no_likeness(persons) -> None:
    assert likeness_rows(analysis({}), persons).tolist() == []
