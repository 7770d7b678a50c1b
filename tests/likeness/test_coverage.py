import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.likeness.galleries import looks, traits
from understudy.likeness.coverage import ACTED, ASPECTS, Faces, cover
from understudy.likeness.prediction import expected_loss
from understudy.likeness.shooting import MOST, remarks, shooting_list


def faces(count, **columns):
    names = ("sharpness", "motion_blur", "brightness", "hue", "black", "detail", "histogram", "small")
    of_looks = {name: columns.pop(name) for name in names if name in columns}
    return Faces(traits(count, **columns), looks(count, **of_looks))


def listed(plate, likeness):
    found = cover(plate, likeness)
    return [
        (need.aspect, need.sentence) for need in shooting_list(plate, likeness, found, np.arange(len(plate)))
    ]


RNG = np.random.default_rng(0)
FRONTAL = faces(
    100, yaw=RNG.uniform(-20, 20, 100), pitch=RNG.uniform(-8, 8, 100), lips=RNG.uniform(0, 0.1, 100)
)


def test_a_plate_is_covered_by_itself():
    found = cover(FRONTAL, FRONTAL)
    assert {name: float(values.max()) for name, values in found.apart.items()} == dict.fromkeys(ASPECTS, 0.0)
    assert found.nearest.tolist() == list(range(100))
    assert not found.uncovered.any()
    assert found.share("pose") == 1.0
    assert shooting_list(FRONTAL, FRONTAL, found, np.arange(100)) == []
    assert remarks(FRONTAL, FRONTAL, found) == []


@pytest.mark.parametrize(
    ("column", "own", "aspect", "border"),
    [
        ("yaw", 0.0, "pose", 10.0), ("pitch", 0.0, "pose", 10.0), ("roll", 0.0, "pose", 30.0),
        ("lips", 0.02, "mouth", 0.06), ("smile", 0.0, "mouth", 0.06), ("lids", 1.0, "eyes", 0.33),
        ("brows", 0.0, "brows", 0.05), ("gaze_x", 0.0, "gaze", 12.0), ("light_x", 0.0, "light", 0.3),
    ],
)  # fmt: skip
def test_each_aspect_has_its_border(column, own, aspect, border):
    plate = faces(2, **{column: np.array([own + 0.9 * border, own + 1.1 * border])})
    found = cover(plate, faces(3, **{column: np.full(3, own)}))
    assert found.apart[aspect] == pytest.approx((0.9, 1.1))
    assert found.uncovered.tolist() == [False, True]
    assert {name for name in ACTED if found.apart[name].max() > 0} == {aspect}


def test_size_and_sharpness_count_only_where_the_plate_has_more():
    plate = faces(2, size=[100.0, 450.0], sharpness=[0.2, 0.74])
    found = cover(plate, faces(1, size=[300.0], sharpness=[0.5]))
    assert found.apart["size"] == pytest.approx((0, 1))
    assert found.apart["sharpness"] == pytest.approx((0, 2))
    assert not found.uncovered.any()


def test_a_mouth_counts_in_heads_that_are_turned_alike():
    likeness = faces(2, yaw=[0.0, 40.0], lips=[0.3, 0.0])
    found = cover(faces(2, yaw=[0.0, 40.0], lips=[0.3, 0.3]), likeness)
    assert found.apart["mouth"] == pytest.approx((0, 5))
    assert found.apart["pose"] == pytest.approx((0, 0))


def test_no_faces_cannot_be_compared():
    with pytest.raises(ValueError, match="both sides"):
        cover(faces(0), FRONTAL)


# --- the shooting list


def test_the_example_of_the_promise():
    plate = faces(
        100,
        yaw=np.concatenate([np.linspace(-50, -35, 12), RNG.uniform(-15, 15, 88)]),
        lips=np.concatenate([np.full(12, 0.15), np.zeros(88)]),
        light_x=np.concatenate([np.full(12, 0.4), np.zeros(88)]),
    )
    likeness = faces(200, yaw=np.linspace(-20, 20, 200), lips=np.tile([0.0, 0.15], 100))
    assert listed(plate, likeness) == [
        (
            "pose",
            "12 % of the plate (frames 0-11) looks 35-50° to camera-left, mostly with the mouth open; "
            "the likeness has nothing beyond 20° to camera-left: record that, lit from camera-right.",
        )
    ]


def test_both_sides_are_two_items():
    plate = faces(40, yaw=np.repeat([-40.0, 40.0], [30, 10]))
    found = listed(plate, faces(50, yaw=RNG.uniform(-10, 10, 50)))
    assert [sentence.split(";")[0] for _, sentence in found] == [
        "75 % of the plate (frames 0-29) looks 40° to camera-left",
        "25 % of the plate (frames 30-39) looks 40° to camera-right",
    ]


def test_up_and_down_and_both_at_once():
    likeness = faces(100, yaw=np.repeat([0.0, 30.0], 50), pitch=np.repeat([20.0, 0.0], 50))
    down = listed(faces(10, pitch=np.full(10, 40.0)), likeness)
    assert "looks 40° down; the likeness has nothing beyond 20° down" in down[0][1]
    up = listed(faces(10, pitch=np.full(10, -25.0)), likeness)
    assert "looks 25° up; the likeness never looks up: record that" in up[0][1]
    both = listed(faces(10, yaw=np.full(10, 30.0), pitch=np.full(10, 20.0)), likeness)
    assert "looks 30° to camera-right and 20° down; the likeness does not do both at once" in both[0][1]


@pytest.mark.parametrize(
    ("columns", "aspect", "words"),
    [
        ({"lips": 0.4}, "mouth", "opens the mouth wide; the likeness does not open it so far"),
        ({"lips": 0.18}, "mouth", "opens the mouth; the likeness hardly opens it"),
        ({"smile": 0.2}, "mouth", "draws the mouth wider; the likeness never smiles so broadly"),
        ({"smile": -0.15}, "mouth", "purses the lips; the likeness never does"),
        ({"lids": 0.0}, "eyes", "shuts the eyes; the likeness never does"),
        ({"brows": 0.12}, "brows", "raises the brows; the likeness never raises them so far"),
        ({"brows": -0.12}, "brows", "frowns; the likeness never lowers its brows so far"),
        ({"gaze_x": -20.0}, "gaze", "turns the eyes to camera-left; the likeness never does"),
        ({"gaze_y": 20.0}, "gaze", "looks down with the eyes; the likeness never does"),
        ({"light_x": -0.6}, "light", "is lit from camera-left; the likeness is lit evenly: record it so"),
        ({"light_y": -0.7}, "light", "is lit from above; the likeness is lit evenly: record it so"),
    ],
)
def test_what_is_missing_is_said(columns, aspect, words):
    plate = faces(20, **{name: np.full(20, value) for name, value in columns.items()})
    ((found, sentence),) = listed(plate, faces(50, lips=np.linspace(0, 0.1, 50)))
    assert found == aspect
    assert words in sentence
    assert sentence.startswith("100 % of the plate (frames 0-19) ")
    assert sentence.endswith(".")


def test_a_mouth_that_is_there_in_another_pose():
    likeness = faces(100, yaw=np.repeat([0.0, 30.0], 50), lips=np.repeat([0.3, 0.0], 50))
    plate = faces(10, yaw=np.full(10, 30.0), lips=np.full(10, 0.3))
    ((_, sentence),) = listed(plate, likeness)
    assert (
        "has the mouth open while looking 30° to camera-right; the likeness does that in other poses only"
        in sentence
    )


def test_what_hardly_happens_is_not_asked_for_and_the_list_is_short():
    rare = faces(500, yaw=np.concatenate([np.full(4, 60.0), np.zeros(496)]))
    assert listed(rare, faces(50)) == []
    wild = faces(
        400,
        yaw=RNG.uniform(-80, 80, 400),
        pitch=RNG.uniform(-50, 50, 400),
        lips=RNG.uniform(0, 0.5, 400),
        brows=RNG.normal(0, 0.1, 400),
        gaze_x=RNG.normal(0, 20, 400),
        light_x=RNG.normal(0, 0.6, 400),
    )
    found = cover(wild, faces(50))
    needs = shooting_list(wild, faces(50), found, np.arange(400))
    assert 1 < len(needs) <= MOST
    assert [need.share for need in needs] == sorted((need.share for need in needs), reverse=True)


def test_remarks_are_about_the_whole_plate():
    plate, likeness = (
        faces(10, size=np.full(10, 500.0), brightness=np.full(10, 0.6), sharpness=np.full(10, 0.6)),
        faces(5, size=np.full(5, 150.0), brightness=np.full(5, 0.2), sharpness=np.full(5, 0.3)),
    )
    said = remarks(plate, likeness, cover(plate, likeness))
    assert [sentence.split(":")[0] for sentence in said] == [
        "The likeness's faces are 150 pixels large and the plate's 500",
        "The likeness is softer than the plate nearly throughout",
        "The plate's face is brighter by 1.6 stops.",
    ]


# --- expectation


def test_the_expected_loss_grows_with_each_of_its_signs():
    likeness = faces(30, yaw=RNG.uniform(-5, 5, 30))
    rising = np.linspace(0, 1, 20)
    for columns in ({"yaw": 60 * rising}, {"lips": 0.3 * rising}, {"smile": -0.2 * rising},
                    {"sharpness": rising}, {"detail": 0.01 + rising}):  # fmt: skip
        plate = faces(20, **columns)
        loss = expected_loss(plate.traits, plate.looks, likeness.traits, likeness.looks)
        assert spearmanr(loss, rising)[0] > 0.9
        assert loss.mean() == pytest.approx(0, abs=1e-9)


def test_a_picture_unlike_all_others_is_expected_to_lose():
    small = np.full((10, 16, 16), 128, np.uint8)
    small[7, :8] = 20
    plate, likeness = faces(10, small=small), faces(5)
    assert expected_loss(plate.traits, plate.looks, likeness.traits, likeness.looks).argmax() == 7
