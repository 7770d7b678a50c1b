"""A take as a folder: frames as PNG, beside each what is true of it, and `truth.json` that explains both."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import check_writable, replacing
from understudy.errors import BadInputError, OutputError
from understudy.media.png import write_png
from understudy.performers import Picture
from understudy.progress import Progress, SilentProgress
from understudy.takes.take import Take

TRUTH = "truth.json"
_OURS = re.compile(r"\d{6}\.(png|npz)")

CONVENTIONS = (
    "RGB; x right, y down, z away from the camera; pixel centres at integers; "
    "rows before columns; right and left are the performer's own."
)
ARRAYS = {
    "landmarks": "(478, 3) float64: x and y in pixels, z in the same unit, smaller is nearer; "
    "the topology of MediaPipe's face mesh with irises",
    "gaze": "(2, 3) float64: unit vectors of the right and the left eye's gaze",
    "face": "(H, W) uint8, 0 to 255: the face as far as it faces the camera, were nothing in front of it",
    "visible_face": "(H, W) uint8, 0 to 255: the part of it that is seen",
    "hair": "(H, W) uint8, 0 to 255: what scalp hair covers",
    "occluder": "(H, W) uint8, 0 to 255: what things in front of the face cover, spectacles included",
    "normals": "(H, W, 3) float16: unit normals of the skin, 0 off the head",
    "uv": "(H, W, 2) float32: where each pixel lies on the unrolled head, 0 to 1, -1 off the head; "
    "equal values are the same place in every frame and of every performer",
    "flow": "(H, W, 2) float32: motion of the skin to the shot's next frame, pixels right and down, "
    "0 off the head",
}
NUMBERS = {
    "shot": "counts cuts",
    "pose": "yaw, pitch, roll in degrees (yaw > 0 turns to the picture's right, pitch > 0 looks down, "
    "roll > 0 turns clockwise; roll first, then pitch, then yaw); place in cm, x right, y up, "
    "z to the camera",
    "expression": "strengths from 0 to 1; gaze in degrees right and down, relative to the head",
    "light": "direction towards the key light (x right, y up, z to the camera); colours in linear RGB",
}


def write_folder(
    take: Take, folder: Path, *, overwrite: bool = False, progress: Progress | None = None
) -> None:
    """Render `take` into `folder`: 000000.png, 000000.npz, … and `truth.json`, `complete` at the end.

    Frames that an interrupted run of the same take left are kept. Raises OutputError where something else is
    in the folder, unless `overwrite` is given and it is another take, which is then replaced.
    """
    record = {
        "take": take.recipe(),
        "complete": False,
        "conventions": CONVENTIONS,
        "arrays": ARRAYS,
        "numbers": NUMBERS,
        "frames": [_numbers(take, frame) for frame in range(take.frames)],
    }
    _make_room(take, folder, overwrite)
    _write_json(folder / TRUTH, record)
    # the picture comes last: where it is, the arrays are
    missing = [frame for frame in range(take.frames) if not (folder / f"{frame:06d}.png").exists()]
    for frame, picture in take.pictures(missing, progress or SilentProgress()):
        with replacing(folder / f"{frame:06d}.npz") as part:
            np.savez_compressed(part, **arrays(picture))
        with replacing(folder / f"{frame:06d}.png") as part:
            write_png(part, picture.image)
    _write_json(folder / TRUTH, record | {"complete": True})


def arrays(picture: Picture) -> dict[str, npt.NDArray[Any]]:
    """What is true of a picture, by the names and in the types of `ARRAYS`."""
    truth = picture.truth
    mattes = {name: getattr(truth, name) for name in ("face", "visible_face", "hair", "occluder")}
    return {
        "landmarks": truth.landmarks,
        "gaze": truth.gaze,
        **{name: np.round(255 * matte).astype(np.uint8) for name, matte in mattes.items()},
        "normals": truth.normals.astype(np.float16),
        "uv": truth.uv,
        "flow": truth.flow,
    }


def _numbers(take: Take, frame: int) -> dict[str, Any]:
    moment = take.performance.moment(frame)
    return {
        "picture": f"{frame:06d}.png",
        "truth": f"{frame:06d}.npz",
        "shot": moment.shot,
        "pose": asdict(moment.pose),
        "expression": asdict(moment.expression),
        "light": asdict(moment.light),
    }


def _make_room(take: Take, folder: Path, overwrite: bool) -> None:
    """See to it that `folder` is there and holds nothing but, perhaps, the beginning of this take."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; give a folder, or a video's name in .mp4, .mov or .mkv.")
    record = _read(folder / TRUTH)
    if record is not None and record.get("take") == json.loads(json.dumps(take.recipe())):
        return
    if folder.is_dir() and any(folder.iterdir()):
        if record is None:
            raise OutputError(f"{folder} holds other files; choose a folder that is new or empty.")
        if not overwrite:
            raise OutputError(f"{folder} holds another take; choose another folder, or give --overwrite.")
        for old in [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]:
            old.unlink()
    check_writable(folder / TRUTH)


def _read(path: Path) -> dict[str, Any] | None:
    """A take's record, None where there is none. Raises BadInputError for a damaged one."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} is damaged; delete its folder, or choose another.") from error
    return record if isinstance(record, dict) else None


def _write_json(path: Path, value: dict[str, Any]) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
