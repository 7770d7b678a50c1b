"""A label that the audience sees: that a face was replaced by AI."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]

TEXT = "AI: FACE REPLACED"
_HEIGHT = 1 / 32
_MARGIN = 1 / 40
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def labelled(image: Image) -> Image:
    """The picture (H, W, 3 or 4) with the label in its lower left corner, on a dark ground; a new array."""
    height, width = image.shape[:2]
    (text_width, text_height), below = cv2.getTextSize(TEXT, _FONT, 1.0, 2)
    scale = min(_HEIGHT * height / text_height, 0.6 * width / text_width)
    thickness = max(1, round(2 * scale))
    (text_width, text_height), below = cv2.getTextSize(TEXT, _FONT, scale, thickness)
    margin, pad = round(_MARGIN * height), max(2, text_height // 2)
    top = max(0, height - margin - text_height - below - 2 * pad)
    box = (slice(top, height - margin), slice(margin, min(width, margin + text_width + 2 * pad)))
    shown = image.copy()
    full = np.iinfo(image.dtype).max
    ground = (shown[(*box, slice(0, 3))] * 0.25).astype(image.dtype)
    ink = np.zeros(ground.shape[:2], np.uint8)
    cv2.putText(ink, TEXT, (pad, pad + text_height), _FONT, scale, 255, thickness, cv2.LINE_AA)
    share = ink[..., None] / 255
    shown[(*box, slice(0, 3))] = (ground + share * (full - ground.astype(np.float64))).astype(image.dtype)
    return shown
