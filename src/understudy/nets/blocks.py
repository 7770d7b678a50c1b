"""The bricks of the DeepFaceLab family: its padding, its activations, its initialisation.

Convention: pictures are (B, C, H, W), flattened in the order C, H, W. Weights are float32; under autocast the
products run in the lower precision and whatever a picture is read from stays in float32.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

Activation = Callable[[Tensor], Tensor]


def leaky(slope: float) -> Activation:
    """Leaky ReLU of a slope."""

    def activation(x: Tensor) -> Tensor:
        return functional.leaky_relu(x, slope)

    return activation


def x_cos_x(x: Tensor) -> Tensor:
    """x·cos x, which flag `c` of the family puts in place of every leaky ReLU."""
    return x * torch.cos(x)


def pixel_norm(x: Tensor) -> Tensor:
    """x / sqrt(mean x² + 1e-6) over all but the batch (flag `u`; Karras et al. 2018, 4.2)."""
    x32 = x.float()
    return (x32 * torch.rsqrt(x32.square().mean(dim=tuple(range(1, x.ndim)), keepdim=True) + 1e-6)).to(
        x.dtype
    )


def convolution(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution padded by zeros, kernel // 2 on all sides: of an odd one, ceil(n / stride) remain."""
    return nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2)


class TransposedConvolution(nn.Module):
    """3x3, size n to n · stride.

    Aligned as TensorFlow's SAME: with stride 2 the last row and column are cut off, not the first, so that
    weights trained there mean the same here.
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.ConvTranspose2d(channels_in, channels_out, 3, stride, padding=1 if stride == 1 else 0)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', H · stride, W · stride)."""
        height, width = x.shape[-2] * self.stride, x.shape[-1] * self.stride
        y: Tensor = self.conv(x)
        return y[..., :height, :width]


class Downscale(nn.Module):
    """5x5 of stride 2, then the activation."""

    def __init__(self, channels_in: int, channels_out: int, activation: Activation) -> None:
        super().__init__()
        self.conv = convolution(channels_in, channels_out, 5, stride=2)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', ceil(H / 2), ceil(W / 2))."""
        return self.activation(self.conv(x))


class Upscale(nn.Module):
    """3x3 to four times the channels, the activation, then each four channels become 2x2 pixels.

    PyTorch's order: channel c·4 + dy·2 + dx of the convolution becomes channel c of pixel (dy, dx).
    TensorFlow's depth_to_space takes it from (dy·2 + dx)·C + c, so what comes from there is permuted:
    `weight.unflatten(0, (4, C)).transpose(0, 1).flatten(0, 1)`.
    """

    def __init__(self, channels_in: int, channels_out: int, activation: Activation) -> None:
        super().__init__()
        self.conv = convolution(channels_in, 4 * channels_out, 3)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', 2H, 2W)."""
        return functional.pixel_shuffle(self.activation(self.conv(x)), 2)


class Residual(nn.Module):
    """Two 3x3 with an activation after each, the input added before the second."""

    def __init__(self, channels: int, activation: Activation) -> None:
        super().__init__()
        self.conv1 = convolution(channels, channels, 3)
        self.conv2 = convolution(channels, channels, 3)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), kept."""
        return self.activation(x + self.conv2(self.activation(self.conv1(x))))


def initialise(net: nn.Module) -> None:
    """Glorot-uniform weights and zero biases for every convolution and dense layer (Glorot & Bengio 2010)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
