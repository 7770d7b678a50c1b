"""The job `ready`: what a swap finds before it renders is found again, so that one can look into its film."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from understudy.pipeline.making_ready import ReadyRequest, make_ready
from understudy.progress import Progress
from understudy.project.catalog import Catalog
from understudy.studio.films import film_of


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Make the film `settings["film"]` ready, with `settings["engines"]`: first and last frame by name."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        film = film_of(catalog, int(settings["film"]))
    engines = {name: (int(first), int(last)) for name, (first, last) in settings["engines"].items()}
    made = make_ready(ReadyRequest(film.path, folder, engines), progress)
    return f"{film.path.name} can be looked into; {made} stages were made."
