"""Landmarks of a face put right: looked at before they are kept, over the frames that they reach."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from understudy.faces.correcting import corrected
from understudy.pipeline.gallery_files import GalleryFile
from understudy.project import corrections
from understudy.project.catalog import Catalog
from understudy.project.corrections import Correction, Moved, digest_of
from understudy.project.reviews import OutdatedError
from understudy.studio.thumbs import check_row

Points = npt.NDArray[np.float32]

FARTHEST = 240
"""Frames that a correction may reach."""


@dataclass(frozen=True)
class Placed:
    """The landmarks of one face, (478, 2), frame pixels: as they were found, and with every correction.

    own        the correction that was made in this very frame, None where there is none
    revision   names the corrections of the clip
    """

    found: Points
    points: Points
    own: Correction | None
    revision: str


def placed(catalog: Catalog, kept: GalleryFile, row: int) -> Placed:
    """The landmarks of a face as they are. Raises UnknownError."""
    check_row(kept, row)
    known = catalog.corrections(_fingerprint(kept, row))
    points = _points(kept, row, [row], known)[row]
    own = next((each for each in known if _is_of(each, kept, row)), None)
    return Placed(kept.landmarks[row, :, :2], points, own, revision_of(known))


def previewed(
    catalog: Catalog, kept: GalleryFile, row: int, rows: Sequence[int], moved: tuple[Moved, ...], reach: int
) -> dict[int, Points]:
    """What a correction of a face would make of others of its clip, (478, 2) by row; or UnknownError."""
    check_row(kept, row)
    for each in rows:
        check_row(kept, each)
    known = catalog.corrections(_fingerprint(kept, row))
    return _points(kept, row, rows, _with(kept, row, known, moved, reach))


def put_right(
    catalog: Catalog, kept: GalleryFile, row: int, moved: tuple[Moved, ...], reach: int, seen: str
) -> str:
    """Keep a correction in place of what was said of this face in this frame; without any landmark, take that
    away. Returns the new revision.

    Raises OutdatedError where `seen` is not the latest, and UnknownError.
    """
    check_row(kept, row)
    fingerprint = _fingerprint(kept, row)
    with catalog.transaction() as session:
        known = corrections.read(session, fingerprint)
        if revision_of(known) != seen:
            raise OutdatedError(
                "Landmarks of this clip were put right in another window meanwhile: look at them again."
            )
        chosen = _with(kept, row, known, moved, reach)
        now = datetime.now(UTC).replace(tzinfo=None)
        corrections.replace(session, fingerprint, chosen, now)
    return revision_of(chosen)


def revision_of(known: Sequence[Correction]) -> str:
    """Names some corrections."""
    return hashlib.sha256(digest_of(known).encode()).hexdigest()[:16]


def neighbours(kept: GalleryFile, row: int, reach: int) -> list[int]:
    """Rows of the same track to look at beside one: the next ones, half of the reach away, and at its end."""
    track = kept.track_of(row)
    frames = kept.gallery.frame[track]
    place = int(np.searchsorted(track, row))
    step = kept.clips[int(kept.gallery.clip[row])].step
    wanted = {max(step, round(reach * share)) for share in (0.0, 0.5, 1.0)}
    found = set()
    for away in sorted(wanted):
        for way in (-away, away):
            nearest = int(np.abs(frames - (frames[place] + way)).argmin())
            if nearest != place and (nearest > place) == (way > 0):
                found.add(int(track[nearest]))
    return sorted(found, key=lambda each: int(kept.gallery.frame[each]))


def _points(
    kept: GalleryFile, row: int, rows: Sequence[int], known: Sequence[Correction]
) -> dict[int, Points]:
    """Landmarks of some rows of the clip of one, as corrections make them."""
    gallery = kept.gallery
    clip = int(gallery.clip[row])
    frames = gallery.frame[list(rows)]
    # What lies farther away than two corrections reach has no say in these frames.
    low, high = int(frames.min()) - 2 * FARTHEST - 2, int(frames.max()) + 2 * FARTHEST + 2
    near = np.flatnonzero((gallery.clip == clip) & (gallery.frame >= low) & (gallery.frame <= high))
    near = near[np.lexsort((gallery.track[near], gallery.frame[near]))]
    faces = corrected(kept.faceset(near), known, kept.clips[clip].step)
    place = {int(each): number for number, each in enumerate(near)}
    return {each: faces.landmarks[place[each], :, :2] for each in rows if each in place}


def _with(
    kept: GalleryFile, row: int, known: Sequence[Correction], moved: tuple[Moved, ...], reach: int
) -> list[Correction]:
    x, y = (round(float(each), 2) for each in kept.gallery.place[row])
    others = [each for each in known if not _is_of(each, kept, row)]
    if not moved:
        return others
    mine = Correction(int(kept.gallery.frame[row]), x, y, moved, reach)
    return sorted([*others, mine], key=lambda each: (each.frame, each.x))


def _is_of(correction: Correction, kept: GalleryFile, row: int) -> bool:
    """Whether a correction was made on this face, in this frame."""
    gallery = kept.gallery
    if correction.frame != int(gallery.frame[row]):
        return False
    x, y = gallery.place[row]
    away = float(np.hypot(correction.x - x, correction.y - y))
    return away < float(gallery.traits.size[row]) / 2


def _fingerprint(kept: GalleryFile, row: int) -> str:
    return kept.clips[int(kept.gallery.clip[row])].fingerprint


def taken(own: Correction | None) -> tuple[Moved, ...]:
    """What was dragged, rounded as it is told to the browser."""
    if own is None:
        return ()
    return tuple(replace(each, dx=round(each.dx, 3), dy=round(each.dy, 3)) for each in own.moved)
