"""Networks are the same graph as DeepFaceLab's exactly when they have its parameters, to the unit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from understudy.nets.autoencoder import QUICK96, Autoencoder, Df, Liae, Shape, autoencoder
from understudy.nets.discriminators import CodeDiscriminator, PatchDiscriminator
from understudy.nets.morph import Morph, MorphShape
from understudy.nets.segmenter import Segmenter


def count(*nets: nn.Module) -> int:
    return sum(parameter.numel() for net in nets for parameter in net.parameters())


def on_no_device(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return make()


def built(shape: Shape) -> Autoencoder:
    net = on_no_device(lambda: autoencoder(shape))
    assert isinstance(net, Autoencoder)
    return net


@pytest.mark.parametrize(
    ("shape", "encoder", "inters", "decoders", "total"),
    [
        (QUICK96, 4_306_560, 3_098_368, 2 * 15_444_701, 38_294_330),
        (Shape.parse("df", 128), 4_306_560, 14_959_872, 2 * 19_136_000, 57_538_432),
        (Shape.parse("df-d", 128), 4_306_560, 11_801_856, 2 * 19_181_291, 54_470_998),
        (Shape.parse("df-t", 128), 15_654_144, 6_308_096, 2 * 34_410_688, 90_783_616),
        (Shape.parse("df-udt", 128), 15_654_144, 3_150_080, 2 * 34_455_979, 87_716_182),
        (Shape.parse("df-udt", 224), 15_654_144, 9_646_592, 2 * 34_455_979, 94_212_694),
        (Shape.parse("liae", 128), 4_306_560, 52_498_944, 38_157_824, 94_963_328),
        (Shape.parse("liae-ud", 128), 4_306_560, 39_866_880, 38_203_115, 82_376_555),
        (Shape.parse("liae-udt", 128), 15_654_144, None, 53_477_803, 77_537_451),
        (Shape.parse("liae-udt", 224), 15_654_144, None, 53_477_803, 94_872_747),
        (Shape.parse("liae-udt", 320), 15_654_144, None, 53_477_803, 121_663_659),
        (Shape.parse("liae-ud", 320), 4_306_560, 150_053_376, 38_203_115, 192_563_051),
    ],
    ids=lambda value: f"{value.name}-{value.resolution}" if isinstance(value, Shape) else "",
)
def test_autoencoders(shape: Shape, encoder: int, inters: int | None, decoders: int, total: int) -> None:
    net = built(shape)
    assert count(net.encoder) == encoder
    if inters is not None:
        assert count(*net.inters()) == inters
    drawing = (net.decoder_likeness, net.decoder_plate) if isinstance(net, Df) else (net.plate_decoder,)
    assert isinstance(net, Df | Liae)
    assert count(*drawing) == decoders
    assert count(net) == total


def test_flags_u_and_c_have_no_parameters() -> None:
    assert count(built(Shape.parse("df-uc", 128))) == 57_538_432


def test_amp() -> None:
    net = on_no_device(lambda: Morph(MorphShape()))
    assert isinstance(net, Morph)
    assert count(net.encoder) == 22_076_928
    assert count(net.inter_likeness) == count(net.inter_plate) == 12_895_232
    assert count(net.decoder) == 53_477_803
    assert count(net) == 101_345_195


def test_xseg() -> None:
    assert count(on_no_device(Segmenter)) == 17_569_317


def test_true_face_of_df_128() -> None:
    shape = Shape.parse("df", 128)
    assert count(on_no_device(lambda: CodeDiscriminator(*shape.code))) == 6_949_633


@pytest.mark.parametrize("patch", [12, 16, 28, 64])
def test_patch_discriminator(patch: int) -> None:
    net = on_no_device(lambda: PatchDiscriminator(patch, 16))
    assert count(net) == (233_650 if patch <= 16 else 3_799_090)
