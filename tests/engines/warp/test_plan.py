import numpy as np
import pytest

from tests.filmed_takes import Shelf, Take, filmed
from tests.posed_faces import Act, complexion, posed, somebody
from understudy.engines.warp import WarpEngine
from understudy.geometry import mesh

PALE, DARK = complexion((0.85, 0.62, 0.5), 1), complexion((0.35, 0.24, 0.4), 2)
ACTS = [Act(), Act(yaw=8), Act(yaw=-12, pitch=4), Act(roll=7)]


@pytest.fixture(scope="module")
def likeness() -> Take:
    """Somebody whose mouth is never open."""
    return filmed(somebody(1.08, 0.96), DARK, ACTS)


def test_the_drawn_face_has_the_plates_outline_and_the_likenesss_middle(likeness: Take) -> None:
    plate = filmed(somebody(0.95, 1.04), PALE, ACTS)
    target = WarpEngine().fit(likeness.likeness, plate.faces).target
    oval = list(mesh.FACE_OVAL)
    assert np.abs(target[:, oval] - plate.faces.landmarks[:, oval]).max() < 0.01
    features = [133, 362, 168, 6, 1, 4]
    own = np.stack([posed(somebody(1.08, 0.96), act, 62.0, (88.0, 64.0)) for act in ACTS])[:, features, :2]
    plates = plate.faces.landmarks[:, features, :2]

    def apart(points: np.ndarray, others: np.ndarray) -> float:
        """Mean distance once the middles are laid upon each other: the face stands where the plate's does."""
        centred = [each - each.mean(1, keepdims=True) for each in (points, others)]
        return float(np.linalg.norm(centred[0] - centred[1], axis=-1).mean())

    drawn = target[:, features, :2]
    assert apart(drawn, own) < 0.5 * apart(drawn, plates)


def test_an_open_mouth_that_the_likeness_never_showed_is_the_plates_own(likeness: Take) -> None:
    plate = filmed(somebody(), PALE, [Act(mouth=0.2)] * 4)
    model = WarpEngine().fit(likeness.likeness, plate.faces)
    face = plate.face(1)
    result = model.render([face], Shelf(likeness, model.needs))[0]
    assert result.own is not None
    inside = result.own > 0.95
    assert inside.sum() > 40
    dark = face.image[face.image[..., 0] < 0.15].mean(0)
    assert np.abs(result.rgb[inside].mean(0) - dark).max() < 0.03
    points = model.target[1] @ np.eye(3)[:, :2] + face.to_crop[:, 2]
    lips = points[list(mesh.LIPS_OUTER)]
    ys, xs = np.nonzero(result.own > 0.05)
    assert lips[:, 0].min() < xs.min() < xs.max() < lips[:, 0].max()
    assert lips[:, 1].min() < ys.min() < ys.max() < lips[:, 1].max()


def test_a_closed_mouth_takes_nothing_from_the_plate(likeness: Take) -> None:
    plate = filmed(somebody(), PALE, ACTS)
    model = WarpEngine().fit(likeness.likeness, plate.faces)
    results = model.render(plate.every_face(), Shelf(likeness, model.needs))
    assert all(result.own is None or result.own.max() < 0.05 for result in results)
