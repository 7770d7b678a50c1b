"""What `verify` wants of a film's pictures. Who reads footage stands above this room and hands it in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy.typing as npt

Image = npt.NDArray[Any]


class Film(Protocol):
    """The pictures of a film or of one still, all (H, W, 3 or 4) of one size."""

    def spread(self) -> Iterator[Image]:
        """At most some hundred pictures from all over the film, to look for a mark in."""

    def paced(self) -> tuple[list[float], list[Image]]:
        """Pictures from its beginning, about four a second, with their times in seconds, to be compared."""
