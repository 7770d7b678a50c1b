import cv2
import numpy as np
import pytest

from understudy.geometry.flow import PointFlow


def _texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (300, 300, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def _shifted(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    return cv2.warpAffine(picture, matrix, (300, 300), borderMode=cv2.BORDER_REFLECT)


POINTS = np.stack(np.meshgrid(np.linspace(80, 220, 8), np.linspace(80, 220, 8)), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -2.0), (0.5, 0.25), (-6.5, 4.0)])
def test_finds_a_known_shift(shift: tuple[float, float]) -> None:
    first = _texture()
    moved, trust = PointFlow().between(first, _shifted(first, *shift), POINTS, POINTS + shift)
    assert np.abs(moved - shift).max() < 0.3
    assert trust.min() > 0.8


def test_sixteen_bits_are_as_good_as_eight() -> None:
    first = _texture()
    second = _shifted(first, 2, 1)
    deep = [picture.astype(np.uint16) * 257 for picture in (first, second)]
    moved, _ = PointFlow().between(*deep, POINTS, POINTS)
    assert np.abs(moved - (2, 1)).max() < 0.3


def test_distrusts_what_is_not_there_any_more() -> None:
    first = _texture()
    second = _shifted(first, 2, 0)
    second[100:200, 100:200] = _texture(9)[100:200, 100:200]
    _, trust = PointFlow().between(first, second, POINTS, POINTS)
    hidden = ((POINTS > 115) & (POINTS < 185)).all(1)
    assert np.median(trust[hidden]) < 0.3 < np.median(trust[~hidden])
