"""What the faces of a clip look like, and who they look like: told from its frames, once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import Faceset
from understudy.faces.people import identity
from understudy.faces.stretches import Growing, release
from understudy.likeness.looks import BINS, COLUMNS, SMALL, Look, Looks, look, stacked
from understudy.media import Frame
from understudy.parallel import ordered_map
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.reel import runs
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Studied
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

CHUNK = 128


def looks_of(session: Session, studied: Studied, label: str) -> Looks:
    """The looks of all faces of a clip, in the order of its faceset."""
    footage, faces = studied.footage, studied.analysis.faces
    stage = session.stage(
        Recipe("looks", code_hash(__name__), {"chunk": CHUNK}, {"faces": studied.digest}),
        f"looks of the {label}",
        len(footage),
        lambda stage, task: _look(stage, footage, faces, task),
    )
    columns = {
        name: Growing(_TAILS.get(name, ()), np.uint8 if name in _TAILS else np.float32) for name in COLUMNS
    }
    for path in stage.chunks(footage.chunk_count(CHUNK)):
        for name, column in load_columns(path, COLUMNS).items():
            columns[name].add(column)
    return Looks(**{name: column.whole() for name, column in columns.items()})


_TAILS = {"histogram": (3, BINS), "small": (SMALL, SMALL)}


def _look(stage: Stage, footage: Footage, faces: Faceset, task: Task) -> int:
    done, reel = 0, footage.reel()

    def at(frame: Frame) -> list[Look]:
        return [look(frame.image, face) for face in faces.between(frame.index, frame.index + 1).landmarks]

    for index, numbers in missing_chunks(stage, footage, CHUNK, task):
        rows: list[Look] = []
        for found in ordered_map(at, reel.frames(numbers)):
            rows += found
            task.advance()
        save_columns(stage.path(stage.chunk(index)), stacked(rows))
        release(faces.landmarks)
        done += len(numbers)
    return done


def embeddings_of(session: Session, studied: Studied, faces: Faceset) -> identity.Embeddings:
    """Embeddings (M, 128) of some faces of a clip. Raises BadInputError without the extra `identity`."""
    footage = studied.footage

    def work(stage: Stage, task: Task) -> int:
        embeddings = np.zeros((len(faces), identity.EMBEDDING_SIZE), np.float32)
        for frame in frames_of(footage, faces.frame):
            for place in np.flatnonzero(faces.frame == frame.index):
                embeddings[place] = identity.embed(frame.image, faces.landmarks[place])
                task.advance()
        save_columns(stage.path("embeddings.npz"), {"embedding": embeddings})
        return len(faces)

    parameters = {"frames": faces.frame.tolist(), "tracks": faces.track.tolist()}
    recipe = Recipe("who", code_hash(__name__), parameters, {"faces": studied.digest})
    stage = session.stage(recipe, "who is who", len(faces), work, "faces")
    return load_columns(stage.path("embeddings.npz"), ("embedding",))["embedding"]


def frames_of(footage: Footage, numbers: npt.NDArray[np.int32]) -> Iterator[Frame]:
    """The frames with these numbers, each once, the clip gone through forward."""
    wanted = sorted({int(number) for number in numbers})
    among = set(wanted)
    for run in runs(wanted):
        for frame in footage.frames(run):
            if frame.index in among:
                yield frame
