"""Repaired frames as lessons: what `warp` put together on the plate, and what somebody made of it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from understudy.engines.base import Crops
from understudy.engines.guided.lessons import VARIANTS, Lessons
from understudy.engines.guided.lighting import Lights
from understudy.engines.guided.trials import put_together
from understudy.engines.warp.render import WarpModel
from understudy.training.faces import PromotedFaces, TrainingFaces


def with_promoted(
    lessons: Lessons, repaired: PromotedFaces, plan: WarpModel, lights: Lights, crops: Crops
) -> Lessons:
    """The lessons, and after them one of every repaired face.

    It teaches only where something was repaired: elsewhere the frame is what some engine made, and no truth.
    Both variants of it are the same; in the mirror it is shown mirrored.
    """
    faces, size = repaired.faces, lessons.faces.size
    trials = put_together(plan, lights, faces, crops, np.arange(len(faces)))
    warped = np.repeat(trials.warped[:, None], 2 * VARIANTS, axis=1)
    warped[:, VARIANTS:] = warped[:, VARIANTS:, :, ::-1]
    changed = faces.mattes
    masks = np.stack([changed, np.minimum(changed, trials.features.reshape(-1, size, size))], axis=-1)
    # A repair says nothing about where the face ends: the matte is as the engine has it.
    shown = TrainingFaces(
        **{each.name: getattr(faces, each.name) for each in fields(faces)} | {"mattes": trials.mattes}
    )
    together = {
        each.name: np.concatenate([getattr(lessons.faces, each.name), getattr(shown, each.name)])
        for each in fields(TrainingFaces)
    }
    return Lessons(
        TrainingFaces(**together),
        np.concatenate([lessons.warped, warped]),
        np.concatenate([lessons.maps, trials.maps]),
        np.concatenate([lessons.masks, masks]),
    )
