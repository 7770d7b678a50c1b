import cv2
import numpy as np
import pytest

from tests.posed_faces import Act, posed, somebody
from understudy.compositing.light import (
    TERMS,
    Equations,
    Shading,
    harmonics,
    measure,
    pool,
    relight,
    solve,
)
from understudy.geometry import mesh
from understudy.geometry.raster import Raster, vertex_normals

SIZE = 160
IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
FACE = posed(somebody(), Act(yaw=12, pitch=-5), 62, (80, 62))
ALL = np.ones((SIZE, SIZE), np.float32)


@pytest.fixture(scope="module")
def shading() -> Shading:
    return Shading.of(FACE, IDENTITY, SIZE, SIZE)


def skin_picture(seed: int = 0) -> np.ndarray:
    """Skin with blotches a few pixels wide."""
    rng = np.random.default_rng(seed)
    blotches = cv2.GaussianBlur(rng.standard_normal((SIZE, SIZE, 3)).astype(np.float32), (0, 0), 2.0)
    return (np.array([0.45, 0.35, 0.3], np.float32) * (1.0 + 0.5 * blotches)).clip(0.05, 0.95)


def normals_at_pixels() -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (H, W, 3) at the picture's own pixels, and where the face is."""
    raster = Raster(FACE, mesh.face_triangles(), SIZE, SIZE)
    normals = raster.interpolate(vertex_normals(FACE, mesh.skin_triangles()))
    return normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6), raster.covered


def lit(picture: np.ndarray, log_gain: np.ndarray) -> np.ndarray:
    """The model's own idea of a gain, written out: it acts on what is a little above black."""
    return ((picture + 0.03) * np.exp(log_gain) - 0.03).astype(np.float32)


def test_harmonics_are_orthogonal_over_the_sphere() -> None:
    """Gram matrix by Gauss-Legendre quadrature in z and equal steps around, exact for these degrees."""
    z, weights = np.polynomial.legendre.leggauss(8)
    turn = np.arange(16) * 2 * np.pi / 16
    radius = np.sqrt(1 - z**2)[:, None]
    around = np.broadcast_to(z[:, None], (8, 16))
    sphere = np.stack([radius * np.cos(turn), radius * np.sin(turn), around], axis=-1)
    basis = harmonics(sphere)
    gram = np.einsum("p,pai,paj->ij", weights * 2 * np.pi / 16, basis, basis)
    pi = np.pi
    squares = [4 * pi] + [4 * pi / 3] * 3 + [4 * pi / 15] * 2 + [16 * pi / 5, 4 * pi / 15, 16 * pi / 15]
    assert np.allclose(gram, np.diag(squares))


def test_harmonics_have_their_textbook_values() -> None:
    x, y, z = 0.36, 0.48, 0.8
    expected = [1, x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    assert np.allclose(harmonics(np.array([x, y, z])), expected)
    assert harmonics(np.zeros((4, 5, 3))).shape == (4, 5, TERMS)


def test_skin_leaves_out_what_is_not_skin(shading: Shading) -> None:
    scale = np.array(shading.skin.shape[::-1]) / SIZE

    def at(vertex: int) -> float:
        column, row = np.round((FACE[vertex, :2] + 0.5) * scale - 0.5).astype(int)
        return float(shading.skin[row, column])

    cheeks, forehead = (50, 280), (151,)
    assert min(at(v) for v in cheeks + forehead) > 0.75
    features = (13, 14, 61, 468, 473, 159, 386, 105, 334)
    assert max(at(v) for v in features) < 0.35
    assert shading.skin.min() >= 0
    assert shading.skin[0].max() == shading.skin[-1].max() == 0


def test_the_basis_belongs_to_unit_normals_everywhere(shading: Shading) -> None:
    x, y, z = shading.basis[..., 1], shading.basis[..., 2], shading.basis[..., 3]
    assert np.allclose(x * x + y * y + z * z, 1.0, atol=1e-4)
    assert np.allclose(harmonics(np.stack([x, y, z], axis=-1)), shading.basis, atol=1e-5)


def test_a_gain_of_each_channel_is_recovered(shading: Shading) -> None:
    likeness = skin_picture()
    gain = np.log(np.array([1.3, 0.9, 0.6]))
    coefficients = solve(measure(lit(likeness, gain), likeness, ALL, shading))
    assert coefficients.shape == (TERMS, 3)
    assert np.allclose(coefficients[0], gain, atol=0.03)
    relit = relight(likeness, coefficients, shading)
    inside = normals_at_pixels()[1]
    assert np.abs(relit - lit(likeness, gain))[inside].max() < 0.02


@pytest.mark.parametrize("slope", [(0.6, 0.0, 0.0), (0.0, -0.4, 0.0), (0.3, 0.3, 0.5)])
def test_light_from_one_side_is_recovered(shading: Shading, slope) -> None:
    """A gain whose logarithm is linear in the normal, made from normals at full resolution."""
    normals, inside = normals_at_pixels()
    log_gain = (normals @ np.array(slope))[..., None] * np.array([1.0, 0.8, 0.6])
    likeness = skin_picture()
    wanted = lit(likeness, log_gain)
    relit = relight(likeness, solve(measure(wanted, likeness, ALL, shading)), shading)
    core = cv2.erode(inside.astype(np.uint8), np.ones((9, 9))).astype(bool)
    before = np.abs(likeness - wanted)[core].mean()
    assert np.abs(relit - wanted)[core].mean() < 0.25 * before
    assert np.percentile(np.abs(relit - wanted)[core], 95) < 0.03


def test_what_does_not_fit_is_disregarded(shading: Shading) -> None:
    """A tenth of the plate is painted over: light is found as if it were not."""
    rng = np.random.default_rng(1)
    likeness = skin_picture()
    gain = np.log(np.array([1.2, 1.0, 0.8]))
    plate = lit(likeness, gain)
    cells = rng.uniform(size=(SIZE // 8, SIZE // 8)) < 0.1
    painted = np.kron(cells, np.ones((8, 8))).astype(bool)
    plate[painted] = 0.0
    coefficients = solve(measure(plate, likeness, ALL, shading))
    clean = ~painted & normals_at_pixels()[1]
    assert np.abs(relight(likeness, coefficients, shading) - plate)[clean].mean() < 0.015


def test_only_the_matte_counts(shading: Shading) -> None:
    likeness = skin_picture()
    gain = np.log(np.array([1.2, 1.0, 0.8]))
    plate = lit(likeness, gain)
    plate[:, 80:] = 1.0
    matte = ALL.copy()
    matte[:, 76:] = 0.0
    relit = relight(likeness, solve(measure(plate, likeness, matte, shading)), shading)
    seen = normals_at_pixels()[1] & (matte > 0)
    assert np.abs(relit - plate)[seen].mean() < 0.02


def test_nothing_to_compare_changes_nothing(shading: Shading) -> None:
    likeness = skin_picture()
    coefficients = solve(measure(likeness * 0.3, likeness, 0 * ALL, shading))
    assert np.array_equal(coefficients, np.zeros((TERMS, 3)))
    assert np.allclose(relight(likeness, coefficients, shading), likeness, atol=1e-6)


def test_a_gain_is_limited(shading: Shading) -> None:
    coefficients = np.zeros((TERMS, 3))
    coefficients[0] = (50.0, -50.0, 0.0)
    relit = relight(skin_picture(), coefficients, shading)
    assert np.isfinite(relit).all()
    assert relit.max() < 5.0


def frames_of(gains: np.ndarray, shading: Shading) -> tuple[np.ndarray, np.ndarray]:
    likeness = skin_picture()
    equations = [measure(lit(likeness, np.full(3, g)), likeness, ALL, shading) for g in gains]
    return np.stack([e.left for e in equations]), np.stack([e.right for e in equations])


def test_pooling_calms_what_trembles(shading: Shading) -> None:
    gains = 0.2 + 0.1 * np.random.default_rng(2).standard_normal(30)
    left, right = frames_of(gains, shading)
    alone, pooled = pool(left, right, 0.0), pool(left, right, 4.0)
    assert np.abs(np.diff(pooled[:, 0, 0])).mean() < 0.15 * np.abs(np.diff(alone[:, 0, 0])).mean()
    assert pooled[:, 0, 0].mean() == pytest.approx(0.2, abs=0.05)


def test_pooling_leaves_what_is_steady(shading: Shading) -> None:
    left, right = frames_of(np.full(5, 0.3), shading)
    assert np.allclose(pool(left, right, 2.0), pool(left, right, 0.0), atol=1e-9)


def test_no_pooling_is_each_frame_alone(shading: Shading) -> None:
    left, right = frames_of(np.array([0.1, -0.2, 0.4]), shading)
    each = [solve(Equations(a, b)) for a, b in zip(left, right, strict=True)]
    assert np.allclose(pool(left, right, 0.0), each)


def test_a_frame_that_sees_more_skin_says_more(shading: Shading) -> None:
    left, right = frames_of(np.array([0.0, 0.6]), shading)
    left[1] *= 9.0
    right[1] *= 9.0
    together = solve(Equations(left.sum(0), right.sum(0)))[0, 0]
    assert together == pytest.approx(0.54, abs=0.05)
