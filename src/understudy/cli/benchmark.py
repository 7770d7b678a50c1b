"""`understudy benchmark`: measured swaps, compared and reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.cli.options import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from understudy.benchmark.case import Case
    from understudy.benchmark.compare import Comparison
    from understudy.benchmark.records import Benchmark, Scored

_WHAT = "What is swapped"
_HOW = "How"
_JUDGED = "What it is held against"


def benchmark(
    cases: Annotated[
        list[str] | None,
        typer.Argument(metavar="CASE...", help="Names of cases or of sets, or all.", show_default="smoke"),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of everything.")] = Path(
        "out/benchmark"
    ),
    show: Annotated[bool, typer.Option("--list", help="List the cases and end.")] = False,
    footage: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Your own clips instead of the built-in performers.", rich_help_panel=_WHAT
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="Which of them are put onto which; DIR/cases.toml where not given, else every pair.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.1, help="Only the first seconds of every plate.", rich_help_panel=_WHAT),
    ] = None,
    engines: Annotated[
        list[str] | None,
        typer.Option(
            "--engine",
            help="warp; may be repeated, for a run each.",
            rich_help_panel=_HOW,
            show_default=False,
        ),
    ] = None,
    blends: Annotated[
        list[str] | None,
        typer.Option(
            "--blend",
            help="multiband, poisson or feather; may be repeated.",
            rich_help_panel=_HOW,
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting of project.toml; may be repeated, values of one name for a run each.",
            rich_help_panel=_HOW,
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="An earlier benchmark.json: say what got better or worse.",
            rich_help_panel=_JUDGED,
        ),
    ] = None,
    fail_on_worse: Annotated[
        bool, typer.Option("--fail-on-worse", help="Exit code 1 for anything worse.", rich_help_panel=_JUDGED)
    ] = False,
    floors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Floors that no figure may fall below: exit code 1 where one does.",
            rich_help_panel=_JUDGED,
        ),
    ] = None,
    raise_floors: Annotated[
        bool,
        typer.Option(
            "--raise-floors",
            help="Raise the floors to what was reached; they are never lowered.",
            rich_help_panel=_JUDGED,
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Swap known CASES, score them, and say what came of it.

    Writes benchmark.json, benchmark.md and report.html into DIR. A run that was stopped goes on, and what is
    finished there is not run again until the code changes.
    """
    from understudy.benchmark.compare import compare, runs_in_both
    from understudy.benchmark.floors import read_floors
    from understudy.benchmark.records import read_benchmark
    from understudy.errors import BadInputError

    if raise_floors and floors is None:
        raise BadInputError("--raise-floors wants to know which: give --floors FILE.")
    wanted = _cases(cases, footage, pairs, seconds, show)
    if show:
        for case in wanted:
            sets = f"  [{', '.join(case.tags)}]" if case.tags else ""
            typer.echo(f"{case.name:18} {case.description}{sets}")
        return
    given = [
        *(("engine", name) for name in engines or ()),
        *(("blend", name) for name in blends or ()),
        *_settings(settings),
    ]
    # Before anything is written: the file may be the one that is written anew.
    earlier = None if against is None else read_benchmark(against)
    standing = None if floors is None else read_floors(floors)
    found = _run(wanted, given, out, quiet)
    comparison = None if earlier is None else compare(earlier, found)
    _report(found, out, comparison, [] if earlier is None else runs_in_both(earlier, found.runs), quiet)
    fell = False
    if standing is not None and floors is not None:
        fell = _hold(standing, floors, found, raise_floors)
    if fell or any(run.failure for run in found.runs) or (fail_on_worse and comparison and comparison.worse):
        raise typer.Exit(1)


def _cases(
    words: list[str] | None, footage: Path | None, pairs: Path | None, seconds: float | None, show: bool
) -> list[Case]:
    from understudy.benchmark.case import ALL, chosen
    from understudy.benchmark.performed import PERFORMED
    from understudy.benchmark.real import cases_in
    from understudy.errors import BadInputError

    if pairs is not None and footage is None:
        raise BadInputError("--pairs names clips inside a folder: give --footage DIR as well.")
    known: list[Case] = list(PERFORMED.values() if footage is None else cases_in(footage, pairs))
    usual = [ALL] if show or footage is not None else ["smoke"]
    found = chosen(known, words or usual)
    return found if seconds is None else [case.limited(seconds) for case in found]


def _settings(texts: list[str] | None) -> list[tuple[str, str]]:
    from understudy.benchmark.variant import parse_setting

    return [parse_setting(text) for text in texts or ()]


def _run(cases: Sequence[Case], given: list[tuple[str, str]], out: Path, quiet: bool) -> Benchmark:
    from rich.console import Console

    from understudy.atomic import check_writable
    from understudy.benchmark.matrix import RECORD, run_matrix
    from understudy.benchmark.variant import combinations
    from understudy.cli.progress import shown_progress

    variants = combinations(given)
    check_writable(out / RECORD)
    console = Console(stderr=True)

    def begins(name: str) -> None:
        if not quiet:
            console.print(name, style="bold", highlight=False)

    with shown_progress(console, quiet) as progress:
        return run_matrix(cases, variants, out, progress, begins)


def _report(
    found: Benchmark, out: Path, comparison: Comparison | None, earlier: list[Scored], quiet: bool
) -> None:
    from rich.console import Console

    from understudy.atomic import replacing
    from understudy.benchmark import plots, tables
    from understudy.benchmark.report import write_html

    with replacing(out / "benchmark.md") as part:
        part.write_text(tables.markdown(found), "utf-8")
    page: Any = out / "report.html"
    if plots.available():
        write_html(page, found.runs, comparison=comparison, earlier=earlier)
    else:
        page = "no report.html without matplotlib: run  pip install 'understudy[report]'"
    if not quiet:
        Console().print(tables.terminal(found))
        typer.echo(f"{out / 'benchmark.json'}, {out / 'benchmark.md'}, {page}")
    if comparison is not None:
        typer.echo("\n".join(tables.told(comparison)))


def _hold(standing: Any, path: Path, found: Benchmark, higher: bool) -> bool:
    """Hold the runs against the floors, or raise those; whether one fell."""
    from understudy.benchmark.floors import fallen, raised, write_floors

    runs = list(found.runs)
    if higher:
        write_floors(path, raised(standing, runs))
        typer.echo(f"{path}: floors as high as what was reached.")
        return False
    falls = fallen(standing, runs)
    for fall in falls:
        typer.echo(fall.sentence)
    return bool(falls)
