"""A network that learns a toy occluder from a few faces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from understudy.errors import BadInputError
from understudy.mattes.augmenting import Examples, MatteAugmentation, augmented
from understudy.mattes.finding import covers
from understudy.mattes.learner import LabelledFaces, MatteLearner, intersection_over_union
from understudy.mattes.network import Shape, read_network, write_network
from understudy.training.budget import Budget
from understudy.training.loop import train
from understudy.training.placing import Placing
from understudy.training.settings import TrainingSettings
from understudy.training.toning import Tone, Wear

SIZE = 64


def toys(count: int, seed: int = 0) -> LabelledFaces:
    """Warm, mottled squares with a cold bar somewhere in them, which is what covers."""
    rng = np.random.default_rng(seed)
    images = rng.normal((190, 140, 110), 18, (count, SIZE, SIZE, 3))
    mattes = np.full((count, SIZE, SIZE), 255, np.uint8)
    for image, matte in zip(images, mattes, strict=True):
        x, y = rng.integers(8, 40, 2)
        image[y : y + 16, x : x + 20] = rng.normal((60, 80, 130), 18, (16, 20, 3))
        matte[y : y + 16, x : x + 20] = 0
    weights = np.full_like(mattes, 255)
    return LabelledFaces(images.clip(0, 255).astype(np.uint8), mattes, weights)


def _gentle() -> MatteAugmentation:
    return MatteAugmentation(wear=Wear(), tone=Tone(), flare=0.0)


def test_it_learns_and_finds_the_occluder_on_new_faces(tmp_path: Path) -> None:
    torch.manual_seed(0)
    learner = MatteLearner(Shape(SIZE, 8), toys(10), _gentle())
    before = learner.score()
    settings = TrainingSettings(
        Budget(steps=45),
        batch=4,
        rate=2e-3,
        warm_up=5,
        ema=0.9,
        score_every=1e9,
        save_every=1e9,
        precision="fp32",
    )
    outcome = train(learner, tmp_path, settings)
    assert outcome.curve[-1].score > max(0.8, before + 0.2)
    new = toys(4, seed=7)
    found = covers(learner.network, new.images, new.weights)
    truth = 255 - new.mattes
    assert ((found > 127) == (truth > 127)).mean() > 0.95
    assert not covers(learner.network, new.images, np.zeros_like(new.weights)).any()


def test_score_is_the_mean_overlap_of_both_classes() -> None:
    truth = torch.ones(1, 1, 4, 4)
    truth[..., :2] = 0
    found = torch.ones(1, 1, 4, 4)
    found[..., :1] = 0
    every = torch.ones(1, 1, 4, 4)
    assert intersection_over_union(found, truth, every) == pytest.approx((8 / 12 + 4 / 8) / 2)
    left = every.clone()
    left[..., 1] = 0  # where they differ does not matter
    assert intersection_over_union(found, truth, left) == 1.0
    assert intersection_over_union(every, every, every) == 1.0


def _examples(count: int = 3) -> Examples:
    faces = toys(count)
    return Examples(
        torch.from_numpy(faces.images).permute(0, 3, 1, 2).float() / 255,
        torch.from_numpy(faces.mattes)[:, None].float() / 255,
        torch.from_numpy(faces.weights)[:, None].float() / 255,
    )


_STILL = Placing(rotation=0, scale=0, shift=0, flip=0)


def _only(**amounts: float) -> MatteAugmentation:
    nothing = {"warp": 0.0, "behind": 0.0, "before": 0.0, "flare": 0.0} | amounts
    return MatteAugmentation(placing=_STILL, partner=_STILL, tone=Tone(), wear=Wear(), **nothing)  # type: ignore[arg-type]


def test_without_amounts_nothing_changes() -> None:
    before = _examples()
    after = augmented(before, _only(), torch.Generator().manual_seed(1))
    for name in ("images", "mattes", "weights"):
        torch.testing.assert_close(getattr(after, name), getattr(before, name), atol=1e-5, rtol=0)


def test_what_stands_before_one_face_is_put_before_the_next() -> None:
    before = _examples()
    after = augmented(before, _only(before=1.0), torch.Generator().manual_seed(1))
    both = before.mattes * before.mattes.roll(-1, 0)
    torch.testing.assert_close(after.mattes, both, atol=1e-5, rtol=0)
    theirs = (before.mattes.roll(-1, 0) == 0).expand_as(after.images)
    torch.testing.assert_close(after.images[theirs], before.images.roll(-1, 0)[theirs], atol=1e-5, rtol=0)


def test_mattes_go_where_their_faces_go() -> None:
    """Where it is cold is covered, before and after; and the same chance gives the same."""
    amounts = MatteAugmentation(tone=Tone(), wear=Wear(), flare=0.0, behind=0.0)
    first = augmented(_examples(6), amounts, torch.Generator().manual_seed(3))
    again = augmented(_examples(6), amounts, torch.Generator().manual_seed(3))
    assert torch.equal(first.images, again.images)
    cold = first.images[:, 2:] > first.images[:, :1]
    assert (cold == (first.mattes < 0.5)).float().mean() > 0.97


def test_the_rest_leaves_the_matte_alone() -> None:
    before = _examples()
    amounts = MatteAugmentation(placing=_STILL, partner=_STILL, warp=0.0, before=0.0, behind=1.0, flare=1.0)
    after = augmented(before, amounts, torch.Generator().manual_seed(2))
    torch.testing.assert_close(after.mattes, before.mattes, atol=1e-5, rtol=0)
    assert (after.images - before.images).abs().mean() > 0.01


def test_shapes_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInputError, match="resolution"):
        Shape(100)
    with pytest.raises(BadInputError, match="base"):
        Shape(128, 2)
    with pytest.raises(ValueError, match="wide"):
        MatteLearner(Shape(128, 8), toys(1))


def test_its_shape_is_told_and_its_preview_shows_three_rows() -> None:
    learner = MatteLearner(Shape(SIZE, 4), toys(9))
    assert json.loads(json.dumps(learner.architecture())) == {"resolution": 64, "base": 4}
    height, width, _ = learner.preview().shape
    assert (height + 2) // (SIZE + 2) == 3
    assert (width + 2) % (SIZE + 2) == 0


def test_the_widest_is_xseg() -> None:
    assert sum(p.numel() for p in Shape(256, 32).network().parameters()) == 17_569_317


def test_weights_come_back_from_their_file(tmp_path: Path) -> None:
    network = Shape(SIZE, 4).network()
    path = tmp_path / "matte.safetensors"
    write_network(path, Shape(SIZE, 4), network.state_dict(), {"note": "x"})
    shape, again = read_network(path)
    assert shape == Shape(SIZE, 4)
    new = toys(2)
    assert np.array_equal(covers(network, new.images, new.weights), covers(again, new.images, new.weights))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(BadInputError, match="damaged"):
        read_network(path)
    write_network(path, Shape(SIZE, 8), network.state_dict(), {})
    with pytest.raises(BadInputError, match="damaged"):
        read_network(path)
