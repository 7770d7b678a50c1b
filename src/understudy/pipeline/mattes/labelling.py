"""Faces given to a person to show what stands before them: pictures to erase in, and the file of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from understudy.compositing.composite import Box
from understudy.mattes.drawing import write_to_paint_on
from understudy.mattes.labels import LabelledClip, LabelledFace, Labels, Painted, read_labels
from understudy.pipeline.aligning import thinned
from understudy.pipeline.mattes.plates import Looked, PlateRequest, at_work, look
from understudy.progress import Progress

NAME = "mattes.json"
_ROOM = 0.25
"""Around a face, as a share of its longer side."""


@dataclass(frozen=True)
class Labelled:
    """The file of mattes, the pictures that were added, and how many faces it now names."""

    path: Path
    added: tuple[Path, ...]
    faces: int


def label(request: PlateRequest, folder: Path, count: int = 16, progress: Progress | None = None) -> Labelled:
    """Write pictures of `count` faces, spread over the plate, into `folder`, and the labels that name them.

    What is before a face is to be erased in its picture. Labels that are in the folder are kept, and added
    to. Raises BadInputError and OutputError.
    """
    path = folder / NAME
    known = read_labels(path) if path.exists() else Labels()
    with at_work(request.project, "matte label", request.to_json(), progress) as session:
        looked = look(session, request)
        footage, faces = looked.plate.footage, looked.plate.analysis.faces
        mine = known.of(footage.digest)
        there = {(face.frame, face.track) for face in (mine.faces if mine else ())}
        folder.mkdir(parents=True, exist_ok=True)
        added = []
        with session.progress.stage("pictures to label", count, "faces") as task:
            for row in _rows(looked, count):
                frame, track = int(faces.frame[row]), int(faces.track[row])
                if (frame, track) not in there:
                    image = footage.clip.read(frame).image
                    box = Box.around(faces.landmarks[row], footage.info.width, footage.info.height, _ROOM)
                    file = f"{footage.digest[:8]}-{frame:06d}-{track}.png"
                    sha = write_to_paint_on(folder / file, image[box.rows, box.columns])
                    painted = Painted(file, (box.x0, box.y0, box.x1, box.y1), sha)
                    added.append(LabelledFace(frame, track, painted=painted))
                task.advance()
        clip = mine or LabelledClip(
            footage.digest, footage.info.path.name, footage.info.width, footage.info.height, ()
        )
        every = sorted((*clip.faces, *added), key=lambda face: (face.frame, face.track))
        clips = (*(one for one in known.clips if one is not mine), replace(clip, faces=tuple(every)))
        Labels(clips).write(path)
    files = tuple(folder / face.painted.file for face in added if face.painted is not None)
    return Labelled(path, files, len(every))


def _rows(looked: Looked, count: int) -> list[int]:
    """Faces that were really seen, evenly spread over the tracks' time."""
    analysis = looked.plate.analysis
    seen = np.flatnonzero(np.isin(analysis.faces.track, looked.tracks) & analysis.seen)
    return [int(row) for row in thinned(seen, count)]
