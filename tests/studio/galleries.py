"""A likeness that is in a project, its faces looked at, without the seconds that a look takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.likeness.galleries import gallery
from tests.pipeline.films import act, film
from understudy.faces.faceset import Found, face_sizes
from understudy.pipeline.galleries import Role
from understudy.pipeline.gallery_files import GalleryClip, GalleryFile, gallery_path, write_gallery
from understudy.pipeline.studies import places_of
from understudy.project.fingerprint import fingerprint
from understudy.project.folder import Project

COUNT, DRAWN, SIDE = 12, 3, 192
YAW = 3.0 * np.arange(COUNT)


def filmed(project: Path, role: Role, name: str = "arjun") -> Path:
    """A clip of a performer that a run of the project spoke of, and the gallery of its faces as the truth
    has it: their yaw is `YAW`, every face but the last shows person 0.
    """
    take = act(name, seed=9, count=DRAWN, pace=8, size=SIDE)
    images = [take.images[frame % DRAWN] for frame in range(COUNT)]
    clip = film(project.parent / f"{name}-{role}.mkv", images, encoder="ffv1", pixel_format="bgr0")
    with Project(project) as opened:
        asked = {"likeness": [str(clip)]} if role == "likeness" else {"plate": str(clip)}
        with opened.run("look", asked):
            pass
    landmarks = np.tile(take.landmarks, (COUNT // DRAWN, 1, 1)).astype(np.float32)
    columns: dict[str, Any] = {
        "clips": (clip.name,),
        "place": places_of(landmarks),
        "yaw": YAW,
        "size": face_sizes(landmarks),
        "person": np.array([0] * (COUNT - 1) + [1]),
        "identity": np.array([0.2] * (COUNT - 1) + [0.8]),
    }
    found = np.full(COUNT, Found.DETECTED, np.uint8)
    about = GalleryClip(clip, clip.name, fingerprint(clip), 1, SIDE, SIDE)
    kept = GalleryFile(role, (about,), gallery(COUNT, **columns), landmarks, found)
    write_gallery(gallery_path(project, role, [clip]), kept)
    return clip
