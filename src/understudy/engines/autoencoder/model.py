"""A trained network of DeepFaceLab's family, drawing plate faces as the likeness."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from understudy.engines.aligned import ROOM, AlignedView
from understudy.engines.autoencoder.making import made_net, swapping
from understudy.engines.autoencoder.options import Options
from understudy.engines.base import Crops, PlateFace, Rendered
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import Framing
from understudy.geometry.matte import face_matte
from understudy.nets.autoencoder import Decoded

Floats = npt.NDArray[np.float32]

_COARSER = 0.8
_SURE = (0.1, 0.9)
"""Mattes that a network draws never quite reach 0 and 1: what is beyond these does."""
_NET = "net."
_ROOM = {Framing.WHOLE: 0.55, Framing.HEAD: 1.3}
"""Of the framings that show more than FACE and FULL do."""


@dataclass(frozen=True)
class FamilyModel:
    """What `save` writes and `load` reads.

    options     of the engine, all that was chosen
    net         the trained network, on the device that draws
    landmarks   (N, 478, 3) of the plate's faces, frame pixels
    examples    (N,) the likeness row to be shown beside each
    """

    options: Options
    net: nn.Module = field(repr=False)
    landmarks: Floats = field(repr=False)
    examples: npt.NDArray[np.int64] = field(repr=False)

    @property
    def needs(self) -> npt.NDArray[np.int64]:
        """Rows of the likeness to be shown beside the swap; to draw it, none is needed."""
        return np.unique(self.examples)

    @property
    def room(self) -> float:
        """Enough for the framing's square."""
        return _ROOM.get(self.options.framing, ROOM)

    def example(self, row: int) -> int:
        """The likeness row whose head is turned most like plate face `row`."""
        return int(self.examples[row])

    def save(self) -> Mapping[str, npt.NDArray[Any]]:
        """The model as named arrays."""
        about = json.dumps(self.options.model_dump(mode="json")).encode()
        weights = {_NET + name: each.detach().cpu().numpy() for name, each in self.net.state_dict().items()}
        return {
            "options": np.frombuffer(about, np.uint8),
            "landmarks": self.landmarks,
            "examples": self.examples,
            **weights,
        }

    @classmethod
    def load(cls, kind: type[Options], arrays: Mapping[str, npt.NDArray[Any]]) -> FamilyModel:
        """What `save` gave. Raises ValueError for anything else."""
        options = kind.model_validate(json.loads(arrays["options"].tobytes()))
        net = made_net(options)
        net.load_state_dict(
            {
                name[len(_NET) :]: torch.from_numpy(each)
                for name, each in arrays.items()
                if name.startswith(_NET)
            }
        )
        return cls(options, placed(net), arrays["landmarks"], arrays["examples"])

    def render(self, faces: Sequence[PlateFace], crops: Crops) -> list[Rendered]:  # noqa: ARG002
        """Likeness faces for plate faces, each by itself, so that company changes nothing."""
        return [self._drawn(face) for face in faces]

    def _drawn(self, face: PlateFace) -> Rendered:
        size, framing = self.options.resolution, self.options.framing
        landmarks = self.landmarks[face.row]
        view = AlignedView.of(face, landmarks, size, framing)
        drawn = drawn_by(swapping(self.net, self.options), view.seen(face.image))
        scale = 1 / float(np.sqrt(abs(np.linalg.det(view.to_square[:, :2]))))
        if scale < _COARSER:
            # The crop is the coarser: averaged down first, nothing aliases.
            view = AlignedView.of(face, landmarks, max(8, round(size * scale)), framing)
            drawn = cv2.resize(drawn, (view.size, view.size), interpolation=cv2.INTER_AREA)
        there = view.placed(drawn)
        low, high = _SURE
        matte = np.clip((there[..., 3] - low) / (high - low), 0, 1)
        own = face_matte(apply_affine(face.to_crop, landmarks), view.height, view.width)
        return Rendered(np.ascontiguousarray(there[..., :3].clip(0, 1)), matte * own)


def placed(net: nn.Module) -> nn.Module:
    """A network ready to draw, on the GPU where there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval().requires_grad_(False)


@torch.inference_mode()
def drawn_by(swap: Callable[[Tensor], Decoded], picture: Floats) -> Floats:
    """What a network makes of one picture (S, S, 3) in [0, 1]: colours and matte, (S, S, 4)."""
    drawn = swap(torch.from_numpy(picture).permute(2, 0, 1)[None])
    made: Floats = torch.cat([drawn.rgb, drawn.matte], 1)[0].permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(made)
