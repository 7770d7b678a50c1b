"""JSON from strangers: bounded before anything is parsed, and with one meaning only."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

DEEPEST = 12
_BRACKETS_AND_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


def strict_json(data: bytes, largest: int, *, fractions: bool = False) -> Any:
    """The value that `data` holds, UTF-8, of `largest` bytes and DEEPEST levels at most.

    Repeated keys, infinities and what is no number are refused; numbers with a fraction too, unless
    `fractions` allows them. Raises ValueError that says why, without a full stop.
    """
    if len(data) > largest:
        raise ValueError(f"it is larger than {_size(largest)}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if _depth(text) > DEEPEST:
        raise ValueError("it is nested too deeply")
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=float if fractions else _no_fraction,
            parse_constant=_no_fraction,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno} is not JSON") from None


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _BRACKETS_AND_STRINGS.finditer(text):
        sign = match[0]
        depth += (sign in "[{") - (sign in "]}") if len(sign) == 1 else 0
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("it gives a key twice")
    return table


def _no_fraction(text: str) -> NoReturn:
    raise ValueError(f"it holds a number that is not whole, {text[:20]}")
