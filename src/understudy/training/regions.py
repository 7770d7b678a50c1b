"""Where the eyes and the mouth are, as soft masks: what people look at is to be drawn best."""

from __future__ import annotations

import torch
from torch import Tensor

from understudy.geometry import mesh

EYES = (mesh.RIGHT_EYE, mesh.LEFT_EYE)
MOUTH = (mesh.LIPS_OUTER,)


def region_mask(landmarks: Tensor, size: int, rings: tuple[tuple[int, ...], ...]) -> Tensor:
    """Soft masks of what lies within closed rings of the mesh, (B, 1, S, S) float32 in [0, 1].

    landmarks  (B, 478, 2 or 3), crop pixels

    Each ring counts as the ellipse with its mean and covariance: points on the rim of an ellipse with half
    axes a and b have variances a²/2 and b²/2. It is widened by a thirtieth of the crop, so that a shut eye is
    seen; the mask is 1 inside and falls off as a Gaussian outside.
    """
    at = torch.arange(size, device=landmarks.device, dtype=torch.float32)
    mask = torch.zeros(len(landmarks), size, size, device=landmarks.device)
    wider = (size / 30) ** 2
    for ring in rings:
        points = landmarks[:, list(ring), :2].float()
        middle = points.mean(1)
        away = points - middle[:, None]
        covariance = 2 * away.transpose(1, 2) @ away / len(ring)
        xx, xy, yy = covariance[:, 0, 0] + wider, covariance[:, 0, 1], covariance[:, 1, 1] + wider
        share = (xx * yy - xy.square()).reciprocal()[:, None, None]
        x = at - middle[:, :1]
        y = at - middle[:, 1:]
        # (x, y) C^-1 (x, y), which is 1 on the rim
        squared = (
            (yy[:, None] * x.square())[:, None, :]
            + (xx[:, None] * y.square())[:, :, None]
            - 2 * xy[:, None, None] * x[:, None, :] * y[:, :, None]
        ) * share
        mask = torch.maximum(mask, torch.exp(-2 * (squared - 1).clamp(min=0)))
    return mask[:, None]


def eyes_and_mouth(landmarks: Tensor, size: int) -> Tensor:
    """The mask of both eyes and the mouth, (B, 1, S, S)."""
    return region_mask(landmarks, size, EYES + MOUTH)
