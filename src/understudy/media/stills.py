"""One picture file at a time, through OpenImageIO, as display-referred RGB.

Integer files are taken as they are: 8 bits as uint8, more as uint16 on the full scale. Files of half or float
numbers (EXR, some TIFFs) are taken as scene-linear with BT.709 primaries and shown by the sRGB curve (IEC
61966-2-1), clipped to [0, 1], as uint16: what lies above white is lost. Alpha is straight, as in video:
premultiplied colour is divided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from understudy.errors import BadInputError
from understudy.media.frame import Colour, Image
from understudy.media.turn import Turn

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx", ".cin", ".webp", ".bmp", ".tga"}
)
"""What is read as a picture; anything else is taken for video."""


@dataclass(frozen=True)
class StillFormat:
    """What the header of a picture file says; `width` and `height` are upright."""

    kind: str
    width: int
    height: int
    channels: tuple[int, ...]
    linear: bool
    bit_depth: int
    turn: Turn

    @property
    def has_alpha(self) -> bool:
        """Whether the pictures are RGBA."""
        return len(self.channels) == 4

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of the layout of the arrays that `read_still` gives."""
        if self.bit_depth > 8:
            return "rgba64le" if self.has_alpha else "rgb48le"
        return "rgba" if self.has_alpha else "rgb24"

    @property
    def colour(self) -> Colour:
        """Tags of the RGB that `read_still` gives."""
        transfer = "unspecified" if self.kind in ("dpx", "cineon") else "iec61966-2-1"
        return Colour("gbr", "bt709", transfer, "pc")


def still_format(path: Path) -> StillFormat:
    """The header of a picture file. Raises BadInputError where it is missing or no picture."""
    source = _opened(path)
    try:
        spec = source.spec()
        turn = Turn.from_exif(spec.get_int_attribute("Orientation", 1))
        width, height = turn.size(spec.full_width, spec.full_height)
        linear = spec.format.basetype in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE)
        depth = spec.get_int_attribute("oiio:BitsPerSample") or 8 * spec.format.size()
        return StillFormat(
            kind=source.format_name(),
            width=width,
            height=height,
            channels=_rgb_channels(spec),
            linear=linear,
            bit_depth=16 if linear else max(8, depth),
            turn=turn,
        )
    finally:
        source.close()


def read_still(path: Path) -> Image:
    """The picture: (H, W, 3) or (H, W, 4), upright, its whole display window, black where it has no data.

    Raises BadInputError where it is missing, no picture, or damaged.
    """
    form = still_format(path)
    source = _opened(path)
    try:
        spec = source.spec()
        wanted = "float" if form.linear else "uint8" if form.bit_depth == 8 else "uint16"
        pixels = source.read_image(0, 0, 0, spec.nchannels, wanted)
        if pixels is None or source.has_error:
            raise BadInputError(f"{path.name} is damaged and cannot be read; make it again from its source.")
    finally:
        source.close()
    chosen = np.ascontiguousarray(pixels[..., form.channels])
    image = form.turn.upright(_in_display_window(chosen, spec))
    return _displayed(image) if form.linear else image


def _opened(path: Path) -> oiio.ImageInput:
    if not path.is_file():
        raise BadInputError(f"{path} does not exist; check the path.")
    if path.stat().st_size == 0:
        raise BadInputError(f"{path.name} is empty (0 bytes); copy or export it again.")
    hints = oiio.ImageSpec()
    hints["oiio:UnassociatedAlpha"] = 1
    source: oiio.ImageInput | None = oiio.ImageInput.open(str(path.absolute()), hints)
    if source is None:
        oiio.geterror()  # else it is printed when the program ends
        raise BadInputError(f"{path.name} is not a picture that can be read; check that it opens elsewhere.")
    return source


def _rgb_channels(spec: oiio.ImageSpec) -> tuple[int, ...]:
    """Which channels are red, green, blue and, if any, alpha: by name, else by place."""
    places = {name.upper(): place for place, name in reversed(list(enumerate(spec.channelnames)))}
    if all(name in places for name in "RGB"):
        colours = (places["R"], places["G"], places["B"])
    else:
        colours = (0, 1, 2) if spec.nchannels - (spec.alpha_channel >= 0) >= 3 else (0, 0, 0)
    return (*colours, spec.alpha_channel) if spec.alpha_channel >= 0 else colours


def _in_display_window(pixels: Image, spec: oiio.ImageSpec) -> Image:
    """EXR data windows may be smaller or larger than the picture that is to be seen."""
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    if (left, top, spec.width, spec.height) == (0, 0, spec.full_width, spec.full_height):
        return pixels
    canvas = np.zeros((spec.full_height, spec.full_width, pixels.shape[2]), pixels.dtype)
    rows = slice(max(top, 0), max(min(top + spec.height, spec.full_height), 0))
    columns = slice(max(left, 0), max(min(left + spec.width, spec.full_width), 0))
    canvas[rows, columns] = pixels[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return canvas


def _displayed(linear: Image) -> Image:
    """Scene-linear float RGB or RGBA by the sRGB curve, uint16."""
    linear = np.nan_to_num(linear, nan=0.0, posinf=1.0, neginf=0.0)
    if linear.shape[2] == 4:
        alpha = np.clip(linear[..., 3:], 0, 1)
        linear[..., :3] /= np.where(alpha > 0, alpha, 1)
        linear[..., 3:] = alpha
    light = np.clip(linear[..., :3], 0, 1)
    linear[..., :3] = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(linear * 65535).astype(np.uint16)
