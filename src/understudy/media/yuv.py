"""Pictures between FFmpeg's pixel formats and RGB arrays, right to half a code value.

Why not libswscale: its fast YUV to RGB paths are 1.2 code values too dark in 8 bit and half a code value in
10 bit, its exact path takes three times as long and gives garbage for 10-bit 4:2:0 (FFmpeg 8.1). It is still
used to repack formats without converting colour.

Convention: 4:2:0 and 4:2:2 chroma lies on even columns, and 4:2:0 chroma midway between two rows (MPEG-2
siting). It is interpolated linearly, and filtered (1 2 1)/4 across and (1 1)/2 down on the way back. Alpha is
always full range.
"""

from __future__ import annotations

from typing import Any

import av
import numba
import numpy as np
import numpy.typing as npt

from understudy.media.colour import luma_weights, to_numbers
from understudy.media.frame import Colour, Image
from understudy.media.pixel_formats import layout_of

Plane = npt.NDArray[Any]
_compiled = numba.njit(nogil=True, cache=True, fastmath=True, error_model="numpy")


def to_rgb(frame: av.VideoFrame, colour: Colour) -> Image:
    """The picture of a decoded frame, (H, W, 3) RGB or (H, W, 4) RGBA where the format has alpha.

    uint8 for formats of 8 bits and less, otherwise uint16 on the full 0..65535 scale. `colour` must be
    resolved (see `understudy.media.colour.resolved`); it is not used for RGB formats. The result is a new
    array.
    """
    layout = layout_of(frame.format.name)
    if frame.format.name != layout.planar:
        frame = frame.reformat(format=layout.planar)
    planes = [_plane_array(plane, layout.storage) for plane in frame.planes]
    out_type = np.uint8 if layout.depth == 8 else np.uint16
    image: Image = np.empty((frame.height, frame.width, 4 if layout.alpha else 3), out_type)
    if layout.packed:
        channels = image.shape[2]
        image[:] = planes[0][:, : frame.width * channels].reshape(image.shape)
        return image
    if layout.kind == "yuv":
        weights = _to_rgb_weights(colour, layout.depth)
        _yuv_rows_to_rgb(*planes[:3], layout.across, layout.down, weights, np.float32(_full(image)), image)
    else:
        order = (0, 0, 0) if layout.kind == "grey" else (2, 0, 1)
        tv_grey = layout.kind == "grey" and colour.range == "tv"
        for channel, source in enumerate(order):
            image[..., channel] = _rescaled(planes[source][:, : frame.width], layout.depth, tv_grey)
    if layout.alpha:
        image[..., 3] = _rescaled(planes[-1][:, : frame.width], layout.depth, tv=False)
    return image


def from_rgb(image: Image, pixel_format: str, colour: Colour) -> av.VideoFrame:
    """A frame in `pixel_format` of an RGB or RGBA array, uint8 or uint16 on its full scale.

    `pixel_format` is a planar YUV, planar GBR or packed RGB format of FFmpeg. Alpha is dropped where the
    format has none, and opaque where the image has none. `colour` must be resolved; the frame carries its
    tags.
    """
    height, width = image.shape[:2]
    layout = layout_of(pixel_format)
    frame = av.VideoFrame(width, height, layout.planar)
    frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range = to_numbers(colour)
    planes = [_plane_array(plane, layout.storage) for plane in frame.planes]
    if layout.packed:
        channels = 4 if layout.alpha else 3
        target = planes[0][:, : width * channels].reshape(height, width, channels)
        target[..., :3] = _requantised(image[..., :3], 8 * np.dtype(layout.storage).itemsize)
        alpha_target = target[..., 3] if layout.alpha else None
    elif layout.kind == "yuv":
        weights = _from_rgb_weights(colour, layout.depth, _full(image))
        top = np.float32(2**layout.depth - 1)
        _rgb_rows_to_yuv(np.ascontiguousarray(image), layout.across, layout.down, weights, top, *planes[:3])
        alpha_target = planes[-1][:, :width] if layout.alpha else None
    else:
        for channel, place in enumerate((2, 0, 1)):
            planes[place][:, :width] = _requantised(image[..., channel], layout.depth)
        alpha_target = planes[-1][:, :width] if layout.alpha else None
    if alpha_target is not None:
        if image.shape[2] == 4:
            alpha_target[:] = _requantised(image[..., 3], layout.depth)
        else:
            alpha_target[:] = 2**layout.depth - 1
    return frame if layout.planar == pixel_format else frame.reformat(format=pixel_format)


def _plane_array(plane: Any, storage: type[np.generic]) -> Plane:
    """The whole plane, (H, line), padding included, without a copy: contiguous rows compile to fast loops."""
    return np.frombuffer(plane, storage).reshape(plane.height, -1)


def _full(image: Image) -> float:
    return 255.0 if image.dtype == np.uint8 else 65535.0


def _rescaled(values: Plane, depth: int, tv: bool) -> Plane:
    """Code values of `depth` bits on the full scale of uint8 (8 bits) or uint16 (more)."""
    if depth in (8, 16) and not tv:
        return values
    top = 255 if depth == 8 else 65535
    codes = np.arange(2**depth, dtype=np.float64)
    low, span = (16 << (depth - 8), 219 << (depth - 8)) if tv else (0, 2**depth - 1)
    table = np.clip(np.rint((codes - low) * (top / span)), 0, top).astype(values.dtype)
    return table[np.minimum(values, 2**depth - 1)]


def _requantised(values: Plane, depth: int) -> Plane:
    """Full-scale uint8 or uint16 values as code values of `depth` bits."""
    top = int(_full(values))
    if top == 2**depth - 1:
        return values
    codes = np.rint(np.arange(top + 1) * ((2**depth - 1) / top))
    return codes.astype(np.uint8 if depth == 8 else np.uint16)[values]


def _levels(colour: Colour, depth: int) -> tuple[float, float, float, float]:
    """(black, luma span, chroma centre, chroma span) in code values: BT.2020-2 table 5, or full range."""
    if colour.range == "pc":
        return 0.0, 2.0**depth - 1, 2.0 ** (depth - 1), 2.0**depth - 1
    step = 2.0 ** (depth - 8)
    return 16 * step, 219 * step, 128 * step, 224 * step


def _to_rgb_weights(colour: Colour, depth: int) -> Plane:
    """(black, chroma centre, y to all, v to r, u to g, v to g, u to b) for RGB on its full scale."""
    kr, kb = luma_weights(colour.matrix)
    kg = 1 - kr - kb
    black, luma, centre, chroma = _levels(colour, depth)
    top = 255.0 if depth == 8 else 65535.0
    red, blue = 2 * (1 - kr) * top / chroma, 2 * (1 - kb) * top / chroma
    return np.array([black, centre, top / luma, red, -kb / kg * blue, -kr / kg * red, blue], np.float32)


def _from_rgb_weights(colour: Colour, depth: int, full: float) -> Plane:
    """(black, chroma centre, kr, kg, kb, b-y to u, r-y to v), the first five scaled to code values."""
    kr, kb = luma_weights(colour.matrix)
    black, luma, centre, chroma = _levels(colour, depth)
    luma /= full
    blue, red = chroma / full / luma / (2 * (1 - kb)), chroma / full / luma / (2 * (1 - kr))
    return np.array([black, centre, kr * luma, (1 - kr - kb) * luma, kb * luma, blue, red, luma], np.float32)


@_compiled
def _lifted_row(near: Plane, far: Plane, share: float, across: int, width: int, row: Plane) -> None:
    """One row of chroma at full width into `row`: linear between two chroma rows, then along the row."""
    if across == 0:
        for x in range(width):
            row[x] = near[x] + share * (np.float32(far[x]) - np.float32(near[x]))
        return
    last = (width - 1) // 2
    half = np.float32(0.5)
    here = near[0] + share * (np.float32(far[0]) - np.float32(near[0]))
    for x in range(last):
        ahead = near[x + 1] + share * (np.float32(far[x + 1]) - np.float32(near[x + 1]))
        row[2 * x] = here
        row[2 * x + 1] = half * (here + ahead)
        here = ahead
    row[2 * last] = here
    row[2 * last + 1] = here


@_compiled
def _yuv_rows_to_rgb(
    luma: Plane, cb: Plane, cr: Plane, across: int, down: int, weights: Plane, top: float, image: Plane
) -> None:
    height, width = image.shape[:2]
    black, centre, y_all, v_red, u_green, v_green, u_blue = weights
    half, zero = np.float32(0.5), np.float32(0)
    u_row, v_row = np.empty(width + 1, np.float32), np.empty(width + 1, np.float32)
    # Planar rows first, interleaved after: the compiler vectorises the arithmetic only then.
    red = np.empty(width, image.dtype)
    green = np.empty(width, image.dtype)
    blue = np.empty(width, image.dtype)
    for y in range(height):
        near = y >> down
        share = np.float32(0.25 * down)
        far = near + (2 * (y & 1) - 1) * down
        far = min(max(far, 0), cb.shape[0] - 1)
        _lifted_row(cb[near], cb[far], share, across, width, u_row)
        _lifted_row(cr[near], cr[far], share, across, width, v_row)
        luma_row = luma[y]
        for x in range(width):
            level = (np.float32(luma_row[x]) - black) * y_all + half
            u = u_row[x] - centre
            v = v_row[x] - centre
            red[x] = np.int32(min(max(level + v_red * v, zero), top))
            green[x] = np.int32(min(max(level + u_green * u + v_green * v, zero), top))
            blue[x] = np.int32(min(max(level + u_blue * u, zero), top))
        row = image[y]
        for x in range(width):
            row[x, 0] = red[x]
            row[x, 1] = green[x]
            row[x, 2] = blue[x]


@_compiled
def _rgb_rows_to_yuv(
    image: Plane, across: int, down: int, weights: Plane, top: float, luma: Plane, cb: Plane, cr: Plane
) -> None:
    height, width = image.shape[:2]
    black, centre, red, green, blue, u_scale, v_scale, _ = weights
    half, zero = np.float32(0.5), np.float32(0)
    # Colour differences of up to two rows, one sample of margin on either side.
    u_sum, v_sum = np.empty(width + 2, np.float32), np.empty(width + 2, np.float32)
    tall = 1 << down
    for block in range((height + tall - 1) // tall):
        u_sum[:] = zero
        v_sum[:] = zero
        share = np.float32(1.0 / tall)
        for step in range(tall):
            y = min(block * tall + step, height - 1)
            row, luma_row = image[y], luma[y]
            for x in range(width):
                r, g, b = np.float32(row[x, 0]), np.float32(row[x, 1]), np.float32(row[x, 2])
                level = red * r + green * g + blue * b
                luma_row[x] = np.int32(min(max(level + black + half, zero), top))
                u_sum[x + 1] += share * (b * (red + green + blue) - level)
                v_sum[x + 1] += share * (r * (red + green + blue) - level)
        _filtered_row(u_sum, across, width, u_scale, centre, top, cb[block])
        _filtered_row(v_sum, across, width, v_scale, centre, top, cr[block])


@_compiled
def _filtered_row(
    sums: Plane, across: int, width: int, scale: float, centre: float, top: float, row: Plane
) -> None:
    """Chroma codes of one row of colour differences, thinned by (1 2 1)/4 where `across` is 1."""
    half, zero = np.float32(0.5), np.float32(0)
    if across == 0:
        for x in range(width):
            row[x] = np.int32(min(max(sums[x + 1] * scale + centre + half, zero), top))
        return
    sums[0], sums[width + 1] = sums[1], sums[width]
    quarter = np.float32(0.25)
    for x in range((width + 1) // 2):
        mean = quarter * (sums[2 * x] + sums[2 * x + 1] + sums[2 * x + 1] + sums[2 * x + 2])
        row[x] = np.int32(min(max(mean * scale + centre + half, zero), top))
