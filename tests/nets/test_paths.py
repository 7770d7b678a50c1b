"""Shapes, and which part of a network a face goes through."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor, nn

from understudy.nets.autoencoder import QUICK96, Df, Liae, Shape, autoencoder
from understudy.nets.blocks import TransposedConvolution, Upscale, pixel_norm, x_cos_x
from understudy.nets.discriminators import CodeDiscriminator, PatchDiscriminator, receptive_field, strides_for
from understudy.nets.morph import Morph, MorphShape
from understudy.nets.segmenter import BlurPool, Segmenter

SMALL = {"inter": 8, "encoder": 4, "decoder": 4, "matte": 2}
FLAGS = ["".join(letters) for n in range(5) for letters in combinations("udtc", n)]


def faces(count: int, size: int) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(5))


def small(kind: str, flags: str = "", resolution: int = 64) -> Df | Liae:
    torch.manual_seed(3)
    net = autoencoder(Shape.parse(f"{kind}-{flags}" if flags else kind, resolution, **SMALL))
    assert isinstance(net, Df | Liae)
    return net


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("kind", ["df", "liae"])
def test_every_combination_of_flags_draws_a_face_of_its_size(kind: str, flags: str) -> None:
    net = small(kind, flags)
    features = net.encoder(faces(2, 64))
    assert features.shape == (2, net.encoder.features)
    assert net.likeness_code(features).shape == (2, net.shape.code[0], net.shape.code[1], net.shape.code[1])
    drawn = net(faces(2, 64))
    assert drawn.rgb.shape == (2, 3, 64, 64)
    assert drawn.matte.shape == (2, 1, 64, 64)
    assert drawn.rgb.dtype == torch.float32
    assert 0 < drawn.rgb.min() < drawn.rgb.max() < 1


def test_autocast_keeps_what_is_drawn_in_float32_and_nearly_the_same() -> None:
    net = small("liae", "udt").to(memory_format=torch.channels_last)
    exact = net(faces(2, 64)).rgb
    with torch.autocast("cpu", torch.bfloat16):
        rough = net(faces(2, 64)).rgb
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().max() < 0.02


def test_df_swaps_by_the_likeness_decoder_on_the_plate_code() -> None:
    net = small("df", "ud")
    assert isinstance(net, Df)
    plate = faces(2, 64)
    by_hand = net.decoder_likeness(net.inter(net.encoder(plate)))
    assert torch.equal(net(plate).rgb, by_hand.rgb)
    assert torch.equal(net(plate).matte, by_hand.matte)
    with torch.no_grad():
        for parameter in net.decoder_plate.parameters():
            parameter.zero_()
    assert torch.equal(net(plate).rgb, by_hand.rgb)
    assert torch.allclose(net.plate_decoder(net.plate_code(net.encoder(plate))).rgb, torch.full((1,), 0.5))


def test_liae_codes() -> None:
    net = small("liae")
    assert isinstance(net, Liae)
    features = net.encoder(faces(2, 64))
    both, plate = net.inter_both(features), net.inter_plate(features)
    half = both.shape[1]
    likeness = net.likeness_code(features)
    assert torch.equal(likeness[:, :half], both)
    assert torch.equal(likeness[:, half:], both)
    assert torch.equal(net.swap_code(features), likeness)
    own = net.plate_code(features)
    assert torch.equal(own[:, :half], plate)
    assert torch.equal(own[:, half:], both)
    assert torch.equal(net(faces(2, 64)).rgb, net.decoder(likeness).rgb)


def test_amp_mixes_channels() -> None:
    torch.manual_seed(3)
    net = Morph(MorphShape(resolution=64, bottleneck=8, inter=10, encoder=4, decoder=4, matte=2))
    features = net.encoder(faces(2, 64))
    likeness, plate = net.inter_likeness(features), net.inter_plate(features)
    swap = net.swap_code(features, 0.57)
    assert torch.equal(swap[:, :5], likeness[:, :5])
    assert torch.equal(swap[:, 5:], plate[:, 5:])
    assert torch.equal(net.swap_code(features, 1.0), likeness)
    assert torch.equal(net.swap_code(features, 0.0), plate)
    order = torch.stack([torch.arange(10), torch.arange(10).flip(0)])
    mixed = net.likeness_code(features, 0.35, order)
    assert torch.equal(mixed[0], torch.cat([likeness[0, :3], plate[0, 3:]]))
    assert torch.equal(mixed[1], torch.cat([plate[1, :7], likeness[1, 7:]]))
    assert net(faces(2, 64), 0.3).rgb.shape == (2, 3, 64, 64)
    assert net(faces(2, 64)).matte.shape == (2, 1, 64, 64)


def test_head_d_draws_left_to_right_then_down() -> None:
    decoder = small("df", "d").likeness_decoder
    with torch.no_grad():
        for number, head in enumerate(decoder.heads):
            assert isinstance(head, nn.Conv2d)
            head.weight.zero_()
            head.bias.copy_(torch.tensor([number, 0, -number]))
        drawn = torch.logit(decoder.draw(torch.zeros(1, 8, 4, 4)))[0]
    assert torch.allclose(drawn[0, :2, :2], torch.tensor([[0.0, 1.0], [2.0, 3.0]]), atol=1e-4)
    assert torch.allclose(drawn[1], torch.zeros(64, 64), atol=1e-4)
    assert torch.allclose(drawn[2], -drawn[0], atol=1e-4)


def test_permuted_weights_of_depth_to_space_draw_the_same() -> None:
    torch.manual_seed(1)
    theirs = torch.randn(4 * 5, 3, 3, 3)
    x = torch.randn(1, 3, 6, 6)
    y = nn.functional.conv2d(x, theirs, padding=1)
    expected = y.view(1, 2, 2, 5, 6, 6).permute(0, 3, 4, 1, 5, 2).reshape(1, 5, 12, 12)
    ours = Upscale(3, 5, lambda z: z)
    with torch.no_grad():
        ours.conv.weight.copy_(theirs.unflatten(0, (4, 5)).transpose(0, 1).flatten(0, 1))
        ours.conv.bias.zero_()  # type: ignore[union-attr]
    assert torch.allclose(ours(x), expected, atol=1e-6)


def test_transposed_convolution_is_aligned_as_same_padding() -> None:
    layer = TransposedConvolution(1, 1, 2)
    with torch.no_grad():
        layer.conv.weight.copy_(torch.arange(9.0).view(1, 1, 3, 3))
        layer.conv.bias.zero_()  # type: ignore[union-attr]
        dot = torch.zeros(1, 1, 2, 2)
        dot[0, 0, 0, 0] = 1
        assert torch.equal(layer(dot)[0, 0, :3, :3], torch.arange(9.0).view(3, 3))
        assert layer(dot).shape == (1, 1, 4, 4)


def test_activations_and_norm() -> None:
    assert torch.allclose(x_cos_x(torch.tensor([0.0, torch.pi])), torch.tensor([0.0, -torch.pi]))
    assert torch.allclose(pixel_norm(torch.tensor([[3.0, 4.0]])), torch.tensor([[3.0, 4.0]]) / 12.5**0.5)


def test_weights_start_as_glorot_and_biases_at_zero() -> None:
    net = small("df")
    assert isinstance(net, Df)
    weight = net.decoder_likeness.layers[0].conv.weight  # type: ignore[union-attr]
    limit = (6 / (9 * (weight.shape[0] + weight.shape[1]))) ** 0.5  # type: ignore[index, operator]
    assert 0.9 * limit < weight.abs().max() <= limit  # type: ignore[operator]
    assert all(not parameter.any() for name, parameter in net.named_parameters() if name.endswith("bias"))


@pytest.mark.parametrize("name", ["", "df-x", "df-uu", "amp", "liae-", "df ud"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="df or liae"):
        Shape.parse(name, 128)


@pytest.mark.parametrize(("name", "resolution"), [("df", 100), ("df-d", 144), ("df-t", 144), ("liae", 16)])
def test_resolutions_that_do_not_fit_the_grid_are_refused(name: str, resolution: int) -> None:
    with pytest.raises(ValueError, match="multiple"):
        Shape.parse(name, resolution)


def test_names_are_read_as_they_are_written() -> None:
    assert Shape.parse("liae-tdu", 128).name == "liae-udt"
    assert Shape.parse("df", 128).name == "df"
    assert QUICK96.name == "df-ud"


def test_segmenter() -> None:
    torch.manual_seed(2)
    net = Segmenter(64, base=4)
    assert net(faces(2, 64)).shape == (2, 1, 64, 64)
    assert not torch.equal(net(faces(2, 64)), net(faces(2, 64), skips=False))


@pytest.mark.parametrize("taps", [2, 3, 4])
def test_blur_pool_keeps_flat_areas_and_halves(taps: int) -> None:
    pooled = BlurPool(2, taps)(torch.ones(1, 2, 16, 16))
    assert pooled.shape == (1, 2, 8, 8)
    assert torch.allclose(pooled[..., 2:6, 2:6], torch.ones(1, 2, 4, 4))


@pytest.mark.parametrize("patch", [3, 12, 16, 28, 64, 100, 333, 640])
def test_patch_discriminator_sees_a_patch_of_about_that_size(patch: int) -> None:
    strides = strides_for(patch)
    assert strides[0] == 2
    assert len(strides) <= 9
    assert abs(receptive_field(strides) - patch) <= max(1, patch // 50)


def test_receptive_field_is_what_a_pixel_reaches() -> None:
    x = torch.zeros(1, 1, 65, 65, requires_grad=True)
    y = x
    for stride in (2, 1, 2):
        y = nn.functional.conv2d(y, torch.ones(1, 1, 3, 3), stride=stride, padding=1)
    y[0, 0, y.shape[2] // 2, y.shape[3] // 2].backward()
    assert x.grad is not None
    assert int((x.grad[0, 0].sum(0) != 0).sum()) == receptive_field((2, 1, 2)) == 11


def test_no_row_of_strides_is_nearer_or_shorter() -> None:
    from itertools import product

    fields = {(2, *rest): receptive_field((2, *rest)) for n in range(6) for rest in product((1, 2), repeat=n)}
    for patch in (7, 15, 20, 40):
        chosen = strides_for(patch)
        nearest = min(abs(field - patch) for field in fields.values())
        assert abs(receptive_field(chosen) - patch) == nearest
        alike = [row for row, field in fields.items() if field == receptive_field(chosen)]
        assert len(chosen) == min(map(len, alike))


@pytest.mark.parametrize(("patch", "size"), [(16, 64), (28, 48), (200, 32)])
def test_patch_discriminator_judges_pixels_and_patches(patch: int, size: int) -> None:
    patches, pixels = PatchDiscriminator(patch, 4)(faces(2, size))
    assert pixels.shape == (2, 1, size, size)
    assert patches.shape[:2] == (2, 1)
    assert patches.shape[2] < size / 4


def test_code_discriminator() -> None:
    logits = CodeDiscriminator(8, 16, width=4)(torch.zeros(2, 8, 16, 16))
    assert logits.shape[:2] == (2, 1)
