import threading
import time
from collections.abc import Iterator
from types import GeneratorType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.parallel import ordered_map, worker_count


class Tap:
    """A stream of numbers that remembers how many were drawn, and by which thread."""

    def __init__(self, count: int) -> None:
        self.count, self.drawn = count, 0
        self.threads: set[int] = set()

    def __iter__(self) -> Iterator[int]:
        for number in range(self.count):
            self.drawn += 1
            self.threads.add(threading.get_ident())
            yield number


@given(items=st.lists(st.integers(), max_size=30), workers=st.integers(1, 6))
def test_results_are_those_of_a_plain_map(items: list[int], workers: int) -> None:
    assert list(ordered_map(lambda x: 3 * x + 1, items, workers)) == [3 * x + 1 for x in items]


def test_order_is_kept_when_later_items_are_done_first() -> None:
    def slow_at_first(number: int) -> int:
        time.sleep(0.02 if number % 4 == 0 else 0.0)
        return number

    assert list(ordered_map(slow_at_first, range(24), 4)) == list(range(24))


def test_work_runs_side_by_side() -> None:
    """Three items wait for each other: they can only finish if all three are under way at once."""
    barrier = threading.Barrier(3, timeout=10)
    assert list(ordered_map(lambda _: barrier.wait() >= 0, range(6), 3)) == [True] * 6


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_only_a_few_items_are_drawn_ahead(workers: int) -> None:
    tap = Tap(100)
    for taken, _ in enumerate(ordered_map(lambda x: x, tap, workers), start=1):
        assert tap.drawn <= taken + workers + 1
    assert tap.drawn == 100


def test_items_are_drawn_in_the_callers_thread() -> None:
    tap = Tap(10)
    worked: set[int] = set()
    list(ordered_map(lambda _: worked.add(threading.get_ident()), tap, 3))
    assert tap.threads == {threading.get_ident()}
    assert threading.get_ident() not in worked


def test_nothing_is_drawn_before_it_is_asked_for() -> None:
    tap = Tap(5)
    ordered_map(lambda x: x, tap, 2)
    assert tap.drawn == 0


def test_an_exception_comes_in_its_turn_and_ends_the_work() -> None:
    tap = Tap(1000)

    def work(number: int) -> int:
        if number == 5:
            raise ArithmeticError("number five")
        return number

    results = ordered_map(work, tap, 3)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ArithmeticError, match="number five"):
        next(results)
    assert list(results) == []
    assert tap.drawn <= 5 + 3 + 2


def test_an_exception_of_the_stream_is_passed_on() -> None:
    def broken() -> Iterator[int]:
        yield from range(3)
        raise OSError("the disk is gone")

    done = []
    with pytest.raises(OSError, match="the disk is gone"):
        list(ordered_map(done.append, broken(), 2))
    assert sorted(done) == sorted(set(done)) != []


def test_whoever_stops_early_ends_the_work() -> None:
    tap, begun = Tap(1000), []
    stream = ordered_map(lambda x: begun.append(x) or x, tap, 2)
    assert isinstance(stream, GeneratorType)
    assert [next(stream) for _ in range(3)] == [0, 1, 2]
    stream.close()
    settled = len(begun)
    time.sleep(0.02)
    assert len(begun) == settled
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_there_is_at_least_one_worker_and_not_too_many() -> None:
    assert 1 <= worker_count() <= 8
