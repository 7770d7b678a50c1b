"""Repaired frames as lessons: the engine takes on what somebody has painted."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engines.lessons import faces_of, workshop
from tests.filmed_takes import Shelf, Take, filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.engines.base import PlateFace
from understudy.engines.guided import GuidedEngine
from understudy.engines.guided.learner import GuidedLearner
from understudy.engines.guided.lessons import VARIANTS, make_lessons
from understudy.engines.guided.lighting import Lights
from understudy.engines.guided.promoted import with_promoted
from understudy.engines.warp import WarpEngine
from understudy.progress import SilentProgress
from understudy.training.chance import generator
from understudy.training.faces import PromotedFaces

COUNT, SIZE, WEIGHT = 12, 64, 20.0
GREEN = (40, 160, 60)


@pytest.fixture(scope="module")
def likeness() -> Take:
    acts = [Act(yaw=10 * np.sin(k / 2), mouth=0.02 * (k % 3)) for k in range(COUNT)]
    return filmed(somebody(1.06, 0.97), complexion((0.35, 0.24, 0.4), 2), acts)


@pytest.fixture(scope="module")
def plate() -> Take:
    return filmed(somebody(0.97, 1.03), complexion((0.85, 0.62, 0.5), 1), [Act(yaw=4), Act()])


@pytest.fixture(scope="module")
def repaired(plate: Take) -> PromotedFaces:
    """Both faces, with a green forehead."""
    faces = faces_of(plate, SIZE)
    images, changed = np.array(faces.images), np.zeros_like(faces.mattes)
    for place in range(len(faces)):
        x, y = np.round(faces.landmarks[place, 151, :2]).astype(int)
        spot = (slice(y - 5, y + 6), slice(x - 8, x + 9))
        images[place][spot], changed[place][spot] = GREEN, 255
    return PromotedFaces(replace(faces, images=images, mattes=changed), np.full(len(faces), WEIGHT))


def test_a_repaired_face_is_a_lesson_where_it_was_repaired_and_comes_oftener(likeness, plate, repaired):
    faces, plan = faces_of(likeness, SIZE), WarpEngine().fit(likeness.likeness, plate.faces)
    dark = np.zeros((len(plate.faces), 9, 3), np.float32)
    lessons = make_lessons(faces, likeness.likeness, SilentProgress())
    both = with_promoted(lessons, repaired, plan, Lights(dark, dark), Shelf(likeness, np.arange(COUNT)))
    own = len(faces)
    assert len(both.faces) == len(both.warped) == own + 2
    assert np.array_equal(both.warped[:own], lessons.warped)
    assert np.array_equal(both.masks[own:, ..., 0], repaired.faces.mattes)
    assert np.array_equal(both.faces.images[own:], repaired.faces.images)
    assert np.array_equal(both.warped[own:, VARIANTS], both.warped[own:, 0, :, ::-1])
    learner = GuidedLearner(both, None, (8, 12, 16, 24), repaired.weight)
    assert max(learner._held_out) < own
    drawn = learner.sampler.draw(4000, generator(0, "test"))
    rows, counts = np.unique(drawn.numpy(), return_counts=True)
    often = dict(zip(rows.tolist(), counts.tolist(), strict=True))
    usual = np.mean([often[row] for row in rows if row < own])
    assert often[own] / usual == pytest.approx(WEIGHT, rel=0.15)


def test_the_engine_takes_on_what_was_painted(likeness, plate, repaired, tmp_path):
    left = {}
    for name, given in (("plain", None), ("promoted", lambda *_: repaired)):
        maker = GuidedEngine()
        shop = workshop(maker, likeness, plate, tmp_path / name, {"size": "64", "width": "8"}, 60)
        model = maker.fit(likeness.likeness, plate.faces, replace(shop, repaired=given))
        faces = repaired.faces
        seen = PlateFace(0, faces.images[0].astype(np.float32) / 255, faces.to_crop[0])
        (drawn,) = model.render([seen], Shelf(likeness, np.arange(COUNT)))
        apart = np.abs(255 * drawn.rgb - np.array(GREEN)).mean(-1)
        left[name] = apart[faces.mattes[0] > 0].mean()
    assert left["promoted"] < 0.7 * left["plain"]
