"""Clips and likenesses, looked at: the first stages of every command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from understudy.engines.base import LikenessFaces
from understudy.errors import BadInputError
from understudy.faces import correcting
from understudy.faces.correcting import corrected
from understudy.faces.faceset import concatenate, face_sizes
from understudy.faces.people import identity
from understudy.faces.people.grouping import FACES_PER_TRACK, TrackIdentity
from understudy.faces.steadying.by_landmarks import smooth_faces
from understudy.faces.stretches import stretches
from understudy.media import ClipInfo
from understudy.pipeline import analysis, people
from understudy.pipeline.analysis import Analysis
from understudy.pipeline.footage import Footage
from understudy.pipeline.roles import likeness_rows
from understudy.pipeline.session import Session
from understudy.project.code import code_hash
from understudy.project.corrections import digest_of
from understudy.project.recipe import Recipe
from understudy.project.selections import Selection

_ENOUGH, ENOUGH_TO_LEARN = 300, 1500
"""Frames of a likeness, to choose from and to learn from."""
_LEAST_RATE = 8
"""Frames of a likeness a second."""


@dataclass(frozen=True)
class Studied:
    """A clip, as far as it can be read, and its analysis; `digest` names what went into it."""

    footage: Footage
    analysis: Analysis = field(repr=False)
    digest: str


@dataclass(frozen=True)
class Likeness:
    """All usable faces of a likeness, the clips they are in, and a hash of what went into it."""

    faces: LikenessFaces = field(repr=False)
    clips: tuple[Footage, ...]
    digest: str


def study(session: Session, footage: Footage, label: str, *, as_found: bool = False) -> Studied:
    """Shots, faces and tracks of a clip, with landmarks as somebody put them right, or `as_found`.

    Warns where the clip ends before its time.
    """
    recipe = Recipe(
        "faces",
        code_hash(analysis.__name__),
        {"first": footage.first, "stop": footage.stop, "chunk": analysis.CHUNK, "step": footage.step},
        {"clip": footage.digest},
    )
    stage = session.stage(
        recipe,
        f"faces of the {label}",
        len(footage),
        lambda stage, task: analysis.study(stage, footage, task),
    )
    found, digest = analysis.studied(stage), recipe.hash
    put_right = () if as_found else session.project.corrections(footage.digest)
    if put_right:
        found = replace(found, faces=corrected(found.faces, put_right, footage.step))
        parameters = {"corrections": digest_of(put_right)}
        digest = Recipe("corrected", code_hash(correcting.__name__), parameters, {"faces": digest}).hash
    if found.stop < footage.stop:
        reason = footage.reason_for_end(found.stop)
        last = (found.stop - 1) * footage.step
        session.warn_of(footage, f"{reason} Frames {footage.first}-{last} are used.")
    return Studied(footage.until(found.stop), found, digest)


def study_likeness(session: Session, clips: Sequence[Footage], *, learns: bool = False) -> Likeness:
    """The leading faces of a likeness's clips; `learns`: as many as training has use for. Of clips in which
    somebody chose (`understudy curate`), the faces that were kept.

    Raises BadInputError where there is none in any of them.
    """
    used: list[Footage] = []
    sets, clip_of, digests = [], [], []
    without: list[str] = []
    emptied: list[str] = []
    step = stride([clip.info for clip in clips], ENOUGH_TO_LEARN if learns else _ENOUGH)
    for clip in clips:
        chosen = session.project.selection(clip.digest)
        studied = study(session, clip.thinned(step if chosen is None else chosen.step), "likeness")
        rows = used_rows(session, studied, chosen)
        if not len(rows):
            (without if chosen is None else emptied).append(clip.info.path.name)
            continue
        faces = smooth_faces(studied.analysis.faces).select(rows)
        sets.append(faces)
        clip_of.append(np.full(len(rows), len(used), np.int32))
        used.append(studied.footage)
        # Which tracks lead depends on whether people can be told apart on this machine.
        tracks = [int(track) for track in np.unique(faces.track)]
        parameters = {"tracks": tracks} | ({} if chosen is None else {"selection": chosen.digest})
        recipe = Recipe("likeness", code_hash(__name__), parameters, {"faces": studied.digest})
        digests.append(recipe.hash)
    if not used and emptied:
        raise BadInputError(
            f"Of the likeness ({', '.join(emptied)}) no face is left: take some back by understudy curate "
            "with --restore."
        )
    if not used:
        names = ", ".join(without)
        raise BadInputError(f"No face was found in the likeness ({names}): give footage that shows it.")
    for name in without:
        session.warn(f"No face was found in {name}; it is left out.")
    for name in emptied:
        session.warn(f"Every face of {name} was dropped by understudy curate; it is left out.")
    return Likeness(LikenessFaces(concatenate(sets), np.concatenate(clip_of)), tuple(used), "-".join(digests))


def used_rows(session: Session, studied: Studied, chosen: Selection | None) -> npt.NDArray[np.int64]:
    """Rows of a likeness's clip that are used, ascending: its leading faces, or those that were chosen."""
    if chosen is None:
        return likeness_rows(studied.analysis, grouped(session, studied))
    return kept_rows(studied, chosen)


def kept_rows(studied: Studied, chosen: Selection) -> npt.NDArray[np.int64]:
    """Rows, ascending, of the faces of a clip that were really seen and that a selection has not dropped.

    A dropped face is known again by its frame and place, so that it stays dropped when faces are found anew.
    """
    faces = studied.analysis.faces
    rows = np.flatnonzero(studied.analysis.seen)
    if not len(rows) or not chosen.dropped:
        return rows
    frames = faces.frame[rows].astype(np.int64) * studied.footage.step
    landmarks = faces.landmarks[rows]
    gone, _ = dropped_rows(frames, places_of(landmarks), face_sizes(landmarks), chosen)
    return np.delete(rows, np.unique(gone))


def dropped_rows(
    frames: npt.NDArray[np.int64],
    centres: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    chosen: Selection,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which faces of a clip, by file frame (N,), centre (N, 2) and size (N,), a selection has dropped.

    Rows, and for each the place in `chosen.dropped` that speaks of it.
    """
    from scipy.spatial import cKDTree

    none = np.zeros(0, np.int64)
    if not len(frames) or not chosen.dropped:
        return none, none
    far = 4.0 * float(max(np.abs(centres).max(), 1.0)) + 1e6  # frames lie farther apart than faces in one
    points = np.column_stack([frames * far, centres])
    gone = np.array([(each.frame * far, each.x, each.y) for each in chosen.dropped])
    away, nearest = cKDTree(points).query(gone)
    hit = np.flatnonzero(away < sizes[np.minimum(nearest, len(frames) - 1)] / 2)
    return nearest[hit].astype(np.int64), hit


def places_of(landmarks: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Centres of faces (N, 478, 3) in their frames, pixels, (N, 2)."""
    centres = np.empty((len(landmarks), 2))
    for some in stretches(len(landmarks), landmarks):
        points = landmarks[some, :, :2]
        centres[some] = (points.min(1) + points.max(1)) / 2
    return centres


def stride(clips: Sequence[ClipInfo], enough: int = _ENOUGH) -> int:
    """Every how many frames of a likeness's clips are looked at.

    A face says little in a twenty-fifth of a second that it does not say in the next: of long footage as many
    frames are looked at as are `enough`, or eight a second where that is more.
    """
    moving = [clip for clip in clips if not clip.is_still]
    if not moving:
        return 1
    wanted = round(sum(clip.frame_count for clip in moving) / enough)
    sparsest = int(min(clip.rate for clip in moving) / _LEAST_RATE)
    return max(1, min(wanted, sparsest))


def identities(session: Session, studied: Studied) -> list[TrackIdentity]:
    """Who each track shows. Raises BadInputError where the extra `identity` is not installed."""
    recipe = Recipe("people", code_hash(people.__name__), {}, {"faces": studied.digest})
    stage = session.stage(
        recipe,
        "people",
        FACES_PER_TRACK * len(studied.analysis.track_numbers),
        lambda stage, task: people.embed_tracks(stage, studied.footage, studied.analysis, task),
        "faces",
    )
    return people.identities(stage, studied.footage, studied.analysis)


def grouped(session: Session, studied: Studied) -> list[int] | None:
    """Person of every track, where that matters and can be known."""
    numbers = studied.analysis.track_numbers
    if len(numbers) == 1:
        return [0]
    if not numbers or not identity.available():
        return None
    known = people.persons(identities(session, studied))
    return [known.get(number, -1 - number) for number in numbers]
