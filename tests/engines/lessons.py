"""What engines that learn are given in tests: faces cut out of takes, and a workshop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.filmed_takes import Take
from understudy.engines.base import Engine
from understudy.engines.workshop import Part, Workshop
from understudy.faces.sampling import sample_sharply
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.geometry.matte import face_matte
from understudy.geometry.pose import head_angles
from understudy.training.budget import Budget
from understudy.training.faces import TrainingFaces
from understudy.training.settings import TrainingSettings


def faces_of(take: Take, size: int, framing: Framing = Framing.FACE) -> TrainingFaces:
    """All faces of a take, as the pipeline cuts them out."""
    landmarks = take.faces.landmarks
    if not len(landmarks):
        return TrainingFaces(
            images=np.zeros((0, size, size, 3), np.uint8),
            mattes=np.zeros((0, size, size), np.uint8),
            landmarks=np.zeros((0, 478, 3), np.float32),
            pose=np.zeros((0, 3), np.float32),
            to_crop=np.zeros((0, 2, 3)),
            row=np.zeros(0, np.int64),
        )
    matrices = aligned_matrix(landmarks, size, framing)
    aligned = np.stack([apply_affine(m, face) for m, face in zip(matrices, landmarks, strict=True)])
    pictures = zip(take.pictures, matrices, strict=True)
    return TrainingFaces(
        images=np.stack([sample_sharply(picture, matrix, size) for picture, matrix in pictures]),
        mattes=np.stack([np.round(255 * face_matte(face, size, size)).astype(np.uint8) for face in aligned]),
        landmarks=aligned.astype(np.float32),
        pose=head_angles(landmarks).astype(np.float32),
        to_crop=matrices,
        row=np.arange(len(landmarks)),
    )


def workshop(
    maker: Engine,
    likeness: Take,
    plate: Take,
    folder: Path,
    given: Mapping[str, str],
    steps: int,
    **settings: Any,
) -> Workshop:
    """A workshop for a short training on the CPU."""
    choices = maker.choose(given)
    usual = {"device": "cpu", "precision": "fp32", "batch": 4, "warm_up": 2, "draw_ahead": False}
    takes = {"likeness": likeness, "plate": plate}

    def material(part: Part, size: int, framing: Framing) -> TrainingFaces:
        return faces_of(takes[part], size, framing)

    return Workshop(
        folder=folder,
        settings=TrainingSettings(Budget(steps=steps), **{**dict(choices.training), **usual, **settings}),
        choices=choices,
        material=material,
    )
