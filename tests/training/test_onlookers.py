from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.filmed_takes import filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.errors import BadInputError
from understudy.faces.people import identity
from understudy.nets.seeing import Vgg16
from understudy.training import losses
from understudy.training.onlookers import FACES, chips, embeddings, features, perception, recogniser

needs_extra = pytest.mark.skipif(not identity.available(), reason="the identity extra is not installed")


def blotches(count: int) -> np.ndarray:
    chance = np.random.default_rng(0)
    coarse = [chance.integers(0, 255, (side, side, 3), dtype=np.uint8) for side in (5, 11, 40)[:count]]
    return np.stack([cv2.resize(each, (150, 150)) for each in coarse])


def as_pictures(chips: np.ndarray) -> Tensor:
    return torch.from_numpy(chips).permute(0, 3, 1, 2).float() / 255


@needs_extra
def test_the_recogniser_in_torch_sees_what_dlibs_own_sees() -> None:
    shown = blotches(3)
    network = recogniser().on(torch.device("cpu"))
    found = network(as_pictures(shown))
    assert torch.allclose(found, torch.from_numpy(identity.embed_chips(shown)), atol=1e-5)
    assert not torch.allclose(found[0], found[1], atol=0.05)


@needs_extra
def test_chips_are_cut_out_as_by_hand_and_gradients_come_through() -> None:
    take = filmed(somebody(), complexion((0.4, 0.3, 0.3), 2), [Act(yaw=10, roll=8), Act(pitch=-6)])
    pictures = torch.from_numpy(np.stack(take.pictures)).permute(0, 3, 1, 2).float() / 255
    landmarks = torch.from_numpy(take.faces.landmarks.copy())
    ours = chips(pictures, landmarks)
    for index, picture in enumerate(take.pictures):
        theirs = identity.chip(picture, take.faces.landmarks[index])
        apart = (ours[index].permute(1, 2, 0) * 255 - torch.from_numpy(theirs)).abs()
        assert float(apart.mean()) < 2
    pictures.requires_grad_(True)
    network = recogniser().on(torch.device("cpu"))
    known = torch.randn(128, generator=torch.Generator().manual_seed(0))
    apart = losses.identity(pictures, known, lambda x: embeddings(network, x, landmarks)).mean()
    (slope,) = torch.autograd.grad(apart, pictures)
    assert slope.abs().sum() > 0
    with torch.no_grad():
        nearer = pictures - 0.3 * slope / slope.abs().amax()
        again = losses.identity(nearer, known, lambda x: embeddings(network, x, landmarks)).mean()
    assert again < apart


def test_vgg_is_read_from_a_file_of_torchvisions_names(tmp_path: Path) -> None:
    torch.manual_seed(0)
    own = Vgg16()
    held = {f"features.{name}": each for name, each in own.layers.state_dict().items()}
    save_file({**held, "classifier.0.bias": torch.zeros(3)}, tmp_path / "vgg.safetensors")
    network = perception(str(tmp_path / "vgg.safetensors")).on(torch.device("cpu"))
    assert not any(each.requires_grad for each in network.parameters())
    seen = features(network, as_pictures(blotches(1))[..., :64, :64])
    assert [each.shape[1:] for each in seen] == [
        (64, 64, 64), (128, 32, 32), (256, 16, 16), (512, 8, 8), (512, 4, 4)
    ]  # fmt: skip
    assert torch.equal(seen[0], own.features(as_pictures(blotches(1))[..., :64, :64])[0])
    assert all((each >= 0).all() for each in seen), "after the activation, as LPIPS takes them"

    del held["features.28.bias"]
    save_file(held, tmp_path / "cut.safetensors")
    (tmp_path / "text.safetensors").write_text("weights")
    for name, words in (
        ("none.safetensors", "no file"),
        ("cut.safetensors", "does not hold VGG-16"),
        ("text.safetensors", "does not hold VGG-16"),
    ):
        with pytest.raises(BadInputError, match=words):
            perception(str(tmp_path / name))


def test_without_the_extra_or_with_another_file_one_sentence_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(identity, "model_path", lambda: None)
    with pytest.raises(BadInputError, match=r"pip install 'understudy\[identity\]'"):
        perception(FACES)
    path = tmp_path / "other.dat"
    path.write_bytes(b"\x01\x02" * 500)
    monkeypatch.setattr(identity, "model_path", lambda: path)
    with pytest.raises(BadInputError, match="install the extra anew"):
        recogniser()
