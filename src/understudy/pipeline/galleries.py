"""The faces of a likeness's clips, looked at for curation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, concatenate
from understudy.faces.people import identity
from understudy.faces.sampling import sample_square
from understudy.faces.stretches import taken
from understudy.geometry.framing import aligned_matrix
from understudy.likeness.gallery import Gallery
from understudy.likeness.looks import Looks
from understudy.likeness.strangers import Seen, to_look_at, told_apart
from understudy.likeness.traits import traits_of
from understudy.pipeline.footage import Footage
from understudy.pipeline.looking import embeddings_of, frames_of, looks_of
from understudy.pipeline.roles import likeness_rows
from understudy.pipeline.session import Session
from understudy.pipeline.studies import (
    ENOUGH_TO_LEARN,
    Studied,
    dropped_rows,
    grouped,
    kept_rows,
    places_of,
    stride,
    study,
)
from understudy.project.selections import Selection

Rows = npt.NDArray[np.int64]
Role = Literal["likeness", "plate"]

_TOLD_APART = 120
"""Faces of a likeness that the network which tells people apart looks at: 80 ms each."""
_NOT_LEADING = "somebody else in the picture"


@dataclass(frozen=True)
class Hung:
    """A gallery, the clips (as they were looked at), and the faces of all of them, row by row."""

    gallery: Gallery
    clips: tuple[Footage, ...]
    faces: Faceset = field(repr=False)


def hang(session: Session, clips: Sequence[Footage]) -> Hung:
    """Look at the faces of a likeness's clips: in every frame, or in as many as training has use for.

    Raises BadInputError where there is no face in any of them.
    """
    step = stride([clip.info for clip in clips], ENOUGH_TO_LEARN)
    studies: list[Studied] = []
    looks: list[Looks] = []
    sets: list[Faceset] = []
    dropped: list[npt.NDArray[np.object_]] = []
    for clip in clips:
        chosen = session.project.selection(clip.digest)
        studied = study(session, clip.thinned(step if chosen is None else chosen.step), "likeness")
        everything = looks_of(session, studied, "likeness")
        rows = np.flatnonzero(studied.analysis.seen)
        used = (
            likeness_rows(studied.analysis, grouped(session, studied))
            if chosen is None
            else kept_rows(studied, chosen)
        )
        reasons = (
            {} if chosen is None else {(each.frame, each.x, each.y): each.why for each in chosen.dropped}
        )
        faces = studied.analysis.faces.select(rows)
        studies.append(studied)
        sets.append(faces)
        looks.append(Looks(**{name: taken(column, rows) for name, column in vars(everything).items()}))
        dropped.append(_reasons(faces, studied.footage.step, np.isin(rows, used), reasons))
    return _hung(session, studies, sets, looks, dropped)


def hang_untouched(session: Session, clips: Sequence[Footage], role: Role) -> Hung:
    """The same as if nobody had dropped a face or put landmarks right, so that what is chosen from now on can
    be laid over it. Of a plate all faces, the interpolated ones too; none counts as dropped.

    Raises BadInputError where there is no face in any of the clips.
    """
    step = stride([clip.info for clip in clips], ENOUGH_TO_LEARN) if role == "likeness" else 1
    studies: list[Studied] = []
    looks: list[Looks] = []
    sets: list[Faceset] = []
    dropped: list[npt.NDArray[np.object_]] = []
    for clip in clips:
        chosen = session.project.selection(clip.digest) if role == "likeness" else None
        thinned = clip.thinned(step if chosen is None else chosen.step)
        studied = study(session, thinned, role, as_found=True)
        everything = looks_of(session, studied, role)
        rows = np.arange(len(studied.analysis.faces))
        why = np.full(len(rows), "", np.object_)
        if role == "likeness":
            rows = np.flatnonzero(studied.analysis.seen)
            leading = np.isin(rows, likeness_rows(studied.analysis, grouped(session, studied)))
            why = np.where(leading, "", _NOT_LEADING).astype(np.object_)
        studies.append(studied)
        sets.append(studied.analysis.faces.select(rows))
        looks.append(Looks(**{name: taken(column, rows) for name, column in vars(everything).items()}))
        dropped.append(why)
    return _hung(session, studies, sets, looks, dropped, role)


def choosing(gallery: Gallery, chosen: Sequence[Selection | None]) -> Gallery:
    """An untouched gallery with what was chosen, clip by clip; None: nobody chose, its own reasons stand."""
    dropped = gallery.dropped.copy()
    for number, selection in enumerate(chosen):
        if selection is None:
            continue
        rows = np.flatnonzero(gallery.clip == number)
        dropped[rows] = ""
        sizes = gallery.traits.size[rows]
        gone, entries = dropped_rows(gallery.frame[rows], gallery.place[rows], sizes, selection)
        for row, entry in zip(rows[gone], entries, strict=True):
            dropped[row] = selection.dropped[entry].why
    return replace(gallery, dropped=dropped)


def _hung(
    session: Session,
    studies: Sequence[Studied],
    sets: Sequence[Faceset],
    looks: Sequence[Looks],
    dropped: Sequence[npt.NDArray[np.object_]],
    role: Role = "likeness",
) -> Hung:
    faces, clips = concatenate(sets), tuple(each.footage for each in studies)
    if not len(faces):
        names = ", ".join(clip.info.path.name for clip in clips)
        raise BadInputError(f"No face was found in the {role} ({names}): give footage that shows it.")
    gallery = _gallery(clips, sets, faces, looks, np.concatenate(dropped))
    return Hung(_with_people(session, gallery, studies, faces), clips, faces)


def _reasons(
    faces: Faceset, step: int, used: npt.NDArray[np.bool_], known: dict[tuple[int, float, float], str]
) -> npt.NDArray[np.object_]:
    """Why each face is not used, (N,); "" where it is."""
    why = np.full(len(faces), "", np.object_)
    why[~used] = _NOT_LEADING
    if known:
        by_frame: dict[int, list[tuple[float, float, str]]] = {}
        for (frame, x, y), reason in known.items():
            by_frame.setdefault(frame, []).append((x, y, reason))
        places = places_of(faces.landmarks)
        for row in np.flatnonzero(~used):
            near = by_frame.get(int(faces.frame[row]) * step, [])
            if near:
                x, y = places[row]
                why[row] = min(near, key=lambda each: (each[0] - x) ** 2 + (each[1] - y) ** 2)[2]
    return why


def _gallery(
    clips: Sequence[Footage],
    sets: Sequence[Faceset],
    faces: Faceset,
    looks: Sequence[Looks],
    dropped: npt.NDArray[np.object_],
) -> Gallery:
    clip = np.repeat(np.arange(len(sets), dtype=np.int32), [len(each) for each in sets])
    steps = np.array([each.step for each in clips])
    together = [np.unique(each.frame, return_inverse=True, return_counts=True)[1:] for each in sets]
    return Gallery(
        clips=_names(clips),
        clip=clip,
        frame=faces.frame.astype(np.int64) * steps[clip],
        place=places_of(faces.landmarks),
        track=faces.track,
        faces=np.concatenate([counts[index] for index, counts in together]),
        score=faces.score,
        traits=traits_of(faces),
        looks=Looks(
            **{name: np.concatenate([getattr(each, name) for each in looks]) for name in vars(looks[0])}
        ),
        person=np.full(len(faces), -1, np.int64),
        identity=np.full(len(faces), np.nan),
        dropped=dropped,
    )


def _names(clips: Sequence[Footage]) -> tuple[str, ...]:
    """Names of clips, with their folders where two have one name."""
    names = [clip.info.path.name for clip in clips]
    return tuple(
        name if names.count(name) == 1 else str(clip.info.path)
        for name, clip in zip(names, clips, strict=True)
    )


# --- people


def _with_people(session: Session, gallery: Gallery, studies: Sequence[Studied], faces: Faceset) -> Gallery:
    """The same faces with who they show, where the extra `identity` is installed."""
    if not identity.available():
        return gallery
    frontal = -np.hypot(gallery.traits.yaw, gallery.traits.pitch) + 10 * gallery.looks.sharpness
    rows = to_look_at(gallery.clip, gallery.track, frontal, _TOLD_APART)
    found = []
    for number, studied in enumerate(studies):
        mine = rows[gallery.clip[rows] == number]
        found.append(embeddings_of(session, studied, faces.select(mine)))
    person, apart = told_apart(gallery, Seen(rows, np.concatenate(found)))
    return replace(gallery, person=person, identity=apart)


# --- pictures


def pictures(
    session: Session, hung: Hung, rows: Rows, size: int
) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Upright pictures (size, size, 3) of some faces, with their rows, clip by clip."""
    with session.progress.stage("pictures", len(rows), "faces") as task:
        for number, clip in enumerate(hung.clips):
            mine = rows[hung.gallery.clip[rows] == number]
            numbers = hung.faces.frame[mine]
            for frame in frames_of(clip, numbers):
                for row in mine[numbers == frame.index]:
                    to_square = aligned_matrix(hung.faces.landmarks[row], size)
                    yield int(row), sample_square(frame.image, to_square, size)
                    task.advance()
