"""One person on both sides by mistake: a swap of somebody with themself teaches nothing."""

from __future__ import annotations

import json

import numpy as np

from understudy.faces.people import identity
from understudy.faces.people.grouping import SAME_PERSON_TRACKS, mean_embedding
from understudy.pipeline.casting import Cast
from understudy.pipeline.roles import Role
from understudy.pipeline.session import Session
from understudy.pipeline.strangers import seen_tracks
from understudy.pipeline.studies import Likeness, Studied, identities
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

_APART = "apart.json"


def warn_of_same_person(session: Session, cast: Cast) -> None:
    """Say so where a likeness looks like who it replaces; silent without the extra `identity`."""
    if not identity.available():
        return
    for role, likeness in cast.roles:
        apart = _apart(session, cast.plate, role, likeness)
        if apart is not None and apart < SAME_PERSON_TRACKS:
            names = ", ".join(clip.info.path.name for clip in likeness.clips)
            session.warn(
                f"{names} and track {role.tracks[0]} of {cast.plate.footage.info.path.name} seem to show one "
                f"person ({apart:.2f} apart, two people are above {SAME_PERSON_TRACKS:.2f}): make sure that "
                "this is meant."
            )


def _apart(session: Session, plate: Studied, role: Role, likeness: Likeness) -> float | None:
    """How far the two performers' faces are apart, told once in a project; None where that cannot be told."""
    found = identities(session, plate)

    def work(stage: Stage, task: Task) -> int:
        replaced = [each.embedding for each in found if each.track in role.tracks]
        shown = [
            embedding
            for number, clip in enumerate(likeness.clips)
            for *_, embedding in seen_tracks(likeness, clip, np.flatnonzero(likeness.faces.clip == number))
        ]
        apart = None
        if replaced and shown:
            between = mean_embedding(np.stack(replaced)) - mean_embedding(np.stack(shown))
            apart = float(np.linalg.norm(between))
        with stage.writing(_APART) as path:
            path.write_text(json.dumps(apart), "utf-8")
        task.advance()
        return 0

    inputs = {"plate": plate.digest, "likeness": likeness.digest}
    recipe = Recipe("apart", code_hash(__name__), {"tracks": list(role.tracks)}, inputs)
    stage = session.stage(recipe, "who is who", 1, work, "pairs")
    apart: float | None = json.loads(stage.path(_APART).read_text("utf-8"))
    return apart
