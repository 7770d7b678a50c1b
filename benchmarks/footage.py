"""The development pairs: which clips are put onto which, and how hard that is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SETS = ("smoke", "easy", "all")


@dataclass(frozen=True)
class Pair:
    """One likeness onto one plate.

    name      of the pair's files and of its row
    likeness  glob patterns inside the footage folder
    plate     a file inside it
    easy      frontal, well lit, nothing before the face, no extreme expression or turn
    smoke     short: the first thing to try
    cuts      first frames of the plate's shots after the first
    """

    name: str
    likeness: tuple[str, ...]
    plate: str
    easy: bool = False
    smoke: bool = False
    cuts: tuple[int, ...] = ()

    def likeness_files(self, footage: Path) -> list[Path]:
        """The likeness clips, in the order of the patterns.

        Raises FileNotFoundError for a pattern without files.
        """
        files = []
        for pattern in self.likeness:
            found = sorted(footage.glob(pattern))
            if not found:
                raise FileNotFoundError(f"{footage / pattern} is not there: is this the footage folder?")
            files += found
        return files


def _heldout(folder: str, take: str, emotions: str) -> tuple[str, ...]:
    """All front takes of a MEAD performer but fear and happy, which stay unseen for trained engines."""
    return tuple(f"{folder}/{take}_front_{emotion}_*.mp4" for emotion in emotions.split())


_MEAD = "angry contempt disgusted neutral sad surprised"
_D3, _D9, _D13, _D18, _D19 = (
    f"lp-{name}/clip.mp4"
    for name in ("woman-d3", "man-glasses-d9", "man-glasses-d13", "man-a-d18", "man-b-glasses-d19")
)
_DEMO2, _DEMO3 = "latentsync-man-demo2/clip.mp4", "latentsync-man-demo3/clip.mp4"
_M003 = "mead-m003/M003_level_1_disgusted_015.mp4"

PAIRS = (
    Pair("demo2-onto-demo3", (_DEMO2,), _DEMO3, easy=True, cuts=(271,)),
    Pair("demo3-onto-demo2", (_DEMO3,), _DEMO2, easy=True, cuts=(67, 432)),
    Pair(
        "w009-onto-w011",
        _heldout("mead-w009", "W009", _MEAD),
        "mead-w011/W011_front_happy_level3_001.mp4",
        easy=True,
    ),
    Pair(
        "w011-onto-w009",
        _heldout("mead-w011", "W011", _MEAD),
        "mead-w009/W009_front_happy_level3_001.mp4",
        easy=True,
    ),
    Pair(
        "m030-onto-m003",
        ("mead-m030/M030_level_3_angry_016.mp4", *_heldout("mead-m030", "M030", _MEAD)),
        _M003,
        easy=True,
    ),
    Pair(
        "m003-onto-m030",
        (_M003, "mead-m003/eamm_happy_256.mp4"),
        "mead-m030/eamm_M030_sad_3_001.mp4",
        easy=True,
    ),
    Pair("d18-onto-d19", (_D18,), _D19, smoke=True),
    Pair("d19-onto-d18", (_D19,), _D18, smoke=True),
    Pair("d9-onto-d3", (_D9,), _D3),
    Pair("d3-onto-d9", (_D3,), _D9),
    Pair("d3-onto-d13", (_D3,), _D13),
    Pair("d13-onto-d3", (_D13,), _D3),
)


def chosen(which: str) -> list[Pair]:
    """The pairs of a set (smoke, easy, all), or the one with that name. Raises KeyError for neither."""
    sets = {"smoke": [p for p in PAIRS if p.smoke], "easy": [p for p in PAIRS if p.easy], "all": list(PAIRS)}
    if which in sets:
        return sets[which]
    return [{pair.name: pair for pair in PAIRS}[which]]
