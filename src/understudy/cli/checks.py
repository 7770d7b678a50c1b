"""What Understudy needs of a machine, one function a question."""

from __future__ import annotations

import ctypes
import importlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from understudy.parallel import core_count

State = Literal["ok", "optional", "missing"]

ROOM_GB = 5
"""Free disk below this is worth a word: stage outputs of a 1080p clip take up to about 1 GB per minute."""

MEDIAPIPE_MODELS = (
    "face_detection/face_detection_short_range.tflite",
    "face_detection/face_detection_full_range_sparse.tflite",
    "face_landmark/face_landmark_with_attention.tflite",
    "palm_detection/palm_detection_full.tflite",
    "hand_landmark/hand_landmark_full.tflite",
    "selfie_segmentation/selfie_segmentation.tflite",
)
ENCODERS = {"h264": "libx264", "hevc": "libx265", "prores": "prores_ks", "ffv1": "ffv1"}
IDENTITY_MODEL = "models/dlib_face_recognition_resnet_model_v1.dat"

_DEBIAN_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
}


@dataclass(frozen=True)
class Check:
    """An answer. `missing` stops the program from working, `optional` only leaves a feature out."""

    name: str
    state: State
    found: str
    remedy: str = ""


def checks(folder: Path) -> Iterator[Check]:
    """Look at this machine, for work in `folder`. Takes some seconds: everything is really loaded."""
    yield _python()
    yield _machine()
    yield _disk("disk, project", folder)
    yield _disk("disk, temporary", Path(tempfile.gettempdir()))
    if sys.platform == "linux":
        yield _libgl()
    yield _opencv()
    yield _torch()
    yield _mediapipe()
    yield _encoders()
    yield _package("OpenImageIO", "OpenImageIO", "image sequences")
    yield _package("numba", "numba", "geometry")
    yield _identity()
    yield _licences()


def _python() -> Check:
    good = (3, 11) <= sys.version_info < (3, 13)
    return Check(
        "Python", "ok" if good else "missing", platform.python_version(), "Install Python 3.11 or 3.12."
    )


def _machine() -> Check:
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB memory"
    return Check("machine", "ok", f"{platform.platform()}, {core_count()} cores{memory}")


def _disk(name: str, folder: Path) -> Check:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    found = f"{free:.0f} GB free at {place}"
    if not os.access(place, os.W_OK):
        return Check(name, "missing", f"{place} cannot be written to", "Choose a folder that is yours.")
    if free < ROOM_GB:
        return Check(name, "optional", found, "Free some space: long clips need more.")
    return Check(name, "ok", found)


def _libgl() -> Check:
    try:
        ctypes.CDLL("libGL.so.1")
    except OSError:
        return Check("libGL", "missing", "no libGL.so.1", _install("libGL.so.1"))
    return Check("libGL", "ok", "libGL.so.1")


def _opencv() -> Check:
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError as error:
        library = str(error).partition(":")[0]
        return Check("OpenCV", "missing", str(error), _install(library))
    return Check("OpenCV", "ok", cv2.__version__)


def _install(library: str) -> str:
    package = _DEBIAN_PACKAGES.get(library)
    if package is None:
        return "Run: pip install understudy"
    return f"On Debian and Ubuntu: apt-get install {package}; elsewhere the package that has {library}."


def _torch() -> Check:
    try:
        import torch
    except ImportError as error:
        return Check("PyTorch", "missing", str(error), "Run: pip install understudy")
    devices = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
    return Check(
        "PyTorch", "ok", f"{torch.__version__}, {', '.join(devices) or 'no CUDA device (not needed)'}"
    )


def _mediapipe() -> Check:
    spec = find_spec("mediapipe")
    if spec is None or spec.origin is None:
        return Check("MediaPipe", "missing", "not installed", "Run: pip install understudy")
    modules = Path(spec.origin).parent / "modules"
    gone = [model for model in MEDIAPIPE_MODELS if not (modules / model).is_file()]
    found = f"{version('mediapipe')}, {len(MEDIAPIPE_MODELS) - len(gone)} of {len(MEDIAPIPE_MODELS)} models"
    if gone:
        return Check(
            "MediaPipe",
            "missing",
            f"{found}; without {', '.join(gone)}",
            "Run: pip install --force-reinstall mediapipe==0.10.21 (the last one that carries its models)",
        )
    return Check("MediaPipe", "ok", found)


def _encoders() -> Check:
    try:
        import av
        from av.codec import Codec
    except ImportError as error:
        return Check("PyAV", "missing", str(error), "Run: pip install understudy")
    gone = []
    for name, encoder in ENCODERS.items():
        try:
            Codec(encoder, "w")
        except ValueError:
            gone.append(name)
    have = [name for name in ENCODERS if name not in gone]
    found = f"{av.__version__}, writes {', '.join(have) or 'nothing'}"
    if gone:
        state: State = "missing" if "h264" in gone else "optional"
        return Check(
            "PyAV", state, f"{found}; not {', '.join(gone)}", "Run: pip install --force-reinstall av"
        )
    return Check("PyAV", "ok", found)


def _package(module: str, distribution: str, purpose: str) -> Check:
    try:
        importlib.import_module(module)
    except ImportError as error:
        return Check(module, "missing", f"{error} ({purpose})", "Run: pip install understudy")
    return Check(module, "ok", version(distribution))


def _identity() -> Check:
    # The package of the models is not imported: it wants a setuptools that is no longer made.
    spec = find_spec("face_recognition_models")
    model = None if spec is None or spec.origin is None else Path(spec.origin).parent / IDENTITY_MODEL
    try:
        found = version("dlib-bin")
        importlib.import_module("dlib")
    except (PackageNotFoundError, ImportError):
        found = ""
    if not found or model is None or not model.is_file():
        remedy = "Run: pip install 'understudy[identity]'"
        return Check(
            "identity", "optional", "not installed: --person and grouping by person do not work", remedy
        )
    return Check("identity", "ok", f"dlib {found}")


def _licences() -> Check:
    return Check(
        "licences",
        "ok",
        "PyAV's wheels carry x264 and x265 (GPL): free to use; take advice before you ship them",
    )
