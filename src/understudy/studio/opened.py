"""Films that are open on the desk: what their swap has left, and their retouching. Opened once, kept open."""

from __future__ import annotations

import threading
from pathlib import Path

from understudy.errors import BadInputError
from understudy.pipeline.reopening import Reopened
from understudy.pipeline.retouch_scene import swapped
from understudy.pipeline.retouching import Retouching
from understudy.studio.films import Film


class Opened:
    """By film, the two ways to look into its swap. For several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._swaps: dict[str, Reopened | str] = {}
        self._retouchings: dict[str, Retouching | str] = {}

    def swap(self, film: Film) -> Reopened:
        """What the swap has left. Raises BadInputError where it cannot be put together again."""
        with self._lock:
            if film.content not in self._swaps:
                try:
                    self._swaps[film.content] = Reopened(swapped(film.path, self._folder))
                except BadInputError as error:
                    self._swaps[film.content] = str(error)
            found = self._swaps[film.content]
        if isinstance(found, str):
            raise BadInputError(found)
        return found

    def has_swap(self, film: Film) -> bool:
        """Whether mattes and likeness can be shown."""
        try:
            self.swap(film)
        except BadInputError:
            return False
        return True

    def retouching(self, film: Film) -> Retouching:
        """The film's retouching. Raises BadInputError where it cannot be retouched."""
        if film.retouched:
            raise BadInputError("This film has its edits applied: edit the one that it was made of.")
        with self._lock:
            if film.content not in self._retouchings:
                try:
                    self._retouchings[film.content] = Retouching.open(film.path, self._folder)
                except BadInputError as error:
                    self._retouchings[film.content] = str(error)
            found = self._retouchings[film.content]
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
                if not isinstance(each, str):
                    each.close()
            self._swaps.clear()
            self._retouchings.clear()
