"""What every engine promises, whoever made it; run for each one that is installed."""

import io
import json
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.engines.lessons import workshop
from tests.engines.toy_engine import installed
from tests.filmed_takes import Shelf, Take, filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.engines.base import Model, PlateFace, Rendered, engine
from understudy.errors import BadInputError
from understudy.geometry import mesh
from understudy.pixels import to_float
from understudy.training.checkpoint import read_facts
from understudy.training.settings import TrainingSettings
from understudy.training.shelf import Shelf as Checkpoints

installed()
INSTALLED = sorted(entry.name for entry in entry_points(group="understudy.engines"))
ENGINES = [name for name in INSTALLED if name != "quick96"]
"""quick96 is df with another network, which cannot be made small."""
PLANNING = [name for name in ENGINES if not engine(name).learns]
"""Those that learn can show nothing of the likeness yet after the two steps that they are given here."""

FROM_LIKENESS = ("guided",)
"""Those that learn from the likeness alone: of the plate one face is enough."""

_SMALL = {"resolution": "64", "inter": "32", "encoder": "16", "decoder": "16", "matte": "16"}
UNSURE = 0.3
"""A matte that is learned too is still about a half."""
TINY = {
    "toy": {"width": "4"},
    "df": _SMALL,
    "liae": _SMALL,
    "amp": {**_SMALL, "bottleneck": "32"},
    "guided": {"size": "64", "width": "8"},
}
"""Options that make the networks of engines that learn small."""

ACTS = [
    Act(),
    Act(yaw=10, mouth=0.04),
    Act(yaw=18, pitch=4, mouth=0.12),
    Act(yaw=5, pitch=-6, blink=0.5),
    Act(yaw=-8, blink=1.0),
    Act(yaw=-15, roll=6, gaze=(0.04, 0.0)),
    Act(roll=-9, mouth=0.2),
    Act(pitch=9, gaze=(-0.05, 0.01)),
]
PALE, DARK = complexion((0.85, 0.62, 0.5), 1), complexion((0.35, 0.24, 0.4), 2)


@pytest.fixture(scope="module")
def likeness() -> Take:
    return filmed(somebody(1.06, 0.97), DARK, ACTS)


@pytest.fixture(scope="module")
def plate() -> Take:
    return filmed(somebody(0.97, 1.03), PALE, [ACTS[k] for k in (2, 1, 0, 3, 5)])


def fitted(name: str, likeness: Take, plate: Take) -> Model:
    maker = engine(name)
    if not maker.learns:
        return maker.fit(likeness.likeness, plate.faces)
    with tempfile.TemporaryDirectory() as folder:
        place = workshop(maker, likeness, plate, Path(folder), TINY.get(name, {}), steps=2)
        return maker.fit(likeness.likeness, plate.faces, place)


def rendered(model: Model, likeness: Take, faces: list[PlateFace]) -> list[Rendered]:
    return model.render(faces, Shelf(likeness, model.needs))


def same(one: Rendered, other: Rendered) -> bool:
    return (
        np.array_equal(one.rgb, other.rgb)
        and np.array_equal(one.matte, other.matte)
        and (one.own is None) == (other.own is None)
        and (one.own is None or np.array_equal(one.own, other.own))
    )


def assert_sound(face: PlateFace, result: Rendered) -> None:
    """Shapes, types and ranges of one result."""
    height, width = face.image.shape[:2]
    assert result.rgb.shape == (height, width, 3)
    assert result.rgb.dtype == np.float32
    shown = result.rgb[result.matte > 0]
    assert shown.min() >= 0
    assert shown.max() <= 1
    for share in filter(lambda each: each is not None, (result.matte, result.own)):
        assert share.shape == (height, width)
        assert share.dtype == np.float32
        assert share.min() >= 0
        assert share.max() <= 1


@pytest.fixture(params=ENGINES)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def models(likeness, plate) -> dict[str, Model]:
    return {name: fitted(name, likeness, plate) for name in ENGINES}


@pytest.fixture
def model(name, models) -> Model:
    return models[name]


@pytest.fixture(params=PLANNING)
def planned(request, models) -> Model:
    return models[request.param]


def test_there_are_engines() -> None:
    assert "warp" in ENGINES


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(BadInputError, match=r"'nosuch'.*warp"):
        engine("nosuch")


def test_it_goes_by_the_name_it_is_registered_under(name) -> None:
    assert engine(name).name == name


def test_a_saved_model_renders_the_same_bits(name, model, likeness, plate) -> None:
    file = io.BytesIO()
    np.savez(file, **model.save())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = engine(name).load(dict(arrays))
    assert np.array_equal(loaded.needs, model.needs)
    assert [loaded.example(row) for row in range(5)] == [model.example(row) for row in range(5)]
    faces = plate.every_face()
    pairs = zip(rendered(loaded, likeness, faces), rendered(model, likeness, faces), strict=True)
    assert all(same(one, other) for one, other in pairs)


def test_fitting_again_gives_the_same_model(name, model, likeness, plate) -> None:
    again = fitted(name, likeness, plate).save()
    assert again.keys() == model.save().keys()
    assert all(np.array_equal(again[key], value) for key, value in model.save().items())


def test_needs_are_rows_of_the_likeness_in_order(model, likeness) -> None:
    needs = model.needs
    assert needs.dtype == np.int64
    assert len(needs) > 0
    assert (np.diff(needs) > 0).all()
    assert needs[0] >= 0
    assert needs[-1] < len(likeness.faces)


def test_examples_are_among_the_needs(model, plate) -> None:
    assert {model.example(row) for row in range(len(plate.faces))} <= set(model.needs.tolist())


def test_results_are_sound(model, likeness, plate) -> None:
    faces = plate.every_face()
    results = rendered(model, likeness, faces)
    assert len(results) == len(faces)
    for face, result in zip(faces, results, strict=True):
        assert_sound(face, result)


def test_the_matte_covers_the_face_and_ends_inside_the_crop(name, model, likeness, plate) -> None:
    faces = plate.every_face()
    for face, result in zip(faces, rendered(model, likeness, faces), strict=True):
        matte = result.matte
        assert not matte[0].any()
        assert not matte[-1].any()
        assert not matte[:, 0].any()
        assert not matte[:, -1].any()
        points = plate.faces.landmarks[face.row, :, :2] + face.to_crop[:, 2]
        for vertex in (4, 13, 50, 280, 159, 386):
            x, y = np.round(points[vertex]).astype(int)
            assert matte[y, x] > (0.9 if name in PLANNING else UNSURE)
        hull = np.zeros(matte.shape, np.uint8)
        cv2.fillConvexPoly(hull, cv2.convexHull(np.round(points).astype(np.int32)), 1)
        away = cv2.dilate(hull, np.ones((9, 9))) == 0
        assert not matte[away].any()


def test_rendering_is_pure(model, likeness, plate) -> None:
    faces = plate.every_face()
    before = [(face.image.copy(), face.to_crop.copy()) for face in faces]
    together = rendered(model, likeness, faces)
    backwards = rendered(model, likeness, faces[::-1])[::-1]
    alone = [rendered(model, likeness, [face])[0] for face in faces]
    for results in (backwards, alone):
        assert all(same(one, other) for one, other in zip(together, results, strict=True))
    for face, (image, to_crop) in zip(faces, before, strict=True):
        assert np.array_equal(face.image, image)
        assert np.array_equal(face.to_crop, to_crop)


def test_threads_do_not_disturb_each_other(model, likeness, plate) -> None:
    faces = plate.every_face() * 3
    with ThreadPoolExecutor(4) as pool:
        side_by_side = list(pool.map(lambda face: rendered(model, likeness, [face])[0], faces))
    in_turn = rendered(model, likeness, plate.every_face()) * 3
    assert all(same(one, other) for one, other in zip(side_by_side, in_turn, strict=True))


def test_no_face_renders_to_nothing(model, likeness) -> None:
    assert rendered(model, likeness, []) == []


def core(matte: np.ndarray) -> np.ndarray:
    """Where a matte is as good as at its highest."""
    return matte > 0.98 * matte.max()


def core_colour(picture: np.ndarray, matte: np.ndarray) -> np.ndarray:
    return picture[matte > 0.98].mean(axis=0)


def test_the_likeness_is_shown_and_not_the_plate(planned, likeness, plate) -> None:
    box = likeness.box(0)
    wanted = to_float(likeness.pictures[0][box.rows, box.columns])[20:60, 20:60].mean((0, 1))
    for face, result in zip(plate.every_face(), rendered(planned, likeness, plate.every_face()), strict=True):
        shown, own = core_colour(result.rgb, result.matte), core_colour(face.image, result.matte)
        assert np.linalg.norm(shown - wanted) < 0.4 * np.linalg.norm(own - wanted)


@pytest.mark.parametrize("name", PLANNING)
def test_a_performer_who_plays_themself_is_left_as_they_are(name, likeness) -> None:
    """The strongest thing that can be said without a second picture: nothing moves, nothing blurs away."""
    model = fitted(name, likeness, likeness)
    for face, result in zip(
        likeness.every_face(), rendered(model, likeness, likeness.every_face()), strict=True
    ):
        inside = result.matte > 0.98
        assert np.abs(result.rgb - face.image)[inside].mean() < 0.02


def test_the_crops_size_only_sets_the_resolution(model, likeness, plate) -> None:
    for row in range(2):
        full = rendered(model, likeness, [plate.face(row)])[0]
        half = rendered(model, likeness, [plate.face(row, scale=0.5)])[0]
        size = half.matte.shape[::-1]
        inside = core(half.matte) & core(cv2.resize(full.matte, size, interpolation=cv2.INTER_AREA))
        shrunk = cv2.resize(full.rgb, size, interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk - half.rgb)[inside].mean() < 0.03
        assert np.abs(cv2.resize(full.matte, size, interpolation=cv2.INTER_AREA) - half.matte).mean() < 0.03


def test_crops_of_sixteen_bits_are_as_good(model, likeness, plate) -> None:
    face = plate.face(0)
    eight = model.render([face], Shelf(likeness, model.needs))[0]
    sixteen = model.render([face], Shelf(likeness, model.needs, np.uint16))[0]
    assert np.abs(eight.rgb - sixteen.rgb).max() < 0.01
    assert np.abs(eight.matte - sixteen.matte).max() < 0.001


@pytest.mark.parametrize("centre", [(20.0, 64.0), (160.0, 64.0), (88.0, 5.0), (88.0, 130.0)])
def test_a_face_partly_outside_the_frame(name, likeness, centre) -> None:
    if engine(name).learns and centre[0] != 20.0:
        pytest.skip("what is drawn beyond an edge does not depend on which it is, and training takes long")
    cut = filmed(somebody(), PALE, ACTS[:5] if engine(name).learns else ACTS[:2], centre)
    model = fitted(name, likeness, cut)
    for face, result in zip(cut.every_face(), rendered(model, likeness, cut.every_face()), strict=True):
        assert_sound(face, result)
        assert result.matte.max() > (0.98 if name in PLANNING else UNSURE)


@pytest.mark.parametrize(("stills", "frames"), [(1, 1), (1, 3), (8, 1)])
def test_one_picture_is_enough_unless_it_is_learned_from(name, likeness, plate, stills, frames) -> None:
    few, short = likeness.first(stills), plate.first(frames)
    if engine(name).learns and not (name in FROM_LIKENESS and stills > 1):
        with pytest.raises(BadInputError, match=r"has \d faces? to learn from, and at least \d+ are needed"):
            fitted(name, few, short)
        return
    model = fitted(name, few, short)
    for face, result in zip(short.every_face(), rendered(model, few, short.every_face()), strict=True):
        assert_sound(face, result)
        assert result.matte.max() > 0.95


def test_nobody_cannot_be_played_and_cannot_play(name, likeness, plate) -> None:
    with pytest.raises(BadInputError, match="likeness"):
        fitted(name, likeness.first(0), plate)
    with pytest.raises(BadInputError, match="plate"):
        fitted(name, likeness, plate.first(0))


def outline(face: PlateFace, plate: Take, ring: tuple[int, ...], grow: int) -> np.ndarray:
    """Where a ring of the plate's mesh lies in a crop, and `grow` pixels around it."""
    points = plate.faces.landmarks[face.row, list(ring), :2] + face.to_crop[:, 2]
    mask = np.zeros(face.image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    return cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1))).astype(bool)


def test_the_mouth_opens_as_far_as_the_plates(planned, likeness, plate) -> None:
    """The dark between the lips covers as many pixels as in the plate."""
    for face, result in zip(plate.every_face(), rendered(planned, likeness, plate.every_face()), strict=True):
        lips = outline(face, plate, mesh.LIPS_OUTER, grow=2)
        wanted, shown = (int((picture[lips][:, 0] < 0.2).sum()) for picture in (face.image, result.rgb))
        assert abs(shown - wanted) <= 15 + 0.3 * wanted


def test_the_eyes_look_where_the_plates_look(planned, likeness, plate) -> None:
    for face, result in zip(plate.every_face(), rendered(planned, likeness, plate.every_face()), strict=True):
        for ring in (mesh.RIGHT_EYE, mesh.LEFT_EYE):
            ys, xs = np.nonzero(outline(face, plate, ring, grow=0))
            if np.ptp(ys) < 6:  # nearly shut: too little of the iris shows
                continue
            wanted, shown = (
                np.average(xs, weights=np.clip(0.6 - picture[ys, xs, 0], 0, None))
                for picture in (face.image, result.rgb)
            )
            assert abs(wanted - shown) < 1.3


def test_an_unknown_option_is_refused_by_name(name) -> None:
    with pytest.raises(BadInputError, match=rf"{name}.*'nosuch'"):
        engine(name).choose({"nosuch": "1"})


def test_options_are_read_into_json(name) -> None:
    choices = engine(name).choose(TINY.get(name, {}))
    assert choices.lasting <= choices.values.keys()
    assert json.loads(json.dumps(dict(choices.values))) == dict(choices.values)
    assert choices.training.keys() <= TrainingSettings.__dataclass_fields__.keys()


@pytest.mark.parametrize("name", [name for name in ENGINES if name not in PLANNING])
def test_what_was_learned_is_gone_on_from(name, likeness, plate, tmp_path) -> None:
    """Two steps and then two more are four steps, and nothing is learned when nothing is left to learn."""
    maker = engine(name)

    def learned(folder: Path, steps: int) -> Mapping[str, np.ndarray]:
        place = workshop(maker, likeness, plate, folder, TINY.get(name, {}), steps, ema=None)
        return maker.fit(likeness.likeness, plate.faces, place).save()

    learned(tmp_path / "in two", 2)
    begun = [path.name for path in (tmp_path / "in two" / "checkpoints").iterdir()]
    learned(tmp_path / "in two", 4)
    assert "step-000000002" in begun
    course = read_facts(Checkpoints(tmp_path / "in two").paths()[-1]).course
    assert course.step == 4
    once = learned(tmp_path / "in two", 4)
    assert read_facts(Checkpoints(tmp_path / "in two").paths()[-1]).course == course
    assert all(np.isfinite(each).all() for each in once.values() if each.dtype.kind == "f")
