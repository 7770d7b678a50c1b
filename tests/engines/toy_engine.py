"""An engine that learns and is so small that tests can train it: one encoder, a decoder a person, 64 pixels.

`installed()` registers it as another package would.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from understudy.engines.aligned import ROOM, AlignedView
from understudy.engines.base import Crops, LikenessFaces, PlateFace, Rendered
from understudy.engines.choices import Choices
from understudy.engines.likest import likest
from understudy.engines.options import EngineOptions, read_options
from understudy.engines.workshop import Workshop
from understudy.faces.faceset import Faceset
from understudy.geometry.align import apply_affine
from understudy.geometry.matte import face_matte
from understudy.training.augment import Augmentation, augment
from understudy.training.faces import TrainingFaces
from understudy.training.learner import Batch, Learner, Losses
from understudy.training.resident import Resident
from understudy.training.sampling import Sampler, hold_out, pose_weights
from understudy.training.weights import load_weights

SIZE = 64
LEAST = 4
_PACKAGE = Path(__file__).with_name("toy")


def installed() -> Path:
    """Where the engine's package is; from now on it is found in this process."""
    if str(_PACKAGE) not in sys.path:
        sys.path.insert(0, str(_PACKAGE))
    return _PACKAGE


class ToyOptions(EngineOptions):
    width: Annotated[int, Field(ge=4, le=64)] = 8
    hard: Annotated[float, Field(ge=0, le=1)] = 0.0


class Networks(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        w = width
        self.encoder = nn.Sequential(
            nn.Conv2d(3, w, 5, 2, 2), nn.LeakyReLU(0.1), nn.Conv2d(w, 2 * w, 5, 2, 2), nn.LeakyReLU(0.1),
            nn.Conv2d(2 * w, 4 * w, 5, 2, 2), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(256 * w, 64),
        )  # fmt: skip
        self.decoders = nn.ModuleDict({part: self._decoder(w) for part in ("likeness", "plate")})

    def _decoder(self, w: int) -> nn.Module:
        return nn.Sequential(
            nn.Linear(64, 256 * w), nn.Unflatten(1, (4 * w, 8, 8)),
            nn.Conv2d(4 * w, 8 * w, 3, 1, 1), nn.PixelShuffle(2), nn.LeakyReLU(0.1),
            nn.Conv2d(2 * w, 4 * w, 3, 1, 1), nn.PixelShuffle(2), nn.LeakyReLU(0.1),
            nn.Conv2d(w, 12, 3, 1, 1), nn.PixelShuffle(2), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, pictures: Tensor, part: str) -> Tensor:
        return self.decoders[part](self.encoder(pictures))


class ToyLearner(Learner):
    name: ClassVar[str] = "toy"

    def __init__(self, faces: Mapping[str, TrainingFaces], options: ToyOptions, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.networks = Networks(options.width)
        self.options = options
        self.resident = {part: Resident(each) for part, each in faces.items()}
        split = {part: hold_out(len(each)) for part, each in faces.items()}
        self.held = {part: torch.from_numpy(test) for part, (_, test) in split.items()}
        self.samplers = nn.ModuleDict(
            {
                part: Sampler(learn, pose_weights(faces[part].pose[learn]), options.hard)
                for part, (learn, _) in split.items()
            }
        )

    @property
    def device(self) -> torch.device:
        return next(self.networks.parameters()).device

    def architecture(self) -> Mapping[str, Any]:
        return {"width": self.options.width}

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        batch: dict[str, Tensor] = {}
        for part, sampler in self.samplers.items():
            rows = sampler.draw(count, chance)
            taken = self.resident[part].take(rows, self.device)
            made = augment(taken.images, taken.mattes, taken.landmarks, Augmentation(), chance)
            batch |= {f"{part} input": made.input, f"{part} target": made.target, f"{part} matte": made.matte}
            batch[f"{part} rows"] = rows
        return batch

    def losses(self, batch: Batch, step: int) -> Losses:
        parts = {}
        for part, sampler in self.samplers.items():
            made = self.networks(batch[f"{part} input"], part)
            apart = ((made - batch[f"{part} target"]).abs() * batch[f"{part} matte"]).mean((1, 2, 3))
            sampler.tell(batch[f"{part} rows"], apart)
            parts[part] = apart.mean()
        total = torch.stack(list(parts.values())).sum()
        return Losses({"network": total}, {part: value.detach() for part, value in parts.items()})

    def reweigh(self) -> None:
        for sampler in self.samplers.values():
            sampler.refresh()

    def _held_out(self, part: str) -> tuple[Tensor, Tensor]:
        taken = self.resident[part].take(self.held[part], self.device)
        return taken.images.float() / 255, taken.mattes.float() / 255

    def score(self) -> float:
        wrong = 0.0
        for part in self.samplers:
            pictures, mattes = self._held_out(part)
            made = self.networks(pictures, part).float()
            wrong += float(((made - pictures).abs() * mattes).mean())
        return -wrong

    def preview(self) -> np.ndarray:
        pictures, _ = self._held_out("plate")
        rows = [pictures[:1], self.networks(pictures[:1], "plate"), self.networks(pictures[:1], "likeness")]
        sheet = torch.cat([each.float() for each in rows], 3)[0].permute(1, 2, 0)
        return (255 * sheet.clamp(0, 1)).round().byte().cpu().numpy()


class ToyModel:
    room = ROOM

    def __init__(self, landmarks: np.ndarray, examples: np.ndarray, weights: Mapping[str, Tensor]) -> None:
        self.landmarks, self.examples = landmarks, examples
        self.weights = {name: tensor.float().cpu() for name, tensor in weights.items()}
        self.networks = Networks(self.weights["encoder.0.bias"].numel()).eval()
        self.networks.load_state_dict(self.weights)

    @property
    def needs(self) -> np.ndarray:
        return np.unique(self.examples)

    def example(self, row: int) -> int:
        return int(self.examples[row])

    def render(self, faces: Sequence[PlateFace], crops: Crops) -> list[Rendered]:
        return [self._rendered(face) for face in faces]

    @torch.no_grad()
    def _rendered(self, face: PlateFace) -> Rendered:
        points = self.landmarks[face.row]
        view = AlignedView.of(face, points, SIZE)
        seen = torch.from_numpy(view.seen(face.image)).permute(2, 0, 1)[None]
        made = self.networks(seen, "likeness")[0].permute(1, 2, 0).numpy()
        height, width = face.image.shape[:2]
        inside = apply_affine(face.to_crop, points)
        middle = inside[:, :2].mean(0)
        inside[:, :2] = middle + 0.96 * (inside[:, :2] - middle)
        matte = cv2.GaussianBlur(face_matte(inside, height, width), (0, 0), 0.01 * np.ptp(inside[:, 1]))
        matte[[0, -1]] = 0
        matte[:, [0, -1]] = 0
        return Rendered(np.clip(view.placed(made), 0, 1), np.clip(matte, 0, 1).astype(np.float32))

    def save(self) -> Mapping[str, np.ndarray]:
        arrays = {"landmarks": self.landmarks, "examples": self.examples}
        return arrays | {f"net.{name}": tensor.numpy() for name, tensor in self.weights.items()}


class ToyEngine:
    name: ClassVar[str] = "toy"
    learns: ClassVar[bool] = True

    def choose(self, given: Mapping[str, str]) -> Choices:
        options = read_options(ToyOptions, self.name, given)
        return Choices(options.model_dump(by_alias=True), frozenset({"width"}), {"batch": 4, "rate": 3e-3})

    def fit(self, likeness: LikenessFaces, plate: Faceset, workshop: Workshop | None = None) -> ToyModel:
        assert workshop is not None
        faces = {part: workshop.faces(part, SIZE, least=LEAST) for part in ("likeness", "plate")}
        options = ToyOptions(**workshop.choices.values)
        learner = ToyLearner(faces, options, workshop.settings.seed)
        workshop.train(learner)
        weights = load_weights(workshop.folder).tensors
        own = {
            name.removeprefix("networks."): tensor
            for name, tensor in weights.items()
            if name.startswith("networks.")
        }
        return ToyModel(plate.landmarks, likest(likeness, plate), own)

    def load(self, arrays: Mapping[str, np.ndarray]) -> ToyModel:
        weights = {
            name.removeprefix("net."): torch.from_numpy(np.array(array))
            for name, array in arrays.items()
            if name.startswith("net.")
        }
        return ToyModel(arrays["landmarks"], arrays["examples"], weights)
