"""What all views share: the project, its films, its jobs, and the clips that are open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from fastapi import Depends, Request
from filelock import FileLock, Timeout

from understudy.errors import BadInputError
from understudy.project.catalog import Catalog
from understudy.studio.drafts import Drafts
from understudy.studio.films import Film, Prints, film_of, films_of
from understudy.studio.galleries import Galleries
from understudy.studio.losses import Losses
from understudy.studio.opened import Opened
from understudy.studio.pictures import Reels
from understudy.studio.queue import Queue


class Desk:
    """One project on the table of one studio. Use as a context manager.

    The project is not held: jobs are processes of their own, and hold it one after another, as commands in a
    terminal do. Everything that is changed here is in the catalogue before it is confirmed.
    """

    def __init__(self, folder: Path) -> None:
        """Open the project in `folder`. Raises BadInputError where another studio has it open."""
        self.folder = folder
        self._lock = FileLock(folder / "studio.lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise BadInputError(
                f"A studio is open on {folder} already: use that one, or stop it first."
            ) from error
        try:
            self.catalog = Catalog(folder / "catalog.db")
        except BaseException:
            self._lock.release()
            raise
        self.reels, self.prints, self.opened = Reels(), Prints(), Opened(folder, self.catalog)
        self.galleries = Galleries(folder, self.catalog, self.prints)
        self.losses = Losses()
        self.drafts = Drafts()
        self.queue = Queue(folder, self.catalog)
        self.version = 0

    def __enter__(self) -> Self:
        self.queue.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.queue.close()
        self.opened.close()
        self.catalog.close()
        self._lock.release()

    def films(self) -> list[Film]:
        """Every film of the project, the latest first."""
        return films_of(self.catalog)

    def film(self, number: int) -> Film:
        """A film by its number. Raises UnknownError."""
        return film_of(self.catalog, number)

    def changed(self) -> None:
        """Note that something was changed which other windows show."""
        self.version += 1


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
