"""Mattes drawn over faces of a plate: kept in the file of labels that the learned matte is trained on."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.errors import BadInputError
from understudy.mattes.labels import LabelledClip, LabelledFace, Labels, Polygon, parse_labels, read_labels
from understudy.pipeline.gallery_files import GalleryFile
from understudy.pipeline.mattes import FOLDER
from understudy.pipeline.mattes.labelling import NAME
from understudy.project.reviews import OutdatedError
from understudy.studio.thumbs import check_row

_LOCK = threading.Lock()


@dataclass(frozen=True)
class Drawn:
    """What is drawn on a face; `labelled`: it is among the labels, be it without a polygon.

    painted    a picture was painted for it elsewhere, which counts as well
    revision   names what is said of this face
    faces      how many faces of the plate are labelled
    """

    include: tuple[Polygon, ...]
    exclude: tuple[Polygon, ...]
    painted: bool
    labelled: bool
    revision: str
    faces: int


def labels_path(project: Path) -> Path:
    """The file of labels of a project: give its folder to `understudy matte train`."""
    return project / FOLDER / "labels" / NAME


def drawn_on(project: Path, kept: GalleryFile, row: int) -> Drawn:
    """What is drawn on a face. Raises UnknownError, BadInputError."""
    _check(kept, row)
    return _told(_read(project), kept, row)


def draw(
    project: Path,
    kept: GalleryFile,
    row: int,
    include: Sequence[Polygon],
    exclude: Sequence[Polygon],
    seen: str,
) -> Drawn:
    """Say what of a face is to be replaced; it is on the disk when this returns.

    Raises OutdatedError where `seen` is not the latest, UnknownError, and BadInputError for polygons that are
    none.
    """
    _check(kept, row)
    with _LOCK:
        labels = _read(project)
        if _told(labels, kept, row).revision != seen:
            raise OutdatedError("The matte of this face was drawn in another window: look at it again.")
        before = _face(labels, kept, row)
        face = replace(
            before or LabelledFace(*_place(kept, row)), include=tuple(include), exclude=tuple(exclude)
        )
        return _told(_write(project, kept, labels, row, face), kept, row)


def forget(project: Path, kept: GalleryFile, row: int, seen: str) -> Drawn:
    """Take a face out of the labels. Raises as `draw`."""
    _check(kept, row)
    with _LOCK:
        labels = _read(project)
        if _told(labels, kept, row).revision != seen:
            raise OutdatedError("The matte of this face was drawn in another window: look at it again.")
        return _told(_write(project, kept, labels, row, None), kept, row)


def _check(kept: GalleryFile, row: int) -> None:
    if kept.role != "plate":
        raise BadInputError("A matte is learned for plates: what stands before a likeness is left out.")
    check_row(kept, row)


def _read(project: Path) -> Labels:
    path = labels_path(project)
    return read_labels(path) if path.exists() else Labels()


def _place(kept: GalleryFile, row: int) -> tuple[int, int]:
    return int(kept.gallery.frame[row]), int(kept.gallery.track[row])


def _clip(labels: Labels, kept: GalleryFile, row: int) -> LabelledClip:
    about = kept.clips[int(kept.gallery.clip[row])]
    known = labels.of(about.fingerprint)
    return known or LabelledClip(about.fingerprint, about.path.name[:255], about.width, about.height, ())


def _face(labels: Labels, kept: GalleryFile, row: int) -> LabelledFace | None:
    place = _place(kept, row)
    faces = _clip(labels, kept, row).faces
    return next((face for face in faces if (face.frame, face.track) == place), None)


def _told(labels: Labels, kept: GalleryFile, row: int) -> Drawn:
    face = _face(labels, kept, row)
    said = json.dumps(None if face is None else [face.include, face.exclude, repr(face.painted)])
    return Drawn(
        include=() if face is None else face.include,
        exclude=() if face is None else face.exclude,
        painted=face is not None and face.painted is not None,
        labelled=face is not None,
        revision=hashlib.sha256(said.encode()).hexdigest()[:16],
        faces=len(_clip(labels, kept, row).faces),
    )


def _write(project: Path, kept: GalleryFile, labels: Labels, row: int, face: LabelledFace | None) -> Labels:
    place = _place(kept, row)
    clip = _clip(labels, kept, row)
    faces = [each for each in clip.faces if (each.frame, each.track) != place]
    if face is not None:
        faces.append(face)
    faces.sort(key=lambda each: (each.frame, each.track))
    others = tuple(each for each in labels.clips if each.fingerprint != clip.fingerprint)
    changed = Labels((*others, replace(clip, faces=tuple(faces)))) if faces else Labels(others)
    try:
        # What would not be read is not written.
        parse_labels(json.dumps(changed.to_json()).encode())
    except ValueError as error:
        raise BadInputError(f"That cannot be kept: {error}.") from error
    path = labels_path(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    changed.write(path)
    return changed
