"""Runs: what is asked for, what is kept, how they end. Swaps are stand-ins; test_standing.py runs one."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.engines.toy_engine import installed
from understudy.benchmark import matrix
from understudy.benchmark.case import Footage
from understudy.benchmark.floors import read_floors
from understudy.benchmark.records import Benchmark, Scored, read_benchmark, write_record
from understudy.benchmark.swapping import swap_apart
from understudy.benchmark.variant import Variant, combinations, parse_setting
from understudy.cli import app
from understudy.errors import BadInputError, OutputError
from understudy.pipeline.request import SwapRequest
from understudy.progress import Progress, SilentProgress, Task


@dataclass(frozen=True)
class Named:
    """A case that is only a name."""

    name: str
    description: str = "nothing to see"
    tags: tuple[str, ...] = ()
    digest: str = "d"

    def limited(self, seconds: float) -> Named:
        return Named(f"{self.name}-{seconds:g}s")

    def footage(self, folder: Path, progress: Progress) -> Footage:
        raise AssertionError


def done(case: str, variant: str, **figures: float) -> Scored:
    return Scored(case=case, description="", variant=variant, settings={}, recipe="r", figures=figures)


def test_variants_are_every_combination():
    found = combinations([("engine", "warp"), ("blend", "poisson"), ("blend", "feather"), ("seed", "3")])
    assert [variant.name for variant in found] == [
        "warp blend=poisson seed=3",
        "warp blend=feather seed=3",
    ]
    assert found[0].options["blend"] == "poisson"
    assert found[0].options["seed"] == 3
    assert [variant.name for variant in combinations([])] == ["warp"]


def test_swaps_are_lossless_unless_a_codec_is_asked_for():
    assert Variant().options["codec"] == "ffv1"
    assert Variant((("codec", "h264"),)).options["codec"] == "h264"


def test_how_engines_learn_can_be_set():
    installed()
    given = [
        ("engine", "toy"),
        ("budget", "5cpum"),
        ("budget", "10cpum"),
        ("option.width", "4"),
        ("seed", "2"),
    ]
    found = combinations(given)
    assert [variant.name for variant in found] == [
        "toy budget=5cpum option.width=4 seed=2",
        "toy budget=10cpum option.width=4 seed=2",
    ]
    assert found[0].options["learning"].to_json() == {
        "options": {"width": "4"},
        "training": {"budget": "5cpum"},
    }
    assert found[0].told["seed"] == 2
    json.dumps(found[0].told)
    with pytest.raises(BadInputError, match="toy has no option 'depth'"):
        combinations([("engine", "toy"), ("option.depth", "4")])
    with pytest.raises(BadInputError, match="warp does not learn: leave out --budget"):
        combinations([("engine", "warp"), ("budget", "1m")])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("engine", "magic", "no engine called"),
        ("blend", "magic", "blend: input should be"),
        ("seed", "-1", "seed"),
        ("beauty", "9", "beauty: extra inputs"),
    ],
)
def test_a_wrong_setting_is_refused(name: str, value: str, words: str):
    with pytest.raises(BadInputError, match=words):
        combinations([(name, value)])


@pytest.mark.parametrize("text", ["blend", "=poisson", "blend="])
def test_a_setting_without_a_value_is_refused(text: str):
    with pytest.raises(BadInputError, match="--set wants NAME=VALUE"):
        parse_setting(text)
    assert parse_setting("a=b=c") == ("a", "b=c")


def test_a_refused_swap_says_its_own_sentence(tmp_path: Path):
    request = SwapRequest((tmp_path / "nobody.mp4",), tmp_path / "nowhere.mp4", tmp_path / "out.mkv")
    with pytest.raises(BadInputError, match=r"^There is no file .*nobody\.mp4: check its name and folder\.$"):
        swap_apart(request, SilentProgress())


def crash(_request: SwapRequest, progress: Progress, _keyring: object) -> None:
    """Stands in for a swap."""
    with progress.stage("faces", 3) as task:
        task.advance(2)
    progress.warn("dark")
    os._exit(9)


class Heard:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.told: list[object] = []

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:
        self.told.append((name, total, unit))
        yield self
        self.told.append("end")

    def advance(self, count: int = 1) -> None:
        self.told.append(count)

    def warn(self, message: str) -> None:
        self.told.append(message)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Processes are forked instead of spawned, so that a stand-in is there too."""
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: multiprocessing.context.ForkContext())
    return monkeypatch


def test_progress_comes_through_and_a_process_that_dies_is_told(tmp_path: Path, forked: pytest.MonkeyPatch):
    forked.setattr("understudy.pipeline.swap.swap", crash)
    heard = Heard()
    with pytest.raises(RuntimeError, match="ended by itself, exit code 9"):
        swap_apart(SwapRequest((), tmp_path / "p", tmp_path / "o"), heard)
    assert heard.told == [("faces", 3, "frames"), 2, "end", "dark"]


def unwritable(_request: SwapRequest, _progress: Progress, _keyring: object) -> None:
    """Stands in for a swap."""
    raise OutputError("The disk is full.")


def sleep(request: SwapRequest, progress: Progress, _keyring: object) -> None:
    """Stands in for a swap that takes long; leaves its number behind."""
    request.output.write_text(str(os.getpid()))
    with progress.stage("render", 1000):
        time.sleep(600)


class Impatient(Heard):
    """Whoever watches presses Ctrl-C at the first stage."""

    def stage(self, name: str, total: int | None, unit: str = "frames") -> AbstractContextManager[Task]:
        raise KeyboardInterrupt


def test_a_full_disk_is_no_fault_of_the_case(tmp_path: Path, forked: pytest.MonkeyPatch):
    forked.setattr("understudy.pipeline.swap.swap", unwritable)
    with pytest.raises(OutputError, match=r"^The disk is full\.$"):
        swap_apart(SwapRequest((), tmp_path / "p", tmp_path / "o"), SilentProgress())


def test_an_interrupt_ends_the_swap_at_once(tmp_path: Path, forked: pytest.MonkeyPatch):
    forked.setattr("understudy.pipeline.swap.swap", sleep)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        swap_apart(SwapRequest((), tmp_path / "p", tmp_path / "o"), Impatient())
    assert time.monotonic() - begun < 60
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "o").read_text()), 0)


def test_every_case_runs_in_every_variant_and_is_recorded_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    recorded: list[int] = []

    def stand_in(case: Named, folder: Path, variant: Variant, progress: Progress) -> Scored:
        path = folder / "benchmark.json"
        recorded.append(len(read_benchmark(path).runs) if path.exists() else 0)
        return done(case.name, variant.name)

    monkeypatch.setattr(matrix, "run_case", stand_in)
    said: list[str] = []
    variants = combinations([("blend", "poisson"), ("blend", "feather")])
    found = matrix.run_matrix([Named("a"), Named("b")], variants, tmp_path, SilentProgress(), said.append)
    assert [(run.case, run.variant) for run in found.runs] == [
        ("a", "warp blend=poisson"),
        ("a", "warp blend=feather"),
        ("b", "warp blend=poisson"),
        ("b", "warp blend=feather"),
    ]
    assert recorded == [0, 1, 2, 3]
    assert said[2] == "b, warp blend=poisson (3 of 4)"
    assert read_benchmark(tmp_path / "benchmark.json") == found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command with cases that are only names, and runs that score by the name."""

    def stand_in(case: Named, _folder: Path, variant: Variant, _progress: Progress) -> Scored:
        if case.name == "stopped":
            raise KeyboardInterrupt
        if case.name == "refused":
            return done(case.name, variant.name).model_copy(update={"failure": "There is no face."})
        return done(case.name, variant.name, seam=1.0, psnr_face=25.0)

    names = {name: Named(name) for name in ("smoke", "other", "refused", "stopped")}
    monkeypatch.setattr(matrix, "run_case", stand_in)
    monkeypatch.setattr("understudy.benchmark.performed.PERFORMED", names)
    return tmp_path


def command(desk: Path, *arguments: str):
    return CliRunner().invoke(app, ["benchmark", "--out", str(desk / "out"), "--quiet", *arguments])


def test_the_command_writes_all_three(desk: Path):
    assert command(desk).exit_code == 0
    assert {path.name for path in (desk / "out").iterdir()} == {
        "benchmark.json",
        "benchmark.md",
        "report.html",
    }
    assert [run.case for run in read_benchmark(desk / "out/benchmark.json").runs] == ["smoke"]
    command(desk, "smoke", "other", "--seconds", "2", "--blend", "poisson", "--blend", "feather")
    runs = read_benchmark(desk / "out/benchmark.json").runs
    assert [(run.case, run.variant) for run in runs[:3]] == [
        ("smoke-2s", "warp blend=poisson"),
        ("smoke-2s", "warp blend=feather"),
        ("other-2s", "warp blend=poisson"),
    ]


def test_the_command_lists_and_runs_nothing(desk: Path):
    found = command(desk, "--list")
    assert [line.split()[0] for line in found.stdout.splitlines()] == ["smoke", "other", "refused", "stopped"]
    assert not (desk / "out").exists()


def test_an_interrupt_keeps_what_is_finished(desk: Path):
    found = command(desk, "smoke", "stopped")
    assert found.exit_code == 130
    assert [run.case for run in read_benchmark(desk / "out/benchmark.json").runs] == ["smoke"]


def test_a_refused_swap_is_reported_and_fails_the_command(desk: Path):
    found = command(desk, "smoke", "refused")
    assert found.exit_code == 1
    assert "* refused: There is no face." in (desk / "out/benchmark.md").read_text()


def test_worse_than_an_earlier_run_fails_only_where_that_is_asked(desk: Path):
    earlier = desk / "before.json"
    write_record(earlier, Benchmark(runs=(done("smoke", "warp", seam=0.5, psnr_face=24.0),)))
    found = command(desk, "--against", str(earlier))
    assert found.exit_code == 0
    assert "seam: 0.50 -> 1.00 (worse)" in found.stdout
    assert "PSNR face, dB: 24.0 -> 25.0 (better)" in found.stdout
    assert command(desk, "--against", str(earlier), "--fail-on-worse").exit_code == 1
    same = command(desk, "--against", str(desk / "out/benchmark.json"), "--fail-on-worse")
    assert (same.exit_code, same.stdout.splitlines()[-1][:9]) == (0, "0 figures")


def test_floors_are_raised_held_and_never_lowered(desk: Path):
    floors = desk / "floors.json"
    assert command(desk, "--floors", str(floors), "--raise-floors").exit_code == 0
    raised = read_floors(floors).cases["smoke"]
    assert set(raised) == {"seam", "psnr_face"}
    assert command(desk, "--floors", str(floors)).exit_code == 0
    floors.write_text('{"cases": {"smoke": {"seam": 0.2}}}')
    held = command(desk, "--floors", str(floors))
    assert held.exit_code == 1
    assert held.stdout == "smoke: seam is 1.000, and its floor is 0.200 (lower is better).\n"
    refused = command(desk, "--floors", str(floors), "--raise-floors")
    assert refused.exit_code == 2
    assert read_floors(floors).cases == {"smoke": {"seam": 0.2}}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "There is no case called nobody"),
        (("--raise-floors",), "give --floors FILE"),
        (("--pairs", "x.toml"), "give --footage DIR"),
        (("--against", "nothing.json"), "nothing.json cannot be read"),
        (("--set", "beauty=9"), "beauty"),
        (("--footage", "nowhere"), "There is no folder nowhere"),
    ],
)
def test_a_mistake_is_one_sentence(desk: Path, arguments: tuple[str, ...], words: str):
    found = command(desk, *arguments)
    assert found.exit_code == 2
    assert words in found.stderr.replace("\n", " ")
    assert not (desk / "out/benchmark.json").exists()
