"""Run `understudy swap` as anybody would, and read what it says it took."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Stage:
    """Speed of one stage; None where the swap did not say."""

    name: str
    seconds: float | None
    frames_per_second: float | None


@dataclass(frozen=True)
class SwapCost:
    """What one swap took and what it left out.

    frames       of the output, None where the swap did not say
    missed       frames without a swapped face, over all tracks
    seconds      of wall clock, from start to end of the process
    cpu_seconds  of all its threads; on a busy machine this is the figure to compare
    peak_mb      highest resident memory, MiB
    stages       in the order they ran
    """

    frames: int | None
    missed: tuple[int, ...]
    seconds: float
    cpu_seconds: float
    peak_mb: float
    stages: tuple[Stage, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def frames_per_second(self) -> float | None:
        """Speed of the whole swap, start of the program included."""
        return self.frames / self.seconds if self.frames else None


class SwapFailed(Exception):  # noqa: N818
    """The command did not end well; the message is what it said."""


def run_swap(likeness: list[Path], plate: Path, output: Path, options: list[str] | None = None) -> SwapCost:
    """Swap into `output`, with a project folder beside it that is made afresh, so that every stage is timed.

    `options` go to the command as they are. Raises SwapFailed.
    """
    project, report = output.with_suffix(".project"), output.with_suffix(".swap.json")
    if project.exists():
        shutil.rmtree(project)
    report.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("understudy")), "swap", *map(str, likeness)]
    command += ["--onto", str(plate), "-o", str(output), "--json", str(report), "--project", str(project)]
    command += ["--quiet", "--overwrite", *(options or [])]
    log = output.with_suffix(".log")
    begun = time.perf_counter()
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
        # wait4 and not communicate(): it tells what this child alone took.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode != 0:
        said = log.read_text("utf-8", "replace").strip().splitlines()
        raise SwapFailed(said[-1] if said else f"exit code {process.returncode}")
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    told = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return read_report(told, seconds, usage.ru_utime + usage.ru_stime, peak)


def read_report(told: dict[str, Any], seconds: float, cpu_seconds: float, peak_mb: float) -> SwapCost:
    """The cost from the command's JSON; whatever key is missing in it stays None or empty."""
    missed = {
        frame
        for ranges in (told.get("missed") or {}).values()
        for first, last in ranges
        for frame in range(first, last + 1)
    }
    stages = [
        Stage(stage.get("name", "?"), stage.get("seconds"), stage.get("frames_per_second"))
        for stage in told.get("stages") or []
    ]
    return SwapCost(
        frames=told.get("frames"),
        missed=tuple(sorted(missed)),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_mb=told.get("peak_memory_mb") or peak_mb,
        stages=tuple(stages),
        warnings=tuple(told.get("warnings") or []),
    )
