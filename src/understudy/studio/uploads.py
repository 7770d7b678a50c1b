"""Files that the browser sends: read without trust, and complained of in one sentence."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import Body

from understudy.errors import BadInputError
from understudy.media import Image
from understudy.media.stills import read_still, still_format

File = Annotated[bytes, Body(media_type="application/octet-stream")]
"""A body that is a file, as it is."""
_PNG = b"\x89PNG\r\n\x1a\n"


def read_picture(content: bytes, width: int, height: int) -> Image:
    """A PNG of just that size, (H, W, 3) or, with transparency, (H, W, 4), uint8 or uint16.

    Its header is looked at before anything is unpacked. Raises BadInputError.
    """
    if not content.startswith(_PNG):
        raise BadInputError("That is no PNG: save the repaired frame as one.")
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(content)
        form = still_format(path)
        if (form.width, form.height) != (width, height):
            raise BadInputError(
                f"The picture is {form.width} x {form.height}, and the film {width} x {height}: save the "
                "repaired frame in the film's size."
            )
        return read_still(path)
