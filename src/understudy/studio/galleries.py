"""The faces of a project's footage, ready to be looked at, and what was chosen among them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from understudy.errors import BadInputError
from understudy.likeness.gallery import Gallery
from understudy.likeness.selection import ClipSelection, dropped_of, speaking_of
from understudy.pipeline.curating import stored
from understudy.pipeline.galleries import choosing
from understudy.pipeline.gallery_files import GalleryFile, gallery_path, read_gallery
from understudy.project import selections
from understudy.project.catalog import Catalog
from understudy.project.reviews import OutdatedError
from understudy.project.selections import Selection
from understudy.studio.films import Prints, UnknownError
from understudy.studio.sources import Source

Rows = npt.NDArray[np.int64]
Action = Literal["drop", "keep", "restore"]

_OPEN = 3
_REASONS = {"drop": "dropped", "keep": "not kept"}


@dataclass(frozen=True)
class Hanging:
    """A gallery as it is now.

    kept       its file
    print      names what is in it: rows of one print stay what they are
    gallery    with what was chosen
    revision   names what was chosen
    """

    kept: GalleryFile
    print: str
    gallery: Gallery
    revision: str


@dataclass(frozen=True)
class Chosen:
    """What a choice changed: the rows that are not used any more, and those that are used again."""

    dropped: tuple[int, ...]
    restored: tuple[int, ...]
    kept: int
    revision: str


class Galleries:
    """The galleries of one project, the last few kept open; for several threads."""

    def __init__(self, folder: Path, catalog: Catalog, prints: Prints) -> None:
        self._folder, self._catalog, self._prints = folder, catalog, prints
        self._open: OrderedDict[tuple[Path, int, int], GalleryFile] = OrderedDict()
        self._lock = threading.Lock()

    def path(self, source: Source) -> Path:
        """Where the gallery of a source is, or would be."""
        return gallery_path(self._folder, source.role, source.clips)

    def is_there(self, source: Source) -> bool:
        """Whether the faces were looked at."""
        return self.path(source).is_file()

    def is_stale(self, source: Source) -> bool:
        """Whether the footage, or which frames of it are used, is another now than when it was looked at."""
        kept, _ = self.file(source)
        for clip in kept.clips:
            if clip.path.is_file() and self._prints.of(clip.path) != clip.fingerprint:
                return True
            if kept.role == "likeness":
                chosen = self._catalog.selection(clip.fingerprint)
                if chosen is not None and chosen.step != clip.step:
                    return True
        return False

    def now(self, source: Source) -> Hanging:
        """The gallery with what was chosen. Raises UnknownError where the faces were not looked at yet."""
        kept, print_ = self.file(source)
        with self._catalog.transaction() as session:
            chosen = _read(session, kept)
        return Hanging(kept, print_, choosing(kept.gallery, chosen), revision_of(chosen))

    def choose(self, source: Source, action: Action, rows: Sequence[int], seen: str) -> Chosen:
        """Drop some faces, keep only them, or use them again. `seen` is the revision that was looked at.

        Raises OutdatedError where that is not the latest, UnknownError for a row that is not there, and
        BadInputError where no face would be left.
        """
        kept = self._choosable(source)
        wanted = np.unique(np.asarray(rows, np.int64))
        if not len(wanted) or wanted[0] < 0 or wanted[-1] >= len(kept.gallery):
            raise UnknownError("There is no such face: load this page again.")

        def after(before: list[Selection | None]) -> list[Selection | None]:
            chosen = _acted(choosing(kept.gallery, before), action, wanted)
            return [stored(each) for each in _selected(kept, chosen)]

        return self._changed(kept, seen, after)

    def told(self, source: Source) -> tuple[ClipSelection, ...]:
        """What was chosen, to be taken to another project. Raises UnknownError; BadInputError for a plate."""
        kept = self._choosable(source)
        return _selected(kept, self.now(source).gallery)

    def take_over(self, source: Source, clips: tuple[ClipSelection, ...], seen: str) -> Chosen:
        """Use the faces that a file says, of the clips that it speaks of. Raises as `choose`, and
        BadInputError where it speaks of none of these.
        """
        kept = self._choosable(source)
        known = speaking_of(clips, [clip.fingerprint for clip in kept.clips], "The file")
        named = {each.fingerprint: stored(each) for each in known}
        return self._changed(
            kept,
            seen,
            lambda before: [
                named.get(clip.fingerprint, chosen) for clip, chosen in zip(kept.clips, before, strict=True)
            ],
        )

    def forget(self, source: Source, seen: str) -> Chosen:
        """Use the faces as if nobody had chosen. Raises as `choose`."""
        kept = self._choosable(source)
        return self._changed(kept, seen, lambda before: [None] * len(before))

    def _choosable(self, source: Source) -> GalleryFile:
        kept, _ = self.file(source)
        if kept.role != "likeness":
            raise BadInputError("All faces of a plate are its faces: choose among those of a likeness.")
        return kept

    def _changed(
        self,
        kept: GalleryFile,
        seen: str,
        change: Callable[[list[Selection | None]], list[Selection | None]],
    ) -> Chosen:
        with self._catalog.transaction() as session:
            before = _read(session, kept)
            if revision_of(before) != seen:
                raise OutdatedError("Faces were chosen in another window meanwhile: look at them again.")
            after = change(before)
            was, used = (choosing(kept.gallery, each).kept for each in (before, after))
            if not used.any():
                raise BadInputError(
                    "That would leave the likeness without a face: nothing was dropped. Ask for less."
                )
            now = datetime.now(UTC).replace(tzinfo=None)
            for clip, each in zip(kept.clips, after, strict=True):
                if each is None:
                    selections.forget(session, clip.fingerprint)
                else:
                    selections.replace(session, each, now)
        gone, back = (tuple(np.flatnonzero(rows).tolist()) for rows in (was & ~used, used & ~was))
        return Chosen(gone, back, int(used.sum()), revision_of(after))

    def file(self, source: Source) -> tuple[GalleryFile, str]:
        """The gallery as if nobody had chosen, and its print. Raises UnknownError where there is none yet."""
        path = self.path(source)
        try:
            status = path.stat()
        except OSError as error:
            raise UnknownError("Nobody has looked for the faces of this footage yet.") from error
        key = (path, status.st_mtime_ns, status.st_size)
        with self._lock:
            if key not in self._open:
                self._open[key] = read_gallery(path)
            self._open.move_to_end(key)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
            return self._open[key], f"{status.st_mtime_ns:x}"


def revision_of(chosen: Sequence[Selection | None]) -> str:
    """Names what was chosen in some clips."""
    told = json.dumps([None if each is None else each.digest for each in chosen])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _read(session: Session, kept: GalleryFile) -> list[Selection | None]:
    if kept.role != "likeness":
        return [None] * len(kept.clips)
    return [selections.read(session, clip.fingerprint) for clip in kept.clips]


def _acted(gallery: Gallery, action: Action, rows: Rows) -> Gallery:
    if action == "restore":
        return gallery.restoring(rows)
    gone = np.zeros(len(gallery), np.bool_)
    gone[rows] = True
    return gallery.dropping(gone if action == "drop" else ~gone, _REASONS[action])


def _selected(kept: GalleryFile, gallery: Gallery) -> tuple[ClipSelection, ...]:
    """Which faces of each clip are used."""
    return tuple(
        ClipSelection(
            name=clip.name,
            fingerprint=clip.fingerprint,
            step=clip.step,
            faces=int((gallery.clip == number).sum()),
            dropped=dropped_of(gallery, number),
        )
        for number, clip in enumerate(kept.clips)
    )
