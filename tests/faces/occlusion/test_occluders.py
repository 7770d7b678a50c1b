import numpy as np

from understudy.faces.occlusion.appearance import TEXTURE_SIZE
from understudy.faces.occlusion.occluders import Masks

SIDE = TEXTURE_SIZE


def test_masks_come_back_as_they_were() -> None:
    random = np.random.default_rng(3)
    one, other = random.random((2, SIDE, SIDE)) > 0.7
    masks = Masks([one, None, np.zeros((SIDE, SIDE), bool), other])
    assert [None if mask is None else mask.tolist() for mask in masks] == [
        one.tolist(), None, None, other.tolist()
    ]  # fmt: skip
    assert masks.shown().tolist() == [0, 3]
    assert masks[3].dtype == bool


def test_masks_take_an_eighth() -> None:
    mask = np.ones((SIDE, SIDE), bool)
    packed = Masks([mask] * 3)._packed
    assert packed is not None
    assert packed.whole().nbytes == 3 * mask.nbytes / 8
