"""Marking pictures: chips as faint changes of brightness, stronger where texture hides them."""

from __future__ import annotations

import cv2
import numba
import numpy as np
import numpy.typing as npt

from understudy.provenance.watermark.base import Image

Floats = npt.NDArray[np.float32]

TARGET_PSNR = 45.0
"""dB of luma that the strength aims at; limits on the gain keep plain walls clean."""

_GAIN = (0.2, 1.3)
_INTERPOLATED = 0.83
"""What cubic interpolation leaves of the chips' root mean square."""
_IN_PLAIN, _PER_TEXTURE, _MOST = 0.6, 0.5, 4.0
_WITHIN = np.ones((5, 5), np.uint8)
_BLACK, _WHITE = 18.0, 233.0
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Embedder:
    """Marks pictures of one size with one field of chips. A pure function of the picture, safe in threads."""

    def __init__(self, chips: Floats, height: int, width: int) -> None:
        """`chips` (rows, columns) are laid over the whole picture."""
        self._chips = chips
        self._size = (width, height)
        # Unbiased rounding: half a code value would else be lost wherever the picture is smooth.
        self._dither = np.random.default_rng(7).random((height, width), np.float32) - np.float32(0.5)

    def __call__(self, image: Image) -> Image:
        """The marked picture, new, of the same shape and type."""
        width, height = self._size
        if image.shape[:2] != (height, width):
            raise ValueError(f"picture of shape {image.shape} for a mark of {width}x{height}")
        unit = np.float32(1 if image.dtype == np.uint8 else 257)
        change = cv2.resize(
            self._strengths(image, unit) * self._chips, self._size, interpolation=cv2.INTER_CUBIC
        )
        image = np.ascontiguousarray(image)
        marked = np.empty_like(image)
        dither = np.float32(1 if image.dtype == np.uint8 else 0)
        _add(image, change, self._dither, unit, dither, np.float32(np.iinfo(image.dtype).max), marked)
        return marked

    def _strengths(self, image: Image, unit: np.float32) -> Floats:
        """How much each chip may change its place, in code values of 8 bits."""
        rows, columns = self._chips.shape
        small = cv2.resize(image[..., :3], (columns, rows), interpolation=cv2.INTER_AREA)
        luma = (small.astype(np.float32) @ _LUMA) / unit
        texture = cv2.blur(np.abs(luma - cv2.blur(luma, (3, 3))), (5, 5))
        # A plain wall beside an edge is a plain wall: texture hides only what lies well within it.
        texture = cv2.erode(texture, _WITHIN)
        strengths = np.clip(_IN_PLAIN + _PER_TEXTURE * texture, 0, _MOST)
        strengths[(texture < 0.15) & ((luma < _BLACK) | (luma > _WHITE))] = 0  # bars and titles stay clean
        change = float(np.sqrt(np.mean((strengths * self._chips) ** 2))) * _INTERPOLATED
        wanted = 255 / 10 ** (TARGET_PSNR / 20)
        return strengths * np.float32(np.clip(wanted / max(change, 1e-3), *_GAIN))


@numba.njit(nogil=True, cache=True, fastmath=True)
def _add(
    image: Image, change: Floats, dither: Floats, unit: float, share: float, top: float, marked: Image
) -> None:
    height, width, channels = image.shape
    half, zero = np.float32(0.5), np.float32(0)
    # A row of steps first: the compiler vectorises the rest only then.
    steps = np.full(width * channels, half, np.float32)
    for y in range(height):
        for x in range(width):
            step = np.float32(change[y, x] * unit + share * dither[y, x]) + half
            for channel in range(3):
                steps[x * channels + channel] = step
        source, target = image[y].reshape(-1), marked[y].reshape(-1)
        for place in range(width * channels):
            target[place] = np.int32(min(max(np.float32(source[place]) + steps[place], zero), top))
