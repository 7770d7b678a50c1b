"""Every option of DeepFaceLab's SAEHD and AMP, with its default and range: what stands for it here."""

from __future__ import annotations

from dataclasses import fields

import pytest
from annotated_types import Ge, Le

from understudy.engines.autoencoder.options import AmpOptions, DfOptions, LiaeOptions, Options
from understudy.training.settings import TrainingSettings

# name there: (name here, default there, least, most); of `train`'s options in the second table
SAEHD = {
    "resolution": ("resolution", 128, 64, 640),
    "face_type": ("framing", "full", None, None),
    "ae_dims": ("inter", 256, 32, 1024),
    "e_dims": ("encoder", 64, 16, 256),
    "d_dims": ("decoder", 64, 16, 256),
    "d_mask_dims": ("matte", 22, 16, 256),
    "masked_training": ("masked", True, None, None),
    "eyes_mouth_prio": ("eyes_mouth", False, None, None),
    "uniform_yaw": ("even_poses", False, None, None),
    "blur_out_mask": ("blur_outside", False, None, None),
    "random_warp": ("warp", True, None, None),
    "random_hsv_power": ("colour_jitter", 0, 0, 0.3),
    "gan_power": ("gan", 0, 0, 5),
    "gan_dims": ("gan_width", 16, 4, 512),
    "face_style_power": ("face_style", 0, 0, 100),
    "bg_style_power": ("background_style", 0, 0, 100),
    "ct_mode": ("colour_transfer", "none", None, None),
    "pretrain": ("pretrain", False, None, None),
    "random_src_flip": ("likeness_flip", False, None, None),
    "random_dst_flip": ("plate_flip", True, None, None),
}
AMP = {
    "resolution": ("resolution", 224, 64, 640),
    "face_type": ("framing", "whole", None, None),
    "ae_dims": ("bottleneck", 256, 32, 1024),
    "inter_dims": ("inter", 1024, 32, 2048),
    "e_dims": ("encoder", 64, 16, 256),
    "d_dims": ("decoder", 64, 16, 256),
    "d_mask_dims": ("matte", 22, 16, 256),
    "morph_factor": ("morph_factor", 0.5, 0.1, 0.5),
    "uniform_yaw": ("even_poses", False, None, None),
    "blur_out_mask": ("blur_outside", False, None, None),
    "random_warp": ("warp", True, None, None),
    "random_hsv_power": ("colour_jitter", 0, 0, 0.3),
    "gan_power": ("gan", 0, 0, 5),
    "gan_dims": ("gan_width", 16, 4, 512),
    "ct_mode": ("colour_transfer", "none", None, None),
    "random_src_flip": ("likeness_flip", False, None, None),
    "random_dst_flip": ("plate_flip", True, None, None),
    # not to be chosen there: always on
    "masked_training": ("masked", True, None, None),
    "eyes_mouth_prio": ("eyes_mouth", True, None, None),
}
OF_THE_TRAINING = {
    "batch_size": "batch",
    "target_iter": "budget",
    "adabelief": "optimiser",
    "lr_dropout": "optimiser",
    "clipgrad": "clip",
}


def limits(kind: type[Options], name: str) -> tuple[float | None, float | None]:
    marks = kind.model_fields[name].metadata
    least = next((mark.ge for mark in marks if isinstance(mark, Ge)), None)
    most = next((mark.le for mark in marks if isinstance(mark, Le)), None)
    return least, most


@pytest.mark.parametrize(
    ("kind", "there", "name"),
    [(kind, table, name) for kind, table in ((LiaeOptions, SAEHD), (AmpOptions, AMP)) for name in table],
)
def test_an_option_has_its_default_and_its_range(
    kind: type[Options], there: dict[str, tuple], name: str
) -> None:
    here, default, least, most = there[name]
    preset = kind(preset="dfl").model_dump(mode="json")
    assert preset[here] == default
    if least is not None:
        assert limits(kind, here) == (least, most)


def test_the_letters_true_face_and_the_patch() -> None:
    assert LiaeOptions(preset="dfl").flags == "ud"
    assert limits(DfOptions, "true_face") == (0, 1)
    assert DfOptions(preset="dfl").true_face == 0
    assert "true_face" not in LiaeOptions.model_fields
    assert LiaeOptions(preset="dfl").patch == 128 // 8
    assert limits(LiaeOptions, "gan_patch")[1] == 640
    for side in (64, 640):
        assert LiaeOptions(resolution=side).resolution == DfOptions(resolution=side).resolution == side
    transfers = set(LiaeOptions.model_fields["colour_transfer"].annotation.__args__)  # type: ignore[union-attr]
    assert transfers == {"none", "rct", "lct", "mkl", "idt", "sot"}


def test_what_is_chosen_of_the_training() -> None:
    known = {field.name for field in fields(TrainingSettings)}
    assert set(OF_THE_TRAINING.values()) <= known
    assert LiaeOptions(preset="dfl").training["optimiser"] == "dfl-adabelief"
