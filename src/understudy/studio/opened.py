"""Films that are open on the desk: what their swap has left, and their retouching. Opened once, kept open."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import BadInputError
from understudy.pipeline.reopening import Reopened
from understudy.pipeline.retouch_scene import swapped
from understudy.pipeline.retouching import Retouching
from understudy.project.catalog import Catalog
from understudy.studio.films import Film


@dataclass(frozen=True)
class _Missed:
    """Why a swap cannot be looked into, as of so many runs."""

    why: str
    runs: int


class Opened:
    """By film, the two ways to look into its swap. For several threads."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._folder, self._catalog = folder, catalog
        self._lock = threading.Lock()
        self._swaps: dict[str, Reopened | _Missed] = {}
        self._retouchings: dict[str, Retouching | str] = {}

    def swap(self, film: Film) -> Reopened:
        """What the swap has left. Raises BadInputError where it cannot be put together again."""
        key = _key(film)
        with self._lock:
            found = self._swaps.get(key)
            # What was missing may have been made by a run since.
            runs = self._catalog.last_finished()
            if found is None or (isinstance(found, _Missed) and found.runs != runs):
                try:
                    found = Reopened(swapped(film.path, self._folder))
                except BadInputError as error:
                    found = _Missed(str(error), runs)
                self._swaps[key] = found
        if isinstance(found, _Missed):
            raise BadInputError(found.why)
        return found

    def lacks(self, film: Film) -> str | None:
        """Why mattes and likeness cannot be shown, as one sentence; None where they can."""
        try:
            self.swap(film)
        except BadInputError as error:
            return str(error)
        return None

    def retouching(self, film: Film) -> Retouching:
        """The film's retouching. Raises BadInputError where it cannot be retouched."""
        if film.retouched:
            raise BadInputError("This film has its edits applied: edit the one that it was made of.")
        key = _key(film)
        with self._lock:
            if key not in self._retouchings:
                try:
                    made = swapped(film.path, self._folder)
                    self._retouchings[key] = Retouching(made, lambda: self.swap(film))
                except BadInputError as error:
                    self._retouchings[key] = str(error)
            found = self._retouchings[key]
        if isinstance(found, str):
            raise BadInputError(found)
        return found

    def has_retouching(self, film: Film) -> bool:
        """Whether it can be retouched."""
        try:
            self.retouching(film)
        except BadInputError:
            return False
        return True

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for each in (*self._swaps.values(), *self._retouchings.values()):
                if not isinstance(each, str | _Missed):
                    each.close()
            self._swaps.clear()
            self._retouchings.clear()


def _key(film: Film) -> str:
    """What is kept open under: a plate that was moved away may come back."""
    there = film.plate is not None and film.plate.is_file()
    return f"{film.content} {'on' if there else 'without'} its plate"
