"""Canonical face space: places, charts, and the way there and back."""

import numpy as np
import pytest

from tests.retouch.acting import SIZE, acted
from understudy.geometry import mesh
from understudy.retouch.canvas import (
    NOWHERE,
    VERTEX_COUNT,
    Area,
    Sheet,
    carried,
    chart,
    eye_distance,
    places,
    texels_for,
    triangles,
    widened,
)

WHOLE = Area(0, 0, SIZE, SIZE)


def test_every_place_is_on_the_canvas_and_the_outer_ones_touch_its_edges():
    assert places().shape == (VERTEX_COUNT, 2)
    assert places().min() == 0
    assert places().max() == 1
    assert triangles().max() == VERTEX_COUNT - 1


def test_the_canonical_mouth_is_open_and_the_mesh_hardly_folds():
    up, down = (places()[ring[5], 1] for ring in (mesh.LIP_UPPER_INNER, mesh.LIP_LOWER_INNER))
    assert down - up > 0.03
    a, b, c = (places()[mesh.face_triangles()[:, k]] for k in range(3))
    signed = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (signed < 0).sum() <= 2


def test_a_chart_gives_a_vertex_its_place():
    face = acted().faces[0]
    found = chart(face, WHOLE)
    for vertex in (205, 425, 151, 199, 4):
        x, y = np.round(face[vertex, :2]).astype(int)
        assert np.abs(found.place[y, x] - places()[vertex]).max() < 0.01
        assert found.facing[y, x] > 0.4
    assert (found.place[0, 0] == -1).all()
    assert not found.covered[0, 0]


def test_a_chart_of_a_part_is_the_part_of_the_chart():
    face = acted().faces[1]
    part = Area(100, 80, 170, 160)
    whole = chart(face, WHOLE)
    assert np.allclose(chart(face, part).place, whole.place[part.within], atol=1e-4)
    assert np.allclose(chart(face, part).density, whole.density[part.within], rtol=1e-3)


def test_from_the_frame_to_the_sheet_and_back():
    face = acted().faces[2]
    sheet = Sheet(400, 150, 120, 120, 100)
    to_frame = sheet.frame_map(face)
    found = chart(face, WHOLE)
    x, y = np.round(to_frame[50, 60]).astype(int)
    back = sheet.texels(found.place[y, x])
    assert np.abs(back - (60, 50)).max() < 4  # half a pixel is three texels here


def test_the_area_of_a_sheet_holds_all_its_pixels_and_little_else():
    face = acted().faces[0]
    sheet = Sheet(400, 250, 180, 60, 50)
    area = sheet.area_in(face, 0.0, SIZE, SIZE)
    at = sheet.texels(chart(face, WHOLE).place)
    inside = ((at >= -0.5) & (at <= (sheet.width - 0.5, sheet.height - 0.5))).all(-1)
    rows, columns = np.nonzero(inside)
    assert area.y0 <= rows.min() <= area.y0 + 2
    assert area.x1 - 3 <= columns.max() <= area.x1
    assert sheet.area_in(face + 10_000, 0.0, SIZE, SIZE).empty


def test_torn_and_folded_skin_is_told_by_its_density():
    face = np.array(acted().faces[0], np.float64)
    usual = chart(face, WHOLE)
    middle = np.round(face[205, :2]).astype(int)
    assert 0.3 < usual.density[middle[1], middle[0]] < 3
    lips = face[[13, 14], :2].mean(0)
    face[list(mesh.LIP_LOWER_INNER[1:-1]), 1] += 60
    torn = chart(face, WHOLE)
    x, y = np.round(lips).astype(int)
    y += 30
    assert torn.density[y, x] < 0.5


def test_values_are_carried_linearly():
    face = acted().faces[0]
    points = widened(face)
    seen = carried(face, WHOLE, points[:, :2])
    y, x = np.nonzero(chart(face, WHOLE).covered)
    assert np.abs(seen[y, x] - np.stack([x, y], -1)).max() < 0.02


def test_a_larger_face_has_more_texels_and_a_turned_one_keeps_its_unit():
    face = acted().faces[0]
    assert texels_for(2 * face) == pytest.approx(2 * texels_for(face), rel=0.02)
    assert texels_for(1000 * face) == 4096
    squeezed = np.array(face)
    squeezed[:, 0] = 0.05 * (face[:, 0] - 128) + 128
    assert eye_distance(squeezed) > 0.5 * eye_distance(face)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (NOWHERE, Area(1, 2, 3, 4), Area(1, 2, 3, 4)),
        (Area(1, 2, 3, 4), NOWHERE, Area(1, 2, 3, 4)),
        (Area(0, 5, 2, 7), Area(1, 2, 3, 6), Area(0, 2, 3, 7)),
    ],
)
def test_areas_are_joined(one, other, both):
    assert one.joined(other) == both


def test_an_area_is_grown_within_the_frame():
    assert Area(1, 2, 9, 9).grown(3.2, 10, 12) == Area(0, 0, 12, 10)
