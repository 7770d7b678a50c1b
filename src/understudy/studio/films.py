"""The finished films of a project. The browser knows them by number only, never by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError
from understudy.pipeline.beginnings import Beginnings
from understudy.pipeline.retouch_scene import RETOUCH
from understudy.project.catalog import Catalog
from understudy.project.fingerprint import fingerprint


class UnknownError(BadInputError):
    """There is no such film, note, job …"""


@dataclass(frozen=True)
class Film:
    """A film that a swap of this project wrote, or its retouching.

    number     its first run's, so that it stays the same when the film is rendered anew
    run        the last finished run that wrote it
    plate      what it was made of, if that is known
    begin      frame 0 of the film is frame `begin` of the plate
    settings   of that run
    retouched  whether it is a film with its edits applied, and not one to be edited
    """

    number: int
    run: int
    path: Path
    plate: Path | None
    begin: int
    settings: Mapping[str, Any] = field(repr=False)
    retouched: bool = False

    @property
    def content(self) -> str:
        """Its file as it is now: what is kept open of it is kept under this name."""
        status = self.path.stat()
        return f"{self.run} {status.st_size} {status.st_mtime_ns} {self.path}"

    @property
    def key(self) -> str:
        """What the catalogue calls it."""
        return str(self.path)


def films_of(catalog: Catalog) -> list[Film]:
    """Every film of the project that is still there, the latest first."""
    return [film for film in _made(catalog) if film.path.is_file()]


def missing_of(catalog: Catalog) -> list[Film]:
    """Films of the project that are not where they were, the latest first."""
    return [film for film in _made(catalog) if not film.path.is_file()]


def _made(catalog: Catalog) -> list[Film]:
    found: dict[str, Film] = {}
    runs = [*catalog.finished_runs("swap"), *catalog.finished_runs(RETOUCH)]
    for run in sorted(runs, key=lambda run: run.id):
        if run.output is None:
            continue
        first = found[run.output].number if run.output in found else run.id
        made = Beginnings.of(run.settings)
        found[run.output] = Film(
            number=first,
            run=run.id,
            path=Path(run.output),
            plate=made.plate,
            begin=made.first,
            settings=run.settings,
            retouched=run.command == RETOUCH,
        )
    return sorted(found.values(), key=lambda film: -film.run)


def film_of(catalog: Catalog, number: int) -> Film:
    """A film by its number. Raises UnknownError."""
    for film in _made(catalog):
        if film.number == number:
            if not film.path.is_file():
                raise UnknownError(f"{film.path.name} is not where it was: put it back, or make it anew.")
            return film
    raise UnknownError("There is no such film in this project.")


class Prints:
    """Fingerprints of files, computed again only where size or time have changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], str] = {}

    def of(self, path: Path) -> str:
        """The fingerprint of a file's content. Raises BadInputError where it is gone."""
        try:
            status = path.stat()
            key = (str(path), status.st_size, status.st_mtime_ns)
            if key not in self._known:
                self._known[key] = fingerprint(path)
        except OSError as error:
            raise BadInputError(f"{path.name} cannot be read: {error.strerror}.") from error
        return self._known[key]
