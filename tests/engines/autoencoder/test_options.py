from __future__ import annotations

import pytest
import torch
from torch import nn

from understudy.engines.autoencoder import AmpEngine, DfEngine, FamilyEngine, LiaeEngine, Quick96Engine
from understudy.engines.autoencoder.options import AmpOptions, DfOptions, LiaeOptions
from understudy.errors import BadInputError
from understudy.training.budget import Budget
from understudy.training.optimisers import optimiser
from understudy.training.settings import TrainingSettings

ENGINES = [DfEngine, LiaeEngine, Quick96Engine, AmpEngine]


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("preset", ["understudy", "dfl"])
def test_choices_read_back_as_they_were_and_train_in_a_way_that_there_is(
    kind: type[FamilyEngine], preset: str
) -> None:
    chosen = kind().choose({"preset": preset})
    again = kind.options.model_validate(dict(chosen.values))
    assert again.model_dump(mode="json") == chosen.values
    assert chosen.lasting <= chosen.values.keys()
    settings = TrainingSettings(Budget(steps=1), **chosen.training)
    assert optimiser(str(settings.optimiser), [nn.Parameter(torch.zeros(2))]).param_groups


def test_words_are_read() -> None:
    chosen = DfEngine().choose(
        {"resolution": "192", "true-face": "0.01", "masked": "no", "framing": "whole", "flags": "udt"}
    )
    assert chosen.values["resolution"] == 192
    assert chosen.values["true_face"] == 0.01
    assert chosen.values["masked"] is False
    assert chosen.values["framing"] == "whole"


def test_deepfacelabs_defaults_are_a_preset_of_which_each_can_be_changed() -> None:
    ours, theirs = LiaeEngine().choose({}).values, LiaeEngine().choose({"preset": "dfl"}).values
    changed = {name for name, value in theirs.items() if ours[name] != value}
    assert changed == {"preset", "framing", "recipe", "eyes_mouth", "even_poses"}
    assert theirs["framing"] == "full"
    assert (theirs["resolution"], theirs["flags"]) == (128, "ud")
    mixed = LiaeEngine().choose({"preset": "dfl", "eyes-mouth": "yes"}).values
    assert mixed == {**theirs, "eyes_mouth": True}
    assert LiaeEngine().choose({"preset": "dfl"}).training == {
        "optimiser": "dfl-adabelief",
        "batch": 4,
        "precision": "fp32",
        "clip": None,
        "ema": None,
        "warm_up": 0,
    }
    assert Quick96Engine().choose({"preset": "dfl"}).training["optimiser"] == "dfl-quick96"
    assert AmpEngine().choose({"preset": "dfl"}).values["frozen_inters"] is True


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (DfEngine, {"resolution": "100"}, r"resolution must be a multiple of 32: take 96"),
        (DfEngine, {"resolution": "100", "flags": "u"}, r"multiple of 16: take 96"),
        (DfEngine, {"resolution": "32"}, r"resolution.*greater than or equal to 64"),
        (DfEngine, {"flags": "uu"}, r"flags"),
        (DfEngine, {"flags": "x"}, r"flags"),
        (DfEngine, {"encoder": "65"}, r"encoder.*multiple of 2"),
        (DfEngine, {"gan": "7"}, r"gan.*less than or equal to 5"),
        (DfEngine, {"gan-patch": "2"}, r"gan-patch must be 0 or at least 3"),
        (DfEngine, {"colour-transfer": "best"}, r"colour-transfer.*rct"),
        (DfEngine, {"masked": "perhaps"}, r"masked.*boolean"),
        (DfEngine, {"preset": "faceswap"}, r"preset"),
        (DfEngine, {"nosuch": "1"}, r"no option 'nosuch'; it has .*true-face"),
        (LiaeEngine, {"true-face": "0.1"}, r"no option 'true-face'"),
        (Quick96Engine, {"resolution": "128"}, r"resolution.*96"),
        (AmpEngine, {"morph-factor": "0.7"}, r"morph-factor.*0\.5"),
        (AmpEngine, {"resolution": "240"}, r"multiple of 32: take 256"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    kind: type[FamilyEngine], given: dict[str, str], said: str
) -> None:
    with pytest.raises(BadInputError, match=said) as raised:
        kind().choose(given)
    assert kind.name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_shapes_depend_on_lasts_and_the_rest_may_change() -> None:
    lasting = DfEngine().choose({}).lasting
    assert {"resolution", "flags", "inter", "encoder", "decoder", "matte", "framing"} <= lasting
    assert not {"gan", "warp", "eyes_mouth", "true_face", "recipe"} & lasting
    assert "morph" not in AmpEngine().choose({}).lasting


def test_pretraining_turns_off_what_belongs_to_a_pair() -> None:
    options = DfOptions(pretrain=True, gan=1.0, true_face=0.5, face_style=10.0, colour_transfer="mkl")
    effective = options.effective
    assert (effective.gan, effective.true_face, effective.face_style) == (0, 0, 0)
    assert effective.colour_transfer == "none"
    assert not effective.warp
    assert effective.likeness_flip
    assert effective.even_poses
    plain = DfOptions(gan=1.0)
    assert plain.effective is plain


def test_patches_are_an_eighth_unless_given() -> None:
    assert LiaeOptions(resolution=192).patch == 24
    assert AmpOptions(gan_patch=40).patch == 40
