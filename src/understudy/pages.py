"""HTML pages, each complete in itself: pictures inside, nothing fetched, what is shown escaped."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing

_QUALITY = 88


def write_page(path: Path, template: Path, **values: Any) -> None:
    """Fill a Jinja template, and write what comes of it, whole or not at all. Raises OutputError."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template(template.name).render(values)
    with replacing(path) as part:
        part.write_text(text, "utf-8")


def embedded(data: bytes, kind: str) -> str:
    """An image file of a `kind`, as jpeg, as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def embedded_picture(picture: npt.NDArray[Any]) -> str:
    """A picture (H, W, 3) RGB uint8 as the address of a JPEG that holds it."""
    import cv2

    bgr = np.ascontiguousarray(picture[..., ::-1])
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("a picture cannot be encoded")
    return embedded(data.tobytes(), "jpeg")
