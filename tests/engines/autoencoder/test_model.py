from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.engines.lessons import workshop
from tests.filmed_takes import Shelf, filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.engines.autoencoder import AmpEngine, DfEngine
from understudy.engines.autoencoder.model import FamilyModel
from understudy.engines.autoencoder.options import DfOptions
from understudy.errors import BadInputError
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import Framing
from understudy.geometry.matte import face_matte
from understudy.nets.autoencoder import Decoded

ACTS = [Act(yaw=4 * k - 14, roll=3 * k - 10, mouth=0.02 * k) for k in range(8)]
LIKENESS = filmed(somebody(1.06, 0.97), complexion((0.35, 0.24, 0.4), 2), ACTS)
PLATE = filmed(somebody(0.97, 1.03), complexion((0.85, 0.62, 0.5), 1), ACTS[:5], size=50.0)
TINY = {"resolution": "64", "inter": "32", "encoder": "16", "decoder": "16", "matte": "16"}


class Echo(nn.Module):
    """Draws what it sees, and is sure of it."""

    def __init__(self, sure: float = 1.0) -> None:
        super().__init__()
        self.sure = nn.Parameter(torch.tensor(sure))

    def forward(self, x: Tensor) -> Decoded:
        return Decoded(x, torch.ones_like(x[:, :1]) * self.sure)


def echoing(framing: Framing, sure: float = 1.0) -> FamilyModel:
    options = DfOptions(resolution=192, framing=framing)
    return FamilyModel(options, Echo(sure), PLATE.faces.landmarks, np.array([3, 3, 1, 1, 0]))


@pytest.mark.parametrize("framing", [Framing.FACE, Framing.FULL, Framing.WHOLE])
def test_what_is_drawn_lies_where_it_was_seen(framing: Framing) -> None:
    model = echoing(framing)
    for row in range(3):
        face = PLATE.face(row)
        (drawn,) = model.render([face], Shelf(LIKENESS, model.needs))
        inside = drawn.matte > 0.98
        assert inside.sum() > 1500
        assert np.abs(drawn.rgb - face.image)[inside].mean() < 0.02
        assert np.abs(np.roll(drawn.rgb, 2, axis=0) - face.image)[inside].mean() > 0.03


def test_the_matte_is_the_mesh_where_the_network_is_sure_and_nothing_where_it_is_not() -> None:
    face = PLATE.face(1)
    points = apply_affine(face.to_crop, PLATE.faces.landmarks[1])
    own = face_matte(points, *face.image.shape[:2])
    (sure,) = echoing(Framing.WHOLE, 0.95).render([face], Shelf(LIKENESS, np.array([0])))
    assert np.abs(sure.matte - own).max() < 1e-5
    (half,) = echoing(Framing.WHOLE, 0.5).render([face], Shelf(LIKENESS, np.array([0])))
    assert np.abs(half.matte - own / 2).max() < 1e-5
    (unsure,) = echoing(Framing.WHOLE, 0.05).render([face], Shelf(LIKENESS, np.array([0])))
    assert not unsure.matte.any()


class Checks(Echo):
    """Draws black and white pixels in turn."""

    def forward(self, x: Tensor) -> Decoded:
        size = x.shape[-1]
        turn = (torch.arange(size)[:, None] + torch.arange(size)) % 2
        return Decoded(turn.float().expand(1, 3, size, size), torch.ones_like(x[:, :1]))


def test_crops_that_are_coarser_than_the_network_do_not_alias() -> None:
    options = DfOptions(resolution=192)
    model = FamilyModel(options, Checks(), PLATE.faces.landmarks, np.zeros(5, np.int64))
    (coarse,) = model.render([PLATE.face(0, scale=0.25)], Shelf(LIKENESS, model.needs))
    inside = coarse.matte > 0.98
    assert inside.any()
    assert np.abs(coarse.rgb - 0.5)[inside].max() < 0.05


def test_needs_are_the_examples() -> None:
    model = echoing(Framing.FACE)
    assert model.needs.tolist() == [0, 1, 3]
    assert [model.example(row) for row in range(5)] == [3, 3, 1, 1, 0]


def test_a_trained_engine_draws_the_likenesss_decoder_and_comes_back_from_arrays(tmp_path: Path) -> None:
    maker = DfEngine()
    model = maker.fit(
        LIKENESS.likeness, PLATE.faces, workshop(maker, LIKENESS, PLATE, tmp_path, TINY, 2, batch=2)
    )
    again = maker.load(dict(model.save()))
    face = PLATE.face(2)
    one, two = (each.render([face], Shelf(LIKENESS, model.needs))[0] for each in (model, again))
    assert np.array_equal(one.rgb, two.rgb)
    with torch.no_grad():
        for each in again.net.decoder_plate.parameters():  # type: ignore[union-attr]
            each.zero_()
    assert np.array_equal(again.render([face], Shelf(LIKENESS, model.needs))[0].rgb, one.rgb)
    with torch.no_grad():
        for each in again.net.decoder_likeness.parameters():  # type: ignore[union-attr]
            each.zero_()
    assert not np.array_equal(again.render([face], Shelf(LIKENESS, model.needs))[0].rgb, one.rgb)


def test_options_that_do_not_last_may_change_and_who_judges_may_come_and_go(tmp_path: Path) -> None:
    maker = DfEngine()
    for steps, changes in enumerate(
        ({}, {"gan": "0.1", "gan-width": "4"}, {"gan": "0.1", "gan-width": "8", "warp": "no"}, {}), start=1
    ):
        given = {**TINY, **changes}
        maker.fit(
            LIKENESS.likeness, PLATE.faces, workshop(maker, LIKENESS, PLATE, tmp_path, given, steps, batch=2)
        )
    other = workshop(maker, LIKENESS, PLATE, tmp_path, {**TINY, "encoder": "18"}, 9, batch=2)
    with pytest.raises(BadInputError, match="encoder 16, and not 18"):
        maker.fit(LIKENESS.likeness, PLATE.faces, other)


def test_the_morph_of_amp_is_how_far_the_likeness_is_shown(tmp_path: Path) -> None:
    maker = AmpEngine()
    given = {**TINY, "bottleneck": "32"}
    face, shown = PLATE.face(1), []
    for morph in ("0", "0.5", "1"):
        lessons = workshop(maker, LIKENESS, PLATE, tmp_path, {**given, "morph": morph}, 2, batch=2)
        model = maker.fit(LIKENESS.likeness, PLATE.faces, lessons)
        shown.append(model.render([face], Shelf(LIKENESS, model.needs))[0].rgb)
    apart = [float(np.abs(shown[a] - shown[b]).mean()) for a, b in ((0, 1), (1, 2), (0, 2))]
    assert 0 < apart[0] < apart[2]
    assert 0 < apart[1] < apart[2]


def test_a_training_starts_from_another(tmp_path: Path) -> None:
    maker = DfEngine()
    pretrained = tmp_path / "pretrained"
    general = {**TINY, "pretrain": "yes"}
    maker.fit(
        LIKENESS.likeness,
        PLATE.faces,
        workshop(maker, LIKENESS, PLATE, pretrained, general, 3, batch=2, seed=5),
    )
    given = {**TINY, "start": str(pretrained)}
    lessons = workshop(maker, LIKENESS, PLATE, tmp_path / "pair", given, 1, batch=2, rate=1e-9)
    started = maker.fit(LIKENESS.likeness, PLATE.faces, lessons).net.state_dict()
    wanted = maker.fit(
        LIKENESS.likeness,
        PLATE.faces,
        workshop(maker, LIKENESS, PLATE, pretrained, general, 3, batch=2, seed=5),
    ).net.state_dict()
    for name, each in started.items():
        assert torch.allclose(each, wanted[name], atol=1e-6) != name.startswith("inter"), name


def test_a_start_from_nothing_is_refused(tmp_path: Path) -> None:
    maker = DfEngine()
    given = {**TINY, "start": str(tmp_path / "nowhere")}
    with pytest.raises(BadInputError, match="no trained model"):
        maker.fit(
            LIKENESS.likeness, PLATE.faces, workshop(maker, LIKENESS, PLATE, tmp_path / "pair", given, 1)
        )
    assert not (tmp_path / "nowhere").exists()


def test_too_few_faces_are_counted(tmp_path: Path) -> None:
    maker = DfEngine()
    few = LIKENESS.first(3)
    with pytest.raises(BadInputError, match="likeness has 3 faces to learn from, and at least 8 are needed"):
        maker.fit(few.likeness, PLATE.faces, workshop(maker, few, PLATE, tmp_path, TINY, 1))
