"""What a learned matte says of the faces of a plate that has one; used by every swap of it in the project.

A plate without one is left as it was found: a matte that is taken away leaves no trace, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import Faceset
from understudy.faces.occlusion.solving import Occlusion
from understudy.faces.sampling import sample_sharply
from understudy.faces.stretches import Growing, part_of, release
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.mattes import finding
from understudy.mattes.areas import face_area
from understudy.mattes.network import read_network
from understudy.media import Frame
from understudy.parallel import ordered_map
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pipeline.mattes import FRAMING
from understudy.pipeline.mattes.given import applied, network_path
from understudy.pipeline.motion import rows_in
from understudy.pipeline.session import Session
from understudy.progress import Task
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

CHUNK = 64
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Faces:
    """The faces of a plate that are to be replaced, steady, and what stands before them, by track.

    digest   names both
    """

    faces: Faceset = field(repr=False)
    occlusions: Mapping[int, Occlusion] = field(repr=False)
    digest: str


def with_learned(session: Session, plate: Footage, found: Faces) -> Faces:
    """The same faces with what a learned matte says of them, where the plate has one.

    Raises BadInputError where the network is missing or damaged.
    """
    entry = applied(session.project.folder, plate)
    if entry is None:
        return found
    path = network_path(session.project.folder, entry.sha256)
    recipe = Recipe(
        "matte",
        code_hash(__name__),
        {"alone": entry.alone, "chunk": CHUNK, "framing": FRAMING},
        {"motion": found.digest, "network": entry.sha256},
    )
    stage = session.stage(
        recipe,
        "learned matte",
        len(plate),
        lambda stage, task: _Finder(stage, plate, found, path, alone=entry.alone).run(task),
    )
    tracks = [int(track) for track in np.unique(found.faces.track)]
    occlusions = {track: Occlusion.load(stage.path(_name(track))) for track in tracks}
    return Faces(found.faces, occlusions, recipe.hash)


class _Finder:
    """Goes through the plate once with the network, for `found.faces`, sorted by frame."""

    def __init__(self, stage: Stage, plate: Footage, found: Faces, path: Path, *, alone: bool) -> None:
        import torch

        self.stage, self.plate, self.found, self.alone = stage, plate, found, alone
        shape, network = read_network(path)
        self._size = shape.resolution
        self._network = network.to("cuda" if torch.cuda.is_available() else "cpu")

    def run(self, task: Task) -> int:
        """Make the chunks that are missing, then put tracks together; returns the frames gone through."""
        done, reel = 0, self.plate.reel()
        for index, numbers in missing_chunks(self.stage, self.plate, CHUNK, task):
            images, areas = [], []
            for cut in ordered_map(self._cut, reel.frames(numbers)):
                for image, area in cut:
                    images.append(image)
                    areas.append(area)
                task.advance()
            square = (-1, self._size, self._size)
            pictures = np.array(images, np.uint8).reshape(*square, 3)
            cover = finding.covers(self._network, pictures, np.array(areas, np.uint8).reshape(square))
            save_columns(self.stage.path(self.stage.chunk(index)), {"cover": cover})
            done += len(numbers)
            release(self.found.faces.landmarks)
        self._conclude()
        return done

    def _cut(self, frame: Frame) -> list[tuple[Bytes, Bytes]]:
        return [
            self._face(frame, row) for row in rows_in(self.found.faces, range(frame.index, frame.index + 1))
        ]

    def _face(self, frame: Frame, row: int) -> tuple[Bytes, Bytes]:
        landmarks = self.found.faces.landmarks[row]
        to_crop = aligned_matrix(landmarks, self._size, FRAMING)
        area = face_area(apply_affine(to_crop, landmarks), self._size)
        return sample_sharply(frame.image, to_crop, self._size), area

    def _conclude(self) -> None:
        whole = Growing((self._size, self._size), np.uint8)
        for path in self.stage.chunks(self.plate.chunk_count(CHUNK)):
            whole.add(load_columns(path, ("cover",))["cover"])
        cover, faces = whole.whole(), self.found.faces
        for track, rows in faces.by_track():
            steady = finding.steadied(part_of(cover, rows), faces.frame[rows])
            to_map = aligned_matrix(part_of(faces.landmarks, rows), self._size, FRAMING)
            other = None if self.alone else self.found.occlusions[track]
            finding.occlusion(steady, to_map, other).save(self.stage.path(_name(track)))


def _name(track: int) -> str:
    return f"occlusion-{track:04}.npz"
