"""What an edit is: one repair of one face, told without pictures. Pictures lie in `patch`, named by their
hash.

An edit is never baked into a film. It says what is done, where on the canonical face, at which keyframes,
over which range and how strongly; `repairing` does it, frame by frame, whenever the film is drawn.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from understudy.errors import BadInputError

MOST_FRAMES = 10_000_000
MOST_KEYS = 1000


class Operation(StrEnum):
    """What an edit does.

    PAINT        new colours; they follow the face and its light
    CLONE        the same with colours taken from elsewhere: plate, likeness, another frame or place
    HEAL         the same with colours that close a flaw from around it
    COLOUR       one change of colour over the matte; `values`: red, green, blue, as natural logarithms
    SHARPEN      more detail (`values`: amount, 1 doubles it; radius, in eye distances)
    BLUR         less of it (`values`: radius)
    SHOW_PLATE   the plate through the matte
    SHOW_RESULT  the film as it was through the matte, in place of what earlier edits made of it
    NUDGE        geometry moved: the patch holds offsets of the mesh
    GAZE         irises turned (`values`: right_yaw, right_pitch, left_yaw, left_pitch, in degrees)
    HOLD         the face put together from the good frames before `first` and after `last`
    SETTINGS     how the face is made and put into the plate (`values`: see `SETTING_RANGES`; `colour_mode`,
                 `engine`)
    """

    PAINT = "paint"
    CLONE = "clone"
    HEAL = "heal"
    COLOUR = "colour"
    SHARPEN = "sharpen"
    BLUR = "blur"
    SHOW_PLATE = "show-plate"
    SHOW_RESULT = "show-result"
    NUDGE = "nudge"
    GAZE = "gaze"
    HOLD = "hold"
    SETTINGS = "settings"


PAINTED = frozenset({Operation.PAINT, Operation.CLONE, Operation.HEAL})
"""Operations whose patch holds colours."""
MASKED = PAINTED | {
    Operation.COLOUR, Operation.SHARPEN, Operation.BLUR, Operation.SHOW_PLATE, Operation.SHOW_RESULT
}  # fmt: skip
"""Operations that need a matte on the canonical face, and so a patch at every key."""

SETTING_RANGES: dict[str, tuple[float, float, float]] = {
    "strength": (0.0, 1.0, 1.0),
    "scale": (0.8, 1.25, 1.0),
    "erode": (-0.2, 0.3, 0.0),
    "blur": (0.0, 0.3, 0.0),
}
"""Settings of a range: least, most, and what they are unless they are set.

strength  of the likeness over the plate, 0 to 1
scale     of the likeness's face about its middle
erode     the matte's edge moved inwards, in eye distances; negative: outwards as far as there is a face
blur      the matte's edge softened, in eye distances
"""

_VALUES: dict[Operation, dict[str, tuple[float, float, float]]] = {
    Operation.COLOUR: dict.fromkeys(("red", "green", "blue"), (-3.0, 3.0, 0.0)),
    Operation.SHARPEN: {"amount": (0.0, 5.0, 0.5), "radius": (0.002, 0.3, 0.02)},
    Operation.BLUR: {"radius": (0.002, 0.5, 0.02)},
    Operation.GAZE: dict.fromkeys(("right_yaw", "right_pitch", "left_yaw", "left_pitch"), (-30.0, 30.0, 0.0)),
    Operation.SETTINGS: SETTING_RANGES,
}

ColourMode = Annotated[str, Field(pattern="^(match|own)$")]
EngineName = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Frame = Annotated[int, Field(ge=0, le=MOST_FRAMES, strict=True)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Key(BaseModel):
    """What was set at one keyframe.

    frame   the frame that was looked at
    patch   hash of its patch; None where the operation has none
    values  numbers of the operation, by name; between keys they are interpolated
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    frame: Frame
    patch: Digest | None = None
    values: dict[Annotated[str, Field(max_length=32)], Number] = Field(default_factory=dict, max_length=16)


class Edit(BaseModel):
    """One repair. Frames are the film's, from 0; `first` and `last` are both included.

    id           known by it, from the first draft on; a changed edit keeps it
    track        whose face: the track's number in the plate
    keys         by frame, ascending; between two of them each counts by its nearness
    strength     0 to 1, of the whole edit
    fade         over so many frames it comes in after `first` and goes before `last`
    colour_mode  of SETTINGS alone: "match" takes over the plate's light, "own" keeps the likeness's
    engine       of SETTINGS alone: which engine draws the face; None: the swap's own. While the edit fades,
                 both do
    note         a person's words
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: Annotated[str, Field(pattern="^[0-9a-f]{12,32}$")]
    operation: Operation
    track: Annotated[int, Field(ge=0, le=100_000, strict=True)]
    first: Frame
    last: Frame
    keys: Annotated[tuple[Key, ...], Field(min_length=1, max_length=MOST_KEYS)]
    strength: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    fade: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 0
    colour_mode: ColourMode = "match"
    engine: EngineName | None = None
    note: Annotated[str, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.last < self.first:
            raise ValueError("an edit's last frame comes before its first")
        frames = [key.frame for key in self.keys]
        if frames != sorted(set(frames)):
            raise ValueError("an edit's keys have to ascend, one a frame")
        if self.engine is not None and self.operation is not Operation.SETTINGS:
            raise ValueError(f"{self.operation.value} has no engine")
        wanted = self.operation in MASKED or self.operation is Operation.NUDGE
        known = _VALUES.get(self.operation, {})
        for key in self.keys:
            if wanted and key.patch is None:
                raise ValueError(f"a key of {self.operation.value} has no patch")
            for name, value in key.values.items():
                if name not in known:
                    raise ValueError(f"{self.operation.value} has no value {name}")
                low, high, _ = known[name]
                if not low <= value <= high:
                    raise ValueError(f"{name} is outside {low:g} to {high:g}")
        return self

    @property
    def patches(self) -> frozenset[str]:
        """Hashes of every patch it needs."""
        return frozenset(key.patch for key in self.keys if key.patch is not None)

    @property
    def adjusts(self) -> bool:
        """Whether it says how the face is put into the plate; settings that name an engine alone do not."""
        if self.operation is not Operation.SETTINGS:
            return False
        told = self.colour_mode != "match" or any(key.values for key in self.keys)
        return told or self.engine is None

    def strength_at(self, frame: int) -> float:
        """Its strength at a frame, the fading counted in; 0 outside its range."""
        if not self.first <= frame <= self.last:
            return 0.0
        inside = min(frame - self.first, self.last - frame) + 1
        return self.strength * min(1.0, inside / (self.fade + 1))

    def around(self, frame: int) -> tuple[tuple[Key, float], ...]:
        """The keys that count at a frame, with their shares: one, or the two around it by nearness."""
        after = next((i for i, key in enumerate(self.keys) if key.frame >= frame), len(self.keys))
        if after == len(self.keys) or self.keys[after].frame == frame or after == 0:
            return ((self.keys[min(after, len(self.keys) - 1)], 1.0),)
        before, behind = self.keys[after - 1], self.keys[after]
        share = (frame - before.frame) / (behind.frame - before.frame)
        return ((before, 1.0 - share), (behind, share))

    def value(self, name: str, frame: int) -> float:
        """One number of the operation at a frame, interpolated between keys."""
        usual = _VALUES[self.operation][name][2]
        return sum(share * key.values.get(name, usual) for key, share in self.around(frame))

    def changed(self, **values: Any) -> Edit:
        """The edit with some fields replaced, checked again. Raises BadInputError."""
        return read_edit(self.model_dump(mode="json") | _plain(values))

    def with_key(self, key: Key) -> Edit:
        """The edit with a key added, or replaced at its frame."""
        keys = sorted([*(each for each in self.keys if each.frame != key.frame), key], key=lambda k: k.frame)
        return self.changed(keys=tuple(keys))

    @property
    def sentence(self) -> str:
        """What a person reads in a list."""
        at = ", ".join(str(key.frame) for key in self.keys)
        part = "" if self.strength == 1 else f", {self.strength:.0%}"
        what = "".join(f" {word}" for word in self._told)
        return (
            f"{self.operation.value}{what} at {at}, frames {self.first}-{self.last}, track {self.track}{part}"
        )

    @property
    def _told(self) -> list[str]:
        """What settings say, in words: numbers that are not as usual, with their values at the keys."""
        if self.operation is not Operation.SETTINGS:
            return []
        told = [] if self.engine is None else [f"by {self.engine}"]
        for name, (_, _, usual) in SETTING_RANGES.items():
            values = [key.values.get(name, usual) for key in self.keys]
            if any(value != usual for value in values):
                told.append(f"{name} " + "/".join(f"{value:.0%}" for value in values))
        return told + (["own colours"] if self.colour_mode == "own" else [])


def new_id() -> str:
    """A name for an edit that nobody else will have."""
    return secrets.token_hex(8)


def read_edit(value: Any) -> Edit:
    """An edit from JSON values that are not trusted. Raises BadInputError in one sentence."""
    try:
        return Edit.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = str(first["msg"]).removeprefix("Value error, ")
        raise BadInputError(f"That is no edit ({where + ': ' if where else ''}{what}).") from error


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [key.model_dump(mode="json") for key in value] if name == "keys" else value
        for name, value in values.items()
    }
