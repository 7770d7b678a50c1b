"""The engine that mends: what it learns from, that it learns, and that it mends at full resolution."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engines.lessons import faces_of, workshop
from tests.filmed_takes import Shelf, Take, filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.engines.base import LikenessFaces
from understudy.engines.guided import GuidedEngine
from understudy.engines.guided.lessons import VARIANTS, make_lessons, mirrored, self_portraits
from understudy.engines.guided.lighting import Lights
from understudy.engines.guided.maps import COUNT as MAPS
from understudy.engines.guided.maps import COVER, LIGHT
from understudy.engines.guided.model import GuidedModel
from understudy.engines.warp import WarpEngine
from understudy.errors import BadInputError
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.progress import SilentProgress

COUNT = 24
OPTIONS = {"size": "64", "width": "8"}


@pytest.fixture(scope="module")
def likeness() -> Take:
    chance = np.random.default_rng(1)
    acts = [
        Act(
            yaw=15 * np.sin(k / 3),
            pitch=6 * np.cos(k / 4),
            mouth=0.1 * chance.random(),
            blink=float(k % 7 == 3),
        )
        for k in range(COUNT)
    ]
    return filmed(somebody(1.06, 0.97), complexion((0.35, 0.24, 0.4), 2), acts)


@pytest.fixture(scope="module")
def plate() -> Take:
    acts = [Act(yaw=8, mouth=0.08), Act(yaw=4, mouth=0.03), Act()]
    return filmed(somebody(0.97, 1.03), complexion((0.85, 0.62, 0.5), 1), acts)


@pytest.fixture(scope="module")
def trained(likeness, plate, tmp_path_factory) -> GuidedModel:
    maker = GuidedEngine()
    shop = workshop(maker, likeness, plate, tmp_path_factory.mktemp("training"), OPTIONS, 40)
    return maker.fit(likeness.likeness, plate.faces, shop)


def unlit(plate: Take) -> Lights:
    """As if the plate were lit like the likeness, and evenly."""
    nothing = np.zeros((len(plate.faces), 9, 3), np.float32)
    return Lights(nothing, nothing)


def test_no_face_is_shown_by_itself_nor_by_its_neighbours(likeness) -> None:
    faces = likeness.faces
    model = self_portraits(faces.landmarks, faces.light, np.zeros(COUNT, np.int32), 64)
    assert len(model.target) == 2 * VARIANTS * COUNT
    np.testing.assert_array_equal(
        model.target[: VARIANTS * COUNT], np.tile(faces.landmarks, (VARIANTS, 1, 1))
    )
    np.testing.assert_array_equal(model.target[-COUNT:], mirrored(faces.landmarks, 64))
    for mix in (model.skin, model.eyes, model.mouth):
        shown = np.where(mix.weight > 0, mix.rows, -COUNT)
        assert np.abs(shown - np.tile(np.arange(COUNT), 2 * VARIANTS)[:, None]).min() >= 2
        np.testing.assert_allclose(mix.weight.sum(1), 1.0, atol=1e-6)


def test_faces_of_other_clips_may_show_it_however_near(likeness) -> None:
    faces = likeness.faces
    model = self_portraits(faces.landmarks, faces.light, np.arange(COUNT, dtype=np.int32), 64)
    own = model.skin.rows[model.skin.weight > 0]
    assert set(own) <= set(range(COUNT))
    apart = np.abs(model.skin.rows[:COUNT, 0] - np.arange(COUNT))
    assert (apart >= 1).all()
    assert (apart == 1).any()


def test_lessons_are_near_what_should_come_out_and_the_same_every_time(likeness) -> None:
    faces = faces_of(likeness, 64)
    one, other = (make_lessons(faces, likeness.likeness, SilentProgress()) for _ in range(2))
    assert np.array_equal(one.warped, other.warped)
    heavy = one.masks[..., 0].astype(float)[:, None, ..., None]
    assert one.warped.shape[1] == 2 * VARIANTS
    for half, side in ((slice(0, VARIANTS), 1), (slice(VARIANTS, None), -1)):
        wanted = faces.images[:, None, :, ::side].astype(float)
        error = np.abs(one.warped[:, half].astype(float) - wanted) * heavy[:, :, :, ::side]
        assert 0.5 < error.sum() / (heavy.sum() * 3 * VARIANTS) < 20


def test_the_plates_light_is_told_as_far_as_lessons_have_it(likeness, trained) -> None:
    lessons = make_lessons(faces_of(likeness, 64), likeness.likeness, SilentProgress())
    light, face = lessons.maps[..., LIGHT], lessons.maps[..., COVER] == 255
    least, greatest = lessons.light
    assert light[face].min() <= least < greatest <= light[face].max()
    assert ((least <= light[face]) & (light[face] <= greatest)).mean() > 0.99
    assert trained.lights.known == (least, greatest)
    assert GuidedModel.load(trained.save()).lights.known == (least, greatest)


def test_most_of_a_training_sees_parts_of_faces_and_its_end_whole_ones(likeness) -> None:
    """Halved faces and windows of them, in turn; a window shows eyes or a mouth, pixel by pixel."""
    import torch

    from understudy.engines.guided.learner import GuidedLearner

    faces = faces_of(likeness, 64)
    learner = GuidedLearner(make_lessons(faces, likeness.likeness, SilentProgress()), None, (8, 12, 16, 24))
    learner.schedule(0.5)
    kinds = []
    for seed in range(12):
        batch = learner.draw(4, torch.Generator().manual_seed(seed))
        assert batch["target"].shape == (4, 3, 32, 32)
        assert batch["maps"].shape == (4, MAPS, 32, 32)
        kinds.append(float(batch["enlarged"].unique()))
        assert (batch["features"].amax((1, 2, 3)) > 0.5).all()
        if kinds[-1] == 2:
            maps = np.round(127.5 * (batch["maps"][0].numpy() + 1))
            whole = learner._whole["maps"][batch["faces"][0]].numpy()
            places = np.lib.stride_tricks.sliding_window_view(whole[5:8], (32, 32), axis=(1, 2))
            either = (maps[5:8], maps[5:8, :, ::-1])
            assert any((places == each[:, None, None]).all((0, 3, 4)).any() for each in either)
    assert set(kinds) == {1.0, 2.0}
    learner.schedule(0.9)
    assert learner.draw(4, torch.Generator().manual_seed(0))["target"].shape == (4, 3, 64, 64)


def test_a_fault_that_all_lessons_share_is_unlearned(likeness, tmp_path) -> None:
    """After some steps faces that it never saw come out nearer to the truth than they went in."""
    from understudy.engines.guided.learner import GuidedLearner
    from understudy.training.budget import Budget
    from understudy.training.loop import train
    from understudy.training.settings import TrainingSettings

    faces = faces_of(likeness, 64)
    lessons = make_lessons(faces, likeness.likeness, SilentProgress())
    faulty = replace(lessons, warped=np.roll(lessons.warped, 1, axis=3) // 8 * 7)
    learner = GuidedLearner(faulty, None, (8, 12, 16, 24))
    before = learner.score()
    settings = TrainingSettings(
        Budget(steps=80), batch=4, rate=2e-3, warm_up=5, ema=0.9, device="cpu", precision="fp32"
    )
    outcome = train(learner, tmp_path, settings)
    assert outcome.curve[-1].score > before + 3


def test_a_model_that_has_learned_nothing_is_warp(likeness, plate, trained) -> None:
    """Its network begins as one that changes nothing, at any resolution of the crop."""
    from understudy.nets.refiner import Refiner

    plan = WarpEngine().fit(likeness.likeness, plate.faces)
    blank = GuidedModel.of(plan, unlit(plate), Refiner(MAPS, (8, 12, 16, 24)), 64, (8, 12, 16, 24))
    for face in (plate.face(0), plate.face(1, scale=0.5)):
        crops = Shelf(likeness, blank.needs)
        (mended,), (drawn,) = blank.render([face], crops), plan.render([face], crops)
        shown = drawn.matte > 0
        assert np.abs(mended.rgb - np.clip(drawn.rgb, 0, 1))[shown].max() < 0.02
        assert np.abs(mended.matte - drawn.matte).max() < 0.03
    assert trained.room == plan.room


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_what_the_network_says_is_done_at_the_resolution_of_the_crop(likeness, plate, scale) -> None:
    """A network that always says: to the right, which is for lessons only, and brighter by 0.06, of which
    lips take half.
    """
    import torch

    from understudy.nets.refiner import Refiner

    plan = WarpEngine().fit(likeness.likeness, plate.faces)
    net, square = Refiner(MAPS, (8, 12, 16, 24)), 64
    with torch.no_grad():
        net.net.end.bias[0:4] = 1.0
        net.net.end.bias[8:20] = 0.2
        net.net.end.bias[32:36] = -20.0
    plan = replace(plan, inside=np.zeros_like(plan.inside))
    model = GuidedModel.of(plan, unlit(plate), net, square, (8, 12, 16, 24))
    face, crops = plate.face(0, scale), Shelf(likeness, model.needs)
    (mended,), (drawn,) = model.render([face], crops), model.plan.render([face], crops)
    mouth = plan.target[0, [0, 17, 61, 291], :2] @ face.to_crop[:, :2].T + face.to_crop[:, 2]
    rows, columns = np.mgrid[: drawn.matte.shape[0], : drawn.matte.shape[1]]
    away = np.hypot(columns - mouth[:, 0].mean(), rows - mouth[:, 1].mean()) / np.ptp(mouth[:, 0])
    skin, lips = (drawn.matte > 0.9) & (away > 0.9), away < 0.1
    assert skin.mean() > 0.1
    assert np.abs(mended.rgb - np.clip(drawn.rgb + 0.06, 0, 1))[skin].max() < 2e-3
    assert np.abs(mended.rgb - np.clip(drawn.rgb + 0.03, 0, 1))[lips].max() < 2e-3


def test_the_inside_of_the_plates_own_mouth_stays_as_it_is(likeness, plate) -> None:
    import torch

    from understudy.nets.refiner import Refiner

    plan, net = WarpEngine().fit(likeness.likeness, plate.faces), Refiner(MAPS, (8, 12, 16, 24))
    with torch.no_grad():
        net.net.end.bias[8:20] = 0.5
    plan = replace(plan, inside=np.ones_like(plan.inside))
    model, face = GuidedModel.of(plan, unlit(plate), net, 64, (8, 12, 16, 24)), plate.face(0)
    crops = Shelf(likeness, model.needs)
    (mended,), (drawn,) = model.render([face], crops), plan.render([face], crops)
    assert drawn.own is not None
    assert np.array_equal(mended.own, drawn.own)
    mouth, skin = drawn.own == 1, (drawn.own == 0) & (drawn.matte > 0.9)
    assert np.abs(mended.rgb - drawn.rgb)[mouth].max() < 1e-6
    assert np.median((mended.rgb - drawn.rgb)[skin]) > 0.1


def test_the_plates_eyes_say_where_the_face_glints(likeness, plate) -> None:
    """Painted onto the plate's irises, glints are shown on the likeness's as they are."""
    from understudy.nets.refiner import Refiner

    plan, bright = WarpEngine().fit(likeness.likeness, plate.faces), (0.97, 0.95, 0.99)
    model = GuidedModel.of(plan, unlit(plate), Refiner(MAPS, (8, 12, 16, 24)), 64, (8, 12, 16, 24))
    face = plate.face(2, scale=3.0)
    face = replace(face, image=face.image / 2)
    rows, columns = np.mgrid[: face.image.shape[0], : face.image.shape[1]]
    image, shown = face.image.copy(), []
    for ring in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
        before, after = (apply_affine(face.to_crop, each[face.row]) for each in (plan.plate, plan.target))
        radius = np.linalg.norm(before[list(ring[1:]), :2] - before[ring[0], :2], axis=1).mean()
        image[np.hypot(columns - before[ring[0], 0], rows - before[ring[0], 1]) < 0.4 * radius] = bright
        shown.append(tuple(np.round(after[ring[0], 1::-1]).astype(int)))
    crops = Shelf(likeness, model.needs)
    (dull,), (glinting,) = (model.render([each], crops) for each in (face, replace(face, image=image)))
    changed = (glinting.rgb != dull.rgb).any(-1)
    assert 0 < changed.mean() < 0.01
    assert glinting.own is not None
    for place in shown:
        np.testing.assert_allclose(glinting.rgb[place], bright, atol=0.02)
        assert glinting.own[place] > 0.9
        assert np.abs(dull.rgb[place] - bright).min() > 0.1


def test_weights_of_another_shape_are_refused(trained) -> None:
    arrays = dict(trained.save())
    arrays["channels"] = np.array((8, 12, 16, 32))
    with pytest.raises(BadInputError, match="train again"):
        GuidedModel.load(arrays)


def test_a_model_of_before_there_was_light_is_refused(trained) -> None:
    arrays = {name: each for name, each in trained.save().items() if name != "light.known"}
    with pytest.raises(BadInputError, match="earlier version"):
        GuidedModel.load(arrays)


def test_too_few_faces_are_refused_with_their_number(likeness, plate, tmp_path) -> None:
    maker, few = GuidedEngine(), likeness.first(5)
    with pytest.raises(BadInputError, match=r"5 faces.*at least 8"):
        maker.fit(
            LikenessFaces(few.faces, np.zeros(5, np.int32)),
            plate.faces,
            workshop(maker, few, plate, tmp_path, OPTIONS, 1),
        )
