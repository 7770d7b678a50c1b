"""Pictures that grow while it is learned to draw them, and what is asked of them beside the pixels."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.engines.autoencoder.test_learner import OPTIONS, batch_of, learner
from understudy.engines.autoencoder import sight
from understudy.engines.autoencoder.growing import Growth, stage_at
from understudy.engines.autoencoder.learner import PairLearner
from understudy.engines.autoencoder.options import Options
from understudy.nets.autoencoder import Autoencoder, Decoded, Decoder
from understudy.training.budget import Budget
from understudy.training.loop import train
from understudy.training.onlookers import Onlooker
from understudy.training.settings import TrainingSettings
from understudy.training.watching import read_losses
from understudy.training.weights import load_weights

KINDS = ["df", "liae-t-unbent", "amp"]


def growing(name: str = "df", **more: object) -> PairLearner:
    return learner(OPTIONS[name].model_copy(update={"grow": True, **more}))


def growth_of(made: PairLearner) -> Growth:
    assert made.growth is not None
    return made.growth


def decoder_and_code(made: PairLearner) -> tuple[Decoder, torch.Tensor]:
    net = made.net
    assert isinstance(net, Autoencoder)
    return net.likeness_decoder, net.likeness_code(net.encoder(torch.rand(1, 3, 64, 64))).detach()


def test_stages_follow_the_budget() -> None:
    assert [stage_at(each) for each in (0, 0.2, 0.25, 0.3, 0.4, 0.5, 0.55, 1)] == pytest.approx(
        [0, 0, 0.5, 1, 1, 1.5, 2, 2]
    )


def test_pictures_grow_from_a_quarter_to_the_full_size() -> None:
    made = growing()
    decoder, code = decoder_and_code(made)
    sizes = []
    for progress in (0.0, 0.25, 0.35, 0.5, 0.6):
        made.schedule(progress)
        sizes.append(made.drawn(decoder, code).rgb.shape[-1])
    assert sizes == [16, 32, 32, 64, 64]
    assert made.drawn(decoder, code).matte.shape[-1] == 64


@pytest.mark.parametrize("name", KINDS)
def test_small_pictures_are_learned_by_the_first_layers_alone(name: str) -> None:
    made = growing(name)
    made.schedule(0.0)
    found = made.losses(batch_of(made), 0)
    assert found.totals.keys() >= {"head", "network"}
    for player, parameters in made.players().items():
        own = [each for each in parameters if each.requires_grad]
        torch.autograd.backward(found.totals[player], inputs=own, retain_graph=True)
    moved = {key for key, each in made.named_parameters() if each.grad is not None and each.grad.any()}
    decoder = "morph.decoder" if name == "amp" else "autoencoder.decoder"
    assert any(key.startswith("growth.heads.0.") for key in moved)
    assert not any(key.startswith("growth.heads.1.") for key in moved)
    assert not any(key.startswith(decoder) and ".heads." in key for key in moved), "the full head waits"
    assert any(key.startswith(decoder) and ".layers.0." in key for key in moved)


def test_a_finer_picture_fades_in() -> None:
    made = growing()
    decoder, code = decoder_and_code(made)
    growth = growth_of(made)

    def drawn(stage: float) -> torch.Tensor:
        growth._reach(stage)
        return growth.draw(decoder, code).detach()

    coarse, middle, fine = drawn(1.0), drawn(1.25), drawn(1.9999999)
    enlarged = torch.nn.functional.interpolate(coarse, (64, 64), mode="bilinear")
    full = decoder.draw(code).detach()
    assert torch.allclose(middle, 0.75 * enlarged + 0.25 * full, atol=1e-6)
    assert torch.allclose(fine, full, atol=1e-5)


def test_what_has_grown_stays_so_and_the_network_is_what_it_is_without() -> None:
    made, plain = growing(), learner(OPTIONS["df"])
    own = dict(made.net.named_parameters())
    assert all(torch.equal(own[key], each) for key, each in plain.net.named_parameters())
    made.schedule(1.0)
    made.schedule(0.1)
    assert growth_of(made).is_full
    batch = batch_of(made)
    assert torch.equal(made.losses(batch, 0).totals["network"], plain.losses(batch, 0).totals["network"])
    young = growing()
    young.load_state_dict(made.state_dict())
    assert growth_of(young).is_full


def test_the_score_is_of_what_would_be_drawn_with() -> None:
    made, plain = growing(), learner(OPTIONS["df"])
    assert made.score() == pytest.approx(plain.score(), abs=1e-6)
    assert growth_of(made).stage == 0


def test_it_is_resumed_where_it_was_and_may_be_turned_off(tmp_path: Path) -> None:
    settings = TrainingSettings(
        Budget(steps=8), batch=2, optimiser="adamw", device="cpu", precision="fp32", warm_up=0
    )

    def losses(folder: str) -> list[float]:
        return [line["totals"]["network"] for line in read_losses(tmp_path / folder)]

    train(growing(), tmp_path / "calm", settings)
    stopped = growing()
    whole = stopped.losses

    def ctrl_c(batch, step):
        if step == 3:
            signal.raise_signal(signal.SIGINT)
        return whole(batch, step)

    stopped.losses = ctrl_c  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(stopped, tmp_path / "cut", settings)
    half = growing()
    assert not half.has_grown(load_weights(tmp_path / "cut").tensors)
    train(half, tmp_path / "cut", settings)
    assert losses("cut") == losses("calm")
    assert half.has_grown(load_weights(tmp_path / "cut", "last").tensors)
    longer = replace(settings, budget=Budget(steps=9))
    plain = train(learner(OPTIONS["df"]), tmp_path / "calm", longer)
    assert plain.steps == 9


def with_sight(**more: object) -> PairLearner:
    options: Options = OPTIONS["df"].model_copy(update=more)
    return learner(options)


def test_steadiness_is_nothing_for_what_moves_with_the_face_and_much_for_what_does_not() -> None:
    made = with_sight(steadiness=1.0)
    batch = batch_of(made, 3)

    def of(swap) -> float:
        return float(made.sight.of_swap(batch, swap)["steadiness"].mean())

    def as_it_is(x):
        return Decoded(x, x[:, :1])

    def stays(x):
        return Decoded(batch["plate target"].repeat(2, 1, 1, 1), x[:, :1])

    assert of(as_it_is) < 1e-6
    assert of(stays) > 0.002
    parts = made.losses(batch, 0).parts
    assert parts["steadiness"] > 0


def test_networks_that_look_are_asked_and_not_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    class Looker(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 128, 5, 4)

        def features(self, x):
            return [self.conv(x)]

        def forward(self, x):
            return self.conv(x).mean((2, 3))

    torch.manual_seed(0)
    looker = Onlooker(Looker())
    monkeypatch.setattr(sight, "recogniser", lambda: looker)
    monkeypatch.setattr(sight, "perception", lambda named: looker)
    made = with_sight(perceptual=2.0, identity=3.0)
    plain = with_sight()
    assert made.state_dict().keys() == plain.state_dict().keys()
    assert len(made.players()["network"]) == len(plain.players()["network"])
    batch = batch_of(made)
    found = made.losses(batch, 0)
    assert found.parts.keys() - plain.losses(batch, 0).parts.keys() == {"perceptual", "identity"}
    assert 0 < float(found.parts["identity"]) <= 6
    network = sum(part.detach() for part in found.parts.values())
    assert float(network) == pytest.approx(float(found.totals["network"].detach()), rel=1e-4)
