"""Files that are made to do harm: to promise more than there is, to nest without end, to say it twice."""

from __future__ import annotations

import struct
import zlib

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The box of a manifest store in ISO base media files."""


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _tiff(*fields: tuple[int, int, int]) -> bytes:
    """A TIFF with one directory of (tag, type, value) and no picture."""
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4)


def _box(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I", 8 + len(body) if size is None else size) + kind + body


def _nested(kind: bytes, depth: int) -> bytes:
    return b"".join(struct.pack(">I", 8 * (depth - k)) + kind for k in range(depth))


def _sample_table() -> bytes:
    table = _box(b"stsz", struct.pack(">III", 0, 0, 0xFFFFFFFF))
    for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        table = _box(kind, table)
    return table


def _laughs() -> bytes:
    """An XML document of a few hundred bytes that says 10^20 times "ha"."""
    entities = [b'<!ENTITY a "ha">']
    entities += [b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(20)]
    return b"<!DOCTYPE x [" + b"".join(entities) + b"]><svg>&u;</svg>"


_ZEROS = zlib.compress(bytes(1 << 20))
_FTYP = _box(b"ftyp", b"isom\0\0\0\0isommp41")
_HUGE = 2**31

HOSTILE = {
    "wide.png": _png(_HUGE - 1, _HUGE - 1, _ZEROS),
    "large.png": _png(30_000, 30_000, _ZEROS),
    "short.png": _png(9_000, 9_000, _ZEROS[:100]),
    "large.jpg": bytes.fromhex("ffd8ffc0001108ffffffff03011100021101031101ffd9"),
    "large.tif": _tiff((256, 4, _HUGE), (257, 4, _HUGE), (258, 3, 8)),
    "loop.tif": b"II*\0" + struct.pack("<IHI", 8, 0, 8),
    "huge-box.mp4": _FTYP + _box(b"moov", b"", 0xFFFFFFFF),
    "zero-box.mp4": _FTYP + _box(b"moov", b"", 0) + b"x" * 100,
    "tables.mp4": _FTYP + _sample_table(),
    "deep.mp4": _FTYP + _nested(b"moov", 2000),
    "store.mp4": _FTYP + _box(b"uuid", _C2PA + bytes(4) + b"manifest\0" + bytes(8) + _nested(b"jumb", 5000)),
    "laughs.svg": _laughs(),
    "objects.pdf": b"%PDF-1.7\n" + b"1 0 obj<</Length 99999999999>>stream\n" * 100,
    "name\x1b[2J\n.mp4": b"\0" * 1000,
    "folder.exr": b"v/1\x01" + b"\xff" * 500,
    "long.wav": b"RIFF\xff\xff\xff\xffWAVEC2PA\xff\xff\xff\xff",
}
"""By name, which is hostile too."""
