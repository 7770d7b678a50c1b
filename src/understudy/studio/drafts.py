"""Edits that are tried and not yet kept: the browser names them by number when it asks for pictures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from understudy.pipeline.retouching import Edit, Retouching
from understudy.studio.films import Film, UnknownError
from understudy.studio.pictures import Bytes

_KEPT = 24
_ROOM = 192 << 20
"""Bytes of pictures that a preview leaves behind, so that going through it is quick."""


class Drafts:
    """The latest drafts of all films. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._edits: OrderedDict[int, tuple[int, Edit]] = OrderedDict()
        self._patches: OrderedDict[tuple[int, int, int], tuple[int, int, Bytes]] = OrderedDict()
        self._bytes = 0
        self._last = 0

    def add(self, film: Film, edit: Edit) -> int:
        """Take in a draft; its number."""
        with self._lock:
            self._last += 1
            self._edits[self._last] = film.number, edit
            while len(self._edits) > _KEPT:
                self._edits.popitem(last=False)
            return self._last

    def get(self, film: Film, number: int) -> Edit:
        """A draft by its number. Raises UnknownError for one of another film, or long ago."""
        with self._lock:
            found = self._edits.get(number)
        if found is None or found[0] != film.number:
            raise UnknownError("That draft is gone: draw it again.")
        return found[1]

    def preview(self, desk: Retouching, film: Film, number: int, frames: list[int]) -> Iterator[int]:
        """Draw a draft over frames, one after another, and give their numbers; pictures are kept."""
        edit, revision = self.get(film, number), desk.state().revision
        for frame, x, y, patch in desk.preview(edit, frames):
            with self._lock:
                key = number, revision, frame
                if key not in self._patches:
                    self._patches[key] = x, y, patch
                    self._bytes += patch.nbytes
                while self._bytes > _ROOM and len(self._patches) > 1:
                    _, (_, _, old) = self._patches.popitem(last=False)
                    self._bytes -= old.nbytes
            yield frame

    def picture(self, desk: Retouching, film: Film, number: int, frame: int) -> Bytes:
        """A frame with the kept edits and a draft, (H, W, 3)."""
        edit, state = self.get(film, number), desk.state()
        others = [each for each in state.edits if each.id != edit.id]
        if not edit.first <= frame <= edit.last:
            return desk.repaired_frame(frame, others)
        key = number, state.revision, frame
        with self._lock:
            found = self._patches.get(key)
        if found is None:
            found = next(iter([(x, y, patch) for _, x, y, patch in desk.preview(edit, [frame])]))
            with self._lock:
                self._patches[key] = found
                self._bytes += found[2].nbytes
        x, y, patch = found
        below = desk.repaired_frame(frame, others)
        if not patch.size:
            return below
        whole = np.array(below)
        whole[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
        return whole
