from __future__ import annotations

import numpy as np
import torch

from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.training.regions import EYES, MOUTH, eyes_and_mouth, region_mask

SIZE = 96


def face() -> torch.Tensor:
    points = mesh.canonical_face().copy()
    points[:, :2] = apply_affine(aligned_matrix(points, SIZE), points[:, :2])
    return torch.tensor(points[None], dtype=torch.float32)


def at(mask: torch.Tensor, points: torch.Tensor, vertices: tuple[int, ...]) -> torch.Tensor:
    x, y = points[0, list(vertices), :2].round().long().T
    return mask[0, 0, y, x]


def test_eyes_and_mouth_are_inside_and_nose_and_chin_are_not() -> None:
    points = face()
    mask = eyes_and_mouth(points, SIZE)
    assert mask.shape == (1, 1, SIZE, SIZE)
    assert at(mask, points, (*mesh.RIGHT_EYE, *mesh.LEFT_EYE, *mesh.LIPS_INNER, 468, 473, 13)).min() > 0.9
    assert at(mask, points, (4, 152, 10, 50, 280, 168)).max() < 0.2
    assert mask.mean() < 0.2


def test_eyes_alone_and_mouth_alone() -> None:
    points = face()
    assert at(region_mask(points, SIZE, EYES), points, (13,)).item() < 0.01
    assert at(region_mask(points, SIZE, MOUTH), points, (468, 473)).max() < 0.01


def test_a_shut_eye_is_still_seen_and_each_face_has_its_own_mask() -> None:
    points = face().repeat(2, 1, 1)
    for ring in EYES:
        points[0, list(ring), 1] = points[0, list(ring), 1].mean()
    points[1, :, 0] += 10
    mask = eyes_and_mouth(points, SIZE)
    assert at(mask[:1], points[:1], (468, 473)).min() > 0.9
    assert torch.allclose(mask[1, 0, :, 10:], eyes_and_mouth(face(), SIZE)[0, 0, :, :-10], atol=1e-4)


def test_a_turned_ellipse_is_one_on_its_points() -> None:
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ellipse = np.stack([20 * np.cos(angle), 6 * np.sin(angle)], 1) @ np.array([[0.8, 0.6], [-0.6, 0.8]]) + 40
    points = torch.zeros(1, 478, 2)
    points[0, list(mesh.RIGHT_EYE)] = torch.tensor(ellipse, dtype=torch.float32)
    mask = region_mask(points, 80, (mesh.RIGHT_EYE,))[0, 0]
    x, y = torch.tensor(ellipse).round().long().T
    assert mask[y, x].min() > 0.9
    beyond = torch.tensor((ellipse - 40) * 1.7 + 40).round().long().T
    assert mask[beyond[1].clamp(0, 79), beyond[0].clamp(0, 79)].max() < 0.5
