"""The job `retouch`: a film written with its edits, beside the film as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from understudy.pipeline.retouch import RetouchRequest, retouch
from understudy.progress import Progress
from understudy.project.catalog import Catalog
from understudy.studio.films import film_of


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Apply the edits of the film `settings["film"]`."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        film = film_of(catalog, int(settings["film"]))
    result = retouch(RetouchRequest(film.path, project=folder), progress)
    return f"{result.output.name} is written, {result.frames} frames."
