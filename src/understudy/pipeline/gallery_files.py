"""The faces of a likeness or a plate as one file: looked at again and again without the footage being read.

What somebody chose or put right since is not in it: see `galleries.hang_untouched`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import load_all_columns, save_columns
from understudy.faces.faceset import Faceset
from understudy.likeness.gallery import Gallery
from understudy.likeness.looks import Looks
from understudy.likeness.traits import Traits
from understudy.pipeline.galleries import Hung, Role

FORMAT = "understudy-gallery/1"
_OWN = ("clip", "frame", "place", "track", "faces", "score", "person", "identity")


@dataclass(frozen=True)
class GalleryClip:
    """A clip of a gallery, known by its content; every `step`-th frame was looked at."""

    path: Path
    name: str
    fingerprint: str
    step: int
    width: int
    height: int


@dataclass(frozen=True)
class GalleryFile:
    """What one file holds.

    gallery     the faces, as if nobody had chosen
    landmarks   (N, 478, 3) float32 as they were found, frame pixels; mapped where they are many
    found       (N,) uint8, a `Found`
    """

    role: Role
    clips: tuple[GalleryClip, ...]
    gallery: Gallery = field(repr=False)
    landmarks: npt.NDArray[np.float32] = field(repr=False)
    found: npt.NDArray[np.uint8] = field(repr=False)

    def track_of(self, row: int) -> npt.NDArray[np.int64]:
        """The rows of the track that a face belongs to, by frame."""
        gallery = self.gallery
        same = (gallery.clip == gallery.clip[row]) & (gallery.track == gallery.track[row])
        return np.flatnonzero(same)

    def faceset(self, rows: npt.NDArray[np.int64]) -> Faceset:
        """Faces of one clip as a faceset, its frames those that were looked at, numbered anew."""
        gallery = self.gallery
        step = self.clips[int(gallery.clip[rows[0]])].step
        return Faceset(
            frame=(gallery.frame[rows] // step).astype(np.int32),
            track=gallery.track[rows].astype(np.int32),
            landmarks=self.landmarks[rows],
            score=gallery.score[rows].astype(np.float32),
            found=self.found[rows],
            light=np.zeros((len(rows), 2), np.float32),
        )


def gallery_path(project: Path, role: Role, clips: Sequence[Path]) -> Path:
    """Where the gallery of some clips is kept in a project."""
    told = json.dumps([role, [str(path.absolute()) for path in clips]])
    return project / "studio" / "faces" / f"{role}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"


def gallery_file(hung: Hung, role: Role) -> GalleryFile:
    """A gallery that was just hung, untouched, with what its file holds besides."""
    clips = tuple(
        GalleryClip(
            clip.info.path, name, clip.digest, clip.step, clip.info.width, clip.info.height
        )
        for clip, name in zip(hung.clips, hung.gallery.clips, strict=True)
    )  # fmt: skip
    return GalleryFile(role, clips, hung.gallery, hung.faces.landmarks, hung.faces.found)


def write_gallery(path: Path, kept: GalleryFile) -> None:
    """Write a gallery, whole or not at all. Raises OutputError."""
    gallery = kept.gallery
    reasons, reason = np.unique(gallery.dropped.astype(np.str_), return_inverse=True)
    about = {
        "format": FORMAT,
        "role": kept.role,
        "clips": [asdict(clip) | {"path": str(clip.path)} for clip in kept.clips],
        "reasons": reasons.tolist(),
    }
    columns: dict[str, npt.NDArray[Any]] = {name: getattr(gallery, name) for name in _OWN}
    columns |= {f"traits.{each.name}": getattr(gallery.traits, each.name) for each in fields(Traits)}
    columns |= {f"looks.{each.name}": getattr(gallery.looks, each.name) for each in fields(Looks)}
    columns["reason"] = reason.astype(np.int32)
    columns["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_columns(path, columns | {"found": kept.found, "landmarks": kept.landmarks})


def read_gallery(path: Path) -> GalleryFile:
    """What `write_gallery` wrote. Raises BadInputError where it is missing, damaged or of another version."""
    columns = load_all_columns(path, mapped=True)
    try:
        about = json.loads(columns["about"].tobytes())
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}")
        clips = tuple(GalleryClip(**each | {"path": Path(each["path"])}) for each in about["clips"])
        reasons = np.array(about["reasons"], np.object_)
        gallery = Gallery(
            clips=tuple(clip.name for clip in clips),
            **{name: columns[name] for name in _OWN},
            traits=Traits(**{each.name: columns[f"traits.{each.name}"] for each in fields(Traits)}),
            looks=Looks(**{each.name: columns[f"looks.{each.name}"] for each in fields(Looks)}),
            dropped=reasons[columns["reason"]],
        )
        return GalleryFile(about["role"], clips, gallery, columns["landmarks"], columns["found"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInputError(f"{path} cannot be read ({error}): look at the faces again.") from error
