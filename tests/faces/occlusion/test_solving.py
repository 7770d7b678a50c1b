from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.faces.occlusion import moving_face as scene
from understudy.errors import BadInputError
from understudy.faces.occlusion.appearance import MAP_SIZE
from understudy.faces.occlusion.hands import no_hands
from understudy.faces.occlusion.solving import MIN_FACES, Occlusion, refine, solve
from understudy.faces.occlusion.traces import TraceFiles, Traces, face_square
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine


def _overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / max((found | truth).sum(), 1))


def test_a_disc_that_crosses_the_face_is_found_where_it_is_and_nowhere_else() -> None:
    points = scene.landmarks()
    found = scene.occlusion(scene.paint_disc)
    for row in range(scene.FRAMES):
        face = scene.on_face(points[row])
        truth = scene.disc(row) & face
        if truth.any():
            assert _overlap(scene.in_frame(found, row) & face, truth) >= 0.8, row
        else:
            assert found.of_face(row) is None, row


def test_a_thin_bar_across_the_brow_is_found() -> None:
    points = scene.landmarks()

    def bar(row: int) -> np.ndarray:
        mask = np.zeros((scene.SIZE, scene.SIZE), np.uint8)
        if row >= 30:
            cv2.line(mask, (60, 75 + row - 30), (180, 65 + row - 30), 1, 9)
        return mask > 0

    found = scene.occlusion(lambda p, row: np.where(bar(row)[..., None], (35, 30, 30), p).astype(np.uint8))
    assert all(found.of_face(row) is None for row in range(30))
    for row in range(31, scene.FRAMES):
        face = scene.on_face(points[row])
        assert _overlap(scene.in_frame(found, row) & face, bar(row) & face) >= 0.6, row


def test_a_talking_face_has_no_occluder() -> None:
    assert len(scene.occlusion().maps) == 0


def test_changing_light_is_no_occluder() -> None:
    ramp = np.linspace(-1, 1, scene.SIZE)[None, :, None]

    def lamp(picture: np.ndarray, row: int) -> np.ndarray:
        strength = np.sin(row / 6)
        gain = np.array([1.0, 0.95, 0.85]) ** strength * (1 + 0.25 * strength * ramp) * (1 - 0.3 * (row > 25))
        return np.clip(picture * gain, 0, 255).astype(np.uint8)

    assert len(scene.occlusion(lamp).maps) == 0


def test_landmarks_that_jitter_make_no_occluder() -> None:
    points = scene.landmarks()
    truth = points.copy()
    points[..., :2] += np.random.default_rng(2).normal(0, 0.8, (len(points), 1, 2))
    chunks = []
    for row in range(len(points)):
        chunks += scene.trace(points[row : row + 1], lambda p, _, row=row: scene.frame(truth[row]))
    assert len(solve(chunks, points).maps) == 0


def test_a_flash_of_one_frame_is_no_occluder() -> None:
    found = scene.occlusion(lambda picture, row: scene.paint_disc(picture, row, 14, 15))
    assert len(found.maps) == 0


@pytest.mark.parametrize("stop", [24, 28, 33])
def test_what_is_there_for_most_of_the_shot_never_turns_the_bare_face_into_an_occluder(stop: int) -> None:
    still = np.repeat(scene.landmarks()[:1], scene.FRAMES, axis=0)

    def held(picture: np.ndarray, row: int) -> np.ndarray:
        return scene.paint_disc(picture, 18, 14, 24) if row < stop else picture

    found = scene.occlusion(held, still)
    assert all(found.of_face(row) is None for row in range(stop, scene.FRAMES))


def test_a_shot_too_short_to_know_the_face_has_no_occluder() -> None:
    points = scene.landmarks(MIN_FACES - 1)
    assert len(scene.occlusion(lambda p, row: scene.paint_disc(p, row, 4, 8), points).maps) == 0


def _hand_from_below(points: np.ndarray) -> np.ndarray:
    """A hand whose fingers reach over the chin, (21, 2)."""
    chin = points[152, :2]
    hand = [chin + np.array([0, 60])]
    for finger, x in enumerate(np.linspace(-16, 16, 5)):
        base = chin + np.array([x, 25 if finger else 40])
        hand += [base - np.array([0, step]) for step in (0, 18, 32, 45)]
    return np.array(hand, np.float32)


def _with_hands(traces: Traces, points: np.ndarray, rows: range) -> Traces:
    hands = np.broadcast_to(no_hands(), traces.hands.shape).copy()
    for row in rows:
        hands[row, 0] = _hand_from_below(points[row])
    return Traces(traces.texture, traces.to_map, hands)


def _paint_hand(picture: np.ndarray, row: int) -> np.ndarray:
    if not 14 <= row < 24:
        return picture
    out = picture.copy()
    x, y = scene.landmarks()[row, 152, :2].astype(int)
    cv2.rectangle(out, (x - 20, y - 22), (x + 20, y + 80), (150, 128, 118), -1)
    return out


def test_a_hand_counts_where_the_skin_under_it_looks_unusual() -> None:
    points = scene.landmarks()
    [traces] = scene.trace(points, _paint_hand)
    found = solve([_with_hands(traces, points, range(14, 24))], points)
    assert [found.of_face(row) is not None for row in range(scene.FRAMES)] == [
        14 <= row < 24 for row in range(scene.FRAMES)
    ]
    x, y = points[18, 152, :2].astype(int)
    assert scene.in_frame(found, 18)[y - 14 : y + 10, x - 10 : x + 10].mean() > 0.9


def test_a_hand_that_the_model_imagines_is_not_believed() -> None:
    points = scene.landmarks()
    [traces] = scene.trace(points)
    assert len(solve([_with_hands(traces, points, range(14, 24))], points).maps) == 0


def test_chunks_know_nothing_of_each_other(tmp_path: Path) -> None:
    points = scene.landmarks()
    [whole] = scene.trace(points, scene.paint_disc)
    paths = []
    for number, part in enumerate(scene.trace(points, scene.paint_disc, chunk=7)):
        paths.append(tmp_path / f"{number}.npz")
        part.save(paths[-1])
    parts = TraceFiles(paths)
    assert np.array_equal(np.concatenate([part.texture for part in parts]), whole.texture)
    a, b = solve(parts, points), solve([whole], points)
    assert len(a.maps)
    assert np.array_equal(a.maps, b.maps)
    assert np.array_equal(a.slot, b.slot)


def test_traces_and_landmarks_must_belong_together() -> None:
    points = scene.landmarks(15)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        solve(scene.trace(points), points[:-1])


def test_occlusion_survives_the_disk(tmp_path: Path) -> None:
    found = scene.occlusion(scene.paint_disc)
    found.save(tmp_path / "occlusion.npz")
    again = Occlusion.load(tmp_path / "occlusion.npz")
    assert np.array_equal(again.slot, found.slot)
    assert np.array_equal(again.to_map, found.to_map)
    assert np.array_equal(again.maps, found.maps)
    assert [p.name for p in tmp_path.iterdir()] == ["occlusion.npz"]


@pytest.mark.parametrize("kind", [Occlusion, Traces])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_damaged_file_is_one_clear_sentence(tmp_path: Path, kind: type, content: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="delete it and run again"):
        kind.load(path)


def test_arrays_of_the_wrong_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, slot=np.array([5], np.int32), to_map=np.zeros((1, 2, 3)), maps=np.zeros((1, 128, 128)))
    with pytest.raises(BadInputError, match="damaged"):
        Occlusion.load(path)


def test_the_square_moves_turns_and_grows_with_the_face() -> None:
    face = mesh.canonical_face() * 60 + (100, 80, 0)
    angle, scale, shift = 0.4, 1.7, np.array([30.0, -12.0])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = face.copy()
    moved[:, :2] = face[:, :2] @ turn.T + shift
    moved[:, 2] *= scale
    inside = apply_affine(face_square(face), face[:, :2])
    np.testing.assert_allclose(apply_affine(face_square(moved), moved[:, :2]), inside, atol=1e-6)
    assert inside.min() > 0.1 * MAP_SIZE
    assert inside.max() < 0.9 * MAP_SIZE


def test_the_square_keeps_its_size_when_the_head_turns_away() -> None:
    face = mesh.canonical_face() * 60
    turn = np.array([[np.cos(0.9), 0, np.sin(0.9)], [0, 1, 0], [-np.sin(0.9), 0, np.cos(0.9)]])
    sizes = [np.linalg.det(face_square(p)[:, :2]) for p in (face, face @ turn.T)]
    np.testing.assert_allclose(sizes[0], sizes[1], rtol=1e-9)


TO_MAP = np.array([[0.5, 0, 0], [0, 0.5, 0]])
TO_CROP = np.array([[2.0, 0, 0], [0, 2.0, 0]])


def test_nothing_to_refine_costs_nothing() -> None:
    crop = np.zeros((64, 64, 3), np.uint8)
    assert refine(None, TO_MAP, crop, TO_CROP) is None
    assert refine(np.zeros((MAP_SIZE, MAP_SIZE), np.uint8), TO_MAP, crop, TO_CROP) is None


def test_nothing_within_the_crop_is_nothing() -> None:
    cover = np.zeros((MAP_SIZE, MAP_SIZE), np.uint8)
    cover[100:120, 100:120] = 255
    assert refine(cover, TO_MAP, np.zeros((64, 64, 3), np.uint8), TO_CROP) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_the_edge_goes_to_the_edge_of_the_picture(dtype: type) -> None:
    """The map's edge is 4 crop pixels off: the picture has a step at x = 250."""
    picture = np.full((500, 500, 3), 0.7, np.float32)
    picture[:, 250:] = 0.2
    if dtype is not np.float32:
        picture = picture * np.iinfo(dtype).max
    cover = np.zeros((MAP_SIZE, MAP_SIZE), np.uint8)
    cover[:, 64:] = 255  # crop pixels are a quarter of map pixels: the map's edge is at x = 254
    alpha = refine(cover, TO_MAP, picture.astype(dtype), TO_CROP)
    assert alpha is not None
    assert alpha.shape == (500, 500)
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert alpha[100:400, :238].max() < 0.05
    assert alpha[100:400, 262:].min() > 0.95
    crossing = (alpha[250] > 0.5).argmax()
    assert abs(crossing - 250) <= 2
