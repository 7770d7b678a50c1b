"""Train a matte on the digital performers, to see whether a start from it beats a start from nothing.

    python tools/matte_start.py train start.safetensors --frames 600 --budgets 30cpum
    python tools/matte_start.py compare start.safetensors --labels 24 --budgets 15cpus 45cpus

`train` films seven performers behind hands and microphones, in spectacles and behind their own hair, with the
exact mattes, and trains on them. `compare` labels some frames of the benchmark's case `microphone` exactly,
whose performer is left out of the training, trains once from each start, and prints the overlap on the other
frames. Weights are worth shipping only if the first of the two is clearly higher.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from understudy.benchmark.performed import PERFORMED
from understudy.faces.sampling import sample_floats, sample_sharply
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.mattes.areas import face_area
from understudy.mattes.learner import LabelledFaces, MatteLearner, intersection_over_union
from understudy.mattes.network import Shape, mattes_of, read_network, write_network
from understudy.performers import Performance, Picture, cast, render
from understudy.performers.cast import COMPANY
from understudy.training.budget import parse_budget
from understudy.training.loop import train
from understudy.training.settings import TrainingSettings
from understudy.training.weights import load_weights

SIZE = 256
Bytes = npt.NDArray[np.uint8]
TAKE = 12
"""Frames of a take that are looked at: neighbours teach little."""


def cut(picture: Picture, size: int) -> tuple[Bytes, Bytes, Bytes]:
    """The face's square, its matte, and where that matters. Hair before the face covers it, too."""
    truth = picture.truth
    cover = np.maximum(truth.occluder, truth.hair)
    to_crop = aligned_matrix(truth.landmarks, size)
    square = sample_floats(np.repeat(cover[..., None].astype(np.float32), 3, axis=2), to_crop, size)[..., 0]
    area = face_area(apply_affine(to_crop, truth.landmarks), size)
    return sample_sharply(picture.image, to_crop, size), np.round(255 * (1 - square)).astype(np.uint8), area


def faces_of(pictures: list[Picture], size: int) -> LabelledFaces:
    """Pictures as faces to learn from."""
    images, mattes, areas = zip(*(cut(each, size) for each in pictures), strict=True)
    return LabelledFaces(np.array(images), np.array(mattes), np.array(areas))


def filmed(count: int, without: str) -> list[Picture]:
    """Pictures of everybody but one performer, with and without something before the face."""
    others = [who for who in COMPANY if who.name != without]
    found = []
    for number in range(-(-count // TAKE)):
        performance = Performance(
            seed=7000 + number,
            yaw=30,
            pitch=12,
            lighting=1.0,
            occluder=("hand", "microphone", None)[number % 3],
            crossing=(2, 5 * TAKE - 2),
        )
        who = others[number % len(others)]
        found += [render(who, performance, 5 * frame, SIZE) for frame in range(TAKE)]
        print(f"filmed {len(found)} of {count}", flush=True)
    return found[:count]


def learned(faces: LabelledFaces, shape: Shape, budget: str, start: Path | None = None) -> MatteLearner:
    """A learner that was trained on all of these faces."""
    torch.manual_seed(0)
    learner = MatteLearner(shape, faces)
    if start is not None:
        learner.network.load_state_dict(read_network(start)[1].state_dict())
    settings = TrainingSettings(parse_budget(budget), batch=8, rate=2e-3, ema=0.99, warm_up=20)
    with tempfile.TemporaryDirectory() as folder:
        train(learner, Path(folder), settings)
        learner.load_state_dict(load_weights(Path(folder), "last").tensors)
    return learner


def overlap(learner: MatteLearner, faces: LabelledFaces) -> float:
    """Mean intersection over union on faces."""
    images = torch.from_numpy(faces.images).permute(0, 3, 1, 2).float() / 255
    mattes = torch.from_numpy(faces.mattes)[:, None].float() / 255
    weights = torch.from_numpy(faces.weights)[:, None].float() / 255
    return intersection_over_union(mattes_of(learner.network, images), mattes, weights)


def main() -> None:
    """Train, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("train", "compare"))
    parser.add_argument("network", type=Path)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--labels", type=int, default=24)
    parser.add_argument("--budgets", nargs="+", default=["30cpum"], help="of train the first")
    parser.add_argument("--resolution", type=int, default=128)
    parser.add_argument("--base", type=int, default=8)
    asked = parser.parse_args()
    case = PERFORMED["microphone"]
    shape = Shape(asked.resolution, asked.base)
    if asked.what == "train":
        faces = faces_of(filmed(asked.frames, case.plate), shape.resolution)
        network = learned(faces, shape, asked.budgets[0]).network
        write_network(asked.network, shape, {n: each.half() for n, each in network.state_dict().items()}, {})
        return
    (who,) = cast(case.plate)
    pictures = [render(who, replace(case.take), frame, SIZE) for frame in range(case.frames)]
    chosen = np.linspace(0, case.frames - 1, asked.labels).round().astype(int).tolist()
    seen = faces_of([pictures[k] for k in chosen], shape.resolution)
    rest = faces_of([pictures[k] for k in range(case.frames) if k not in chosen], shape.resolution)
    for budget in asked.budgets:
        for name, start in (("nothing", None), ("the performers", asked.network)):
            found = overlap(learned(seen, shape, budget, start), rest)
            print(f"{budget} from {name}: {found:.4f}", flush=True)


if __name__ == "__main__":
    main()
