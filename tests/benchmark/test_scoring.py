"""A finished clip is looked at: drawn faces, whose landmarks are known, stand in for found ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from tests.measures.known_pictures import textured
from understudy.benchmark.figures import FIGURES
from understudy.benchmark.judge import NOTHING, Judge
from understudy.benchmark.likeness_sample import LikenessSample
from understudy.benchmark.scoring import Scorer, TrueFrame
from understudy.benchmark.strips import even_frames, worst_frames
from understudy.geometry import mesh
from understudy.measures.picture import region_matte
from understudy.measures.replaced import before_face, inner_matte, replaced_matte, unchanged_part

SIZE = 200
COUNT = 26
Array = np.ndarray


def face() -> Array:
    return mesh.canonical_face() * 64 + np.array((100, 86, 0))


def acting(frame: int) -> Array:
    """The face, opening its mouth and turning its eyes as time goes by."""
    points = face()
    points[list(mesh.LIP_LOWER_INNER[1:-1]), 1] += 8 * (1 + np.sin(frame / 2))
    points[list(mesh.RIGHT_IRIS + mesh.LEFT_IRIS), 0] += 1.5 * np.sin(frame / 3)
    return points.astype(np.float32)


@dataclass(frozen=True)
class KnowingJudge:
    """Knows where each picture's face is: it was told, by the picture's first pixel."""

    late: int = 0
    blind: tuple[int, ...] = ()

    def locate(self, image: Array) -> str | None:
        return None if int(image[0, 0, 0]) in self.blind else "somewhere"

    def look(self, image: Array, _square: object) -> Array:
        frame, result = int(image[0, 0, 0]), int(image[0, 0, 1])
        return acting(frame - (self.late if result else 0))


def plate(frame: int) -> Array:
    picture = np.round(255 * textured(5, SIZE)).astype(np.uint8)
    picture[0, 0] = (frame, 0, 0)
    return picture


def swapped(frame: int, change: float = 0.0) -> Array:
    """The plate with its face `change` code values brighter."""
    inside = region_matte(face(), SIZE, SIZE, "face")[..., None]
    result = np.round(plate(frame) + change * inside).clip(0, 255).astype(np.uint8)
    result[0, 0] = (frame, 1, 0)
    return result


@cache
def scored(judge: KnowingJudge, change: float = 0.0, truth: float | None = None, cuts: tuple[int, ...] = ()):
    scorer = Scorer(judge, 25.0, cuts)  # type: ignore[arg-type]
    for frame in range(COUNT):
        true = None if truth is None else TrueFrame(swapped(frame, truth))
        scorer.add(plate(frame), swapped(frame, change), true)
    return scorer.read()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("understudy.benchmark.scoring.network.available", lambda: False)


def test_a_plate_against_itself_is_perfect():
    found = scored(KnowingJudge()).figures
    assert (found["frames"], found["faces"], found["unfound"]) == (COUNT, COUNT, 0)
    assert found["residual"] == found["flicker"] == found["grain"] == 1.0
    for key in ("seam", "ring", "pumping", "mouth", "gaze", "pose", "lips", "jitter"):
        assert found[key] == pytest.approx(0, abs=1e-4), key
    assert found["outside"] == 1  # the pixel that the judge reads
    assert found["mouth_reach"] > 1
    assert (found["lips_lag"], found["lips_reach"]) == (0, 1)


def test_against_the_truth_an_offset_is_its_psnr_until_it_is_fitted():
    found = scored(KnowingJudge(), change=0.0, truth=10.0)
    for region in ("face", "eyes", "mouth"):
        assert found.figures[f"psnr_{region}"] == pytest.approx(20 * np.log10(255 / 10), abs=0.1)
        assert found.figures[f"psnr_{region}_fitted"] > 50
        assert found.figures[f"ssim_{region}_fitted"] > found.figures[f"ssim_{region}"]
    assert np.isfinite(found.curves["psnr_face"]).all()
    assert found.figures["landmarks_truth"] == found.figures["gaze_truth"] == 0


def test_the_truth_itself_is_as_good_as_can_be():
    found = scored(KnowingJudge(), change=10.0, truth=10.0).figures
    assert found["psnr_face"] == found["psnr_mouth_fitted"] == 100.0
    assert found["ssim_eyes"] == pytest.approx(1.0)
    assert found["mouth_detail_truth"] == pytest.approx(1.0)
    assert found["gradient_face"] == 0


def test_a_late_result_is_told_by_its_timing_and_its_landmarks():
    found = scored(KnowingJudge(late=2), truth=0.0).figures
    assert found["lips_lag"] == pytest.approx(2, abs=0.3)
    assert found["mouth"] > 1
    assert found["gaze"] > 1


def test_a_frame_without_a_face_has_no_figures():
    found = scored(KnowingJudge(blind=(4, 5)))
    assert found.figures["faces"] == COUNT - 2
    for curve in found.curves.values():
        assert np.isnan(curve[4:6]).all()
    assert np.isnan(found.curves["flicker"][[0, 6]]).all()
    assert np.isfinite(np.delete(found.curves["flicker"], [0, 4, 5, 6])).all()


def test_nothing_is_compared_across_a_cut():
    found = scored(KnowingJudge(), cuts=(10,))
    assert np.flatnonzero(np.isnan(found.curves["flicker"])).tolist() == [0, 10]
    assert np.flatnonzero(np.isnan(found.curves["jitter"])).tolist() == [0, 9, 10, COUNT - 1]


def test_every_curve_belongs_to_a_figure_and_has_a_value_a_frame():
    found = scored(KnowingJudge(), change=0.0, truth=10.0)
    assert set(found.curves) <= {figure.curve for figure in FIGURES}
    assert {len(curve) for curve in found.curves.values()} == {COUNT}


def test_identity_is_told_from_embeddings(monkeypatch: pytest.MonkeyPatch):
    """The network is stood in for by one that knows results from plates."""
    likeness, performer = np.zeros(128), np.full(128, 1 / np.sqrt(128))

    def embed(image: Array, _points: Array) -> Array:
        return likeness + 0.25 * performer if image[0, 0, 1] else performer

    monkeypatch.setattr("understudy.benchmark.scoring.network.available", lambda: True)
    monkeypatch.setattr("understudy.benchmark.scoring.network.embed", embed)
    scorer = Scorer(KnowingJudge(), 25.0)  # type: ignore[arg-type]
    for frame in range(12):
        scorer.add(plate(frame), swapped(frame, 5))
    sample = LikenessSample((), np.zeros((0, 478, 3)), likeness[None], np.zeros(0), np.zeros(0))
    found = scorer.read(sample)
    assert found.figures["to_likeness"] == pytest.approx(0.25)
    assert found.figures["to_performer"] == pytest.approx(0.75)
    assert found.figures["margin"] == pytest.approx(0.5)
    assert np.flatnonzero(np.isfinite(found.curves["margin"])).tolist() == [0, 5, 10]


def test_an_occluder_that_was_left_is_told_from_one_that_was_painted_over():
    points, hand = face(), np.zeros((SIZE, SIZE), np.float32)
    hand[:, :94] = 1
    inside = before_face(points, SIZE, SIZE)
    for changed, overlap, painted in ((inside & (hand < 1), 1.0, 0.0), (inside, 0.0, 1.0)):
        scorer = Scorer(KnowingJudge(), 25.0)  # type: ignore[arg-type]
        result = np.where(changed[..., None], plate(0) + np.uint8(20), plate(0))
        result[0, 0] = (0, 1, 0)
        scorer.add(plate(0), result, TrueFrame(swapped(0), occluder=hand))
        found = scorer.read().curves
        assert found["occlusion_iou"][0] == pytest.approx(overlap, abs=0.06)
        assert found["painted_over"][0] == pytest.approx(painted, abs=0.05)


def test_what_touches_the_face_hardly_is_no_occluder():
    scorer = Scorer(KnowingJudge(), 25.0)  # type: ignore[arg-type]
    scorer.add(plate(0), swapped(0, 9), TrueFrame(swapped(0, 9), occluder=np.zeros((SIZE, SIZE), np.float32)))
    assert "occlusion_iou" not in scorer.read().curves


def test_the_replaced_part_is_where_the_pictures_differ():
    grey = np.full((SIZE, SIZE, 3), 128, np.uint8)
    y, x = np.indices((SIZE, SIZE))
    truth = np.hypot(x - 100, y - 106) < 68
    result = np.where(truth[..., None], 150, grey).astype(np.uint8)
    result[100:106, 97:103] = 128  # a hole belongs to it
    result[:8, :8] = 255  # what is far off does not
    found = replaced_matte(result, grey, face()) > 0
    assert np.count_nonzero(found & truth) / np.count_nonzero(found | truth) > 0.93
    assert not found[:8, :8].any()


def test_the_rim_of_the_replaced_part_is_soft():
    grey = np.full((SIZE, SIZE, 3), 128, np.uint8)
    y, x = np.indices((SIZE, SIZE))
    distance = 68 - np.hypot(x - 100, y - 106)
    matte = replaced_matte(np.where(distance[..., None] > 0, 150, grey).astype(np.uint8), grey, face())
    assert matte[np.abs(distance - 2.2) < 0.7].mean() == pytest.approx(0.5, abs=0.15)
    assert (matte[distance > 10] == 1).all()


def test_of_equal_pictures_the_inside_of_the_face_is_taken():
    grey = np.full((SIZE, SIZE, 3), 128, np.uint8)
    inner = inner_matte(face(), SIZE, SIZE) > 0
    found = replaced_matte(grey, grey, face()) > 0
    assert np.count_nonzero(found ^ inner) < 0.03 * np.count_nonzero(inner)
    assert np.count_nonzero(unchanged_part(grey, grey, face())) > 0.9 * np.count_nonzero(inner)


def test_frames_to_be_shown():
    landmarks = np.zeros((10, 478, 3))
    landmarks[[0, 9]] = np.nan
    assert [pick.frame for pick in even_frames(landmarks, 3)] == [1, 4, 8]
    assert even_frames(landmarks * np.nan) == []
    curves = {
        "psnr_face_fitted": np.array([30.0, 20.0, 25.0]),
        "seam": np.array([0.1, np.nan, 0.7]),
        "flicker": np.array([1.0, 1.2, 1.1]),
        "gaze": np.full(3, np.nan),
    }
    picks = worst_frames(curves)
    assert [(pick.frame, pick.caption) for pick in picks] == [
        (1, "frame 1: PSNR face fitted, dB 20.0, flicker 1.20"),
        (2, "frame 2: seam 0.70"),
    ]
    assert all(pick.worst for pick in picks)


@pytest.mark.footage
def test_the_judge_sees_a_real_face_and_a_plate_against_itself_is_perfect(footage):
    from understudy.media import open_clip

    with Judge() as judge, open_clip(footage / "lp-man-a-d18/clip.mp4") as clip:
        scorer = Scorer(judge, 30.0)
        for frame in clip.frames(0, 8):
            scorer.add(frame.image, frame.image)
        assert judge.locate(np.zeros((200, 200, 3), np.uint8)) is None
    found = scorer.read().figures
    assert found["frames"] == found["faces"] == 8
    assert found["flicker"] == found["grain"] == 1.0
    for key in ("seam", "ring", "mouth", "gaze", "pose", "unfound", "outside"):
        assert found[key] == pytest.approx(0, abs=1e-4), key


def test_nothing_is_nothing():
    assert np.isnan(NOTHING).all()
    assert Scorer(KnowingJudge(), 25.0).read().figures["frames"] == 0  # type: ignore[arg-type]
