import cv2
import numpy as np

from understudy.engines.warp.lookup import add_looked_up

RNG = np.random.default_rng(3)
PICTURE = cv2.GaussianBlur(RNG.uniform(size=(40, 50, 3)).astype(np.float32), (0, 0), 2.0)


def _looked_up(where: np.ndarray, share: float = 1.0) -> np.ndarray:
    total = np.zeros((*where.shape[:2], 3), np.float32)
    add_looked_up(PICTURE, where, np.full(where.shape[:2], share, np.float32), total)
    return total


def _pixels() -> np.ndarray:
    ys, xs = np.mgrid[0:40, 0:50].astype(np.float32)
    return np.stack([xs, ys], axis=-1)


def test_at_pixels_it_is_the_picture() -> None:
    assert np.allclose(_looked_up(_pixels()), PICTURE, atol=1e-6)


def test_between_pixels_it_agrees_with_opencv() -> None:
    where = _pixels() * 0.9 + (1.3, 2.7)
    where = np.round(where * 32).astype(np.float32) / 32
    known = cv2.remap(PICTURE, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(_looked_up(where) - known).max() < 1e-4


def test_past_the_edge_the_rim_goes_on() -> None:
    where = np.array([[[-1e9, 5], [60, 5], [1e9, -80]]], np.float32)
    assert np.allclose(_looked_up(where)[0], [PICTURE[5, 0], PICTURE[5, -1], PICTURE[0, -1]], atol=1e-6)


def test_shares_and_gains_add_up_and_nothing_is_touched_where_there_is_no_share() -> None:
    share = RNG.uniform(size=(40, 50)).astype(np.float32)
    share[:, 20:] = 0
    total = np.full((40, 50, 3), 0.25, np.float32)
    gain = np.array([0.5, 1.0, 2.0])
    add_looked_up(PICTURE, _pixels(), share, total, gain)
    assert np.allclose(total, 0.25 + share[..., None] * gain * PICTURE, atol=1e-5)
    assert (total[:, 20:] == 0.25).all()
