"""The faces of a likeness, held against the reference faces of its consent records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.errors import ConsentError
from understudy.faces.people import identity
from understudy.faces.people.grouping import best_faces, mean_embedding
from understudy.pipeline.analysis import analyse_still
from understudy.pipeline.consenting import Bound, Permission
from understudy.pipeline.footage import Footage
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Likeness
from understudy.provenance.consent.material import reference_face
from understudy.provenance.consent.record import FileMaterial


def refuse_strangers(session: Session, permission: Permission, likenesses: Iterable[Likeness]) -> None:
    """Make sure that the faces of a likeness are those of the person who agreed, as far as that can be told.

    A record may name a picture as reference face; it is looked for beside the record, and among the
    likeness's files. Without it nothing can be compared, and nothing is said; where it is named but cannot be
    used, the user is told. Raises ConsentError that names clip and frames where somebody else is seen.
    """
    bound = {each.clip.info.path: each for each in permission.likeness if _names_a_face(each)}
    if not bound:
        return
    if not identity.available():
        session.warn("Strangers in the likeness cannot be told: pip install 'understudy[identity]'.")
        return
    files = [file for each in permission.likeness for file in each.clip.clip.files]
    references = {path: _reference(session, each, files) for path, each in bound.items()}
    for likeness in likenesses:
        for number, clip in enumerate(likeness.clips):
            reference = references.get(clip.info.path)
            if reference is not None:
                rows = np.flatnonzero(likeness.faces.clip == number)
                _compare(bound[clip.info.path], reference, seen_tracks(likeness, clip, rows))


def _names_a_face(bound: Bound) -> bool:
    material = bound.held.record.payload.material
    return any(isinstance(item, FileMaterial) and item.shows == "reference-face" for item in material)


def _reference(session: Session, bound: Bound, files: list[Path]) -> identity.Embeddings | None:
    held = bound.held
    picture = reference_face(held.record, [*sorted(held.path.absolute().parent.iterdir()), *files])
    if picture is None:
        session.warn(f"The reference face of {held.path.name} is not beside it: strangers cannot be told.")
        return None
    image, faces = analyse_still(picture)
    if len(faces) != 1:
        raise ConsentError(f"{picture.name} shows {len(faces)} faces: a reference face shows one person.")
    return identity.embed(image, faces.landmarks[0])


def seen_tracks(
    likeness: Likeness, clip: Footage, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[int, int, identity.Embeddings]]:
    """First frame, last frame and embedding of every track in some rows of one clip."""
    faces = likeness.faces.faces.select(rows)
    for track in np.unique(faces.track):
        mine = faces.of_track(int(track))
        embeddings = [
            identity.embed(clip.clip.read(int(mine.frame[place])).image, mine.landmarks[place])
            for place in best_faces(mine)
        ]
        first, last = (int(frame) * clip.step for frame in (mine.frame.min(), mine.frame.max()))
        yield first, last, mean_embedding(np.stack(embeddings))


def _compare(
    bound: Bound, reference: identity.Embeddings, tracks: Iterable[tuple[int, int, identity.Embeddings]]
) -> None:
    for first, last, embedding in tracks:
        away = float(np.linalg.norm(embedding - reference))
        if away > identity.SAME_PERSON:
            raise ConsentError(
                f"{bound.clip.info.path.name}, frames {first}-{last}, shows somebody else than the reference "
                f"face of {bound.held.record.payload.subject.name} ({away:.2f} apart, one person is below "
                f"{identity.SAME_PERSON:.2f}): leave that footage out."
            )
