"""Who is who among the tracks of a clip, where the extra `identity` is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import face_sizes
from understudy.faces.people import identity
from understudy.faces.people.grouping import TrackIdentity, best_faces, group, identify, matching
from understudy.media import Image
from understudy.pipeline.analysis import Analysis, analyse_still
from understudy.pipeline.footage import Footage
from understudy.progress import Task
from understudy.project.stage import Stage


def embed_tracks(stage: Stage, footage: Footage, analysis: Analysis, task: Task) -> int:
    """Embeddings of every track's best faces, from a few frames; returns how many faces were looked at."""
    wanted: dict[int, list[int]] = {}
    for track in analysis.track_numbers:
        rows = analysis.rows_of(track)
        for place in best_faces(analysis.faces.select(rows)):
            wanted.setdefault(int(analysis.faces.frame[rows[place]]), []).append(int(rows[place]))
    tracks, embeddings = [], []
    for number in sorted(wanted):
        image: Image = footage.clip.read(number).image
        for row in wanted[number]:
            tracks.append(int(analysis.faces.track[row]))
            embeddings.append(identity.embed(image, analysis.faces.landmarks[row]))
            task.advance()
    columns = {
        "track": np.array(tracks, np.int32),
        "embedding": np.array(embeddings, np.float32).reshape(-1, identity.EMBEDDING_SIZE),
    }
    save_columns(stage.path("embeddings.npz"), columns)
    return len(tracks)


def identities(stage: Stage, footage: Footage, analysis: Analysis) -> list[TrackIdentity]:
    """Who each track shows, from a finished stage; by track number."""
    columns = load_columns(stage.path("embeddings.npz"), ("track", "embedding"))
    by_track = {int(t): columns["embedding"][columns["track"] == t] for t in np.unique(columns["track"])}
    return identify(footage.digest, analysis.faces, by_track)


def persons(found: list[TrackIdentity]) -> dict[int, int]:
    """Person by track number; 0 is who is longest in the picture."""
    return {each.track: person for each, person in zip(found, group(found), strict=True)}


def tracks_of_person(reference: Path, found: list[TrackIdentity]) -> tuple[int, ...]:
    """Tracks that show the person of a picture, ascending.

    Raises BadInputError where the picture shows no face or nobody matches.
    """
    image, faces = analyse_still(reference)
    if not len(faces):
        raise BadInputError(f"No face was found in {reference.name}: give --person a picture that shows one.")
    embedding = identity.embed(image, faces.landmarks[int(face_sizes(faces.landmarks).argmax())])
    return tuple(sorted(each.track for each in matching(embedding, found)))
