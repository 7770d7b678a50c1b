import numpy as np
import pytest

from tests.posed_faces import Act, posed, rotation, somebody
from understudy.engines.warp.shape import (
    lid_opening,
    mouth_opening,
    mouth_tension,
    neutral_shape,
    retarget,
    to_head_space,
    with_mouth_in_place,
)
from understudy.geometry import mesh
from understudy.geometry.align import rotation_angle

POSES = [Act(), Act(yaw=25), Act(yaw=-30, pitch=8), Act(pitch=-15, roll=10), Act(yaw=5, roll=-35)]


def filmed(shape: np.ndarray, acts: list[Act], size: float = 80.0) -> np.ndarray:
    return np.stack([posed(shape, act, size + 3 * k, (200 + 9 * k, 150)) for k, act in enumerate(acts)])


def looks(points: np.ndarray) -> np.ndarray:
    """How far along and across the eye each iris stands, in eye widths, (N, 2, 2)."""
    places = []
    for iris, (outer, inner) in ((468, mesh.RIGHT_EYE_CORNERS), (473, mesh.LEFT_EYE_CORNERS)):
        along = points[:, inner, :2] - points[:, outer, :2]
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        offset = points[:, iris, :2] - 0.5 * (points[:, outer, :2] + points[:, inner, :2])
        width = (along**2).sum(1)
        places.append(np.stack([(offset * along).sum(1) / width, (offset * across).sum(1) / width], axis=1))
    return np.stack(places, axis=1)


def test_head_space_is_free_of_pose() -> None:
    heads = to_head_space(filmed(somebody(), POSES))
    assert len(heads) == len(POSES)
    assert np.abs(heads.points - somebody()).max() < 1e-6


def test_the_pose_is_the_one_that_was_posed() -> None:
    heads = to_head_space(filmed(somebody(), POSES))
    expected = np.stack([rotation(act) for act in POSES])
    assert rotation_angle(heads.pose.rotation, expected).max() < 1e-3
    assert np.allclose(heads.pose.scale, 80 + 3 * np.arange(len(POSES)))
    assert np.allclose(heads.pose.translation[:, :2], [(200 + 9 * k, 150) for k in range(len(POSES))])


def test_another_shape_comes_out_rigid_and_upright() -> None:
    """A longer face keeps its proportions, frame after frame, and looks straight ahead."""
    shape = somebody(0.95, 1.08)
    heads = to_head_space(filmed(shape, POSES))
    assert np.ptp(heads.points, axis=0).max() < 1e-6
    found = heads.points[0]
    tall = np.linalg.norm(found[10] - found[152]) / np.linalg.norm(found[234] - found[454])
    true = np.linalg.norm(shape[10] - shape[152]) / np.linalg.norm(shape[234] - shape[454])
    assert tall == pytest.approx(true, rel=1e-6)
    assert np.abs(found[[33, 263], 1]).max() < 0.05


def test_pose_goes_back_to_the_frame() -> None:
    landmarks = filmed(somebody(1.1, 0.9), [Act(mouth=0.1), Act(yaw=20, blink=1.0)])
    heads = to_head_space(landmarks)
    assert np.allclose(heads.pose.apply(heads.points), landmarks)


def test_openings_are_gap_over_width() -> None:
    shut, wide = filmed(somebody(), [Act(blink=1.0), Act(mouth=0.2)])
    heads = to_head_space(np.stack([shut, wide])).points[:]
    assert lid_opening(heads)[0] == pytest.approx(0.0, abs=0.005)
    assert lid_opening(heads)[1] == pytest.approx(lid_opening(somebody()), abs=0.01)
    assert mouth_opening(heads)[0] == pytest.approx(mouth_opening(somebody()), abs=0.005)
    gap = heads[1, 14, 1] - heads[1, 13, 1]
    assert gap == pytest.approx(0.2, abs=0.01)
    # the gap narrows towards the corners; its mean lies below the middle's
    assert 0.4 * gap < mouth_opening(heads)[1] * 0.563 < gap


def talking(shape: np.ndarray, closed: int, opened: int) -> np.ndarray:
    acts = [Act(yaw=3.0 * k) for k in range(closed)]
    acts += [Act(mouth=0.1 + 0.02 * (k % 6), yaw=-2.0 * (k % 4)) for k in range(opened)]
    return filmed(shape, acts)


def test_somebody_who_talks_all_the_time_is_closed_at_rest() -> None:
    heads = to_head_space(talking(somebody(), closed=8, opened=22))
    assert mouth_opening(np.median(heads.points, axis=0)) > 0.1
    assert mouth_opening(neutral_shape(heads)) < 0.03


def pouting(face: np.ndarray) -> np.ndarray:
    """A narrower mouth, with everything near it."""
    lips = list(mesh.LIPS_OUTER + mesh.LIPS_INNER)
    middle = face[lips].mean(0)
    near = np.exp(-0.5 * (np.linalg.norm(face - middle, axis=1) / 0.25) ** 2)
    pursed = face.copy()
    pursed[:, 0] -= 0.4 * near * (face[:, 0] - middle[0])
    return pursed


def test_a_pout_that_is_held_is_not_rest() -> None:
    face = somebody(1.05, 1.0)
    shots = [filmed(pouting(face), [Act(yaw=k / 10) for k in range(30)]), filmed(face, [Act()] * 12)]
    heads = to_head_space(np.concatenate(shots))
    assert mouth_tension(heads.points[0]) > 1.0
    assert np.abs(neutral_shape(heads) - heads.points[-1]).max() < 0.01


def test_one_picture_is_nearly_its_own_rest() -> None:
    heads = to_head_space(filmed(somebody(1.05, 1.0), [Act(yaw=12, mouth=0.1)]))
    assert np.linalg.norm(neutral_shape(heads) - heads.points[0], axis=1).mean() < 0.03


EXPRESSIONS = [
    Act(),
    Act(yaw=8),
    Act(mouth=0.15, yaw=-10),
    Act(blink=1.0, pitch=5),
    Act(blink=0.4, mouth=0.05),
    Act(gaze=(0.05, 0.0), yaw=14),
    Act(gaze=(-0.04, 0.015)),
]


def test_a_performer_who_plays_themself_keeps_every_point() -> None:
    heads = to_head_space(filmed(somebody(1.04, 0.97), EXPRESSIONS))
    assert np.abs(retarget(heads, heads)[:] - heads.points[:]).max() < 2e-3


def test_at_rest_the_shape_is_the_likenesss() -> None:
    """But for a share of what might as well be acted."""
    likeness = to_head_space(filmed(somebody(1.05, 0.97), EXPRESSIONS))
    plate = to_head_space(filmed(somebody(0.97, 1.03), EXPRESSIONS))
    wanted = retarget(likeness, plate)[0][:468, :2]
    own, theirs = likeness.points[0][:468, :2], plate.points[0][:468, :2]
    off = np.linalg.norm(wanted - own, axis=1).mean()
    assert off < 0.2 * np.linalg.norm(theirs - own, axis=1).mean()


def test_closed_lips_stay_closed_for_a_likeness_that_always_talks() -> None:
    likeness = to_head_space(talking(somebody(1.05, 1.0), closed=0, opened=20))
    acts = [Act(yaw=2.0 * k, mouth=0.15 * (k % 2)) for k in range(10)]
    plate = to_head_space(filmed(somebody(), acts))
    openings, acted = mouth_opening(retarget(likeness, plate)[:]), mouth_opening(plate.points[:])
    assert np.abs(openings - acted).max() < 0.03 * acted.max()
    assert openings[::2].max() < 0.01
    assert openings[1::2].min() > 0.17


def test_shut_lids_stay_shut_and_open_ones_open() -> None:
    likeness = to_head_space(filmed(somebody(1.05, 0.98), [Act(blink=0.3), Act(yaw=9, blink=0.3)]))
    plate = to_head_space(filmed(somebody(), [Act(blink=b) for b in (0.0, 0.0, 0.5, 1.0, 0.0)]))
    openings = lid_opening(retarget(likeness, plate)[:])
    assert openings[3] < 0.035  # a likeness that never blinks leaves open what its closed lids look like
    assert openings[0] > openings[2] > openings[3]
    assert openings[0] == pytest.approx(lid_opening(likeness.points[:])[0], rel=0.4)


def test_shut_lids_stay_shut_where_landmarks_tremble() -> None:
    """Around nothing the gap's sign is noise, and nothing may blow it up."""
    likeness = to_head_space(filmed(somebody(1.05, 0.98), [Act(), Act(yaw=9)]))
    landmarks = filmed(somebody(), [Act(blink=b) for b in (0.0, 0.0, 0.0, 0.5, 0.98, 1.0, 1.02, 1.05)])
    landmarks += 0.2 * np.random.default_rng(0).standard_normal(landmarks.shape)
    wanted = retarget(likeness, to_head_space(landmarks))[4:]
    for upper, lower in (
        (mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER),
        (mesh.LEFT_LID_UPPER, mesh.LEFT_LID_LOWER),
    ):
        assert np.abs(wanted[:, list(lower), 1] - wanted[:, list(upper), 1]).max() < 0.06


def test_the_gaze_is_the_plates_and_the_iris_the_likenesss() -> None:
    likeness_shape = somebody(1.08, 0.96)
    likeness = to_head_space(filmed(likeness_shape, [Act(), Act(yaw=10, gaze=(0.03, 0.0))]))
    plate = to_head_space(filmed(somebody(0.96, 1.03), EXPRESSIONS))
    wanted = retarget(likeness, plate)[:]
    assert np.abs(looks(wanted) - looks(plate.points[:])).max() < 1e-9
    rim = list(mesh.RIGHT_IRIS[1:])
    radius = np.linalg.norm(wanted[:, rim] - wanted[:, [468]], axis=-1)
    own = np.linalg.norm(likeness.points[0][rim] - likeness.points[0][468], axis=-1)
    assert np.allclose(radius, own, atol=1e-9)


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_pictures_are_enough(count: int) -> None:
    likeness = to_head_space(filmed(somebody(1.05, 0.97), EXPRESSIONS[:count]))
    plate = to_head_space(filmed(somebody(), EXPRESSIONS[2 : 2 + count]))
    wanted = retarget(likeness, plate)[:]
    assert wanted.shape == (count, mesh.VERTEX_COUNT, 3)
    assert np.isfinite(wanted).all()
    assert np.abs(wanted - likeness.points[0]).max() < 0.3


def test_the_mouth_moves_most_of_the_way_to_the_plates_and_the_eyes_stay() -> None:
    mine = np.stack([somebody(1.1, 0.95)] * 2)
    theirs = mine + np.array([[[0.02, 0.08, 0.0]], [[0.0, -0.04, 0.0]]])
    moved = with_mouth_in_place(mine, theirs) - mine
    lips = list(mesh.LIPS_OUTER + mesh.LIPS_INNER)
    assert np.allclose(moved[:, lips].mean(1), [[0.015, 0.06, 0.0], [0.0, -0.03, 0.0]], atol=0.003)
    assert np.abs(moved[:, list(mesh.RIGHT_EYE + mesh.LEFT_EYE)]).max() < 0.002
    assert np.array_equal(with_mouth_in_place(mine, mine), mine)
