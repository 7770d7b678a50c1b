"""One case through one variant: film, swap, score, and pictures of what came out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from understudy.benchmark import source
from understudy.benchmark.case import Case, Footage
from understudy.benchmark.permission import declared
from understudy.benchmark.records import Clips, Cost, Scored, read_scored, write_record
from understudy.benchmark.scoring import score
from understudy.benchmark.strips import write_strips
from understudy.benchmark.swapping import KEYS, swap_apart
from understudy.benchmark.variant import Variant
from understudy.engines.base import engine as load_engine
from understudy.errors import BadInputError
from understudy.pipeline.request import SwapRequest
from understudy.progress import Progress, SilentProgress
from understudy.project.recipe import Recipe

VERSION = 1
"""Raised by hand when what is measured changes for another reason than its source."""
PROJECT = "project"
_SUFFIX = ".mkv"
"""Holds every codec."""


def run_case(
    case: Case,
    folder: Path,
    variant: Variant | None = None,
    progress: Progress | None = None,
    *,
    keep_project: bool = False,
) -> Scored:
    """Swap `case` in the way of `variant` (the default engine, lossless) and score it.

    Everything is written inside `folder`: `footage/`, shared by all variants, and `runs/`. What is there with
    the same recipe is not made again. A swap that is refused comes back with its `failure`, and is tried
    again the next time. `keep_project` leaves the swap's project in the folder `PROJECT` beside the result:
    a master is made from both. Raises OutputError where the disk is full.
    """
    variant, progress = variant or Variant(), progress or SilentProgress()
    recipe = _recipe(case, variant)
    home = folder / "runs" / f"{case.name}-{recipe.hash[:12]}"
    done = read_scored(home / "scored.json")
    if done is not None and done.recipe == recipe.hash and (not keep_project or (home / PROJECT).exists()):
        return done
    home.mkdir(parents=True, exist_ok=True)
    blank = Scored(
        case=case.name,
        description=case.description,
        variant=variant.name,
        settings=dict(variant.settings),
        recipe=recipe.hash,
    )
    try:
        footage = case.footage(folder / "footage", progress)
        cost, told = _swap(footage, home, variant, progress, keep_project=keep_project)
        scored = _score(blank, footage, home, cost, told, progress)
    except BadInputError as error:
        return blank.model_copy(update={"failure": str(error)})
    write_record(home / "scored.json", scored)
    return scored


def _recipe(case: Case, variant: Variant) -> Recipe:
    engine = source.engine_release(variant.checked.engine)
    parameters = {"settings": variant.told, "engine": engine}
    learning = source.LEARNING if load_engine(variant.checked.engine).learns else ()
    inputs = {"footage": case.digest, "source": source.digest(source.SWAP + source.SCORE + learning)}
    return Recipe("benchmark", VERSION, parameters, inputs)


def _swap(
    footage: Footage, home: Path, variant: Variant, progress: Progress, *, keep_project: bool
) -> tuple[Cost, Mapping[str, Any]]:
    """Into a project that is made afresh, so that every stage is timed."""
    project = home / PROJECT
    for old in (project, home / KEYS):
        if old.exists():
            shutil.rmtree(old)
    request = SwapRequest(
        footage.likeness,
        footage.plate,
        home / f"result{_SUFFIX}",
        frames=(0, footage.frames - 1),
        project=project,
        consent=(declared(footage, home),),
        overwrite=True,
        **variant.options,
    )
    try:
        return swap_apart(request, progress)
    finally:
        if not keep_project:
            shutil.rmtree(project, ignore_errors=True)


def _score(
    blank: Scored, footage: Footage, home: Path, cost: Cost, told: Mapping[str, Any], progress: Progress
) -> Scored:
    result = home / f"result{_SUFFIX}"
    found = score(result, footage, progress)
    missed = _frames(told["missed"])
    clips = Clips(
        likeness=footage.likeness,
        plate=footage.plate,
        result=result,
        truth=None if footage.truth is None else footage.truth.picture,
    )
    figures = found.figures | {
        "missed": len(missed) + found.figures["unfound"],
        "frames_per_second": cost.frames / cost.seconds,
        "cpu_seconds": cost.cpu_seconds,
    }
    if cost.peak_mb is not None:
        figures["peak_mb"] = cost.peak_mb
    with progress.stage("pictures", 1, "file") as task:
        strips = write_strips(home / "strips", clips, found)
        task.advance()
    return Scored.model_validate(
        blank.model_dump(exclude={"clips", "figures", "curves"})
        | {
            "clips": clips,
            "figures": figures,
            "curves": found.curves,
            "cuts": footage.cuts,
            "missed": missed,
            "cost": cost,
            "strips": strips,
            "warnings": told["warnings"],
        }
    )


def _frames(missed: Mapping[str, list[tuple[int, int]]]) -> tuple[int, ...]:
    """Frames from ranges by track, each once."""
    return tuple(
        sorted(
            {
                frame
                for ranges in missed.values()
                for first, last in ranges
                for frame in range(first, last + 1)
            }
        )
    )
