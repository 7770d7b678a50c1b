"""What the settings of ranges want of a face in a frame. Frames are the film's."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.compositing.adjusting import Adjustment
from understudy.pipeline.rendering import AS_USUAL, Wish
from understudy.retouch.edits import SETTING_RANGES, Edit, Operation


def wish_of(edits: Sequence[Edit], own: str, track: int, frame: int) -> Wish:
    """What is wanted of a face whose swap was made by the engine `own`.

    Of the edits that say how it is put in, the last one counts, and likewise of those that name an engine.
    """
    found = AS_USUAL
    for edit in edits:
        if (edit.operation, edit.track) != (Operation.SETTINGS, track) or edit.strength_at(frame) <= 0:
            continue
        if edit.adjusts:
            found = Wish(adjustment(edit, frame), found.engine, found.share)
        if edit.engine is not None:
            other = None if edit.engine == own else edit.engine
            found = Wish(found.adjustment, other, edit.strength_at(frame))
    return found


def adjustment(edit: Edit, frame: int) -> Adjustment:
    """What a range's settings want at a frame; fading leads from what is usual to them."""
    share = edit.strength_at(frame)
    values = {}
    for name, (_, _, usual) in SETTING_RANGES.items():
        values[name] = usual + share * (edit.value(name, frame) - usual)
    return Adjustment(**values, own_light=edit.colour_mode == "own")


def frames_by_engine(edits: Sequence[Edit], own: str) -> dict[str, list[int]]:
    """The frames in which edits want another engine than `own`, by its name."""
    found: dict[str, set[int]] = {}
    for edit in edits:
        if edit.engine not in (None, own) and edit.strength > 0:
            found.setdefault(str(edit.engine), set()).update(range(edit.first, edit.last + 1))
    return {name: sorted(found[name]) for name in sorted(found)}


def is_seen(edits: Sequence[Edit], frame: int) -> bool:
    """Whether any settings count at a frame."""
    return any(edit.operation is Operation.SETTINGS and edit.strength_at(frame) > 0 for edit in edits)
