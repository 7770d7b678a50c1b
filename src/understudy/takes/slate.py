"""A slate beside a clip: which take of a digital performer it shows, so that anybody can check it.

A clip shows that take when pictures that are rendered anew from the slate are the clip's own. That is what
the performers' consent record rests on: no footage of a person can be passed off as theirs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.media import Clip
from understudy.performers import Performance, cast
from understudy.pixels import to_bytes
from understudy.takes.take import Take

SUFFIX = ".take.json"
CHECKED = 5
"""Frames of a clip that are rendered anew."""
ENOUGH_DB = 27.0
"""PSNR, 64 pixels wide, from which a frame counts as the same. Measured at 256 pixels: the same frame in
H.264 of CRF 33 has 33 dB, the same performer in another take 17 dB, others in the same take 16 dB."""
_COMPARED = 64
_LARGEST_FILE = 64 << 10

_Number = Annotated[float, Field(ge=-1000, le=1000)]
_FrameNumber = Annotated[int, Field(ge=0, le=10**7)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Performance(_Table):
    seed: Annotated[int, Field(ge=0, le=2**31)]
    frame_rate: Annotated[float, Field(gt=0, le=1000)]
    yaw: _Number
    pitch: _Number
    roll: _Number
    liveliness: _Number
    lighting: _Number
    cuts: Annotated[tuple[_FrameNumber, ...], Field(max_length=1000)]
    occluder: Literal["hand", "microphone"] | None
    crossing: tuple[_FrameNumber, _FrameNumber]
    companion: str | None
    defocus: _Number
    grain: _Number
    shutter: _Number


class _File(_Table):
    format: Literal["understudy-take/1"]
    performer: str
    likeness: str | None
    size: int
    first: _FrameNumber
    step: Annotated[int, Field(ge=1, le=1000)]
    performance: _Performance


@dataclass(frozen=True)
class Slate:
    """The frames `first`, `first` + `step`, … of a take."""

    take: Take
    first: int = 0
    step: int = 1

    @property
    def seen(self) -> str:
        """Name of the performer whose face is seen."""
        return (self.take.likeness or self.take.performer).name


def slate_path(clip: Path) -> Path:
    """Where the slate of a clip lies."""
    return clip.with_name(clip.name + SUFFIX)


def write_slate(clip: Path, slate: Slate) -> None:
    """Write the slate of a clip, beside it. Raises OutputError."""
    take = slate.take
    performance = asdict(take.performance)
    performance["companion"] = take.performance.companion and take.performance.companion.name
    table = {
        "format": "understudy-take/1",
        "performer": take.performer.name,
        "likeness": take.likeness and take.likeness.name,
        "size": take.size,
        "first": slate.first,
        "step": slate.step,
        "performance": performance,
    }
    with replacing(slate_path(clip)) as part:
        part.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def read_slate(clip: Path) -> Slate | None:
    """The slate of a clip; None where it has none.

    Raises BadInputError for one that is damaged, or that names a performer who is not in the company.
    """
    path = slate_path(clip)
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error
    try:
        table = _File.model_validate_json(data[:_LARGEST_FILE])
    except ValidationError as error:
        raise BadInputError(f"{path} is damaged: render the take again, or delete that file.") from error
    (performer,) = cast(table.performer)
    likeness = None if table.likeness is None else cast(table.likeness)[0]
    values: dict[str, Any] = table.performance.model_dump()
    values["companion"] = (
        None if table.performance.companion is None else cast(table.performance.companion)[0]
    )
    take = Take(performer, Performance(**values), frames=1, size=table.size, likeness=likeness)
    return Slate(take, table.first, table.step)


def shows(slate: Slate, clip: Clip, digest: str) -> bool:
    """Whether a clip shows what its slate says, told by rendering a few frames anew.

    Which frames those are follows from `digest`, the hash of the clip's content, so that nobody can say
    beforehand. Raises BadInputError where the clip cannot be read.
    """
    info = clip.info
    if (info.width, info.height) != (slate.take.size, slate.take.size):
        return False
    return all(
        _psnr(clip.read(index).image, slate.take.picture(slate.first + slate.step * index).image) >= ENOUGH_DB
        for index in _chosen(digest, info.frame_count)
    )


def _chosen(digest: str, count: int) -> list[int]:
    seed = int.from_bytes(hashlib.sha256(digest.encode()).digest()[:8], "big")
    frames = np.random.default_rng(seed).choice(count, min(CHECKED, count), replace=False)
    return sorted(int(frame) for frame in frames)


def _psnr(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    error = float(np.mean((_small(one) - _small(other)) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def _small(image: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    image = np.ascontiguousarray(image[..., :3])
    eight = image if image.dtype == np.uint8 else to_bytes(image)
    size = (_COMPARED, _COMPARED)
    return np.asarray(cv2.resize(eight.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
