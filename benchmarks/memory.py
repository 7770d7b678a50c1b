"""Peak memory of a whole swap against the length of the plate.

    python -m benchmarks.memory LIKENESS PLATE --frames 300 1000 3000 --out DIR

PLATE is played there and back again until it has as many frames: one shot, one track, which is the worst
case for what is kept per face. Prints a table: the highest resident memory (MiB) in every stage, and between
it and the stage before. Linux only: the high-water mark is set back by /proc/self/clear_refs.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from understudy.media import Image, open_clip
from understudy.media.codecs import OutputSpec
from understudy.media.segments import encode_segment
from understudy.pipeline.material import declare
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import peak_memory_mb
from understudy.progress import SilentProgress, Task

Peaks = dict[str, float]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("likeness", type=Path)
    parser.add_argument("plate", type=Path)
    parser.add_argument("--frames", type=int, nargs="+", default=[300, 1000, 3000])
    parser.add_argument("--out", type=Path, required=True, help="folder for plates, results and projects")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    measured = []
    for count in options.frames:
        plate = options.out / f"plate-{count}.mkv"
        if not plate.exists():
            lengthen(options.plate, plate, count)
        record = options.out / f"consent-{count}.json"
        footage = [options.likeness, plate]
        declare(
            "research", "The people shown", "Gathered for research.", footage, record, declarant="A tester"
        )
        request = SwapRequest(
            likeness=(options.likeness,),
            consent=(record,),
            plate=plate,
            output=options.out / f"swapped-{count}.mp4",
            overwrite=True,
        )
        # A process of its own for each: what one has touched stays resident.
        with multiprocessing.get_context("spawn").Pool(1) as process:
            measured.append(process.apply(peaks_of_swap, (request,)))
        print(table(options.frames[: len(measured)], measured), flush=True)


def lengthen(clip: Path, path: Path, count: int) -> None:
    """Write `count` frames of a short clip played there and back again."""
    with open_clip(clip) as source:
        there = [frame.image for frame in source.frames(0, source.info.frame_count)]
        encode_segment(path, _to_and_fro(there, count), OutputSpec.for_clip(source.info, "h264"))


def _to_and_fro(there: list[Image], count: int) -> Iterator[Image]:
    def endless() -> Iterator[Image]:
        while True:
            yield from there
            yield from there[-2:0:-1]

    return islice(endless(), count)


def peaks_of_swap(request: SwapRequest) -> Peaks:
    """Swap, and say how much memory each stage took at most, MiB."""
    from understudy.pipeline.swap import swap

    watch = _Watch()
    swap(request, watch)
    watch.mark("the end")
    return watch.peaks


class _Watch(SilentProgress):
    """Reads the high-water mark whenever a stage begins or ends."""

    def __init__(self) -> None:
        self.peaks: Peaks = {}

    def mark(self, name: str) -> None:
        self.peaks[name] = peak_memory_mb() or 0.0
        Path("/proc/self/clear_refs").write_text("5")

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[Task]:
        self.mark(f"before {name}")
        with super().stage(name, total, unit) as task:
            yield task
        self.mark(name)


def table(frames: list[int], measured: list[Peaks]) -> str:
    """Stages by lengths, as Markdown."""
    lines = ["| MiB | " + " | ".join(f"{count} frames" for count in frames) + " |"]
    lines.append("|---|" + "---:|" * len(frames))
    for name in measured[0]:
        lines.append(f"| {name} | " + " | ".join(f"{peaks.get(name, 0):.0f}" for peaks in measured) + " |")
    lines.append("| **whole swap** | " + " | ".join(f"**{max(p.values()):.0f}**" for p in measured) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
