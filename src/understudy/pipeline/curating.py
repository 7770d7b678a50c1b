"""`curate`: the faces of a likeness sorted, filtered, and kept or dropped, without touching a file."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.errors import BadInputError, OutputError
from understudy.likeness import grid
from understudy.likeness.asking import Asked, asked_for
from understudy.likeness.gallery import NUMBERS, TEXTS
from understudy.likeness.order import KEYS, ordered
from understudy.likeness.selection import (
    ClipSelection,
    dropped_of,
    read_selection,
    speaking_of,
    write_selection,
)
from understudy.likeness.strangers import sentences, strangers
from understudy.likeness.where import parse
from understudy.mastering.stills import write_still
from understudy.pipeline.galleries import Hung, hang, pictures
from understudy.pipeline.mattes.plates import at_work
from understudy.pipeline.session import Session
from understudy.progress import Progress
from understudy.project.selections import Dropped, Selection

Rows = npt.NDArray[np.int64]
Action = Literal["drop", "keep", "restore"]

SHEETS = (".png", ".html")
_LISTED = 10


@dataclass(frozen=True)
class CurateRequest:
    """What `understudy curate` is asked for.

    likeness    clips of the likeness
    project     the project whose swaps and trainings use the choice
    where       condition on faces, see `likeness.where`
    everything  dropped faces are looked at, too
    strangers   only faces of somebody else
    alike       only near-duplicates: of faces that differ by less than this (see `duplicates`), all but one
    best        only so many, with an even cover of pose and expression
    sort, reverse   order of what is shown, see `likeness.order`
    action      what is done with the faces that were asked for
    sheet, count    a grid of the first `count` of them (.png or .html)
    export, imported    the selection as a file
    reset       first forget every choice
    """

    likeness: tuple[Path, ...]
    project: Path
    where: str | None = None
    everything: bool = False
    strangers: bool = False
    alike: float | None = None
    best: int | None = None
    sort: str = "order"
    reverse: bool = False
    action: Action | None = None
    sheet: Path | None = None
    count: int = 120
    export: Path | None = None
    imported: Path | None = None
    reset: bool = False

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, for the catalogue."""
        plain: dict[str, Any] = {}
        for name, value in vars(self).items():
            plain[name] = str(value) if isinstance(value, Path) else value
        return plain | {"likeness": [str(path) for path in self.likeness]}


@dataclass(frozen=True)
class Curated:
    """What came of it.

    faces, kept    of the whole likeness, after what was done
    matched        how many faces were asked for
    changed        how many of them were dropped, or taken back
    reasons        why faces are not used, with their numbers
    people         how many faces show each person who was told apart, by number; empty where nobody was
    warnings       what is wrong with the likeness, one sentence each
    listed         the first faces that were asked for: clip, frame, and what they are sorted by
    """

    faces: int
    kept: int
    matched: int
    changed: int
    reasons: dict[str, int]
    people: dict[int, int]
    warnings: tuple[str, ...]
    listed: tuple[dict[str, Any], ...]
    sheet: Path | None = None
    export: Path | None = None
    request: CurateRequest | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "faces": self.faces,
            "kept": self.kept,
            "matched": self.matched,
            "changed": self.changed,
            "reasons": self.reasons,
            "people": self.people,
            "warnings": list(self.warnings),
            "matches": list(self.listed),
            "sheet": None if self.sheet is None else str(self.sheet),
            "export": None if self.export is None else str(self.export),
        }


def curate(request: CurateRequest, progress: Progress | None = None) -> Curated:
    """Do what is asked for. No file of the likeness is touched: the choice stands in the project's catalogue,
    and swaps and trainings there use the faces that are kept.

    Raises BadInputError where a wish cannot be understood, where nothing fits it, and where no face would be
    left; OutputError where a file cannot be written.
    """
    check(request)
    with at_work(request.project, "curate", request.to_json(), progress) as session:
        clips = [session.open(path) for path in dict.fromkeys(request.likeness)]
        if request.reset:
            session.project_catalog.forget_selections(clip.digest for clip in clips)
        if request.imported is not None:
            _import(session, request.imported, {clip.digest for clip in clips})
        return _Curation(request, session, hang(session, clips)).done()


def check(request: CurateRequest) -> None:
    """Refuse what can be seen to be wrong before anything is looked at: BadInputError or OutputError."""
    if not request.likeness:
        raise BadInputError("There is no likeness: give at least one clip or still of the person to be seen.")
    for path in request.likeness:
        if not path.exists():
            raise BadInputError(f"There is no file {path}: check its name and folder.")
    if request.sort not in KEYS:
        raise BadInputError(f"Faces cannot be sorted by {request.sort}: choose of {', '.join(KEYS)}.")
    if request.where is not None:
        parse(request.where, NUMBERS, TEXTS)
    if request.best is not None and request.best < 1:
        raise BadInputError(f"--best wants how many faces, 1 or more, not {request.best}.")
    if request.alike is not None and not 0 < request.alike <= 255:
        raise BadInputError(f"--alike wants a difference of pictures above 0, 3 say, not {request.alike:g}.")
    if request.imported is not None:
        read_selection(request.imported)
    if request.sheet is not None and request.sheet.suffix.lower() not in SHEETS:
        raise BadInputError(f"{request.sheet} has to end in .png or .html.")
    for output in (request.sheet, request.export):
        if output is not None and not output.absolute().parent.is_dir():
            raise OutputError(f"There is no folder {output.parent}: make it, or choose another one.")


class _Curation:
    """One curation under way."""

    def __init__(self, request: CurateRequest, session: Session, hung: Hung) -> None:
        self.request, self.session, self.hung = request, session, hung
        self.gallery = hung.gallery

    def done(self) -> Curated:
        request = self.request
        odd = strangers(self.gallery)
        told = sentences(self.gallery, odd[self.gallery.kept[odd]])
        rows = self._asked_for(odd)
        before = self.gallery.kept
        if request.action is not None:
            self._act(request.action, rows)
        shown = ordered(self.gallery, rows, request.sort, reverse=request.reverse)
        if request.sheet is not None:
            self._draw(request.sheet, shown)
        if request.export is not None:
            write_selection(request.export, self._selections())
        gallery = self.gallery
        return Curated(
            faces=len(gallery),
            kept=int(gallery.kept.sum()),
            matched=len(rows),
            changed=int((gallery.kept != before).sum()),
            reasons=dict(Counter(gallery.dropped[~gallery.kept].tolist()).most_common()),
            people={
                int(number): int((gallery.person == number).sum())
                for number in np.unique(gallery.person)
                if number >= 0
            },
            warnings=tuple(told),
            listed=tuple(self._listed(int(row)) for row in shown[:_LISTED]),
            sheet=request.sheet,
            export=request.export,
            request=request,
        )

    def _asked_for(self, odd: Rows) -> Rows:
        """The faces that fit everything that was asked for, ascending. Raises BadInputError for none."""
        request = self.request
        asked = Asked(
            where=request.where,
            everything=request.everything or request.action == "restore",
            strangers=request.strangers,
            alike=request.alike,
            best=request.best,
        )
        rows = asked_for(self.gallery, asked, odd)
        if not len(rows) and request.action is not None:
            raise BadInputError(f"No face fits: nothing to {request.action}. {self._reach()}".rstrip())
        return rows

    def _reach(self) -> str:
        """What the columns of a condition that nothing fits are like."""
        if self.request.where is None:
            return ""
        words = set(re.findall(r"\w+", self.request.where))
        said = []
        for name in (name for name in NUMBERS if name in words):
            values = self.gallery.column(name)
            known = values[np.isfinite(values)]
            span = f"is {known.min():.3g} to {known.max():.3g}" if len(known) else "is not known"
            said.append(f"{name} {span} here")
        return "; ".join(said) + "." if said else ""

    def _act(self, action: Action, rows: Rows) -> None:
        chosen = np.zeros(len(self.gallery), np.bool_)
        chosen[rows] = True
        if action == "restore":
            self.gallery = self.gallery.restoring(rows)
        else:
            self.gallery = self.gallery.dropping(chosen if action == "drop" else ~chosen, self._reason())
        if not self.gallery.kept.any():
            raise BadInputError(
                "That would leave the likeness without a face: nothing was dropped. Ask for less."
            )
        catalog = self.session.project_catalog
        catalog.replace_selections([stored(each) for each in self._selections()])

    def _reason(self) -> str:
        """Why the faces go, in a few words."""
        request = self.request
        if request.action == "keep":
            return "not among the best" if request.best is not None else "not kept"
        if request.strangers:
            return "somebody else"
        if request.alike is not None:
            return "near-duplicate"
        return "dropped" if request.where is None else f"dropped: {request.where}"[:200]

    def _selections(self) -> tuple[ClipSelection, ...]:
        return tuple(
            ClipSelection(
                name=clip.info.path.name,
                fingerprint=clip.digest,
                step=clip.step,
                faces=int((self.gallery.clip == number).sum()),
                dropped=dropped_of(self.gallery, number),
            )
            for number, clip in enumerate(self.hung.clips)
        )

    def _draw(self, path: Path, rows: Rows) -> None:
        if not len(rows):
            raise BadInputError("No face fits: there is nothing to draw.")
        request = self.request
        rows = rows[: request.count]
        shown = dict(pictures(self.session, self.hung, rows, grid.CELL))
        cells = [grid.cell(self.gallery, int(row), shown[int(row)], request.sort) for row in rows]
        if path.suffix.lower() == ".png":
            with replacing(path) as part:
                write_still(part, grid.sheet(cells))
            return
        condition = f" Where {request.where}." if request.where else ""
        said = [f"{len(rows)} faces, by {request.sort}.{condition}"]
        grid.write_page(path, cells, f"Faces of {', '.join(self.gallery.clips)}", said)

    def _listed(self, row: int) -> dict[str, Any]:
        gallery = self.gallery
        told: dict[str, Any] = {
            "clip": gallery.clips[gallery.clip[row]],
            "frame": int(gallery.frame[row]),
            "track": int(gallery.track[row]),
            "used": bool(gallery.kept[row]),
        }
        if self.request.sort in NUMBERS and self.request.sort not in ("order", "frame", "track"):
            value = float(gallery.column(self.request.sort)[row])
            told[self.request.sort] = round(value, 4) if np.isfinite(value) else None
        return told


def _import(session: Session, path: Path, here: set[str]) -> None:
    """Take over a selection. Raises BadInputError where it speaks of other clips only."""
    found = speaking_of(read_selection(path), here, str(path))
    session.project_catalog.replace_selections([stored(each) for each in found])


def stored(clip: ClipSelection) -> Selection:
    """What a file says of a clip, as the catalogue keeps it."""
    dropped = tuple(Dropped(each.frame, each.x, each.y, each.why) for each in clip.dropped)
    return Selection(clip.fingerprint, clip.name, clip.step, clip.faces, dropped)
