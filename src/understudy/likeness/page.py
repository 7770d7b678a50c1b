"""Coverage as one HTML page, complete in itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy import pages

Bytes = npt.NDArray[np.uint8]

_TEMPLATE = Path(__file__).parent / "templates" / "coverage.html"


@dataclass(frozen=True)
class Worst:
    """A plate face that is expected to be worst, and the likeness's nearest; pictures are (128, 128, 3)."""

    caption: str
    plate: Bytes = field(repr=False)
    likeness: Bytes = field(repr=False)


@dataclass(frozen=True)
class PairPage:
    """What the page shows of one likeness on one plate; timeline and maps are SVG."""

    name: str
    summary: str
    needs: Sequence[str]
    remarks: Sequence[str]
    timeline: str = field(repr=False)
    maps: Sequence[str] = field(repr=False)
    worst: Sequence[Worst] = ()


def write_page(
    path: Path, title: str, pairs: Sequence[PairPage], ranking: Sequence[tuple[str, str]] = ()
) -> None:
    """Write the page, whole or not at all. `ranking`: scores and why, best first."""
    from markupsafe import Markup

    def shown(pair: PairPage) -> dict[str, Any]:
        return vars(pair) | {
            "timeline": Markup(pair.timeline),
            "maps": [Markup(each) for each in pair.maps],
            "worst": [
                (w.caption, pages.embedded_picture(w.plate), pages.embedded_picture(w.likeness))
                for w in pair.worst
            ],
        }

    pages.write_page(path, _TEMPLATE, title=title, pairs=[shown(pair) for pair in pairs], ranking=ranking)
