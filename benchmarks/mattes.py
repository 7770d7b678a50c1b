"""What a dozen labelled faces do for the benchmark's case `microphone`: how much of it is painted over.

    python benchmarks/mattes.py --labels 12 --steps 150
    python benchmarks/mattes.py --labels 12 --steps 50 --generic

The plate is filmed 256 pixels wide, labelled exactly, and the matte is judged on the frames that were not
labelled, against the exact one, within the face: which share of the microphone would be painted over, and how
well what is kept overlaps it (intersection over union). No face is swapped: landmarks are the true ones.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from understudy.benchmark.performed import PERFORMED
from understudy.faces.occlusion.solving import Occlusion, refine, solve
from understudy.faces.occlusion.traces import TraceCollector
from understudy.faces.sampling import sample_floats, sample_sharply
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.geometry.matte import face_matte
from understudy.mattes.areas import face_area
from understudy.mattes.finding import covers, occlusion, steadied
from understudy.mattes.learner import LabelledFaces, MatteLearner
from understudy.mattes.network import Shape, generic_start
from understudy.performers import Picture, cast, render
from understudy.training.budget import Budget
from understudy.training.loop import train
from understudy.training.settings import TrainingSettings
from understudy.training.weights import load_weights

SIZE = 256


def judged(found: Occlusion, pictures: list[Picture], frames: list[int]) -> str:
    """Share painted over, and overlap, over some frames."""
    lost = there = both = either = 0
    for k in frames:
        truth = pictures[k].truth
        cover = found.of_face(k)
        alpha = None if cover is None else refine(cover, found.to_map[k], pictures[k].image, np.eye(2, 3))
        kept = np.zeros((SIZE, SIZE), bool) if alpha is None else alpha > 0.5
        face = face_matte(truth.landmarks, SIZE, SIZE) > 0.5
        before, kept = (truth.occluder > 0.5) & face, kept & face
        lost, there = lost + int((before & ~kept).sum()), there + int(before.sum())
        both, either = both + int((before & kept).sum()), either + int((before | kept).sum())
    return f"painted over {lost / max(there, 1):.3f}, overlap {both / max(either, 1):.3f}"


def labelled(pictures: list[Picture], to_crop: npt.NDArray[np.float64], size: int) -> LabelledFaces:
    """All faces, labelled exactly."""
    images, mattes, areas = [], [], []
    for picture, matrix in zip(pictures, to_crop, strict=True):
        cover = np.repeat(picture.truth.occluder[..., None].astype(np.float32), 3, axis=2)
        images.append(sample_sharply(picture.image, matrix, size))
        mattes.append(np.round(255 * (1 - sample_floats(cover, matrix, size)[..., 0])).astype(np.uint8))
        areas.append(face_area(apply_affine(matrix, picture.truth.landmarks), size))
    return LabelledFaces(np.array(images), np.array(mattes), np.array(areas))


def main() -> None:
    """Film, label, learn, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--labels", type=int, default=12)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--resolution", type=int, default=Shape().resolution)
    parser.add_argument("--base", type=int, default=Shape().base)
    parser.add_argument("--generic", action="store_true", help="begin from what comes with Understudy")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)

    case = PERFORMED["microphone"]
    (who,) = cast(case.plate)
    pictures = [render(who, case.take, frame, SIZE) for frame in range(asked.frames)]
    landmarks = np.array([picture.truth.landmarks for picture in pictures], np.float32)
    collector = TraceCollector()
    for picture, face in zip(pictures, landmarks, strict=True):
        collector.add(picture.image, face)
    untrained = solve([collector.finish()], landmarks)

    shape = Shape(asked.resolution, asked.base)
    to_crop = aligned_matrix(landmarks, shape.resolution)
    faces = labelled(pictures, to_crop, shape.resolution)
    chosen = np.linspace(2, asked.frames - 3, asked.labels).round().astype(int)
    rest = [k for k in range(asked.frames) if k not in chosen]
    learner = MatteLearner(shape, LabelledFaces(*(each[chosen] for each in vars(faces).values())))
    start = generic_start(shape) if asked.generic else None
    if start is not None:
        learner.network.load_state_dict(start.state_dict())
    settings = TrainingSettings(Budget(steps=asked.steps), batch=8, rate=asked.rate, ema=0.99, warm_up=20)
    with tempfile.TemporaryDirectory() as folder:
        outcome = train(learner, Path(folder), settings)
        learner.load_state_dict(load_weights(Path(folder), "last").tensors)
    cover = steadied(covers(learner.network, faces.images, faces.weights), np.arange(asked.frames))
    print(f"{shape}, {asked.labels} labels, {outcome.steps} steps, {outcome.cpu_seconds:.0f} CPU seconds")
    print("not trained:", judged(untrained, pictures, rest))
    print("learned alone:", judged(occlusion(cover, to_crop), pictures, rest))
    print("learned and found:", judged(occlusion(cover, to_crop, untrained), pictures, rest))


if __name__ == "__main__":
    main()
