import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.likeness.galleries import looks, traits
from tests.posed_faces import Act, faceset, posed, somebody
from understudy.likeness.casting import at_rest, fit_of
from understudy.likeness.coverage import Faces, cover
from understudy.likeness.maps import MAPS, MISSING, ROWS, draw, timeline
from understudy.likeness.page import PairPage, Worst, write_page
from understudy.likeness.words import degrees, joined, lit_from, percent, ranges


def played(shape, *acts):
    return faceset(np.stack([posed(shape, act, 90.0, (100.0, 90.0)) for act in acts]))


ACTS = [Act(yaw=yaw) for yaw in (-8, -4, 0, 4, 8)] + [Act(yaw=30, mouth=0.3)] * 6


def covered(plate=0.0, likeness=0.0):
    ours, theirs = (Faces(traits(20, yaw=np.full(20, yaw)), looks(20)) for yaw in (plate, likeness))
    return cover(ours, theirs)


def test_rest_is_found_among_acting():
    assert at_rest(played(somebody(), *ACTS)) == pytest.approx(somebody(), abs=0.03)


def test_somebody_fits_themselves_best_and_a_wider_face_less():
    anna, wide = (at_rest(played(somebody(width), *ACTS)) for width in (1.0, 1.15))
    same, other = fit_of(anna, anna, covered()), fit_of(wide, anna, covered())
    assert (same.score, same.shape, same.distance) == (100, 100, pytest.approx(0, abs=1e-6))
    assert same.words("anna", "plate") == (
        "anna is built like plate; covers 100 % of the plate's poses and 100 % of its expressions"
    )
    assert other.score < same.score - 5
    assert other.differences["cheeks"] > 0.05
    assert "wider across the cheeks" in other.words("berta", "plate")


def test_footage_that_covers_less_fits_less():
    anna = somebody()
    assert fit_of(anna, anna, covered(plate=50.0)).score == pytest.approx(70)
    assert fit_of(anna, anna, covered(plate=50.0)).pose == 0


# --- maps


def sides():
    plate = Faces(traits(30, yaw=np.repeat([0.0, 50.0], [20, 10]), lips=np.linspace(0, 0.2, 30)), looks(30))
    likeness = Faces(traits(40, yaw=np.linspace(-20, 20, 40), lips=np.linspace(0, 0.3, 40)), looks(40))
    return plate, likeness, cover(plate, likeness)


@pytest.mark.parametrize("chart", MAPS, ids=lambda chart: chart.name)
def test_a_map_shows_every_face_of_both(chart):
    svg = draw(chart, *sides())
    root = ElementTree.fromstring(svg)
    dots = root.findall(".//{*}circle")
    assert len(dots) == 70
    assert all(0 <= float(dot.get("cx")) <= 400 for dot in dots)
    missing = root.find(f".//{{*}}g[@fill='{MISSING}']")
    assert len(missing) == (10 if chart.name == "pose" else 0)


def test_the_timeline_marks_what_is_not_covered():
    _, _, found = sides()
    svg = timeline(np.arange(100, 130), found, cuts=(110,))
    root = ElementTree.fromstring(svg)
    texts = [element.text for element in root.findall(".//{*}text")]
    assert [name for _, name in ROWS] == texts[: len(ROWS)]
    shades = [(rect, rect.get("fill")) for rect in root.findall(".//{*}rect")]
    red = [rect for rect, fill in shades if int(fill[1:3], 16) > int(fill[5:7], 16) + 40]
    assert len(red) == 1
    scale = (1000 - 92 - 10) / 30
    assert float(red[0].get("x")) == pytest.approx(92 + 20 * scale, abs=0.1)
    assert float(red[0].get("width")) == pytest.approx(10 * scale, abs=0.1)
    assert len(root.findall(".//{*}line")) == 1


def test_the_page_is_complete_in_itself_and_escapes_what_it_is_given(tmp_path):
    plate, likeness, found = sides()
    picture = np.full((128, 128, 3), 90, np.uint8)
    drawn = [draw(chart, plate, likeness, found) for chart in MAPS]
    worst = [Worst("frame 3", picture, picture)]
    line = timeline(np.arange(30), found)
    pair = PairPage("<b>anna</b>", "all of it", ["record & see"], [], line, drawn, worst)
    path = tmp_path / "page.html"
    write_page(path, "Coverage of <anna>", [pair, pair], [("80 of 100", "anna < berta")])
    text = path.read_text()
    assert text.count("<svg") == 10
    assert "&lt;b&gt;anna" in text
    assert "record &amp; see" in text
    assert "anna &lt; berta" in text
    assert not re.search(r"(src|href)=.https?:", text)
    assert "<script" not in text


# --- words


def test_numbers_in_words():
    assert degrees(np.array([-34.0, -50.2, -41.0])) == "35-50°"
    assert degrees(np.full(9, 19.0)) == "20°"
    assert lit_from(np.array([0.4, 0.2]), np.array([-0.5, -0.4])) == "lit from camera-right and above"
    assert lit_from(np.array([0.1]), np.array([0.1])) == "lit evenly"
    assert (percent(0.004), percent(0.124)) == ("under 1 %", "12 %")
    assert ranges(np.array([7])) == "frame 7"
    assert ranges(np.array([1, 2, 3, 20, 40, 41, 60, 61, 62])) == "frames 1-3, 40-41, 60-62 and 1 more"
    assert (joined(["a"]), joined(["a", "b", "c"]), joined([])) == ("a", "a, b and c", "")
