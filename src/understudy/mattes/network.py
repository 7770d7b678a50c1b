"""The network that draws mattes: how large it is, and its weights as a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.atomic import replacing
from understudy.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

    from understudy.nets.segmenter import Segmenter

_SHAPE = "understudy.matte"
"""The key of a file's metadata under which the shape stands, as JSON text."""


_START = Path(__file__).with_name("start.safetensors")


@dataclass(frozen=True)
class Shape:
    """Of the network. Resolution 256 and base 32 are DeepFaceLab's XSeg, weight by weight.

    resolution   side of the squares that it sees, a multiple of 64
    base         width of its first level
    """

    resolution: int = 128
    base: int = 8

    def __post_init__(self) -> None:
        if self.resolution not in range(64, 513, 64):
            raise BadInputError(f"A matte's resolution is 64, 128 … 512, not {self.resolution}.")
        if not 4 <= self.base <= 64:
            raise BadInputError(f"The base of a matte's network is 4 to 64, not {self.base}.")

    def network(self) -> Segmenter:
        """A new network."""
        from understudy.nets.segmenter import Segmenter

        return Segmenter(self.resolution, self.base)


def mattes_of(network: Segmenter, images: Tensor) -> Tensor:
    """Mattes (B, 1, S, S) in [0, 1] of pictures (B, 3, S, S) on the network's device; without gradients."""
    import torch

    was_training = network.training
    network.eval()
    with torch.no_grad():
        mattes = torch.cat([torch.sigmoid(network(some)) for some in torch.split(images, 8)])
    network.train(was_training)
    return mattes


def generic_start(shape: Shape) -> Segmenter | None:
    """A network of this shape that has learned mattes of the digital performers, to begin from.

    None where there is none of this shape. Made by `tools/matte_start.py`.
    """
    its, network = read_network(_START)
    return network.train() if its == shape else None


def digest_of(shape: Shape, weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of a network. Not of its file: safetensors writes metadata in any order."""
    digest = hashlib.sha256(json.dumps([asdict(shape), sorted(weights)]).encode())
    for name in sorted(weights):
        digest.update(weights[name].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def write_network(path: Path, shape: Shape, weights: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
    """Write weights, named as in `Segmenter`, with shape and `notes` as metadata. Raises OutputError."""
    from safetensors.torch import save

    metadata = {**notes, _SHAPE: json.dumps(asdict(shape))}
    data = save({name: each.detach().cpu().contiguous() for name, each in weights.items()}, metadata)
    with replacing(path) as part:
        part.write_bytes(data)


def read_network(path: Path) -> tuple[Shape, Segmenter]:
    """What `write_network` wrote, on the CPU. Raises BadInputError where it is missing or damaged."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        with safe_open(path, "pt") as file:
            told = json.loads((file.metadata() or {})[_SHAPE])
        shape = Shape(int(told["resolution"]), int(told["base"]))
        network = shape.network()
        network.load_state_dict({name: each.float() for name, each in load_file(path).items()})
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise BadInputError(f"The learned matte {path} is missing or damaged: apply it again.") from error
    return shape, network.eval()
