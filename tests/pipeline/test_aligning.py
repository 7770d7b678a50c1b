from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.posed_faces import Act, complexion, portrait, posed, somebody
from understudy.errors import BadInputError
from understudy.faces.sampling import sample_floats, sample_sharply
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.geometry.matte import face_matte
from understudy.media import ClipInfo, Frame
from understudy.pipeline.aligning import Aligner, Shown, thinned
from understudy.pipeline.footage import Footage
from understudy.pixels import to_float
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

HEIGHT, WIDTH, SIZE = 150, 200, 64


class Reeling:
    """A clip of given pictures; remembers what was decoded."""

    fault = None
    files = ()

    def __init__(self, pictures: list[np.ndarray]) -> None:
        self.pictures, self.decoded = pictures, []
        self.info = ClipInfo(
            path=Path("clip.mp4"),
            width=WIDTH,
            height=HEIGHT,
            rate=Fraction(25),
            time_base=Fraction(1, 25),
            pts=np.arange(len(pictures), dtype=np.int64),
            codec="none",
            pixel_format="rgb24",
            bit_depth=8,
        )

    def read(self, index: int) -> Frame:
        self.decoded.append(index)
        return Frame(index, index, Fraction(1, 25), self.pictures[index])

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        yield from map(self.read, range(start, len(self.pictures) if stop is None else stop))


class Counter:
    count = 0

    def advance(self, count: int = 1) -> None:
        self.count += count


FACES = np.stack(
    [
        posed(somebody(), Act(yaw=6 * k - 12, roll=5 * k), 40 + 8 * k, (90 + 4 * k, 50 + 3 * k))
        for k in range(5)
    ]
).astype(np.float32)


def photographs() -> list[np.ndarray]:
    colours = complexion((0.8, 0.6, 0.5), 0)
    return [np.round(255 * portrait(face, colours, HEIGHT, WIDTH)).astype(np.uint8) for face in FACES]


def footage(clip: Reeling) -> Footage:
    return Footage(clip, 0, len(clip.pictures), "")


def shown(clip: Reeling, rows: list[int], frames: list[int]) -> Shown:
    return Shown(footage(clip), np.array(rows, np.int64), np.array(frames, np.int64))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, Recipe("aligned", 1))


def align(aligner: Aligner, stage: Stage) -> int:
    counter = Counter()
    made = []
    stage.run(lambda stage: made.append(aligner.run(stage, counter)))
    assert not made or counter.count == len(aligner.rows)
    return made[0] if made else 0


def test_faces_are_where_their_landmarks_say(stage) -> None:
    """Eyes and mouth are dark in the picture; in the crop they are dark at the crop's landmarks."""
    aligner = Aligner(
        FACES, [shown(Reeling(photographs()), [0, 1, 2, 3, 4], [0, 1, 2, 3, 4])], SIZE, Framing.FACE
    )
    assert align(aligner, stage) == 5
    faces = aligner.opened(stage)
    assert len(faces) == 5
    assert faces.size == SIZE
    assert faces.row.tolist() == [0, 1, 2, 3, 4]
    for k in range(5):
        for iris in (468, 473):
            x, y = np.round(faces.landmarks[k, iris, :2]).astype(int)
            assert faces.images[k, y, x].max() < 90
            assert faces.images[k, y + 9, x].min() > 90
        back = apply_affine(faces.to_crop[k], FACES[k])
        assert np.allclose(back, faces.landmarks[k], atol=1e-3)
        assert faces.pose[k] == pytest.approx((6 * k - 12, 0, 5 * k), abs=0.1)


def test_upright_faces_look_alike_wherever_they_were(stage) -> None:
    places = ((0, 64, (90, 50)), (30, 58, (100, 60)))
    faces = np.stack([posed(somebody(), Act(roll=roll), size, at) for roll, size, at in places])
    colours = complexion((0.8, 0.6, 0.5), 0)
    pictures = [np.round(255 * portrait(face, colours, HEIGHT, WIDTH)).astype(np.uint8) for face in faces]
    aligner = Aligner(faces, [shown(Reeling(pictures), [0, 1], [0, 1])], SIZE, Framing.FACE)
    align(aligner, stage)
    one, other = aligner.opened(stage).images.astype(float)
    assert np.abs(one - other).mean() < 0.4 * np.abs(one - other[:, ::-1]).mean()


def test_the_matte_is_the_face_within_the_frame_without_what_stands_before_it(stage) -> None:
    left_half = np.tile(np.arange(SIZE) < SIZE // 2, (SIZE, 1)).astype(np.float32)

    def hand(row: int, picture: np.ndarray, matrix: np.ndarray) -> np.ndarray | None:
        assert picture.shape == (SIZE, SIZE, 3)
        return left_half if row == 1 else None

    outside = FACES.copy()
    outside[2, :, 0] -= 110  # its right half is beyond the left edge
    clip = shown(Reeling(photographs()), [0, 1, 2], [0, 1, 2])
    aligner = Aligner(outside, [clip], SIZE, Framing.FACE, hand)
    align(aligner, stage)
    faces = aligner.opened(stage)
    for k in (0, 1, 2):
        whole = face_matte(faces.landmarks[k], SIZE, SIZE)
        x, y = np.round(faces.landmarks[k, 4, :2]).astype(int)
        forehead = np.round(0.5 * faces.landmarks[k, 10, :2] + 0.5 * faces.landmarks[k, 151, :2]).astype(int)
        if k == 0:
            assert np.abs(faces.mattes[k] / 255 - whole).max() < 0.01
            assert faces.mattes[k, y, x] == 255
            assert faces.mattes[k, forehead[1], forehead[0]] == 255
            assert not faces.mattes[k, [0, -1]].any()
            assert not faces.mattes[k][:, [0, -1]].any()
        if k == 1:
            assert not faces.mattes[k, :, : SIZE // 2].any()
            assert np.abs(faces.mattes[k] / 255 - whole)[:, SIZE // 2 :].max() < 0.01
        if k == 2:
            beyond = apply_affine(faces.to_crop[k], np.array([[-3.0, 60.0]]))[0]
            assert faces.mattes[k, round(beyond[1]), max(0, round(beyond[0]))] == 0
            assert 0.1 < faces.mattes[k].sum() / (255 * whole.sum()) < 0.7


def test_clips_are_read_once_and_in_order_and_rows_keep_theirs(stage) -> None:
    """Rows go by track; two tracks of one clip interleave in time."""
    first, second = Reeling(photographs()), Reeling(photographs()[::-1])
    aligner = Aligner(
        FACES, [shown(first, [0, 1, 2], [3, 1, 3]), shown(second, [4], [0])], SIZE, Framing.FULL
    )
    align(aligner, stage)
    assert first.decoded == [1, 2, 3]
    assert second.decoded == [0]
    faces = aligner.opened(stage)
    for place, (picture, row) in enumerate(((3, 0), (1, 1), (3, 2), (4, 4))):
        matrix = aligned_matrix(FACES[row], SIZE, Framing.FULL)
        assert faces.row[place] == row
        assert np.array_equal(faces.images[place], sample_sharply(first.pictures[picture], matrix, SIZE))


def test_what_was_cut_out_before_a_kill_is_not_cut_out_again(stage, monkeypatch) -> None:
    monkeypatch.setattr("understudy.pipeline.aligning.CHUNK", 2)
    clip = Reeling(photographs())
    aligner = Aligner(FACES, [shown(clip, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4])], SIZE, Framing.FACE)

    class KilledError(Exception):
        pass

    class Killer(Counter):
        def advance(self, count: int = 1) -> None:
            super().advance(count)
            if self.count == 3:
                raise KilledError

    with pytest.raises(KilledError):
        stage.run(lambda stage: aligner.run(stage, Killer()))
    clip.decoded.clear()
    assert align(aligner, stage) == 3
    assert clip.decoded == [2, 3, 4]
    assert not list(stage.folder.glob("chunk-*"))
    reference = Aligner(FACES, aligner.shown, SIZE, Framing.FACE)
    other = Stage(stage.folder.parent, Recipe("aligned", 2))
    align(reference, other)
    assert np.array_equal(aligner.opened(stage).images, reference.opened(other).images)
    assert np.array_equal(aligner.opened(stage).mattes, reference.opened(other).mattes)


def test_many_faces_stay_on_the_disk(stage, monkeypatch) -> None:
    aligner = Aligner(FACES, [shown(Reeling(photographs()), [0, 3], [0, 3])], SIZE, Framing.FACE)
    align(aligner, stage)
    resident = aligner.opened(stage)
    monkeypatch.setattr("understudy.pipeline.aligning._RESIDENT_BYTES", 1000)
    mapped = aligner.opened(stage)
    assert isinstance(mapped.images, np.memmap)
    assert not isinstance(resident.images, np.memmap)
    assert np.array_equal(mapped.images, resident.images)


@pytest.mark.parametrize("content", [b"", b"no array", None])
def test_damaged_files_are_refused(stage, content) -> None:
    aligner = Aligner(FACES, [shown(Reeling(photographs()), [0, 1], [0, 1])], SIZE, Framing.FACE)
    align(aligner, stage)
    path = stage.path("images.npy")
    if content is None:
        np.save(path, np.zeros((1, SIZE, SIZE, 3), np.uint8))
    else:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match="delete it"):
        aligner.opened(stage)


def test_nobody_is_no_faces(stage) -> None:
    aligner = Aligner(FACES, [], SIZE, Framing.FACE)
    align(aligner, stage)
    assert len(aligner.opened(stage)) == 0


def test_thinned_rows_are_spread_evenly() -> None:
    rows = np.arange(10, 1010)
    few = thinned(rows, 100)
    assert len(few) == 100
    assert few[0] == 10
    assert few[-1] == 1009
    assert set(np.diff(few)) <= {10, 11}
    assert thinned(rows, 1000) is rows


@pytest.mark.parametrize("scale", [0.13, 0.4, 0.7, 1.0, 1.6])
def test_pictures_to_learn_from_are_neither_soft_nor_aliased(scale) -> None:
    """A sine that the square can show keeps most of its swing; one that it cannot show is gone."""
    x = np.arange(600)
    matrix = np.array([[scale, 0.0, -20 * scale], [0.0, scale, -20 * scale]])
    for period, keeps in ((4.0 / min(scale, 1.0), True), (1.15 / scale, False)):
        if period < 2 and not keeps:
            continue
        wave = np.round(127.5 + 100 * np.sin(2 * np.pi * x / period)).astype(np.uint8)
        image = np.repeat(np.tile(wave, (600, 1))[..., None], 3, axis=2)
        square = sample_sharply(image, matrix, 64)[8:-8, 8:-8, 0].astype(float)
        swing = square.std() * np.sqrt(2) / 100
        assert swing > 0.6 if keeps else swing < 0.25


@pytest.mark.parametrize("size", [24, 64, 200])
def test_pictures_of_floats_are_sampled_alike(size) -> None:
    picture, matrix = photographs()[1], aligned_matrix(FACES[1], size, Framing.FACE)
    floats = sample_floats(to_float(picture), matrix, size)
    assert floats.dtype == np.float32
    assert np.abs(255 * floats - sample_sharply(picture, matrix, size)).max() < 1.1


def test_a_sharp_picture_lies_where_the_plain_one_does() -> None:
    picture = cv2.GaussianBlur(photographs()[1], (0, 0), 3)
    for size in (32, 100, 256):
        matrix = aligned_matrix(FACES[1], size, Framing.FACE)
        sharp = sample_sharply(picture, matrix, size).astype(float)
        wanted = cv2.warpAffine(
            picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        assert np.abs(sharp - wanted).mean() < 1.5
