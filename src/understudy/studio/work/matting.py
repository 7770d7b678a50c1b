"""The job `matte`: the project's learned matte is trained on what was drawn, and given to the plate."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from understudy.pipeline.mattes.applying import apply_matte
from understudy.pipeline.mattes.plates import PlateRequest
from understudy.pipeline.mattes.training import MatteTraining, train_matte
from understudy.pipeline.records import PERFORMERS
from understudy.progress import Progress
from understudy.project.catalog import Catalog
from understudy.project.settings import TrainingTable
from understudy.studio.labelling import labels_path
from understudy.studio.sources import source_of


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Train on the labels of the plate `settings["source"]`, by the records of its last run, and apply it."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        source = source_of(catalog, str(settings["source"]))
    here = Path(str(source.settings.get("directory", "")))

    def records(name: str) -> tuple[Path, ...]:
        given = source.settings.get(name) or ()
        return tuple(Path(each) if each == PERFORMERS else here / each for each in given)

    request = MatteTraining(
        labels=(labels_path(folder),),
        plates=source.clips,
        project=folder,
        training=TrainingTable(budget=str(settings["budget"])),
        consent=records("consent"),
        plate_consent=records("plate_consent"),
    )
    made = train_matte(request, progress)
    applied = apply_matte(PlateRequest(source.clips[0], folder), progress=progress)
    score = "" if made.score is None else f", held-out overlap {made.score:.3f}"
    return (
        f"Learned from {made.faces} faces in {made.steps} steps{score}; "
        f"{applied.covered:.0%} of the plate's faces are covered somewhere."
    )
