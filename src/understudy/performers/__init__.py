"""The digital performers: built-in footage of people who do not exist, with exact ground truth.

    from understudy.performers import Performance, cast, render, true_swap

    marco, elin = cast("marco")[0], cast("elin")[0]
    take = Performance(seed=7)
    picture = render(marco, take, frame=12)            # picture.image, picture.truth
    swap = true_swap(elin, marco, take, frame=12)      # what a perfect swap looks like

Identity and performance are separate: any identity can play any performance, deterministically from its seed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from understudy.performers.cast import cast
    from understudy.performers.identity import Identity
    from understudy.performers.moment import Moment
    from understudy.performers.performance import Performance
    from understudy.performers.stage import render, render_sequence, true_swap
    from understudy.performers.truth import Picture, Truth

__all__ = [
    "Identity",
    "Moment",
    "Performance",
    "Picture",
    "Truth",
    "cast",
    "render",
    "render_sequence",
    "true_swap",
]

_HOMES = {
    "Identity": "identity",
    "Moment": "moment",
    "Performance": "performance",
    "Picture": "truth",
    "Truth": "truth",
    "cast": "cast",
    "render": "stage",
    "render_sequence": "stage",
    "true_swap": "stage",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: the renderer's compiler is slow to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
