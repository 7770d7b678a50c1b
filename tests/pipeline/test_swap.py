"""A whole swap, judged by the pictures that come out."""

from __future__ import annotations

import json

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.pipeline.films import SIZE, Image, Take, frames_of, sound_of
from understudy.compositing.composite import Box
from understudy.faces.finding.survey import Surveyor
from understudy.mastering.wipe import wipe_position
from understudy.measures.fidelity import psnr
from understudy.measures.performance import expression_error, expression_reach, pose_error
from understudy.measures.timing import lips
from understudy.media import open_clip
from understudy.performers import cast, true_swap
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult

Swapped = tuple[SwapRequest, SwapResult]
Landmarks = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


@pytest.fixture(scope="module")
def before(swapped: Swapped) -> list[Image]:
    return frames_of(swapped[0].plate)


@pytest.fixture(scope="module")
def after(swapped: Swapped) -> list[Image]:
    return frames_of(swapped[0].output)


@pytest.fixture(scope="module")
def landmarks(swapped: Swapped) -> Landmarks:
    """What is found in the result and in the plate, (N, 478, 3)."""
    with (
        open_clip(swapped[0].output) as result,
        open_clip(swapped[0].plate) as plate,
        Surveyor(1) as surveyor,
    ):
        ours, theirs = (surveyor.survey(clip.frames()).faces for clip in (result, plate))
    assert ours.frame.tolist() == theirs.frame.tolist() == list(range(plate.info.frame_count))
    return ours.landmarks, theirs.landmarks


def test_every_frame_is_swapped_and_none_is_missed(swapped: Swapped, marco: Take) -> None:
    result, count = swapped[1], len(marco.pictures)
    assert result.frames == result.faces_swapped == count
    (track,) = result.tracks
    assert (track.first, track.last, track.swapped) == (0, count - 1, count)
    assert result.missed == {}
    assert result.untouched == result.warnings == ()


def test_outside_the_face_the_plate_is_untouched(
    before: list[Image], after: list[Image], marco: Take
) -> None:
    for plate, result, landmarks in zip(before, after, marco.landmarks, strict=True):
        box = Box.around(landmarks, SIZE, SIZE)
        changed = (plate != result).any(-1)
        changed[box.rows, box.columns] = False
        assert not changed.any()


def test_inside_the_face_it_is_new(before: list[Image], after: list[Image], marco: Take) -> None:
    for plate, result, picture in zip(before, after, marco.pictures, strict=True):
        changed = (plate != result).any(-1)
        assert changed[picture.truth.visible_face > 0.9].mean() > 0.8


def test_the_result_is_nearer_to_the_true_swap_than_the_plate_is(
    before: list[Image], after: list[Image], marco: Take
) -> None:
    gains = []
    for frame in (2, 12):
        truth = true_swap(cast("arjun")[0], cast("marco")[0], marco.performance, frame, SIZE)
        matte = truth.truth.visible_face
        gains.append(psnr(after[frame], truth.image, matte) - psnr(before[frame], truth.image, matte))
    assert min(gains) > 1.0, gains


def test_the_head_turns_and_the_mouth_moves_as_the_plates(landmarks: Landmarks) -> None:
    result, plate = landmarks
    assert pose_error(result, plate).max() < 4.0
    assert np.corrcoef(lips(result), lips(plate))[0, 1] > 0.93
    assert np.ptp(lips(result)) > 0.7 * np.ptp(lips(plate))
    assert expression_error(result, plate, "mouth").mean() < 0.6 * expression_reach(plate, "mouth")


def test_times_timecode_and_sound_are_the_plates(swapped: Swapped) -> None:
    request = swapped[0]
    with open_clip(request.output) as result, open_clip(request.plate) as plate:
        ours, theirs = result.info, plate.info
    assert len(set(np.diff(theirs.pts))) > 1, "the plate was to be uneven"
    assert [ours.seconds(k) for k in range(ours.frame_count)] == pytest.approx(
        [theirs.seconds(k) for k in range(theirs.frame_count)], abs=1e-3
    )
    assert ours.timecode == theirs.timecode == "10:00:00:00"
    sent, arrived = sound_of(request.plate), sound_of(request.output)
    assert [data for _, data in arrived] == [data for _, data in sent] != []
    assert [float(time) for time, _ in arrived] == pytest.approx([float(time) for time, _ in sent], abs=1e-3)


def resemblance(cell: Image, image: Image, landmarks: npt.NDArray[np.floating]) -> float:
    """How well the middle of a face can be found in a cell that shows about the whole of it, up to 1."""
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    x, y = ((low + high) / 2).astype(int)
    reach = int(0.3 * (high - low).min())
    middle = image[y - reach : y + reach, x - reach : x + reach]
    cell = cv2.resize(cell, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    usual = max(cell.shape[:2]) / (1.6 * (high - low).max())
    best = 0.0
    for scale in usual * np.linspace(0.8, 1.2, 25):
        template = cv2.resize(middle, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        best = max(best, float(cv2.matchTemplate(cell, template, cv2.TM_CCOEFF_NORMED).max()))
    return best


def test_the_contact_sheet_shows_likeness_plate_and_result(
    swapped: Swapped, before: list[Image], after: list[Image], arjun: Take, marco: Take
) -> None:
    request, rows = swapped[0], 5
    sheet = np.ascontiguousarray(cv2.imread(str(request.contact_sheet))[..., ::-1])
    shown = np.linspace(0, len(after) - 1, rows).round().astype(int)
    for frame, row in zip(shown, np.split(sheet, rows), strict=True):
        likeness, plate, result, whole = np.split(row[:, 3:-3], 4, axis=1)
        there, truth = marco.images[frame], marco.landmarks[frame]
        assert resemblance(plate, before[frame], truth) > 0.98 > resemblance(plate, after[frame], truth)
        assert resemblance(result, after[frame], truth) > 0.98 > resemblance(result, there, truth)
        assert resemblance(whole, after[frame], truth) > 0.98
        assert max(map(resemblance, [likeness] * len(arjun.images), arjun.images, arjun.landmarks)) > 0.97


def test_the_comparison_shows_the_plate_left_and_the_result_right(
    swapped: Swapped, before: list[Image], after: list[Image], marco: Take
) -> None:
    request = swapped[0]
    assert request.compare is not None
    with open_clip(request.plate) as clip:
        rate = float(clip.info.rate)
    shown = [image.astype(float) for image in frames_of(request.compare)]
    assert len(shown) == len(before)
    assert [data for _, data in sound_of(request.compare)] == [data for _, data in sound_of(request.plate)]
    for frame, image in enumerate(shown):
        line = round(wipe_position(frame / rate) * SIZE)
        left, right = np.s_[:, : line - 4], np.s_[:, line + 4 :]
        face = marco.pictures[frame].truth.visible_face > 0.5
        assert abs(image[left] - before[frame][left]).mean() < 3
        assert abs(image[right] - after[frame][right]).mean() < 3
        assert abs(image[right] - before[frame][right])[face[right]].mean() > 8


def test_the_result_tells_everything_as_json(swapped: Swapped) -> None:
    request, result = swapped
    told = json.loads(json.dumps(result.to_json()))
    assert told["output"] == str(request.output)
    assert (told["frames"], told["faces_swapped"]) == (result.frames, result.faces_swapped)
    stages = [stage["name"] for stage in told["stages"]]
    assert stages[:2] == ["material", "material"]
    assert stages[2:] == ["faces", "faces", "motion", "plan", "crops", "match", "render", "compare"]
    assert told["consent"]["standing"] == "granted"
    worked = [stage for stage in told["stages"][2:] if not stage["skipped"]]
    assert worked[-2]["name"] == "render"
    assert all(stage["frames_per_second"] > 0 and stage["seconds"] > 0 for stage in worked)
    assert told["contact_sheet"] == str(request.contact_sheet)
    assert told["compare"] == str(request.compare)
