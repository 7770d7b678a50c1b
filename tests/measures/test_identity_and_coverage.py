import numpy as np
import pytest

from tests.measures.known_pictures import disc, faces
from understudy.geometry import mesh
from understudy.measures.coverage import OutsideChange, matte_iou, missed_frames, outside_change, painted_over
from understudy.measures.identity import identity_distance, identity_margin
from understudy.measures.picture import box_of, interocular, join, region_matte


def test_identity_distance_is_to_the_mean_of_the_reference():
    reference = np.array([(0.0, 1.0), (0.0, -1.0)])
    assert identity_distance(np.array([(3.0, 4.0), (0.0, 0.0)]), reference) == pytest.approx((5, 0))


def test_identity_margin_is_signed():
    likeness, plate = np.array([(0.0, 0.0)]), np.array([(1.0, 0.0)])
    margin = identity_margin(np.array([(0.0, 0.0), (1.0, 0.0), (0.5, 0.3)]), likeness, plate)
    assert margin == pytest.approx((1, -1, 0))


def test_matte_iou_of_two_boxes():
    a, b = np.zeros((10, 10)), np.zeros((10, 10))
    a[:, :6], b[:, 4:] = 1, 0.9
    assert matte_iou(a, b) == pytest.approx(20 / 100)
    assert matte_iou(a, a) == 1.0
    assert matte_iou(a * 0, b * 0) == 1.0
    assert matte_iou(a, b * 0) == 0.0


def test_painted_over_is_a_share_of_the_occluder():
    hand, matte = np.zeros((10, 10)), np.zeros((10, 10))
    hand[:, :4], matte[:, 3:] = 1, 1
    assert painted_over(matte, hand) == pytest.approx(0.25)
    assert painted_over(matte, hand * 0) == 0.0


def test_missed_frames():
    assert missed_frames(np.array([0, 1, 2, 5, 5]), np.array([1, 2, 9])).tolist() == [0, 5]


@pytest.mark.parametrize(("kind", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_outside_change_counts_only_outside(kind, top):
    plate = np.full((20, 20, 3), top // 2, kind)
    matte = np.zeros((20, 20))
    matte[5:15, 5:15] = 0.5
    inside = plate.copy()
    inside[6, 6] = 0
    assert outside_change(inside, plate, matte) == OutsideChange(0.0, 0.0)
    inside[0, 0, 1] += top // 5
    found = outside_change(inside, plate, matte)
    assert found.largest == pytest.approx(51, rel=1e-3)
    assert found.part == pytest.approx(1 / 300)


def test_outside_change_refuses_two_kinds_of_picture():
    with pytest.raises(ValueError, match="uint8 and uint16"):
        outside_change(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint16), np.zeros((2, 2)))


def test_boxes():
    matte = np.zeros((30, 40))
    matte[10:20, 5:7] = 0.1
    assert box_of(matte) == (slice(10, 20), slice(5, 7))
    assert box_of(matte, 8) == (slice(2, 28), slice(0, 15))
    assert box_of(matte * 0) is None
    assert join((slice(1, 3), slice(4, 9)), (slice(2, 8), slice(0, 5))) == (slice(1, 8), slice(0, 9))
    assert join(None, (slice(1, 2), slice(3, 4))) == (slice(1, 2), slice(3, 4))


def test_interocular_keeps_the_size_of_a_turned_head():
    assert interocular(faces()[0]) == pytest.approx(100, rel=0.01)
    flat = interocular(faces()[0][:, :2])
    assert flat <= interocular(faces()[0])


def test_regions_lie_where_they_should():
    points = faces()[0]
    face, eyes, mouth = (region_matte(points, 500, 600, region) for region in ("face", "eyes", "mouth"))
    assert face.sum() > 10 * (eyes.sum() + mouth.sum())
    assert ((eyes + mouth)[face == 0] == 0).all()
    x, y = points[mesh.RIGHT_IRIS[0], :2].round().astype(int)
    assert eyes[y, x] == 1
    assert mouth[y, x] == 0


def test_growing_a_region_moves_its_edge_by_that_much():
    points = faces()[0]
    widths = [np.count_nonzero(region_matte(points, 500, 600, "face", grow)[250]) for grow in (-0.1, 0, 0.1)]
    assert np.diff(widths) == pytest.approx((20, 20), abs=4)


def test_a_disc_is_as_large_as_it_says():
    assert disc().sum() == pytest.approx(np.pi * 45**2, rel=0.01)
