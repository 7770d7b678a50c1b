"""What FFmpeg's pixel formats hold, and how to get at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import av
import numpy as np


@dataclass(frozen=True)
class Layout:
    """How the planes of a picture are addressed.

    `kind` is "yuv", "rgb" or "grey"; `planar` the format to repack to before; `depth` the bits of a channel;
    `across` and `down` the base-2 logarithms of chroma subsampling (0 or 1); `packed` whether RGB(A) lies in
    one plane.
    """

    kind: str
    planar: str
    depth: int
    across: int
    down: int
    alpha: bool
    packed: bool

    @property
    def storage(self) -> type[np.generic]:
        """The type of one stored number."""
        return np.uint8 if self.depth == 8 else np.uint16


_DEPTHS = (8, 9, 10, 12, 14, 16)


@lru_cache(maxsize=64)
def layout_of(name: str) -> Layout:
    """The layout of an FFmpeg pixel format, or of the nearest with the same content that is understood."""
    form = av.VideoFormat(name, 16, 16)
    bits = max(component.bits for component in form.components)
    depth = next((known for known in _DEPTHS if bits <= known), 16)
    alpha = any(component.is_alpha for component in form.components)
    if form.is_rgb or form.has_palette or bits == 1:
        if depth == 8:
            return Layout("rgb", "rgba" if alpha else "rgb24", 8, 0, 0, alpha, packed=True)
        if name.startswith("gbr") and bits <= 16:
            planar = f"gbr{'a' if alpha else ''}p{depth}le"
            return Layout("rgb", planar, depth, 0, 0, alpha, packed=False)
        return Layout("rgb", "rgba64le" if alpha else "rgb48le", 16, 0, 0, alpha, packed=True)
    if len(form.components) <= 2:
        if alpha:
            packed = "rgba" if depth == 8 else "rgba64le"
            return Layout("rgb", packed, depth if depth == 8 else 16, 0, 0, alpha=True, packed=True)
        return Layout("grey", "gray" if depth == 8 else f"gray{depth}le", depth, 0, 0, False, packed=False)
    across, down = (
        (16 // form.chroma_width(16)).bit_length() - 1,
        (16 // form.chroma_height(16)).bit_length() - 1,
    )
    sampling = {(0, 0): "444", (1, 0): "422", (1, 1): "420", (0, 1): "440"}.get((across, down), "444")
    if sampling == "444":
        across = down = 0
    if name.startswith("yuvj"):
        return Layout("yuv", name, 8, across, down, alpha=False, packed=False)
    planar = f"yuv{'a' if alpha else ''}{sampling}p" + ("" if depth == 8 else f"{depth}le")
    return Layout("yuv", planar, depth, across, down, alpha, packed=False)


def bit_depth(pixel_format: str) -> int:
    """Bits of one channel: 8, 9, 10, 12, 14 or 16."""
    return layout_of(pixel_format).depth


def has_alpha(pixel_format: str) -> bool:
    """Whether a pixel format has an alpha channel."""
    return layout_of(pixel_format).alpha
