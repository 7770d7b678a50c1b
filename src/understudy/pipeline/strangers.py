"""The faces of a likeness, held against the reference faces of its consent records."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from understudy.errors import ConsentError
from understudy.faces.people import identity
from understudy.pipeline.analysis import analyse_still
from understudy.pipeline.consenting import Bound, Permission
from understudy.pipeline.roles import likeness_rows
from understudy.pipeline.session import Session
from understudy.pipeline.studies import grouped, identities, study
from understudy.provenance.consent.material import reference_face
from understudy.provenance.consent.record import FileMaterial


def refuse_strangers(session: Session, permission: Permission) -> None:
    """Make sure that every clip of the likeness shows the person of its record, as far as that can be told.

    A record may name a picture as reference face; it is looked for beside the record, and among the
    likeness's files. Without it nothing can be compared, and nothing is said; where it is named but cannot be
    used, the user is told. Raises ConsentError that names clip and frames where somebody else is seen.
    """
    bound = [each for each in permission.likeness if _names_a_face(each)]
    if not bound:
        return
    if not identity.available():
        session.warn("Strangers in the likeness cannot be told: pip install 'understudy[identity]'.")
        return
    files = [file for each in permission.likeness for file in each.clip.clip.files]
    for each in bound:
        embedding = _reference(session, each, files)
        if embedding is not None:
            _compare(session, each, embedding)


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


def _compare(session: Session, bound: Bound, reference: identity.Embeddings) -> None:
    studied = study(session, bound.clip, "likeness")
    rows = likeness_rows(studied.analysis, grouped(session, studied))
    used = set(studied.analysis.faces.track[rows].tolist())
    for found in identities(session, studied):
        away = float(np.linalg.norm(found.embedding - reference))
        if found.track in used and away > identity.SAME_PERSON:
            raise ConsentError(
                f"{bound.clip.info.path.name}, frames {found.first}-{found.last}, shows somebody else than "
                f"the reference face of {bound.held.record.payload.subject.name} ({away:.2f} apart, one "
                f"person is below {identity.SAME_PERSON:.2f}): leave that footage out."
            )
