"""What was found as one HTML page, complete in itself: pictures inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy import pages
from understudy.geometry import mesh
from understudy.inspection.events import Event
from understudy.inspection.flaws import Judgement
from understudy.measures.picture import interocular

Bytes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.floating[Any]]

TILE = 336
_TEMPLATE = Path(__file__).parent / "templates" / "inspection.html"
_AROUND = 2.6
_WIDEST = 600
_MARK = (255, 210, 40)
_BEYOND = (238, 238, 238)
"""What lies outside the frame."""
_LEAST = 0.7
_DARKEST = 3.0
"""Scores: from the first on a strip is marked, from the second on it is as dark as it gets."""
_PLACES: dict[str, tuple[int, ...]] = {
    "right eye": mesh.RIGHT_EYE,
    "left eye": mesh.LEFT_EYE,
    "eyes": mesh.RIGHT_EYE + mesh.LEFT_EYE,
    "brows": mesh.RIGHT_BROW + mesh.LEFT_BROW,
    "mouth": mesh.LIPS_OUTER,
    "jaw": mesh.FACE_OVAL[9:28],
    "glasses": mesh.RIGHT_EYE + mesh.LEFT_EYE + mesh.RIGHT_BROW + mesh.LEFT_BROW,
}


@dataclass(frozen=True)
class Shown:
    """An event with its pictures (data addresses), `plate` None where there is no plate."""

    event: Event
    result: str = field(repr=False)
    plate: str | None = field(repr=False)


@dataclass(frozen=True)
class Mark:
    """Neighbouring columns of a strip that are equally bad: where they begin, how dark, which frames."""

    x: int
    wide: int
    opacity: float
    frames: str


@dataclass(frozen=True)
class Strip:
    """One detector along the film, in `width` columns."""

    name: str
    width: int
    marks: tuple[Mark, ...]


def tile(picture: Bytes, points: Points) -> Bytes:
    """The square around a face (TILE, TILE, 3); of a frame without one, all of it made to fit."""
    size = float(interocular(points))
    if size <= 0:
        return np.asarray(cv2.resize(picture, (TILE, TILE), interpolation=cv2.INTER_AREA), np.uint8)
    matrix = _to_tile(points)
    scale = float(matrix[0, 0])
    if scale < 0.5:
        picture = np.asarray(cv2.blur(picture, (int(1 / scale), int(1 / scale))), np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpAffine(
            picture,
            matrix,
            (TILE, TILE),
            flags=method,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=_BEYOND,
        ),
        np.uint8,
    )


def marked(picture: Bytes, points: Points, region: str) -> Bytes:
    """A copy of a tile with a frame around `region` of the face with (478, 3) landmarks in frame pixels."""
    out = picture.copy()
    if float(interocular(points)) <= 0:
        return out
    matrix = _to_tile(points)
    place = outline(points, region) @ matrix[:, :2].T + matrix[:, 2]
    low, high = (np.round(corner).astype(int) for corner in (place.min(0) - 8, place.max(0) + 8))
    cv2.rectangle(out, tuple(low.tolist()), tuple(high.tolist()), _MARK, 2, cv2.LINE_AA)
    return out


def outline(points: Points, region: str) -> npt.NDArray[np.float64]:
    """Landmarks (N, 2) around `region` of the face with (478, 3) landmarks; around it all where unknown."""
    return np.asarray(points, np.float64)[list(_PLACES.get(region, mesh.FACE_OVAL)), :2]


def strips(judgements: Sequence[Judgement]) -> list[Strip]:
    """A strip a flaw and region, those with something on them first."""
    scores: dict[str, npt.NDArray[Any]] = {}
    for said in judgements:
        name = f"{said.flaw.key}, {said.flaw.region}"
        scores[name] = np.maximum(scores.get(name, 0.0), said.score)
    made = [_strip(name, score) for name, score in scores.items()]
    return sorted(made, key=lambda strip: not strip.marks)


def _strip(name: str, score: npt.NDArray[Any]) -> Strip:
    """The frames of a strip's columns are told apart where there are as many; else each shows its worst."""
    width = max(1, min(_WIDEST, len(score)))
    parts = np.array_split(np.arange(len(score)), width)
    dark = [round(min(1.0, float(score[part].max()) / _DARKEST), 1) if len(part) else 0.0 for part in parts]
    marks: list[Mark] = []
    for x, (part, opacity) in enumerate(zip(parts, dark, strict=True)):
        if not len(part) or float(score[part].max()) < _LEAST:
            continue
        first, last = int(part[0]), int(part[-1])
        if marks and marks[-1].x + marks[-1].wide == x and marks[-1].opacity == opacity:
            begun = marks.pop()
            first, x = int(parts[begun.x][0]), begun.x
            marks.append(Mark(x, begun.wide + 1, opacity, _frames(first, last)))
        else:
            marks.append(Mark(x, 1, opacity, _frames(first, last)))
    return Strip(name, width, tuple(marks))


def _frames(first: int, last: int) -> str:
    return f"frame {first}" if first == last else f"frames {first}-{last}"


def write_page(
    path: Path,
    *,
    title: str,
    sentences: Sequence[str],
    frames: int,
    shown: Sequence[Shown],
    rows: Sequence[Event],
    along: Sequence[Strip],
) -> None:
    """Write the page, whole or not at all."""
    pages.write_page(
        path, _TEMPLATE, title=title, sentences=sentences, frames=frames, shown=shown, rows=rows, strips=along
    )


def _to_tile(points: Points) -> npt.NDArray[np.float64]:
    middle = np.asarray(points, np.float64)[:, :2].mean(0)
    scale = TILE / (_AROUND * float(interocular(points)))
    return np.array([[scale, 0, TILE / 2 - scale * middle[0]], [0, scale, TILE / 2 - scale * middle[1]]])
