"""Who a performer is: shape, complexion, eyes, hair and clothes, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

Colour = tuple[int, int, int]
"""sRGB, 0..255."""


class HairStyle(Enum):
    """How the strands are combed."""

    SHORT = "short"
    LONG = "long"
    BOB = "bob"
    TIED = "tied"
    CURLY = "curly"


@dataclass(frozen=True)
class Shape:
    """What makes this head differ from the canonical one.

    `handles` are (landmark, (x, y, z)) displacements in cm in stage space, given for one side and mirrored;
    the rest are factors: `scale` of the head (x, y, z), `neck` width, `lids` opening, `eyes` and `ears` size.
    """

    handles: tuple[tuple[int, tuple[float, float, float]], ...] = ()
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    neck: float = 1.0
    lids: float = 1.0
    eyes: float = 1.0
    ears: float = 1.0


@dataclass(frozen=True)
class Complexion:
    """How the skin looks. Strengths are relative to 1, counts are absolute; `stubble` 0 is clean-shaven."""

    skin: Colour
    lips: Colour
    redness: float = 0.8
    wrinkles: float = 0.8
    pores: float = 1.0
    oil: float = 1.0
    eye_bags: float = 0.8
    freckles: int = 0
    moles: int = 3
    stubble: float = 0.0
    beard: float = 0.0


@dataclass(frozen=True)
class Eyes:
    """Iris colour, and the look of lashes (length in cm), liner and brows (number and relative thickness)."""

    iris: Colour
    lash: float = 0.45
    liner: float = 0.6
    brow_strokes: int = 360
    brow_thickness: float = 0.7
    brow_colour: Colour | None = None


@dataclass(frozen=True)
class Hair:
    """Scalp hair. `length` and `width` of a strand in cm, `grey` the share of white strands."""

    style: HairStyle
    colour: Colour
    strands: int
    length: float
    width: float = 0.12
    grey: float = 0.0
    recession: float = 0.0


@dataclass(frozen=True)
class Looks:
    """A performer in words, for those who choose one. `facial_hair` is empty for none."""

    sex: str
    age: int
    skin: str
    face: str
    hair: str
    facial_hair: str = ""


@dataclass(frozen=True)
class Identity:
    """One performer; says nothing of what is performed.

    `seed` fixes every random detail of skin and hair. Equal identities render the same picture bit for bit.
    """

    name: str
    looks: Looks
    seed: int
    shape: Shape
    complexion: Complexion
    eyes: Eyes
    hair: Hair
    cloth: Colour = (70, 74, 84)
    glasses: bool = False
    beard_colour: Colour | None = field(default=None)
