"""Takes: drawn performers filmed in short clips, and their crops on a shelf, for tests of engines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tests.posed_faces import Act, faceset, portrait, posed
from understudy.compositing.composite import Box
from understudy.engines.base import Crop, LikenessFaces, PlateFace
from understudy.faces.faceset import Faceset
from understudy.pixels import to_float

SIZE = 176


@dataclass(frozen=True)
class Take:
    """One performer in front of the camera: faces, and a picture of each (H, W, 3) uint8."""

    faces: Faceset
    pictures: list[np.ndarray]

    @property
    def likeness(self) -> LikenessFaces:
        return LikenessFaces(self.faces, np.zeros(len(self.faces), np.int32))

    def box(self, row: int, margin: float = 0.15) -> Box:
        return Box.around(self.faces.landmarks[row], SIZE, SIZE, margin)

    def face(self, row: int, scale: float = 1.0) -> PlateFace:
        """A face as the pipeline hands it to an engine; `scale` < 1 gives it at a lower resolution."""
        box = self.box(row)
        picture = to_float(self.pictures[row][box.rows, box.columns])
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        fx, fy = size[0] / picture.shape[1], size[1] / picture.shape[0]
        shrink = np.array([[fx, 0.0, 0.5 * fx - 0.5], [0.0, fy, 0.5 * fy - 0.5], [0.0, 0.0, 1.0]])
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return PlateFace(row, small, (shrink @ np.vstack([box.to_crop, (0, 0, 1)]))[:2])

    def every_face(self) -> list[PlateFace]:
        return [self.face(row) for row in range(len(self.faces))]

    def first(self, count: int) -> Take:
        return Take(self.faces.select(np.arange(count)), self.pictures[:count])


class Shelf:
    """Crops of a take; raises for a row that is not allowed, and counts bits as it is told."""

    def __init__(self, take: Take, allowed: np.ndarray, dtype: type = np.uint8) -> None:
        self.take, self.allowed, self.dtype = take, {int(row) for row in allowed}, dtype

    def __getitem__(self, row: int) -> Crop:
        if row not in self.allowed:
            raise KeyError(f"row {row} was asked for and not announced in `needs`")
        box = self.take.box(row, 0.25)
        image = self.take.pictures[row][box.rows, box.columns]
        if self.dtype == np.uint16:
            image = image.astype(np.uint16) * 257
        return Crop(image, box.to_crop)


def filmed(shape: np.ndarray, colours: np.ndarray, acts: list[Act], centre=(88.0, 64.0), size=62.0) -> Take:
    landmarks = np.stack([posed(shape, act, size, centre) for act in acts])
    pictures = [
        (255 * portrait(points, colours, SIZE, SIZE)).round().clip(0, 255).astype(np.uint8)
        for points in landmarks
    ]
    return Take(faceset(landmarks), pictures)
