"""The faces of a project's footage, ready to be looked at, and what was chosen among them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from understudy.errors import BadInputError
from understudy.likeness.gallery import Gallery
from understudy.likeness.selection import dropped_of
from understudy.pipeline.galleries import choosing
from understudy.pipeline.gallery_files import GalleryFile, gallery_path, read_gallery
from understudy.project import selections
from understudy.project.catalog import Catalog
from understudy.project.reviews import OutdatedError
from understudy.project.selections import Dropped, Selection
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
    """What a choice changed: the rows that are used now and were not, or the other way round."""

    rows: tuple[int, ...]
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
        kept, _ = self.file(source)
        if kept.role != "likeness":
            raise BadInputError("All faces of a plate are its faces: choose among those of a likeness.")
        wanted = np.unique(np.asarray(rows, np.int64))
        if not len(wanted) or wanted[0] < 0 or wanted[-1] >= len(kept.gallery):
            raise UnknownError("There is no such face: load this page again.")
        with self._catalog.transaction() as session:
            before = _read(session, kept)
            if revision_of(before) != seen:
                raise OutdatedError("Faces were chosen in another window meanwhile: look at them again.")
            gallery = choosing(kept.gallery, before)
            chosen = _acted(gallery, action, wanted)
            if not chosen.kept.any():
                raise BadInputError(
                    "That would leave the likeness without a face: nothing was dropped. Ask for less."
                )
            after = [_stored(kept, chosen, number) for number in range(len(kept.clips))]
            now = datetime.now(UTC).replace(tzinfo=None)
            for each in after:
                selections.replace(session, each, now)
        changed = np.flatnonzero(chosen.kept != gallery.kept)
        return Chosen(tuple(changed.tolist()), int(chosen.kept.sum()), revision_of(after))

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


def _stored(kept: GalleryFile, gallery: Gallery, number: int) -> Selection:
    clip = kept.clips[number]
    return Selection(
        fingerprint=clip.fingerprint,
        path=clip.name,
        step=clip.step,
        faces=int((gallery.clip == number).sum()),
        dropped=tuple(Dropped(each.frame, each.x, each.y, each.why) for each in dropped_of(gallery, number)),
    )
