"""SMPTE 12M timecode: which label a frame carries, counted on from the first one's."""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"^(\d\d):(\d\d):(\d\d)([:;.])(\d\d)$")


def advanced(timecode: str, frames: int, rate: Fraction) -> str:
    """The label `frames` frames after `timecode` ("HH:MM:SS:FF", or drop-frame "HH:MM:SS;FF").

    Drop-frame labels leave out the first two frames (four at 59.94) of every minute that is no multiple of
    ten. A label that cannot be read is given back unchanged. Hours run from 00 to 23.
    """
    form = _FORM.match(timecode)
    base = round(rate)
    if form is None or base < 1:
        return timecode
    hours, minutes, seconds, label = (int(form[group]) for group in (1, 2, 3, 5))
    dropped = base // 15 if form[4] in ";." and base % 30 == 0 else 0
    total_minutes = 60 * hours + minutes
    count = (60 * total_minutes + seconds) * base + label - dropped * (total_minutes - total_minutes // 10)
    minute, ten_minutes = 60 * base - dropped, 600 * base - 9 * dropped
    count = (count + frames) % (144 * ten_minutes)
    if dropped:
        tens, rest = divmod(count, ten_minutes)
        # The first minute of ten is whole, the other nine are short.
        count += 9 * dropped * tens + dropped * max(0, (rest - dropped) // minute)
    rest, label = divmod(count, base)
    return f"{rest // 3600 % 24:02}:{rest // 60 % 60:02}:{rest % 60:02}{form[4]}{label:02}"
