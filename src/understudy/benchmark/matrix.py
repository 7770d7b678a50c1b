"""All cases through all variants, and `benchmark.json` after each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from understudy.benchmark.case import Case
from understudy.benchmark.records import Benchmark, Scored, write_record
from understudy.benchmark.run import run_case
from understudy.benchmark.variant import Variant
from understudy.progress import Progress

RECORD = "benchmark.json"


def run_matrix(
    cases: Sequence[Case],
    variants: Sequence[Variant],
    folder: Path,
    progress: Progress,
    begins: Callable[[str], None] = lambda _: None,
) -> Benchmark:
    """Run every case in every variant, cases first; what is finished in `folder` is taken from there.

    `begins` hears the name of each run. After every run the record is written, so that an interrupt costs no
    more than the run in hand. Raises OutputError where the disk is full.
    """
    places = [(case, variant) for case in cases for variant in variants]
    done: list[Scored] = []
    for number, (case, variant) in enumerate(places, 1):
        begins(f"{case.name}, {variant.name} ({number} of {len(places)})")
        done.append(run_case(case, folder, variant, progress))
        write_record(folder / RECORD, Benchmark(runs=tuple(done)))
    return Benchmark(runs=tuple(done))
