from pathlib import Path

import numpy as np
import torch

from understudy.training.faces import TrainingFaces
from understudy.training.resident import Resident


def faces(images: np.ndarray) -> TrainingFaces:
    count = len(images)
    return TrainingFaces(
        images=images,
        mattes=images[..., 0] // 2,
        landmarks=np.arange(count, dtype=np.float32)[:, None, None] * np.ones((1, 478, 3), np.float32),
        pose=np.arange(count * 3, dtype=np.float32).reshape(count, 3),
        to_crop=np.zeros((count, 2, 3)),
        row=np.arange(count),
    )


def test_what_is_taken_is_what_was_asked_for() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)
    taken = Resident(faces(images)).take(torch.tensor([3, 0, 3]), torch.device("cpu"))
    assert taken.images.dtype == torch.uint8
    assert np.array_equal(taken.images.numpy(), images[[3, 0, 3]].transpose(0, 3, 1, 2))
    assert np.array_equal(taken.mattes.numpy()[:, 0], images[[3, 0, 3], ..., 0] // 2)
    assert taken.landmarks[:, 7, 1].tolist() == [3, 0, 3]
    assert taken.pose[0].tolist() == [9, 10, 11]


def test_faces_on_the_disk_are_as_good(tmp_path: Path, recwarn) -> None:
    images = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    taken = Resident(faces(mapped)).take(torch.tensor([2, 1]), torch.device("cpu"))
    assert np.array_equal(taken.images.numpy(), images[[2, 1]].transpose(0, 3, 1, 2))
    assert not recwarn
