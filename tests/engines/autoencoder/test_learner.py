from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.engines.lessons import faces_of
from tests.filmed_takes import filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.engines.autoencoder.learner import FamilyLearner, PairLearner
from understudy.engines.autoencoder.making import made_learner
from understudy.engines.autoencoder.morphing import MorphLearner
from understudy.engines.autoencoder.options import (
    AmpOptions,
    DfOptions,
    LiaeOptions,
    Options,
    Quick96Options,
)
from understudy.errors import BadInputError
from understudy.nets.autoencoder import Decoded, Df, Liae
from understudy.training import losses
from understudy.training.faces import TrainingFaces
from understudy.training.learner import Batch
from understudy.training.optimisers import optimiser

SMALL: dict[str, Any] = {"resolution": 64, "encoder": 16, "decoder": 16, "matte": 16}
ACTS = [
    Act(yaw=3 * k - 15, pitch=2 * (k % 4) - 3, mouth=0.02 * (k % 5), blink=0.3 * (k % 3)) for k in range(12)
]
LIKENESS = filmed(somebody(1.06, 0.97), complexion((0.35, 0.24, 0.4), 2), ACTS)
PLATE = filmed(somebody(0.97, 1.03), complexion((0.85, 0.62, 0.5), 1), ACTS[::-1])
BOTH = {size: (faces_of(LIKENESS, size), faces_of(PLATE, size)) for size in (64, 96)}

OPTIONS = {
    "df": DfOptions(**SMALL, inter=32),
    "df-everything": DfOptions(
        **SMALL,
        inter=32,
        recipe="dssim",
        gan=0.1,
        gan_patch=8,
        gan_width=4,
        true_face=0.01,
        face_style=5.0,
        background_style=5.0,
        colour_transfer="lct",
        blur_outside=True,
        colour_jitter=0.1,
        likeness_flip=True,
    ),
    "liae": LiaeOptions(**SMALL, inter=32),
    "liae-t-unbent": LiaeOptions(**SMALL, inter=32, flags="t", warp=False, recipe="dssim", masked=False),
    "amp": AmpOptions(**SMALL, bottleneck=32, inter=32, gan=0.1, gan_width=4),
    "amp-dfl": AmpOptions(preset="dfl", **SMALL, bottleneck=32, inter=32),
    "quick96": Quick96Options(preset="dfl"),
}


def learner(options: Options, likeness: TrainingFaces | None = None) -> PairLearner:
    ours, plate = BOTH[options.resolution]
    return made_learner(options, likeness or ours, plate, seed=1)


def batch_of(learner: PairLearner, count: int = 2, seed: int = 0) -> Batch:
    return learner.draw(count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "quick96"])
def test_every_player_learns_from_its_own_loss_alone(name: str) -> None:
    made = learner(OPTIONS[name])
    found = made.losses(batch_of(made), 0)
    players = made.players()
    assert found.totals.keys() == players.keys()
    assert all(bool(part.isfinite()) for part in found.parts.values())
    named = {id(each): key for key, each in made.named_parameters()}
    for player, total in found.totals.items():
        own = [each for each in players[player] if each.requires_grad]
        gradients = torch.autograd.grad(total, own, retain_graph=True, allow_unused=True)
        idle = {named[id(each)] for each, g in zip(own, gradients, strict=True) if g is None or not g.any()}
        # a bias before a norm, and df's plate decoder's channels that nothing lights, are the exceptions
        assert not {key for key in idle if key.endswith("weight")}, player
        others = [each for other in players if other != player for each in players[other]]
        if player != "network" and others:
            leaked = torch.autograd.grad(total, others, retain_graph=True, allow_unused=True)
            assert all(g is None for g in leaked), "judges do not teach the network by their own loss"


def test_parts_are_what_was_asked_for() -> None:
    everything = learner(OPTIONS["df-everything"])
    found = everything.losses(batch_of(everything), 0)
    assert found.parts.keys() == {
        *("ssim", "colour", "regions", "matte", "gan", "surroundings"),
        *("true face", "face style", "background style"),
    }
    network = sum(part.detach() for part in found.parts.values())
    assert float(network) == pytest.approx(float(found.totals["network"].detach()), rel=1e-4)
    plain = learner(OPTIONS["df"])
    assert plain.losses(batch_of(plain), 0).parts.keys() == {"ssim", "colour", "gradient", "light", "matte"}


@pytest.mark.parametrize("name", ["df", "amp", "quick96"])
def test_draws_depend_on_chance_alone(name: str) -> None:
    made = learner(OPTIONS[name])
    one, same, other = (batch_of(made, 3, seed) for seed in (4, 4, 5))
    assert one.keys() == same.keys()
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["plate input"], other["plate input"])
    size = made.options.resolution
    for who in ("likeness", "plate"):
        assert one[f"{who} input"].shape == one[f"{who} target"].shape == (3, 3, size, size)
        assert one[f"{who} matte"].shape == one[f"{who} regions"].shape == (3, 1, size, size)
        assert 0.2 < one[f"{who} matte"].mean() < 0.8
    assert not torch.equal(one["likeness input"], one["likeness target"])


def test_only_what_is_shown_is_bent_and_jittered() -> None:
    plain = replace(BOTH[64][0])
    still = made_learner(DfOptions(**SMALL, inter=32, warp=False), plain, BOTH[64][1], 0)
    batch = batch_of(still)
    assert torch.equal(batch["likeness input"], batch["likeness target"])
    jittered = made_learner(
        DfOptions(**SMALL, inter=32, warp=False, colour_jitter=0.3), plain, BOTH[64][1], 0
    )
    batch = batch_of(jittered)
    assert not torch.allclose(batch["likeness input"], batch["likeness target"], atol=0.02)
    assert torch.equal(batch["plate input"], batch["plate target"])


def test_colour_transfer_gives_the_likeness_the_plates_colours() -> None:
    made = learner(OPTIONS["df"].model_copy(update={"colour_transfer": "mkl"}))
    batch = batch_of(made, 4)

    def colour(who: str, what: str) -> Tensor:
        matte = batch[f"{who} matte"]
        return (batch[f"{who} {what}"] * matte).sum((0, 2, 3)) / matte.sum()

    assert torch.allclose(colour("likeness", "target"), colour("plate", "target"), atol=0.05)
    assert torch.allclose(colour("likeness", "input"), colour("plate", "input"), atol=0.05)


def test_the_recipe_of_deepfacelab_is_its_formula() -> None:
    options = DfOptions(preset="dfl", **SMALL, inter=32)
    made = learner(options)
    assert isinstance(made, FamilyLearner)
    batch = batch_of(made)
    net = made.net
    assert isinstance(net, Df)
    expected = torch.zeros(())
    for who, decoder in (("likeness", net.decoder_likeness), ("plate", net.decoder_plate)):
        target, matte = batch[f"{who} target"], batch[f"{who} matte"]
        drawn = decoder(net.inter(net.encoder(batch[f"{who} input"])))
        soft = losses.blurred(matte, 2).clamp(0, 0.5) * 2
        x, y = drawn.rgb * soft, target * soft
        own = 10 * losses.dssim(x, y, 5) + 10 * ((x - y) ** 2).mean((1, 2, 3))
        expected = expected + (own + 10 * ((drawn.matte - matte) ** 2).mean((1, 2, 3))).mean()
    total = made.losses(batch, 0).totals["network"]
    assert float(total) == pytest.approx(float(expected), rel=1e-4)


def test_hard_faces_are_drawn_oftener_from_the_next_weighing_on() -> None:
    made = learner(OPTIONS["df"].model_copy(update={"hard": 1.0, "even_poses": False}))
    learned = sorted({int(face) for seed in range(40) for face in batch_of(made, 4, seed)["likeness face"]})
    hardest = learned[0]
    rows = torch.tensor(learned)
    batch = {"likeness face": rows, "plate face": rows[:0]}

    def drawn() -> float:
        return float(
            torch.cat([batch_of(made, 4, seed)["likeness face"] == hardest for seed in range(60)])
            .float()
            .mean()
        )

    before = drawn()
    made.pair.tell(batch, torch.where(rows == hardest, 9.0, 1.0), torch.zeros(0))
    assert drawn() == before
    made.reweigh()
    assert drawn() > 1.5 * before


def test_from_256_pixels_on_ssim_is_taken_at_two_scales() -> None:
    assert made_learner(OPTIONS["amp"], *BOTH[64], 0).recipe.two_windows
    assert not learner(OPTIONS["df"]).recipe.two_windows
    assert not learner(OPTIONS["quick96"]).recipe.clipped


def test_liae_keeps_what_both_share_while_nothing_is_bent() -> None:
    made = learner(OPTIONS["liae-t-unbent"])
    assert isinstance(made.net, Liae)
    assert not any(each.requires_grad for each in made.net.inter_both.parameters())
    bent = learner(OPTIONS["liae"])
    assert isinstance(bent.net, Liae)
    assert all(each.requires_grad for each in bent.net.parameters())
    assert len(made.players()["network"]) == len(list(made.net.parameters())), "numbers stay"


def test_amps_inters_stay_random_only_where_deepfacelabs_do() -> None:
    def moving(name: str) -> list[bool]:
        made = learner(OPTIONS[name])
        assert isinstance(made, MorphLearner)
        return [each.requires_grad for each in made.net.inter_likeness.parameters()]

    assert all(moving("amp"))
    assert not any(moving("amp-dfl"))


def test_the_seed_alone_decides_the_first_weights() -> None:
    torch.manual_seed(99)
    one = dict(learner(OPTIONS["df"]).named_parameters())
    before = torch.rand(1)
    torch.manual_seed(99)
    two = dict(learner(OPTIONS["df"]).named_parameters())
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert torch.equal(torch.rand(1), before), "and it disturbs nobody else's chance"


@pytest.mark.parametrize("name", ["df", "liae", "amp"])
def test_a_pretrained_network_starts_with_fresh_inters(name: str) -> None:
    trained = learner(OPTIONS[name])
    with torch.no_grad():
        for each in trained.net.parameters():
            each.add_(1.0)
    fresh, started = learner(OPTIONS[name]), learner(OPTIONS[name])
    started.begin_from(trained.state_dict())
    for key, each in started.net.state_dict().items():
        source = fresh if key.startswith("inter") else trained
        assert torch.equal(each, source.net.state_dict()[key]), key
    assert any(key.startswith("inter") for key in started.net.state_dict())


def test_a_start_from_another_network_is_refused() -> None:
    other = made_learner(DfOptions(**{**SMALL, "decoder": 18}, inter=32), *BOTH[64], 0)
    with pytest.raises(BadInputError, match="another network"):
        learner(OPTIONS["df"]).begin_from(other.state_dict())
    with pytest.raises(BadInputError, match="another network"):
        learner(OPTIONS["df"]).begin_from({})


def in_grey(x: Tensor) -> Decoded:
    return Decoded(torch.full_like(x, 0.5), torch.ones_like(x[:, :1]))


def test_the_score_is_a_psnr_inside_of_the_matte(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, plate = BOTH[64]
    flat = np.full_like(ours.images, 0)
    flat[ours.mattes > 0] = 153  # 0.6
    solid = replace(ours, images=flat, mattes=np.where(ours.mattes > 0, 255, 0).astype(np.uint8))
    made = made_learner(OPTIONS["df"], solid, plate, 0)
    monkeypatch.setattr(made, "drawn_again", in_grey)
    assert made.score() == pytest.approx(20, abs=0.01)
    assert made.training


def test_the_preview_shows_five_rows() -> None:
    made = learner(OPTIONS["amp"])
    shown = made.preview()
    held = len(made.pair.likeness.held(6, made.device).images)
    assert shown.dtype == np.uint8
    assert shown.shape[0] == 5 * 66 - 2
    assert shown.shape[1] >= 66 * held - 2
    original = made.pair.likeness.held(6, made.device).images[0].permute(1, 2, 0).numpy()
    assert np.abs(shown[:64, :64] / 255 - original).max() < 0.01


def test_it_learns() -> None:
    made = learner(OPTIONS["df"].model_copy(update={"plate_flip": False}))
    before = made.score()
    by = optimiser("adamw", made.players()["network"], 2e-3)
    for step in range(25):
        by.zero_grad()
        made.losses(batch_of(made, 4, step), step).totals["network"].backward()  # type: ignore[no-untyped-call]
        by.step()
    assert made.score() > before + 4


def test_faces_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="64 pixels"):
        made_learner(OPTIONS["df"], *BOTH[96], 0)
