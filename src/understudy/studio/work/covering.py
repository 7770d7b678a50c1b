"""The job `cover`: how far the likeness of a film covers its plate."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError
from understudy.pipeline.covering import CoverRequest, coverage
from understudy.pipeline.request import request_from_json
from understudy.progress import Progress
from understudy.project.catalog import Catalog
from understudy.studio.films import film_of


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Compare likeness and plate of the film `settings["film"]`; the catalogue keeps what is found."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        film = film_of(catalog, int(settings["film"]))
    made = request_from_json(film.settings)
    if not made.likeness:
        raise BadInputError("This film has a likeness for each track: compare them by understudy coverage.")
    found = coverage(
        CoverRequest(
            likenesses=((made.likeness[0].stem, made.likeness),),
            plates=(made.plate,),
            project=folder,
            track=made.track,
            person=made.person,
            frames=made.frames,
            rate=made.rate,
        ),
        progress,
    )
    return found.pairs[0].summary
