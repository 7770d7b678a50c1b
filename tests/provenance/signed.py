"""Signed files for tests, made with an identity of the tests' own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2

from tests.provenance.films import Image, scene, write
from understudy.provenance.credentials.fingerprint import fingerprint
from understudy.provenance.credentials.formats import holds_credentials
from understudy.provenance.credentials.identity import Identity, own_identity
from understudy.provenance.credentials.signing import sign
from understudy.provenance.credentials.statement import ConsentNote, Making, Mark, Source, Statement
from understudy.provenance.keys import Keyring

ALGORITHM = "org.understudy.spread.1"
PAYLOAD = 0x1122_3344_5566_7788
STILLS = (".png", ".jpg", ".tif")


def identity(folder: Path, name: str = "Test Studio") -> Identity:
    return own_identity(Keyring(folder), name)


def source(folder: Path, role: Any = "plate", data: bytes = b"plate footage") -> Source:
    path = folder / f"{role} of anna.mkv"
    path.write_bytes(data)
    return Source(role, path, hashlib.sha256(data).hexdigest(), len(data))


def statement(folder: Path, images: list[Image], **more: Any) -> Statement:
    facts: dict[str, Any] = {
        "title": "The Long Shot, 12",
        "sources": (source(folder), source(folder, "likeness", b"likeness footage")),
        "consents": (
            ConsentNote("likeness", "urn:uuid:1", "ab" * 32, "licensed", ("feature-film",), "2030-01-01"),
        ),
        "making": Making("warp", "cd" * 32),
        "mark": Mark(ALGORITHM, PAYLOAD),
        "fingerprint": fingerprint([index / 25 for index in range(len(images))], images),
        "seconds": len(images) / 25,
    }
    return Statement(**(facts | more))


def unsigned(path: Path, images: list[Image]) -> Path:
    """A file of the kind that the suffix says."""
    if path.suffix in STILLS:
        cv2.imwrite(str(path), images[0][..., ::-1])
    elif path.suffix == ".exr":
        path.write_bytes(b"v/1\x01" + images[0].tobytes())
    else:
        write(path, images)
    return path


def signed(path: Path, images: list[Image] | None = None, who: Identity | None = None, **more: Any) -> Path:
    """A signed film or still at `path`; a kind that holds no credentials gets its sidecar."""
    images = scene(9, 3, 320, 180) if images is None else images
    path.parent.mkdir(exist_ok=True)
    bare = unsigned(path.with_name(f"bare{path.suffix}"), images)
    sign(bare, path, statement(path.parent, images, **more), who or identity(path.parent / "config"))
    if not holds_credentials(path):
        bare.rename(path)
    return path
