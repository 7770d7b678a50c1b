from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.engines.base import LikenessFaces
from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset
from understudy.media import ClipInfo, Frame
from understudy.pipeline import crops
from understudy.pipeline.crops import crop_boxes, gather, open_store
from understudy.pipeline.footage import Footage
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

HEIGHT, WIDTH = 60, 80


class CountedClip:
    """A clip whose pixels say which frame they are of; remembers what was decoded."""

    fault = None
    files = ()

    def __init__(self, seed: int, count: int, dtype: type = np.uint8, channels: int = 3) -> None:
        self.seed, self.dtype, self.channels = seed, dtype, channels
        self.decoded: list[int] = []
        self.info = ClipInfo(
            path=Path("clip.mp4"),
            width=WIDTH,
            height=HEIGHT,
            rate=Fraction(25),
            time_base=Fraction(1, 25),
            pts=np.arange(count, dtype=np.int64),
            codec="none",
            pixel_format="rgb24",
            bit_depth=8,
        )

    def image(self, index: int) -> np.ndarray:
        rng = np.random.default_rng((self.seed, index))
        shape = (HEIGHT, WIDTH, self.channels)
        return rng.integers(0, np.iinfo(self.dtype).max, shape, self.dtype, endpoint=True)

    def read(self, index: int) -> Frame:
        self.decoded.append(index)
        return Frame(index, index, Fraction(1, 25), self.image(index))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        yield from map(self.read, range(start, self.info.frame_count if stop is None else stop))


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def advance(self, count: int = 1) -> None:
        self.count += count


def likeness_of(places: list[tuple[int, int, tuple[float, float]]]) -> LikenessFaces:
    """Faces of 20 x 24 pixels by (clip, frame, middle)."""
    landmarks = np.zeros((len(places), 478, 3), np.float32)
    for row, (_, _, (x, y)) in enumerate(places):
        landmarks[row, :, :2] = (x, y)
        landmarks[row, 0, :2] = (x - 10, y - 12)
        landmarks[row, 1, :2] = (x + 10, y + 12)
    faces = Faceset(
        frame=np.array([frame for _, frame, _ in places], np.int32),
        track=np.zeros(len(places), np.int32),
        landmarks=landmarks,
        score=np.ones(len(places), np.float32),
        found=np.zeros(len(places), np.uint8),
        light=np.zeros((len(places), 2), np.float32),
    )
    return LikenessFaces(faces, np.array([clip for clip, _, _ in places], np.int32))


LIKENESS = likeness_of(
    [
        (0, 2, (40, 30)),
        (0, 5, (20, 25)),
        (0, 5, (60, 30)),
        (0, 190, (40, 30)),
        (1, 0, (5, 5)),
        (1, 3, (78, 58)),
    ]
)
ROWS = np.arange(6)


def clips(**options) -> list[CountedClip]:
    return [CountedClip(1, 200, **options), CountedClip(2, 4, **options)]


def footage(sources: list[CountedClip]) -> list[Footage]:
    return [Footage(clip, 0, clip.info.frame_count, "digest") for clip in sources]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, Recipe("crops", 1))


def gathered(stage: Stage, sources: list[CountedClip], rows: np.ndarray = ROWS) -> tuple[dict, int]:
    boxes = crop_boxes(LIKENESS, footage(sources), rows)
    made: list[int] = []

    def work(stage: Stage) -> int:
        made.append(gather(stage, LIKENESS, footage(sources), boxes, Counter()))
        return made[0]

    stage.run(work)
    return boxes, made[0] if made else 0


@pytest.mark.parametrize("options", [{}, {"dtype": np.uint16}, {"channels": 4}])
def test_a_crop_holds_the_very_pixels_of_its_face(stage: Stage, options) -> None:
    sources = clips(**options)
    boxes, count = gathered(stage, sources)
    assert count == 6
    store = open_store(stage, boxes)
    for row in ROWS:
        clip, frame = sources[LIKENESS.clip[row]], int(LIKENESS.faces.frame[row])
        crop, box = store[row], boxes[row]
        assert np.array_equal(crop.image, clip.image(frame)[box.rows, box.columns, :3])
        x, y = LIKENESS.faces.landmarks[row, 7, :2]
        column, line = np.round(crop.to_crop @ (x, y, 1)).astype(int)
        assert np.array_equal(crop.image[line, column], clip.image(frame)[round(y), round(x), :3])


def test_boxes_have_a_margin_and_stay_in_the_frame() -> None:
    boxes = crop_boxes(LIKENESS, footage(clips()), ROWS)
    inner, corner = boxes[0], boxes[4]
    assert (inner.x0, inner.y0) == (24, 12)
    assert (corner.x0, corner.y0) == (0, 0)
    assert all(box.x1 <= WIDTH and box.y1 <= HEIGHT for box in boxes.values())


def test_each_clip_is_read_forward_once_and_long_gaps_are_skipped(stage: Stage) -> None:
    sources = clips()
    gathered(stage, sources)
    assert sources[0].decoded == [2, 3, 4, 5, 190]
    assert sources[1].decoded == [0, 1, 2, 3]


def test_only_what_was_asked_for_is_cut(stage: Stage) -> None:
    sources = clips()
    boxes, count = gathered(stage, sources, np.array([1, 4]))
    assert (set(boxes), count) == ({1, 4}, 2)
    assert sorted(path.name for path in stage.folder.glob("*.png")) == ["000001.png", "000004.png"]


def test_what_is_there_is_not_cut_again(stage: Stage) -> None:
    boxes, _ = gathered(stage, clips())
    stage.path("done.json").unlink()
    stage.path("000003.png").unlink()
    sources, task = clips(), Counter()
    assert gather(stage, LIKENESS, footage(sources), boxes, task) == 1
    assert sources[0].decoded == [190]
    assert sources[1].decoded == []
    assert task.count == 6
    assert open_store(stage, boxes)[3].image.shape[2] == 3


def test_a_damaged_crop_is_told_of(stage: Stage) -> None:
    boxes, _ = gathered(stage, clips())
    stage.path("000002.png").write_bytes(b"not a picture")
    with pytest.raises(BadInputError, match=r"000002\.png is damaged: delete it"):
        open_store(stage, boxes)[2]


def test_a_crop_is_read_from_the_disk_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes, _ = gathered(stage, clips())
    read = []
    imread = cv2.imread
    monkeypatch.setattr(
        cv2, "imread", lambda path, flags: read.append(Path(path).name) or imread(path, flags)
    )
    store = open_store(stage, boxes)
    first = store[1]
    assert store[1] is first
    assert read == ["000001.png"]


def test_memory_is_bounded_and_the_last_used_stay(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes, _ = gathered(stage, clips())
    sizes = [open_store(stage, boxes)[row].image.nbytes for row in (0, 1, 2)]
    monkeypatch.setattr(crops, "_CACHE_BYTES", sizes[0] + max(sizes[1:]))
    store = open_store(stage, boxes)
    zero, one = store[0], store[1]
    assert store[0] is zero
    store[2]
    assert store[0] is zero
    assert store[1] is not one
    assert np.array_equal(store[1].image, one.image)


def test_threads_get_the_same_pictures(stage: Stage) -> None:
    boxes, _ = gathered(stage, clips())
    store, alone = open_store(stage, boxes), open_store(stage, boxes)
    with ThreadPoolExecutor(4) as pool:
        images = list(pool.map(lambda row: store[row].image, np.tile(ROWS, 10)))
    assert all(np.array_equal(image, alone[k % 6].image) for k, image in enumerate(images))
