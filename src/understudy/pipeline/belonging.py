"""Whether the clips of a likeness show one person, told from a few faces of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from understudy.faces.people import identity
from understudy.faces.people.grouping import SAME_PERSON_TRACKS, best_faces, mean_embedding
from understudy.pipeline.looking import embeddings_of
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Studied

_FACES = 3


def warn_of_strangers(session: Session, found: Sequence[tuple[Studied, npt.NDArray[np.int64]]]) -> None:
    """Name each clip that shows somebody else than the clip with the most faces does.

    Of `found` are a likeness's clips and the rows that are used. Nothing is told without the extra
    `identity`, or of a single clip: `curate` looks closer.
    """
    if len(found) < 2 or not identity.available():
        return
    embeddings = []
    for studied, rows in found:
        faces = studied.analysis.faces.select(rows)
        some = faces.select(best_faces(faces, count=_FACES))
        embeddings.append(mean_embedding(embeddings_of(session, studied, some)))
    main = int(np.argmax([len(rows) for _, rows in found]))
    names = [studied.footage.info.path.name for studied, _ in found]
    for name, embedding in zip(names, embeddings, strict=True):
        away = float(np.linalg.norm(embedding - embeddings[main]))
        if away > SAME_PERSON_TRACKS:
            session.warn(
                f"{name} shows somebody else than {names[main]}: {away:.2f} apart, and one person is below "
                f"{SAME_PERSON_TRACKS:.2f}. `understudy curate` with --strangers --drop leaves them out."
            )
