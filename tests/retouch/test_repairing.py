"""Edits applied to frames: a repair follows the face, and nothing else changes."""

import numpy as np
import pytest

from tests.retouch.acting import SIZE, acted, edit_of, spotted
from understudy.errors import BadInputError
from understudy.geometry import mesh
from understudy.retouch.canvas import Area, eye_distance
from understudy.retouch.edits import Key, Operation
from understudy.retouch.making import Mask, Stroke, brushed, difference, patch_of
from understudy.retouch.moving import offsets_of
from understudy.retouch.painting import Placed, matte_of
from understudy.retouch.patch import Patch, Patches
from understudy.retouch.registering import lie
from understudy.retouch.repairing import Repairer

KEY = 2


@pytest.fixture
def patches(tmp_path):
    return Patches(tmp_path / "retouch")


@pytest.fixture(scope="module")
def flawed():
    scene = acted()
    return scene.with_film(tuple(spotted(scene, frame) for frame in range(scene.frames)))


def painted(patches, flawed, frame=KEY):
    """The key of a frame whose spot was painted away."""
    clean = acted().film[frame]
    mask = difference(flawed.film[frame], clean)
    patch = patch_of(flawed.faces[frame], flawed.film[frame], mask, clean[mask.area.within] / np.float32(255))
    return Key(frame=frame, patch=patches.keep(patch))


def masked(patches, scene, frame=KEY, vertex=425, radius=12.0, **values):
    stroke = Stroke(scene.faces[frame][[vertex], :2], radius, 0.3)
    patch = patch_of(scene.faces[frame], scene.film[frame], brushed(stroke, SIZE, SIZE))
    return Key(frame=frame, patch=patches.keep(patch), values=values)


def error(picture, frame, where):
    return np.abs(picture.astype(float) - acted().film[frame]).mean(-1)[where].mean()


def flaw_at(flawed, frame):
    return np.abs(flawed.film[frame].astype(float) - acted().film[frame]).mean(-1) > 2


def test_a_spot_painted_away_once_is_gone_everywhere(patches, flawed):
    edit = edit_of(Operation.PAINT, painted(patches, flawed), flawed)
    repairer = Repairer(flawed, patches)
    for frame in range(flawed.frames):
        where = flaw_at(flawed, frame)
        left = error(repairer.repaired(frame, [edit]).image, frame, where)
        assert left < (0.1 if frame == KEY else 0.25) * error(flawed.film[frame], frame, where)


def test_outside_the_area_of_an_edit_every_bit_is_the_films(patches, flawed):
    edit = edit_of(Operation.PAINT, painted(patches, flawed), flawed)
    found = Repairer(flawed, patches).repaired(0, [edit])
    outside = np.ones((SIZE, SIZE), bool)
    outside[found.area.within] = False
    assert (found.image == flawed.film[0])[outside].all()
    assert (found.image != flawed.film[0]).any()
    rows, columns = np.indices((SIZE, SIZE))
    far = np.hypot(columns - flawed.faces[0][425, 0], rows - flawed.faces[0][425, 1])
    changed = (found.image != flawed.film[0]).any(-1)
    assert far[changed].max() < 0.5 * eye_distance(flawed.faces[0])


def test_outside_its_own_matte_an_edit_changes_nothing(patches, flawed):
    edit = edit_of(Operation.PAINT, painted(patches, flawed), flawed)
    patch = patches[edit.keys[0].patch]
    for frame in range(flawed.frames):
        found = Repairer(flawed, patches).repaired(frame, [edit])
        where = lie(patch, flawed.faces[frame], flawed.film[frame])
        matte = matte_of([Placed(patch, 1.0, where)], found.area)
        changed = (found.image != flawed.film[frame]).any(-1)[found.area.within]
        assert changed.any()
        assert not changed[matte == 0].any()


def test_strength_range_and_fading(patches, flawed):
    key = painted(patches, flawed)
    whole = edit_of(Operation.PAINT, key, flawed)
    repairer = Repairer(flawed, patches)
    where = flaw_at(flawed, 1)
    full, half = (
        error(repairer.repaired(1, [whole.changed(strength=s)]).image, 1, where) for s in (1.0, 0.5)
    )
    unrepaired = error(flawed.film[1], 1, where)
    assert full < 0.5 * half < 0.5 * unrepaired
    later = whole.changed(first=2, last=4)
    assert (
        repairer.repaired(1, [later]).image is flawed.film[1]
        or (repairer.repaired(1, [later]).image == flawed.film[1]).all()
    )
    assert repairer.repaired(1, [later]).area.empty
    faded = whole.changed(fade=1, first=1)
    assert [faded.strength_at(frame) for frame in range(5)] == [0, 0.5, 1, 1, 0.5]


def test_between_two_keys_both_count_and_at_each_only_itself(patches, flawed):
    one, other = painted(patches, flawed, 0), painted(patches, flawed, 4)
    both = edit_of(Operation.PAINT, one, flawed).with_key(other)
    repairer = Repairer(flawed, patches)
    alone = [edit_of(Operation.PAINT, key, flawed) for key in (one, other)]
    for frame, same in ((0, alone[0]), (4, alone[1])):
        assert (repairer.repaired(frame, [both]).image == repairer.repaired(frame, [same]).image).all()
    between = repairer.repaired(2, [both]).image
    assert all((between != repairer.repaired(2, [each]).image).any() for each in alone)
    assert error(between, 2, flaw_at(flawed, 2)) < 0.25 * error(flawed.film[2], 2, flaw_at(flawed, 2))


def test_what_was_found_is_remembered_and_does_not_change_the_picture(patches, flawed):
    edit = edit_of(Operation.PAINT, painted(patches, flawed), flawed)
    repairer = Repairer(flawed, patches)
    first = repairer.repaired(0, [edit]).image
    assert (repairer.repaired(0, [edit]).image == first).all()
    assert (Repairer(flawed, patches).repaired(0, [edit]).image == first).all()


def test_deep_film_stays_deep(patches, flawed):
    deep = flawed.with_film(tuple(each.astype(np.uint16) * 257 for each in flawed.film))
    edit = edit_of(Operation.PAINT, painted(patches, flawed), flawed)
    picture = Repairer(deep, patches).repaired(1, [edit]).image
    assert picture.dtype == np.uint16
    shallow = Repairer(flawed, patches).repaired(1, [edit]).image
    assert np.abs(picture / 257 - shallow).max() < 1.01


def test_the_plate_shows_through_its_matte_and_the_film_through_the_other(patches):
    scene = acted()
    plate = edit_of(Operation.SHOW_PLATE, masked(patches, scene), scene)
    repairer = Repairer(scene, patches)
    for frame in (0, KEY):
        x, y = np.round(scene.faces[frame][425, :2]).astype(int)
        picture = repairer.repaired(frame, [plate]).image
        assert np.abs(picture[y, x].astype(int) - scene.below[frame][y, x]).max() <= 1
        again = edit_of(Operation.SHOW_RESULT, masked(patches, scene, radius=30), scene)
        assert (
            np.abs(
                repairer.repaired(frame, [plate, again]).image[y, x].astype(int) - scene.film[frame][y, x]
            ).max()
            <= 1
        )


def test_a_colour_is_a_ratio(patches):
    scene = acted()
    key = masked(patches, scene, red=float(np.log(0.5)), blue=0.1)
    picture = Repairer(scene, patches).repaired(0, [edit_of(Operation.COLOUR, key, scene)]).image
    x, y = np.round(scene.faces[0][425, :2]).astype(int)
    was, now = (each[y, x] / 255 + 0.03 for each in (scene.film[0], picture))
    assert now / was == pytest.approx([0.5, 1, np.exp(0.1)], abs=0.02)


@pytest.mark.parametrize(("operation", "more"), [(Operation.SHARPEN, True), (Operation.BLUR, False)])
def test_sharpening_adds_detail_and_blurring_takes_it(patches, operation, more):
    scene = acted()
    rough = tuple(
        np.clip(each + np.random.default_rng(n).normal(0, 6, each.shape), 0, 255).astype(np.uint8)
        for n, each in enumerate(scene.film)
    )
    scene = scene.with_film(rough)
    picture = Repairer(scene, patches).repaired(1, [edit_of(operation, masked(patches, scene), scene)]).image
    x, y = np.round(scene.faces[1][425, :2]).astype(int)
    spot = (slice(y - 4, y + 5), slice(x - 4, x + 5))
    assert (picture[spot].std() > rough[1][spot].std()) == more


def test_a_nudge_moves_what_it_holds_and_fades_out(patches):
    scene = acted()
    face, way = scene.faces[KEY], np.array([6.0, -4.0])
    area = Area.of(face[[61]], 20, SIZE, SIZE)
    patch = patch_of(face, scene.film[KEY], Mask(area, np.ones(area.shape, np.float32)))
    offsets = offsets_of(face, face[61, :2], way, 22.0)
    moved = Patch(patch.sheet, patch.matte, patch.base, patch.seen, None, offsets)
    edit = edit_of(Operation.NUDGE, Key(frame=KEY, patch=patches.keep(moved)), scene)
    dots = np.zeros((SIZE, SIZE, 3), np.uint8)
    for vertex in (61, 291):
        x, y = face[vertex, :2]
        rows, columns = np.indices((SIZE, SIZE))
        dots[np.hypot(columns - x, rows - y) < 4] = 255
    drawn = scene.with_film((*scene.film[:KEY], dots, *scene.film[KEY + 1 :]))
    picture = Repairer(drawn, patches).repaired(KEY, [edit]).image[..., 0].astype(float)
    half = round(float(face[[61, 291], 0].mean()))
    columns, rows = np.meshgrid(np.arange(half), np.arange(SIZE))
    weight = picture[:, :half]
    middle = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    assert middle == pytest.approx(face[61, :2] + way, abs=0.8)
    assert (picture[:, half:] == dots[:, half:, 0]).all()


def test_irises_turn_by_degrees_within_their_lids(patches):
    scene = acted()
    key = Key(frame=0, values={"right_yaw": 15.0})
    edit = edit_of(Operation.GAZE, key, scene)
    face = scene.faces[0]
    dots = np.full((SIZE, SIZE, 3), 200, np.uint8)
    rows, columns = np.indices((SIZE, SIZE))
    for iris in (468, 473):
        dots[np.hypot(columns - face[iris, 0], rows - face[iris, 1]) < 2.5] = 20
    drawn = scene.with_film((dots, *scene.film[1:]))
    picture = 200.0 - Repairer(drawn, patches).repaired(0, [edit]).image[..., 0]
    box = Area.of(face[list(mesh.RIGHT_EYE)], 2, SIZE, SIZE)
    weight = np.clip(picture[box.within], 0, None)
    at = (columns[box.within] * weight).sum() / weight.sum()
    width = np.linalg.norm(face[33, :2] - face[133, :2])
    wanted = width * 12 / 30 * np.sin(np.radians(15))
    assert at - face[468, 0] == pytest.approx(wanted, rel=0.3)
    left = Area.of(face[list(mesh.LEFT_EYE)], 2, SIZE, SIZE)
    assert (picture[left.within] == 200.0 - dots[left.within][..., 0]).all()


def test_a_bad_frame_is_put_together_from_its_neighbours(patches):
    scene = acted()
    bad = tuple(
        np.where(np.indices((SIZE, SIZE)).sum(0)[..., None] % 2, each, 255 - each) if n == 2 else each
        for n, each in enumerate(scene.film)
    )
    broken = scene.with_film(bad)
    edit = edit_of(Operation.HOLD, Key(frame=2), scene, first=2, last=2)
    inside = Area.of(scene.faces[2][[205, 425, 151]], 0, SIZE, SIZE)
    held = Repairer(broken, patches).repaired(2, [edit]).image[inside.within].astype(float)
    clean, was = scene.film[2][inside.within], bad[2][inside.within].astype(float)
    assert np.abs(held - clean).mean() < 0.15 * np.abs(was - clean).mean()
    everything = edit.changed(first=0, last=4)
    assert Repairer(broken, patches).repaired(2, [everything]).area.empty


def test_strokes_are_round_soft_and_thinned_by_pressure():
    hard = brushed(Stroke(np.array([[50.0, 40.0]]), 10, 0.0), 100, 120)
    assert hard.matte.sum() == pytest.approx(np.pi * 100, rel=0.06)
    soft = brushed(Stroke(np.array([[50.0, 40.0]]), 10, 1.0), 100, 120)
    assert soft.matte.max() == 1
    assert soft.matte.sum() < 0.6 * hard.matte.sum()
    line = brushed(Stroke(np.array([[20.0, 50.0], [80.0, 50.0]]), 5, 0.0, np.array([1.0, 0.0])), 100, 120)
    row = line.over(Area(0, 0, 120, 100))[50]
    assert row[20] == 1
    assert 0 < row[60] < row[40] < 1
    assert row[90] == 0


@pytest.mark.parametrize(
    "stroke",
    [
        Stroke(np.zeros((0, 2)), 5),
        Stroke(np.array([[np.nan, 1.0]]), 5),
        Stroke(np.array([[5.0, 5.0]]), 0.1),
        Stroke(np.array([[5.0, 5.0]]), np.inf),
        Stroke(np.array([[5.0, 5.0]]), 5, 0.5, np.array([1.0, 1.0])),
        Stroke(np.array([[500.0, 5.0]]), 5),
        Stroke(np.zeros((20_001, 2)), 5),
    ],
)
def test_what_is_no_stroke_is_refused(stroke):
    with pytest.raises(BadInputError):
        brushed(stroke, 100, 120)


def test_a_stroke_beside_the_face_is_refused():
    scene = acted()
    with pytest.raises(BadInputError, match="beside the face"):
        patch_of(scene.faces[0], scene.film[0], brushed(Stroke(np.array([[3.0, 3.0]]), 2), SIZE, SIZE))
