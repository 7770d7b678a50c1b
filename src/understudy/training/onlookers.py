"""Networks that were trained elsewhere and help a learner: they look at what it draws, and never change.

Nothing is downloaded. A face recogniser comes with the extra `identity`; VGG-16 is a file that the user has.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from understudy.errors import BadInputError
from understudy.faces.people import identity
from understudy.nets.seeing import Affine, FaceResNet, Vgg16

FACES = "faces"
"""The perception that comes with the extra `identity`: what its recogniser sees."""

Network = TypeVar("Network", bound=nn.Module)


class Onlooker(Generic[Network]):
    """A frozen network beside a learner. Not a module: it is neither trained nor saved with it."""

    def __init__(self, network: Network) -> None:
        self._network = network.eval().requires_grad_(False)
        self._device = torch.device("cpu")

    def on(self, device: torch.device) -> Network:
        """The network on a device; the first call moves it there."""
        if device != self._device:
            self._network, self._device = self._network.to(device), device
        return self._network


def perception(named: str) -> Onlooker[FaceResNet] | Onlooker[Vgg16]:
    """What perceptual losses look with: FACES, or a file of VGG-16's weights.

    The file is a safetensors of torchvision's names, `features.0.weight` and so on; what else is in it is not
    looked at. Raises BadInputError where the extra or the file is missing, or the file is another network's.
    """
    if named == FACES:
        return recogniser()
    network, path = Vgg16(), Path(named)
    wrong = f"{path} does not hold VGG-16: give a .safetensors file of torchvision's vgg16, or {FACES!r}."
    try:
        held = load_file(path)
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {path}: give VGG-16's weights, or {FACES!r}.") from error
    except (OSError, SafetensorError) as error:
        raise BadInputError(wrong) from error
    own = network.layers.state_dict()
    found = {name: held.get(f"features.{name}") for name in own}
    if any(each is None or each.shape != own[name].shape for name, each in found.items()):
        raise BadInputError(wrong)
    network.layers.load_state_dict(found)
    return Onlooker(network)


def recogniser() -> Onlooker[FaceResNet]:
    """dlib's face recogniser in torch, so that a loss can be traced through it.

    Raises BadInputError where the extra `identity` is not installed.
    """
    path = identity.model_path()
    if path is None:
        raise BadInputError(
            "A loss by a face recogniser needs the identity extra: run pip install 'understudy[identity]'."
        )
    try:
        return Onlooker(_of_dlib(path.read_bytes()))
    except ValueError as error:
        raise BadInputError(f"{path} is not the network it should be: install the extra anew.") from error


def _of_dlib(data: bytes) -> FaceResNet:
    """The recogniser out of dlib's file: weights lie in it in the order in which pictures go through.

    dlib writes a tensor as its version, 2, and its four sides, then the numbers (serialize in tensor.h); a
    whole number as how many bytes it has, and these (serialize.h). Raises ValueError for another file.
    """
    network, at = FaceResNet(), 0

    def read(*sides: int) -> npt.NDArray[np.float32]:
        nonlocal at
        head = b"".join(_whole_number(each) for each in (2, *sides))
        begin = data.find(head, at) + len(head)
        at = begin + 4 * int(np.prod(sides))
        if begin < len(head) or at > len(data):
            raise ValueError(f"there is no tensor of {sides}")
        return np.frombuffer(data[begin:at], "<f4")

    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | Affine):
                own = [*module.parameters()]
                values = read(sum(each.numel() for each in own), 1, 1, 1)
                split = np.split(values, np.cumsum([each.numel() for each in own])[:-1])
                for each, part in zip(own, split, strict=True):
                    each.copy_(torch.from_numpy(part.copy()).view(each.shape))
        weight = network.last.weight
        values = read(weight.shape[1], weight.shape[0], 1, 1)  # the other way round, as dlib has it
        weight.copy_(torch.from_numpy(values.copy()).view(-1, len(weight)).T)
    return network


def _whole_number(n: int) -> bytes:
    size = (n.bit_length() + 7) // 8
    return bytes([size]) + n.to_bytes(size, "little")


def chips(pictures: Tensor, landmarks: Tensor) -> Tensor:
    """Faces (B, 3, S, S) as `faces.people.identity` cuts them out, (B, 3, 150, 150); differentiable.

    landmarks   (B, 478, 2 or 3), pixels of the pictures

    The similarity is fitted as one of complex numbers, z to a z + b (cf. Umeyama 1991, in the plane).
    """
    size, device = pictures.shape[-1], pictures.device
    coarser = max(1, size // (2 * identity.CHIP_SIZE))
    points = torch.view_as_complex(landmarks[:, list(identity.POINTS), :2].float().contiguous())
    shape = torch.from_numpy(identity.CHIP_SHAPE).float().to(device)
    target = torch.view_as_complex(shape.contiguous())
    middle, aim = points.mean(1, keepdim=True), target.mean()
    away = points - middle
    turn = (away.conj() * (target - aim)).sum(1, keepdim=True) / away.abs().square().sum(1, keepdim=True)
    at = torch.arange(identity.CHIP_SIZE, device=device, dtype=torch.float32)
    chip = torch.complex(at[None, :].expand(len(at), -1), at[:, None].expand(-1, len(at)))
    source = (chip.flatten()[None] - aim) / turn + middle
    grid = (2 * torch.view_as_real(source) + 1) / size - 1
    grid = grid.view(-1, identity.CHIP_SIZE, identity.CHIP_SIZE, 2)
    # averaged down first where chips are much the coarser
    pictures = functional.avg_pool2d(pictures.float(), coarser) if coarser > 1 else pictures.float()
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def embeddings(network: FaceResNet, pictures: Tensor, landmarks: Tensor) -> Tensor:
    """Embeddings (B, 128) of faces (B, 3, S, S) with their landmarks, in float32 whatever autocast says."""
    with torch.autocast(pictures.device.type, enabled=False):
        found: Tensor = network(chips(pictures, landmarks))
    return found


def features(network: FaceResNet | Vgg16, pictures: Tensor) -> Sequence[Tensor]:
    """What a network sees in pictures, layer by layer, in float32 whatever autocast says."""
    with torch.autocast(pictures.device.type, enabled=False):
        return network.features(pictures.float())
