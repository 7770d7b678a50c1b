from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.errors import BadInputError
from understudy.training.budget import (
    Budget,
    Point,
    describe_budget,
    has_plateaued,
    make_budget,
    parse_budget,
)

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@pytest.mark.parametrize(
    ("text", "seconds", "cpu_seconds"),
    [
        ("90s", 90, None),
        ("10m", 600, None),
        ("1h30m", 5400, None),
        (" 1H 30M ", 5400, None),
        ("1.5m", 90, None),
        ("10cpum", None, 600),
        ("1cpuh30cpum", None, 5400),
        ("10m8cpum", 600, 480),
    ],
)
def test_times(text: str, seconds: float | None, cpu_seconds: float | None) -> None:
    assert parse_budget(text) == Budget(seconds=seconds, cpu_seconds=cpu_seconds)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.booleans(), st.sampled_from("smhd")), min_size=1, max_size=3)
)
def test_times_add_up(parts: list[tuple[int, bool, str]]) -> None:
    text = "".join(f"{number}{'cpu' * cpu}{unit}" for number, cpu, unit in parts)
    on_clock = sum(number * UNITS[unit] for number, cpu, unit in parts if not cpu)
    of_cpu = sum(number * UNITS[unit] for number, cpu, unit in parts if cpu)
    if max(on_clock, of_cpu) == 0 or max(on_clock, of_cpu) > 366 * 86400:
        with pytest.raises(BadInputError):
            parse_budget(text)
    else:
        assert parse_budget(text) == Budget(seconds=on_clock or None, cpu_seconds=of_cpu or None)
        assert sum(
            (parse_budget(part).seconds or 0) for part in describe_budget(parse_budget(text)).split(", ")
        ) == pytest.approx(on_clock)


@given(st.text("0123456789.cpusmhdeE-+ \u0661", max_size=12))
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    said = ""
    try:
        budget = parse_budget(text)
    except BadInputError as error:
        said = str(error)
    else:
        assert max(budget.seconds or 0, budget.cpu_seconds or 0) > 0
    assert not said or said.endswith(".")


@pytest.mark.parametrize(
    "text", ["", "10", "m", "-1m", "1e3m", "10 minutes", "0s", "nanm", "infh", "400d", "١m"]
)
def test_no_budget(text: str) -> None:
    with pytest.raises(BadInputError):
        parse_budget(text)


def test_an_end_is_needed() -> None:
    with pytest.raises(BadInputError, match="--budget"):
        make_budget()
    with pytest.raises(BadInputError, match="above zero"):
        make_budget(steps=0)
    assert make_budget("10m", 500, True) == Budget(600, None, 500, True)


def test_the_first_limit_counts() -> None:
    budget = make_budget("10m8cpum", steps=100)
    assert budget.progress(0, 0, 0) == 0
    assert budget.progress(25, 60, 60) == 0.25
    assert budget.progress(25, 300, 60) == 0.5
    assert budget.progress(25, 300, 360) == 0.75
    assert budget.progress(25, 9999, 0) == 1


def test_until_plateau_ends_a_quarter_later() -> None:
    budget = make_budget(until_plateau=True)
    open_end = [budget.progress(step, step, step) for step in (0, 1000, 100_000, 10**9)]
    assert open_end == sorted(open_end)
    assert max(open_end) < 1
    assert [budget.progress(step, 0, 0, plateau_step=400) for step in (400, 450, 499, 500)] == pytest.approx(
        [0.7, 0.85, 0.997, 1]
    )


def points(scores: list[float]) -> list[Point]:
    return [Point(step, step, step, score) for step, score in enumerate(scores)]


def test_what_a_plateau_is() -> None:
    rising = [20 + step for step in range(30)]
    level = [20, 24, 26, 27, 27.5, 27.7, 27.71, 27.69, 27.72]
    assert not has_plateaued(points(rising))
    assert has_plateaued(points(level))
    assert not has_plateaued(points(level[:8]))
    assert not has_plateaued(points([score * 1000 for score in [20, 24, 26, 27, 27.5, 27.7, 28, 28.5, 29]]))
    assert has_plateaued(points([score / 1000 - 1 for score in level]))
