"""Swap the development pairs through the command line and score them.

    python -m benchmarks.pairs --footage DIR [--pairs smoke|easy|all|NAME] --out DIR

Writes to DIR the swapped clips, `pairs.json`, `pairs.md` (tables for docs/benchmarks.md) and two contact
sheets a pair. The clips are research material: neither they nor the sheets are to be published.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
from pathlib import Path

from benchmarks.footage import SETS, Pair, chosen
from benchmarks.report import Outcome, markdown, write_json
from benchmarks.score import score
from benchmarks.sheet import even_frames, worst_frames, write_sheet
from benchmarks.swap import SwapFailed, run_swap
from understudy.media import open_clip


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen pairs; 1 if any of them failed."""
    options = _parser().parse_args(arguments)
    try:
        pairs = chosen(options.pairs)
    except KeyError:
        _parser().error(f"there are no pairs {options.pairs}: give {', '.join(SETS)} or the name of one")
    options.out.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    outcomes = []
    for pair in pairs:
        print(f"{pair.name} …", file=sys.stderr, flush=True)
        outcomes.append(_run(pair, options))
        # After every pair: an hour's work is not lost to one Ctrl-C.
        write_json(options.out / "pairs.json", outcomes, machine)
        (options.out / "pairs.md").write_text(markdown(outcomes, machine), "utf-8")
    print(markdown(outcomes, machine))
    return int(any(outcome.failure for outcome in outcomes))


def _run(pair: Pair, options: argparse.Namespace) -> Outcome:
    likeness, plate = pair.likeness_files(options.footage), options.footage / pair.plate
    result = options.out / f"{pair.name}{'.mkv' if options.codec == 'ffv1' else '.mp4'}"
    frames, asked = None, ["--codec", options.codec]
    if options.seconds is not None:
        with open_clip(plate) as clip:
            frames = min(clip.info.frame_count, math.ceil(options.seconds * clip.info.rate))
        asked += ["--frames", f"0-{frames - 1}"]
    try:
        cost = None if options.score_only else run_swap(likeness, plate, result, asked)
    except SwapFailed as failure:
        return Outcome(pair, failure=str(failure))
    scored = score(result, plate, likeness, pair.cuts, frames)
    for kind, rows in (
        ("even", even_frames(scored.landmarks)),
        ("worst", worst_frames(scored.per_frame)),
    ):
        sheet = options.out / f"{pair.name}-{kind}.png"
        write_sheet(sheet, plate, result, likeness[0], rows, scored.landmarks)
    return Outcome(pair, cost, scored.figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__.split("\n")[0])
    parser.add_argument("--footage", type=Path, required=True, help="folder of the real clips")
    parser.add_argument("--pairs", default="smoke", help=f"{', '.join(SETS)}, or the name of one pair")
    parser.add_argument("--out", type=Path, required=True, help="folder for results")
    parser.add_argument("--seconds", type=float, help="only the first seconds of every plate")
    parser.add_argument(
        "--codec", default="h264", help="of the swapped clips; ffv1 keeps the codec out of it"
    )
    parser.add_argument("--score-only", action="store_true", help="score the clips that are in --out already")
    return parser


if __name__ == "__main__":
    sys.exit(main())
