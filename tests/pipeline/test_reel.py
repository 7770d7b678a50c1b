from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from understudy.media import Frame
from understudy.pipeline.reel import Reel

PICTURE = np.zeros((2, 2, 3), np.uint8)


class Shelf:
    """Frames 0 to `count` - 1, and the ranges that were begun."""

    def __init__(self, count: int) -> None:
        self.count, self.begun = count, []

    def read(self, numbers: range) -> Iterator[Frame]:
        self.begun.append(numbers)
        for index in numbers:
            if index < self.count:
                yield Frame(index, index, Fraction(1, 25), PICTURE)


def indices(reel: Reel, numbers: range) -> list[int]:
    return [frame.index for frame in reel.frames(numbers)]


def test_ranges_that_follow_each_other_are_one_run() -> None:
    shelf = Shelf(20)
    reel = Reel(shelf.read, 20)
    assert [indices(reel, numbers) for numbers in (range(2, 6), range(6, 7), range(7, 20))] == [
        [2, 3, 4, 5],
        [6],
        list(range(7, 20)),
    ]
    assert shelf.begun == [range(2, 20)]


def test_a_range_may_begin_with_the_last_frame_of_the_one_before() -> None:
    shelf = Shelf(20)
    reel = Reel(shelf.read, 20)
    assert indices(reel, range(0, 8)) == list(range(8))
    assert indices(reel, range(7, 12)) == [7, 8, 9, 10, 11]
    assert indices(reel, range(11, 12)) == [11]
    assert indices(reel, range(12, 14)) == [12, 13]
    assert shelf.begun == [range(0, 20)]


def test_after_a_gap_a_run_begins_anew() -> None:
    shelf = Shelf(20)
    reel = Reel(shelf.read, 16)
    assert indices(reel, range(0, 4)) == [0, 1, 2, 3]
    assert indices(reel, range(8, 12)) == [8, 9, 10, 11]
    assert indices(reel, range(2, 4)) == [2, 3]
    assert shelf.begun == [range(0, 16), range(8, 16), range(2, 16)]


def test_where_frames_end_so_does_the_range() -> None:
    reel = Reel(Shelf(5).read, 20)
    assert indices(reel, range(0, 4)) == [0, 1, 2, 3]
    assert indices(reel, range(4, 8)) == [4]
    assert indices(reel, range(8, 12)) == []


def test_an_empty_range_has_no_frame() -> None:
    reel = Reel(Shelf(5).read, 5)
    assert indices(reel, range(0, 2)) == [0, 1]
    assert indices(reel, range(1, 1)) == []
    assert indices(reel, range(2, 4)) == [2, 3]
