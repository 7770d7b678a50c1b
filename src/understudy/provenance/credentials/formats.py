"""Which files carry credentials inside, and which beside them."""

from __future__ import annotations

from pathlib import Path

_INSIDE = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".dng": "image/dng",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".avi": "video/avi",
    ".pdf": "application/pdf",
}
_BESIDE = {".mkv": "video/x-matroska", ".webm": "video/webm", ".exr": "image/x-exr", ".dpx": "image/x-dpx"}
_OTHER = "application/octet-stream"


def media_type(path: Path) -> str:
    """The media type by the file's suffix."""
    suffix = path.suffix.lower()
    return _INSIDE.get(suffix) or _BESIDE.get(suffix, _OTHER)


def holds_credentials(path: Path) -> bool:
    """Whether files of this suffix carry credentials inside; else they lie beside, at `sidecar_of`."""
    return path.suffix.lower() in _INSIDE


def sidecar_of(path: Path) -> Path:
    """Where the credentials of a file lie that cannot hold them: `shot.mkv.c2pa` beside `shot.mkv`."""
    return path.with_name(path.name + ".c2pa")
