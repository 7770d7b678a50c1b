"""Whose faces a project has: likenesses and plates, as its runs name them. The browser knows them by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from understudy.pipeline.galleries import Role
from understudy.project.catalog import Catalog
from understudy.project.schema import RunRow
from understudy.studio.films import UnknownError


@dataclass(frozen=True)
class Source:
    """The clips of a likeness, or a plate.

    key        names it for the browser: the first run that spoke of it, so that it stays the same
    settings   of the last run that spoke of it and of consent
    """

    key: str
    role: Role
    clips: tuple[Path, ...]
    settings: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """For people."""
        return ", ".join(path.name for path in self.clips)


def sources_of(catalog: Catalog) -> list[Source]:
    """Every likeness and plate that a run of the project spoke of, likenesses first, the latest first."""
    found: dict[tuple[Role, tuple[Path, ...]], tuple[int, Source]] = {}
    with catalog.transaction() as session:
        runs = session.execute(select(RunRow.id, RunRow.settings).order_by(RunRow.id)).all()
    for run, settings in runs:
        for place, (role, clips) in enumerate(_named(settings)):
            known = found.get((role, clips))
            key = f"{role}-{run}-{place}" if known is None else known[1].key
            told = settings if known is None or "consent" in settings else known[1].settings
            found[role, clips] = run, Source(key, role, clips, told)
    latest = sorted(found.values(), key=lambda each: (each[1].role, -each[0]))
    return [source for _, source in latest]


def source_of(catalog: Catalog, key: str) -> Source:
    """A source by its key. Raises UnknownError."""
    for source in sources_of(catalog):
        if source.key == key:
            return source
    raise UnknownError("This project knows no such footage.")


def _named(settings: Mapping[str, Any]) -> Iterator[tuple[Role, tuple[Path, ...]]]:
    here = Path(str(settings.get("directory", "")))
    likeness = settings.get("likeness")
    if isinstance(likeness, list) and likeness:
        yield "likeness", tuple(here / each for each in likeness)
    for _, path in settings.get("assignments") or ():
        yield "likeness", (here / path,)
    for plate in [settings.get("plate"), *(settings.get("plates") or ())]:
        if isinstance(plate, str):
            yield "plate", (here / plate,)
