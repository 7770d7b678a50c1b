"""Landmarks of a face, dragged where they belong; part of Faces."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from understudy.geometry import mesh
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.project.corrections import Moved
from understudy.studio.correcting import FARTHEST, neighbours, placed, previewed, put_right, taken
from understudy.studio.desk import AtDesk
from understudy.studio.sources import source_of

router = APIRouter(prefix="/faces", tags=["landmarks"])

SIDE = 640
"""Of the square that `to_square` leads to; pictures of other sizes are that, scaled."""

Point = tuple[float, float]
Reach = Annotated[int, Field(ge=0, le=FARTHEST)]

OUTLINES: dict[str, tuple[tuple[int, ...], bool]] = {
    "right eye": (mesh.RIGHT_EYE, True),
    "left eye": (mesh.LEFT_EYE, True),
    "right iris": (mesh.RIGHT_IRIS[1:], True),
    "left iris": (mesh.LEFT_IRIS[1:], True),
    "right brow": ((46, 53, 52, 65, 55, 107, 66, 105, 63, 70), True),
    "left brow": ((276, 283, 282, 295, 285, 336, 296, 334, 293, 300), True),
    "lips outside": (mesh.LIPS_OUTER, True),
    "lips inside": (mesh.LIPS_INNER, True),
    "nose": ((168, 6, 197, 195, 5, 4, 1, 2), False),
    "nostrils": ((129, 98, 97, 2, 326, 327, 358), False),
    "face": (mesh.FACE_OVAL, True),
}
"""Landmarks along lines that a person sees, and whether a line ends where it began."""


class LandmarkOutline(BaseModel):
    """Landmarks along a line that a person sees."""

    name: str
    points: list[int]
    closed: bool


class LandmarkDrag(BaseModel):
    """A landmark, and by how many frame pixels it was dragged from where it was found."""

    index: Annotated[int, Field(ge=0, lt=mesh.VERTEX_COUNT)]
    dx: Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
    dy: Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]


class LandmarksState(BaseModel):
    """The landmarks of a face, in frame pixels, and how they get into its upright square of 640 pixels.

    found, points   as they were found, and as they are with every correction
    to_square       two rows of three numbers
    moved, reach    the correction of this very frame
    before, after   rows of the neighbouring frames of its track
    """

    row: int
    frame: int
    found: list[Point]
    points: list[Point]
    to_square: list[tuple[float, float, float]]
    moved: list[LandmarkDrag]
    reach: int
    farthest: int
    revision: str
    before: int | None
    after: int | None
    outlines: list[LandmarkOutline]


class LandmarksWish(BaseModel):
    """A correction that is tried."""

    moved: Annotated[list[LandmarkDrag], Field(max_length=mesh.VERTEX_COUNT)]
    reach: Reach = 12


class LandmarksKept(LandmarksWish):
    """A correction to be kept; `seen` is the revision that was looked at."""

    seen: Annotated[str, Field(max_length=64)]


class LandmarksSeen(BaseModel):
    """A face of the track, with what the correction makes of it."""

    row: int
    frame: int
    points: list[Point]
    to_square: list[tuple[float, float, float]]


class LandmarksRevision(BaseModel):
    """What names the corrections of a clip now."""

    revision: str


@router.get("/{source}/rows/{row}/landmarks")
def read_landmarks(source: str, row: int, desk: AtDesk) -> LandmarksState:
    """Where the landmarks of a face are."""
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    now = placed(desk.catalog, kept, row)
    track = kept.track_of(row).tolist()
    place = track.index(row)
    return LandmarksState(
        row=row,
        frame=int(kept.gallery.frame[row]),
        found=_told(now.found),
        points=_told(now.points),
        to_square=_matrix(kept.landmarks[row]),
        moved=[LandmarkDrag(**vars(each)) for each in taken(now.own)],
        reach=12 if now.own is None else now.own.reach,
        farthest=FARTHEST,
        revision=now.revision,
        before=track[place - 1] if place else None,
        after=track[place + 1] if place + 1 < len(track) else None,
        outlines=[
            LandmarkOutline(name=name, points=list(points), closed=closed)
            for name, (points, closed) in OUTLINES.items()
        ],
    )


@router.post("/{source}/rows/{row}/landmarks/preview")
def preview_landmarks(source: str, row: int, wish: LandmarksWish, desk: AtDesk) -> list[LandmarksSeen]:
    """What a correction would make of the face, and of its track around it; nothing is kept."""
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    moved = tuple(Moved(each.index, each.dx, each.dy) for each in wish.moved)
    rows = sorted({row, *neighbours(kept, row, wish.reach)}, key=lambda each: int(kept.gallery.frame[each]))
    found = previewed(desk.catalog, kept, row, rows, moved, wish.reach)
    return [
        LandmarksSeen(
            row=each,
            frame=int(kept.gallery.frame[each]),
            points=_told(points),
            to_square=_matrix(kept.landmarks[each]),
        )
        for each, points in found.items()
    ]


@router.put("/{source}/rows/{row}/landmarks")
def keep_landmarks(source: str, row: int, wish: LandmarksKept, desk: AtDesk) -> LandmarksRevision:
    """Keep a correction, or take it away where nothing is dragged; then it is in the catalogue."""
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    moved = tuple(Moved(each.index, each.dx, each.dy) for each in wish.moved)
    revision = put_right(desk.catalog, kept, row, moved, wish.reach, wish.seen)
    desk.changed()
    return LandmarksRevision(revision=revision)


def _told(points: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[Point]:
    return [(round(float(x), 2), round(float(y), 2)) for x, y in points]


def _matrix(
    landmarks: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> list[tuple[float, float, float]]:
    return [(float(a), float(b), float(c)) for a, b, c in aligned_matrix(landmarks, SIDE, Framing.WHOLE)]
