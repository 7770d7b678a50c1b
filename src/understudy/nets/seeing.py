"""Networks that were trained elsewhere and only look: what they see in a picture is compared, never drawn.

Convention: pictures are (B, 3, H, W) RGB in [0, 1].
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING = 128
_LEVELS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Channels and blocks of the recogniser's levels, each half the size of the one before."""


class Affine(nn.Module):
    """A factor and an offset for each channel: what is left of a norm that was trained."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), kept."""
        return x * self.gamma[:, None, None] + self.beta[:, None, None]


class Block(nn.Module):
    """Two 3x3 beside what came in; `down` halves the size, and what came in is averaged.

    As dlib adds: the smaller of the two gets zeros, in channels and at the right and bottom edge.
    """

    def __init__(self, inputs: int, outputs: int, *, down: bool) -> None:
        super().__init__()
        stride, padding = (2, 0) if down else (1, 1)
        self.first = nn.Conv2d(inputs, outputs, 3, stride, padding)
        self.first_affine = Affine(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.second_affine = Affine(outputs)
        self.down = down

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W) or about half of it."""
        y = functional.relu(self.first_affine(self.first(x)))
        y = self.second_affine(self.second(y))
        if self.down:
            x = functional.avg_pool2d(x, 2)
        sides = [max(a, b) for a, b in zip(x.shape[1:], y.shape[1:], strict=True)]
        return functional.relu(_filled(x, sides) + _filled(y, sides))


def _filled(x: Tensor, sides: list[int]) -> Tensor:
    channels, height, width = (want - have for want, have in zip(sides, x.shape[1:], strict=True))
    return functional.pad(x, (0, width, 0, height, 0, channels)) if channels or height or width else x


class FaceResNet(nn.Module):
    """dlib's face recogniser of 29 convolutions (King 2017, dnn_face_recognition_ex; after He et al. 2016).

    For chips of 150 pixels, aligned as in `faces.people.identity`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.entry = nn.Conv2d(3, 32, 7, 2)
        self.entry_affine = Affine(32)
        levels: list[nn.Module] = []
        inputs = 32
        for outputs, count in _LEVELS:
            down = bool(levels)
            blocks = [Block(outputs if k else inputs, outputs, down=down and not k) for k in range(count)]
            levels.append(nn.Sequential(*blocks))
            inputs = outputs
        self.levels = nn.ModuleList(levels)
        self.last = nn.Linear(256, EMBEDDING, bias=False)
        self.mean: Tensor
        mean = torch.tensor([122.782, 117.001, 104.298]).view(3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """What each level sees, from fine to coarse; of pictures of any size from about 64 pixels on."""
        x = (pictures * 255 - self.mean) / 256
        x = functional.max_pool2d(functional.relu(self.entry_affine(self.entry(x))), 3, 2)
        found = []
        for level in self.levels:
            x = level(x)
            found.append(x)
        return found

    def forward(self, chips: Tensor) -> Tensor:
        """Chips (B, 3, 150, 150) to embeddings (B, 128), not normalised: below 0.6 apart is one person."""
        embedding: Tensor = self.last(self.features(chips)[-1].mean((2, 3)))
        return embedding


class Vgg16(nn.Module):
    """The convolutions of VGG-16 (Simonyan & Zisserman 2015), numbered as torchvision's `vgg16().features`.

    Its features are those before each pooling and the last, as LPIPS takes them (Zhang et al. 2018).
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            for _ in range(count):
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
                inputs = width
            layers.append(nn.MaxPool2d(2))
        self.layers = nn.Sequential(*layers)
        self.mean: Tensor
        self.deviation: Tensor
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        self.register_buffer("mean", mean.view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", deviation.view(3, 1, 1), persistent=False)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3."""
        x = (pictures - self.mean) / self.deviation
        found = []
        for layer in self.layers:
            if isinstance(layer, nn.MaxPool2d):
                found.append(x)
            x = layer(x)
        return found
