"""Mattes made by hand, as a file: which faces, and where on them the likeness is to be seen.

    {"format": "understudy-mattes/1",
     "clips": [{"fingerprint": "…", "name": "shot.mp4", "width": 1920, "height": 1080,
                "faces": [{"frame": 12, "track": 0,
                           "include": [[[812.5, 300], …]], "exclude": [[[900, 420], …]],
                           "painted": {"file": "000012-0.png", "box": [700, 200, 1240, 760],
                                       "untouched": "…"}}]}]}

Points are frame pixels (x right, y down, pixel centres at integers), so that they hold whatever a face is cut
out by later. A clip is known by the fingerprint of its content; `name` is for people. Without `include` and
`painted` a face is to be replaced as a whole; what is excluded is cut out of that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.provenance.strict_json import strict_json

FORMAT = "understudy-mattes/1"
LARGEST = 16 << 20
"""Bytes of a file."""
MOST_FACES = 5000
MOST_CLIPS = 200
MOST_POLYGONS = 64
MOST_POINTS = 2000
_FAR = 1e5
_LARGEST_FRAME = 16384
_FINGERPRINT = re.compile(r"[0-9a-f]{16,128}")
_PLAIN_NAME = re.compile(r"(?!\.)[^/\\:\x00-\x1f]{1,120}\.png", re.IGNORECASE)

Point = tuple[float, float]
Polygon = tuple[Point, ...]


@dataclass(frozen=True)
class Painted:
    """A matte that was painted: the transparency of a picture, or a grey picture; 255 is to be replaced.

    file        its name, beside the labels
    box         x0, y0, x1, y1: it covers the frame's columns x0..x1-1 and rows y0..y1-1
    untouched   SHA-256 of the picture as it was given to be painted on: one that is still so says nothing
    """

    file: str
    box: tuple[int, int, int, int]
    untouched: str | None = None


@dataclass(frozen=True)
class LabelledFace:
    """One face, by frame and track, and its matte by hand."""

    frame: int
    track: int
    include: tuple[Polygon, ...] = ()
    exclude: tuple[Polygon, ...] = ()
    painted: Painted | None = None


@dataclass(frozen=True)
class LabelledClip:
    """The faces of one clip, which is known by its fingerprint; its frames are `width` by `height`."""

    fingerprint: str
    name: str
    width: int
    height: int
    faces: tuple[LabelledFace, ...]


@dataclass(frozen=True)
class Labels:
    """What one file holds."""

    clips: tuple[LabelledClip, ...] = field(default=())

    def of(self, fingerprint: str) -> LabelledClip | None:
        """The clip with this content, None where nothing is said of it."""
        return next((clip for clip in self.clips if clip.fingerprint == fingerprint), None)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; what is empty is left out."""
        return {"format": FORMAT, "clips": [_clip_json(clip) for clip in self.clips]}

    def write(self, path: Path) -> None:
        """Write, whole or not at all. Raises OutputError."""
        with replacing(path) as part:
            part.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_labels(path: Path) -> Labels:
    """What is in a file. Raises BadInputError that says what is wrong with one that is none."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b" " * (LARGEST + 1)
    except OSError as error:
        raise BadInputError(
            f"There are no mattes in {path}: give the file that `matte label` made."
        ) from error
    try:
        return parse_labels(data)
    except ValueError as error:
        raise BadInputError(f"{path} holds no mattes: {error}.") from error


def parse_labels(data: bytes) -> Labels:
    """The labels in UTF-8 JSON. Raises ValueError that says why not, without a full stop."""
    top = _table(strict_json(data, LARGEST, fractions=True), "the file", {"format", "clips"}, set())
    if top["format"] != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    clips = tuple(_clip(one) for one in _list(top["clips"], "clips", MOST_CLIPS))
    _once([clip.fingerprint for clip in clips], "a clip")
    if sum(len(clip.faces) for clip in clips) > MOST_FACES:
        raise ValueError(f"it has more than {MOST_FACES} faces")
    return Labels(clips)


def _clip(value: Any) -> LabelledClip:
    one = _table(value, "a clip", {"fingerprint", "name", "width", "height", "faces"}, set())
    fingerprint, name = one["fingerprint"], one["name"]
    if not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint):
        raise ValueError("a clip's fingerprint is none")
    if not isinstance(name, str) or len(name) > 255:
        raise ValueError("a clip's name is none")
    width, height = (_whole(one[key], key, 1, _LARGEST_FRAME) for key in ("width", "height"))
    faces = tuple(_face(each, width, height) for each in _list(one["faces"], "faces", MOST_FACES))
    _once([(face.frame, face.track) for face in faces], "a face")
    return LabelledClip(fingerprint, name, width, height, faces)


def _face(value: Any, width: int, height: int) -> LabelledFace:
    one = _table(value, "a face", {"frame", "track"}, {"include", "exclude", "painted"})
    painted = one.get("painted")
    return LabelledFace(
        frame=_whole(one["frame"], "frame", 0, 2**31 - 1),
        track=_whole(one["track"], "track", 0, 2**31 - 1),
        include=_polygons(one.get("include", []), "include"),
        exclude=_polygons(one.get("exclude", []), "exclude"),
        painted=None if painted is None else _painted(painted, width, height),
    )


def _painted(value: Any, width: int, height: int) -> Painted:
    one = _table(value, "painted", {"file", "box"}, {"untouched"})
    file, untouched = one["file"], one.get("untouched")
    if not isinstance(file, str) or not _PLAIN_NAME.fullmatch(file):
        raise ValueError("a painted matte's file is not the name of a PNG beside the labels")
    if untouched is not None and not (
        isinstance(untouched, str) and re.fullmatch(r"[0-9a-f]{64}", untouched)
    ):
        raise ValueError("untouched is no SHA-256")
    sides = _list(one["box"], "box", 4)
    if len(sides) != 4:
        raise ValueError("a box is not x0, y0, x1, y1")
    x0, y0, x1, y1 = (_whole(side, "box", 0, _LARGEST_FRAME) for side in sides)
    if not (x0 < x1 <= width and y0 < y1 <= height):
        raise ValueError("a box is not inside its frame")
    return Painted(file, (x0, y0, x1, y1), untouched)


def _polygons(value: Any, name: str) -> tuple[Polygon, ...]:
    return tuple(_polygon(one) for one in _list(value, name, MOST_POLYGONS))


def _polygon(value: Any) -> Polygon:
    points = tuple(_point(one) for one in _list(value, "a polygon", MOST_POINTS))
    if len(points) < 3:
        raise ValueError("a polygon has fewer than 3 points")
    return points


def _point(value: Any) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a point is not x and y")
    x, y = value
    for each in (x, y):
        if isinstance(each, bool) or not isinstance(each, int | float) or not -_FAR <= each <= _FAR:
            raise ValueError("a point is far outside of the frame, or no number")
    return float(x), float(y)


def _table(value: Any, what: str, needed: set[str], allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no object")
    missing, unknown = sorted(needed - value.keys()), sorted(value.keys() - needed - allowed)
    if missing or unknown:
        fault = f"lacks {missing[0]}" if missing else f"has {unknown[0][:40]!r}, which is unknown"
        raise ValueError(f"{what} {fault}")
    return value


def _list(value: Any, what: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{what} is no list")
    if len(value) > most:
        raise ValueError(f"{what} has more than {most} entries")
    return value


def _whole(value: Any, what: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{what} is not a whole number from {least} to {most}")
    return value


def _once(keys: list[Any], what: str) -> None:
    if len(set(keys)) < len(keys):
        raise ValueError(f"it has {what} twice")


def _clip_json(clip: LabelledClip) -> dict[str, Any]:
    return {
        "fingerprint": clip.fingerprint,
        "name": clip.name,
        "width": clip.width,
        "height": clip.height,
        "faces": [dict(_face_json(face)) for face in clip.faces],
    }


def _face_json(face: LabelledFace) -> Iterator[tuple[str, Any]]:
    yield from (("frame", face.frame), ("track", face.track))
    for name, polygons in (("include", face.include), ("exclude", face.exclude)):
        if polygons:
            yield name, [[list(point) for point in polygon] for polygon in polygons]
    if face.painted is not None:
        untouched = {} if face.painted.untouched is None else {"untouched": face.painted.untouched}
        yield "painted", {"file": face.painted.file, "box": list(face.painted.box), **untouched}
