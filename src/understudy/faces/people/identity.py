"""Who a face belongs to: dlib's 128-number face embedding, fed from our own landmarks.

The network is dlib's `dlib_face_recognition_resnet_model_v1` (King, 2017): faces of one person lie less
than about 0.6 apart (Euclidean), faces of two people farther. It comes with the optional extra `identity`.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.sampling import Bytes, sample_square
from understudy.geometry.align import fit_similarity
from understudy.media.frame import Image

Embeddings = npt.NDArray[np.float32]

SAME_PERSON = 0.6
"""Two embeddings nearer than this are taken for one person; the threshold the network was trained for."""

EMBEDDING_SIZE = 128
CHIP_SIZE = 150
_CHIP_PADDING = 0.25

# dlib's 5-point model and its mean shape in a unit square (dlib, image_transforms/interpolation.h,
# get_face_chip_details): outer and inner corner of the left eye, of the right eye, base of the nose.
POINTS = (263, 362, 33, 133, 2)
_MEAN_SHAPE = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
CHIP_SHAPE = (_CHIP_PADDING + _MEAN_SHAPE) / (2 * _CHIP_PADDING + 1) * CHIP_SIZE
"""(5, 2): where the landmarks `POINTS` lie on a chip, pixels."""
_MODEL_FILE = "dlib_face_recognition_resnet_model_v1.dat"


def available() -> bool:
    """Whether the extra `identity` is installed. Loads nothing."""
    return importlib.util.find_spec("dlib") is not None and model_path() is not None


def to_chip(landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """The (2, 3) matrix from frame pixels to the network's chip, from landmarks (478, 2 or 3)."""
    fit = fit_similarity(landmarks[list(POINTS), :2], CHIP_SHAPE)
    return np.column_stack([fit.scale * fit.rotation, fit.translation])


def chip(image: Image, landmarks: npt.NDArray[np.floating[Any]]) -> Bytes:
    """The aligned (150, 150, 3) RGB picture of the face with (478, 2 or 3) `landmarks` in frame pixels."""
    return sample_square(image, to_chip(landmarks), CHIP_SIZE)


def embed_chips(chips: npt.NDArray[np.uint8]) -> Embeddings:
    """Embeddings (N, 128) of aligned chips (N, 150, 150, 3); about 80 ms of CPU a chip.

    Raises BadInputError where the extra is not installed.
    """
    network = _network()
    rows = [network.compute_face_descriptor(np.ascontiguousarray(picture)) for picture in chips]
    return np.array(rows, np.float32).reshape(-1, EMBEDDING_SIZE)


def embed(image: Image, landmarks: npt.NDArray[np.floating[Any]]) -> Embeddings:
    """The embedding (128,) of the face with (478, 2 or 3) `landmarks` in frame pixels.

    Raises BadInputError where the extra is not installed.
    """
    return embed_chips(chip(image, landmarks)[None])[0]


def model_path() -> Path | None:
    """The network's file; None where the extra is not installed."""
    # The package itself is not imported: it needs pkg_resources, which newer setuptools no longer has.
    found = importlib.util.find_spec("face_recognition_models")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "models" / _MODEL_FILE
        if path.is_file():
            return path
    return None


@cache
def _network() -> Any:
    path = model_path()
    if path is None or importlib.util.find_spec("dlib") is None:
        raise BadInputError(
            "Telling people apart needs the identity extra: run pip install 'understudy[identity]'."
        )
    import dlib

    return dlib.face_recognition_model_v1(str(path))
