"""Settings of ranges as a person writes them: `100-150:strength=60,fade=8`, `100-150=warp`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from understudy.errors import BadInputError
from understudy.pipeline.retouching import Edit, Retouching
from understudy.retouch.edits import SETTING_RANGES

_RANGE = re.compile(r"(\d+)-(\d+)(?:@(\d+))?:(.+)")
_ENGINE = re.compile(r"(\d+)-(\d+)=(\S+)")
_COLOURS = {"plate": "match", "own": "own"}
_KNOWN = (*SETTING_RANGES, "colour", "engine", "fade", "track")


@dataclass(frozen=True)
class RangeSettings:
    """What is wanted of the faces in frames first..last of a film.

    key          the frame whose numbers these are; None: the first, and so all of them
    values       by the names of `SETTING_RANGES`
    colour_mode, engine   as in `Edit`; None: as it is
    fade         frames
    track        whose face; None: everybody's
    """

    first: int
    last: int
    key: int | None = None
    values: dict[str, float] = field(default_factory=dict)
    colour_mode: str | None = None
    engine: str | None = None
    fade: int = 0
    track: int | None = None


def parse_settings(text: str) -> RangeSettings:
    """`FIRST-LAST[@KEY]:NAME=VALUE,…`: numbers in percent, colour=plate|own, engine=NAME, fade=FRAMES,
    track=NUMBER. Raises BadInputError for anything else.
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise BadInputError(
            f'--settings wants FIRST-LAST:NAME=VALUE, as in 100-150:strength=60,erode=2, not "{text}".'
        )
    wanted = RangeSettings(
        *_ordered(int(match[1]), int(match[2])), None if match[3] is None else int(match[3])
    )
    seen: set[str] = set()
    for pair in match[4].split(","):
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or name not in _KNOWN or name in seen:
            known = ", ".join(_KNOWN)
            raise BadInputError(f'--settings takes {known}, once each, with = and a value, not "{pair}".')
        seen.add(name)
        wanted = _with(wanted, name, value)
    return wanted


def parse_engine(text: str) -> RangeSettings:
    """`FIRST-LAST=ENGINE`. Raises BadInputError for anything else."""
    match = _ENGINE.fullmatch(text.strip())
    if match is None:
        raise BadInputError(f'--engine wants FIRST-LAST=ENGINE, as in 100-150=warp, not "{text}".')
    return RangeSettings(*_ordered(int(match[1]), int(match[2])), engine=match[3])


def settings_edits(desk: Retouching, wanted: Sequence[RangeSettings]) -> list[Edit]:
    """Edits for them: one a face of each range. Several with one range and one track are keys of one edit.

    Raises BadInputError for frames that the film has not, or in which no face was replaced.
    """
    found: dict[tuple[int, int, int], Edit] = {}
    for each in wanted:
        key = each.first if each.key is None else each.key
        if each.last >= desk.frames or not each.first <= key <= each.last:
            raise BadInputError(
                f"The film has frames 0 to {desk.frames - 1}, and a key lies within its range: "
                f"{each.first}-{each.last}{'' if each.key is None else f'@{each.key}'} does not fit."
            )
        tracks = [each.track] if each.track is not None else sorted(desk.tracks)
        spans = {track: _span(desk, each, track) for track in tracks}
        if all(span is None for span in spans.values()):
            raise BadInputError(f"No face was replaced in frames {each.first}-{each.last}.")
        for track, span in spans.items():
            if span is not None:
                place = (each.first, each.last, track)
                found[place] = _edit(desk, each, track, span, found.get(place))
    return list(found.values())


def _edit(
    desk: Retouching, wanted: RangeSettings, track: int, span: tuple[int, int], onto: Edit | None
) -> Edit:
    told = {"colour_mode": wanted.colour_mode, "engine": wanted.engine}
    if onto is not None and not wanted.values:
        return onto.changed(**{name: value for name, value in told.items() if value is not None})
    frames = range(span[0], span[1] + 1)
    key = _nearest(desk, track, frames, span[0] if wanted.key is None else wanted.key)
    edit = desk.settings(key, wanted.values, **told, onto=onto, track=track)
    fade = wanted.fade or (0 if onto is None else onto.fade)
    return edit.changed(first=span[0], last=span[1], fade=fade)


def _span(desk: Retouching, wanted: RangeSettings, track: int) -> tuple[int, int] | None:
    """Where a face is in a range; None: nowhere."""
    first, last = desk.span(track)
    first, last = max(first, wanted.first), min(last, wanted.last)
    return (first, last) if first <= last else None


def _nearest(desk: Retouching, track: int, frames: Iterable[int], frame: int) -> int:
    """The frame nearest to `frame` in which the face is."""
    there = [each for each in frames if desk.scene.landmarks(track, each) is not None]
    if not there:
        raise BadInputError(f"Track {track} has no face in these frames: choose others.")
    return min(there, key=lambda each: abs(each - frame))


def _with(wanted: RangeSettings, name: str, value: str) -> RangeSettings:
    if name == "engine":
        return replace(wanted, engine=value)
    if name == "colour":
        if value not in _COLOURS:
            raise BadInputError(f'--settings takes colour=plate or colour=own, not "{value}".')
        return replace(wanted, colour_mode=_COLOURS[value])
    if name in ("fade", "track"):
        if not re.fullmatch(r"\d{1,6}", value):
            raise BadInputError(f'--settings wants a whole number for {name}, not "{value}".')
        return replace(wanted, fade=int(value)) if name == "fade" else replace(wanted, track=int(value))
    low, high, _ = SETTING_RANGES[name]
    try:
        share = float(value.removesuffix("%")) / 100
    except ValueError:
        share = float("nan")
    if not low <= share <= high:
        raise BadInputError(
            f'--settings takes {name} in percent, {100 * low:g} to {100 * high:g}, not "{value}".'
        )
    return replace(wanted, values={**wanted.values, name: share})


def _ordered(first: int, last: int) -> tuple[int, int]:
    if first > last:
        raise BadInputError(f"The range {first}-{last} ends before it begins.")
    return first, last
