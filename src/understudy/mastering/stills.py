"""Single pictures written as masters: PNG, JPEG, TIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from understudy.errors import OutputError
from understudy.media import Image

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
_QUALITY = "jpeg:95"


def write_still(path: Path, image: Image) -> None:
    """Write (H, W, 3 or 4), uint8 or uint16; JPEG keeps 8 bits and no alpha. Raises OutputError."""
    import OpenImageIO as oiio  # noqa: N813

    if path.suffix.lower() in (".jpg", ".jpeg"):
        image = image[..., :3] if image.dtype == np.uint8 else (image[..., :3] >> 8).astype(np.uint8)
    height, width, channels = image.shape
    spec = oiio.ImageSpec(width, height, channels, "uint8" if image.dtype == np.uint8 else "uint16")
    spec["oiio:UnassociatedAlpha"] = 1
    spec["oiio:ColorSpace"] = "sRGB"
    spec["Compression"] = _QUALITY if path.suffix.lower() in (".jpg", ".jpeg") else "zip"
    output = oiio.ImageOutput.create(str(path))
    written = (
        output is not None
        and output.open(str(path), spec)
        and output.write_image(np.ascontiguousarray(image))
    )
    if output is None or not written or not output.close():
        reason = output.geterror() if output is not None else oiio.geterror()
        raise OutputError(f"{path} could not be written: {reason or 'unknown format'}.")
