"""Colour tags: FFmpeg's names and numbers, and what is assumed where a clip carries none.

Sources of the luma weights: ITU-R BT.601-7, BT.709-6 and BT.2020-2, SMPTE 240M, FCC 47 CFR 73.682. Numbers
are those of ITU-T H.273, which FFmpeg's AVColorSpace, AVColorPrimaries, AVColorTransferCharacteristic and
AVColorRange follow.
"""

from __future__ import annotations

from dataclasses import replace

from understudy.errors import BadInputError
from understudy.media.frame import Colour

_MATRICES = {
    0: "gbr",
    1: "bt709",
    2: "unspecified",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    14: "ictcp",
}
_PRIMARIES = {
    1: "bt709",
    2: "unspecified",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
_TRANSFERS = {
    1: "bt709",
    2: "unspecified",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
_RANGES = {0: "unspecified", 1: "tv", 2: "pc"}

_LUMA_WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
}


def from_numbers(matrix: int, primaries: int, transfer: int, value_range: int) -> Colour:
    """Tags from FFmpeg's numbers; a reserved or unknown number reads as "unspecified"."""
    return Colour(
        _MATRICES.get(matrix, "unspecified"),
        _PRIMARIES.get(primaries, "unspecified"),
        _TRANSFERS.get(transfer, "unspecified"),
        _RANGES.get(value_range, "unspecified"),
    )


def to_numbers(colour: Colour) -> tuple[int, int, int, int]:
    """FFmpeg's numbers of (matrix, primaries, transfer, range); the inverse of `from_numbers`."""
    tables = (_MATRICES, _PRIMARIES, _TRANSFERS, _RANGES)
    names = (colour.matrix, colour.primaries, colour.transfer, colour.range)
    matrix, primaries, transfer, value_range = (
        next(number for number, known in table.items() if known == name)
        for table, name in zip(tables, names, strict=True)
    )
    return matrix, primaries, transfer, value_range


def resolved(colour: Colour, height: int) -> Colour:
    """The tags that a YUV picture `height` pixels high is read and written by.

    An unspecified (or RGB) matrix becomes bt709 from 720 lines up and smpte170m below, and so do primaries;
    an unspecified (or RGB) range becomes "tv", an unspecified transfer bt709, whose curve BT.601 shares. The
    conversion to RGB touches neither primaries nor transfer: they are filled in so that what is written
    carries a full set. Other tags stay.
    """
    fallback = "bt709" if height >= 720 else "smpte170m"
    return replace(
        colour,
        matrix=fallback if colour.matrix in ("unspecified", "gbr") else colour.matrix,
        primaries=fallback if colour.primaries == "unspecified" else colour.primaries,
        transfer="bt709" if colour.transfer == "unspecified" else colour.transfer,
        range="tv" if colour.range == "unspecified" or colour.matrix == "gbr" else colour.range,
    )


def luma_weights(matrix: str) -> tuple[float, float]:
    """The weights (kr, kb) of red and blue in luma, for a resolved matrix name.

    Raises BadInputError for a matrix that is not of the form Y = kr R + (1 - kr - kb) G + kb B.
    """
    try:
        return _LUMA_WEIGHTS[matrix]
    except KeyError:
        known = ", ".join(_LUMA_WEIGHTS)
        raise BadInputError(
            f"The colour matrix {matrix} is not supported; convert the clip to one of {known}."
        ) from None
