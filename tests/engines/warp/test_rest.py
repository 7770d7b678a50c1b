import numpy as np
import pytest

from benchmarks import rest_fields
from tests.posed_faces import Act, posed, somebody
from understudy.engines.warp import rest
from understudy.engines.warp.shape import (
    HeadPoints,
    Heads,
    mouth_opening,
    neutral_shape,
    retarget,
    to_head_space,
)
from understudy.geometry import mesh
from understudy.geometry.align import Similarity

BROWS = list(mesh.RIGHT_BROW + mesh.LEFT_BROW)
LIPS = list(mesh.LIPS_OUTER + mesh.LIPS_INNER)
NOTHING = np.zeros(len(rest.ACTS))


def acting(shape: np.ndarray, levels: np.ndarray, yaw: float = 0.0) -> Heads:
    """`shape` acting at `levels` (N, 8), the head turned by `yaw` degrees, without a landmarker's errors."""
    count = len(levels)
    points = shape + np.einsum("nk,kvd->nvd", levels, rest.acting_fields())
    y = np.radians(yaw)
    turn = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    pose = Similarity(np.ones(count), np.stack([turn] * count), np.zeros((count, 3)))
    return Heads(HeadPoints(pose.apply(points), pose), pose)


def at(count: int, **levels: float) -> np.ndarray:
    table = np.tile(NOTHING, (count, 1))
    for act, level in levels.items():
        table[:, rest.ACTS.index(act)] = level
    return table


def apart(a: np.ndarray, b: np.ndarray, vertices: list[int]) -> float:
    return float(np.linalg.norm((a - b)[vertices, :2], axis=-1).mean())


def test_every_act_is_read_off_at_its_strength() -> None:
    for levels in np.eye(len(rest.ACTS)):
        look = mesh.canonical_face() + np.einsum("k,kvd->vd", levels, rest.acting_fields())
        assert rest.levels(look, np.zeros(2)) == pytest.approx(levels, abs=0.03)


def test_the_landmarkers_error_on_a_turned_head_is_not_read_as_acting() -> None:
    turned = np.array([0.6, -0.2])
    look = mesh.canonical_face() + np.einsum("k,kvd->vd", turned, rest.pose_fields())
    assert np.abs(rest.levels(look, turned)).max() < 1e-9


def test_fields_are_mirror_images_of_themselves() -> None:
    flipped = (np.concatenate([rest.acting_fields(), rest.pose_fields()]) * (-1, 1, 1))[
        :, mesh.mirror_index()
    ]
    fields = np.concatenate([rest.acting_fields(), rest.pose_fields()])
    sides = np.ones(len(fields))
    sides[[rest.ACTS.index("gaze right"), len(rest.ACTS)]] = -1
    assert flipped == pytest.approx(sides[:, None, None] * fields, abs=2e-4)


def test_fields_move_what_they_are_named_for() -> None:
    jaw, smile, pucker, _, brows, lids, right, down = rest.acting_fields()
    assert jaw[14, 1] - jaw[13, 1] > 0.05
    width = [field[291, 0] - field[61, 0] for field in (smile, pucker)]
    assert width[0] > 0.02
    assert width[1] < -0.02
    assert brows[BROWS, 1].max() < 0 < -brows[BROWS, 1].mean()
    assert lids[159, 1] - lids[145, 1] > 0.02
    assert right[[468, 473], 0].min() > 0.05
    assert down[[468, 473], 1].min() > 0.05


@pytest.mark.parametrize(("act", "part"), [("brows", BROWS), ("smile", LIPS), ("pucker", LIPS)])
def test_what_is_held_through_the_clip_is_mostly_acting(act: str, part: list[int]) -> None:
    """Raised brows, one long laugh: what is left of it in rest is taken off every expression."""
    face = somebody(1.03, 0.98)
    field = rest.acting_fields()[rest.ACTS.index(act)]
    held = neutral_shape(acting(face, at(40, **{act: 1.0})))
    left = apart(held, neutral_shape(acting(face, at(40))), part) / apart(field, np.zeros_like(field), part)
    assert left < 0.45


def test_brows_that_are_down_in_a_few_frames_only() -> None:
    face = somebody()
    levels = at(60, brows=1.0)
    levels[:6] = 0.0
    field = rest.acting_fields()[rest.ACTS.index("brows")]
    found = neutral_shape(acting(face, levels))
    assert apart(found, neutral_shape(acting(face, at(60))), BROWS) < 0.4 * apart(field, 0 * field, BROWS)


def test_what_no_act_explains_is_the_performers_own() -> None:
    """Noses, chins and cheeks: nothing is drawn to the canonical face but along the acts."""
    face = somebody(1.08, 0.93)
    found = neutral_shape(acting(face, at(30)))
    away = [v for v in range(468) if rest._near_eyes()[v, 0] < 1e-6]
    difference = (found - face)[away].reshape(-1)
    fields = rest.acting_fields()[:, away].reshape(len(rest.ACTS), -1)
    share, *_ = np.linalg.lstsq(fields.T, difference, rcond=None)
    assert np.abs(difference - share @ fields).max() < 1e-6
    assert np.linalg.norm((found - face)[away, :2], axis=1).mean() < 0.01


def test_likeness_and_plate_may_look_to_different_sides() -> None:
    """Brows, nose and mouth of one face come to rest in one place, from wherever they are seen."""
    face = somebody(1.02, 1.01)
    away = [v for v in range(468) if rest._near_eyes()[v, 0] < 1e-9]
    clips = []
    for yaw in (-30.0, 25.0):
        heads = acting(face, at(20), yaw)
        error = np.einsum("nk,kvd->nvd", rest.turns(heads.pose.rotation), rest.pose_fields())
        points = HeadPoints(heads.pose.apply(heads.points[:] + error), heads.pose)
        clips.append(Heads(points, heads.pose))
    assert np.abs(neutral_shape(clips[0]) - neutral_shape(clips[1]))[away].max() < 1e-9
    assert np.abs(clips[0].points[0] - clips[1].points[0])[away].max() > 0.02


def test_turns_are_where_the_face_looks() -> None:
    landmarks = np.stack(
        [posed(mesh.canonical_face(), Act(yaw=y, pitch=p), 80, (99, 99)) for y, p in ((20, 0), (0, 15))]
    )
    found = np.degrees(rest.turns(to_head_space(landmarks).pose.rotation))
    nose = [points[4, :2] - points[168, :2] for points in landmarks]
    frontal = mesh.canonical_face()[4, :2] - mesh.canonical_face()[168, :2]
    assert np.abs(found).max(1) == pytest.approx([20, 15], abs=1.0)
    assert np.sign(found[0, 0]) == np.sign(nose[0][0])
    assert (found[1, 1] > 0) == (nose[1][1] > 80 * frontal[1])


def test_one_picture_is_enough() -> None:
    heads = to_head_space(posed(somebody(1.05, 1.0), Act(yaw=12, mouth=0.1), 80, (100, 100))[None])
    found = neutral_shape(heads)
    assert np.isfinite(found).all()
    assert 0 < mouth_opening(found) < mouth_opening(heads.points[0])


def test_the_plates_raised_brows_are_raised_in_the_target() -> None:
    """A plate that holds its brows up keeps them up on a likeness filmed at rest."""
    own = acting(somebody(1.05, 0.97), at(30))
    plate = acting(somebody(), at(30, brows=1.0))
    target = retarget(own, plate)[0]
    lift = (own.points[0] - target)[BROWS, 1].mean()
    acted = -rest.acting_fields()[rest.ACTS.index("brows")][BROWS, 1].mean()
    assert 0.5 * acted < lift < 1.1 * acted


def test_learning_finds_the_fields_that_were_played() -> None:
    """The table's own generator, on shapes made with the table."""
    rng = np.random.default_rng(2)
    clips = []
    for wide in (0.96, 1.0, 1.05):
        acts = np.maximum(rng.uniform(-1, 1, (80, 9)), 0) * (*[1.0] * 7, 0.2, 0.1)
        order = [0, 1, 2, 3, 4, 5, 7, 8]
        heads = acting(somebody(wide, 1.0), acts[:, order])
        clips.append((100 * heads.points[:], acts))
    fields = rest_fields.learned(clips)
    brows = rest.ACTS.index("brows")
    assert fields.shape == (10, mesh.VERTEX_COUNT, 3)
    assert fields[brows][BROWS] == pytest.approx(rest.acting_fields()[brows][BROWS], abs=0.004)
    assert fields[1][LIPS] == pytest.approx(rest.acting_fields()[1][LIPS], abs=0.006)


def test_the_table_is_read_as_it_was_written(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = np.concatenate([rest.acting_fields(), rest.pose_fields() / rest._TURNING])
    rest_fields.write(fields, tmp_path / "rest_fields.csv")
    rest._fields.cache_clear()
    monkeypatch.setattr(rest, "files", lambda _: tmp_path)
    again = rest._fields()
    rest._fields.cache_clear()
    assert again == pytest.approx(fields, abs=5e-5)
