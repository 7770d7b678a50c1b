"""The network that mattes begin from: it knows what a microphone is before anything is labelled."""

from __future__ import annotations

import numpy as np
import torch

from understudy.benchmark.performed import PERFORMED
from understudy.faces.sampling import sample_floats, sample_sharply
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.mattes.areas import face_area
from understudy.mattes.learner import intersection_over_union
from understudy.mattes.network import Shape, generic_start, mattes_of
from understudy.performers import cast, render


def test_it_finds_a_microphone_before_somebody_that_it_has_not_seen() -> None:
    network = generic_start(Shape())
    assert network is not None
    case = PERFORMED["microphone"]
    (who,) = cast(case.plate)
    images, truth, weights = [], [], []
    for frame in (5, 25, 45):
        picture = render(who, case.take, frame, 192)
        to_crop = aligned_matrix(picture.truth.landmarks, 128)
        cover = np.maximum(picture.truth.occluder, picture.truth.hair).astype(np.float32)
        square = sample_floats(np.repeat(cover[..., None], 3, axis=2), to_crop, 128)[..., 0]
        images.append(sample_sharply(picture.image, to_crop, 128))
        truth.append(1 - square)
        weights.append(face_area(apply_affine(to_crop, picture.truth.landmarks), 128) / 255)
    pictures = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 255
    mattes, weights_ = (torch.from_numpy(np.array(each)).float()[:, None] for each in (truth, weights))
    assert intersection_over_union(mattes_of(network, pictures), mattes, weights_) > 0.6
    everything = torch.ones_like(mattes)
    assert intersection_over_union(everything, mattes, weights_) < 0.5, "and finding nothing is not enough"


def test_there_is_none_of_another_shape() -> None:
    assert generic_start(Shape(64, 4)) is None
