"""Draws what `benchmarks.learning run` printed: a curve an engine, over processor minutes of training.

    python -m benchmarks.learning_curves CASE.jsonl [CASE.jsonl …] --out CURVES.png

Figures are means over the files, each of which holds one case. `warp` does not train: it is a level.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

PANELS = {
    "face": "PSNR of the face, fitted, dB",
    "eyes": "PSNR of the eyes, fitted, dB",
    "mouth": "PSNR of the mouth, fitted, dB",
    "sharpness_face": "finest detail over the truth's, log2",
}
_COLOURS = ("#333840", "#2f6db3", "#d0812a", "#3c8d53", "#a04a8c", "#b83a3a")

Curves = dict[str, dict[float, dict[str, float]]]
"""Figures by engine and minutes."""


def read(paths: list[Path]) -> Curves:
    """Means over cases, of what all of them have."""
    found: defaultdict[tuple[str, float], list[dict[str, float]]] = defaultdict(list)
    for path in paths:
        for line in path.read_text().splitlines():
            told = json.loads(line)
            found[told["engine"], float(told["budget"].removesuffix("cpum"))].append(told)
    curves: Curves = defaultdict(dict)
    for (engine, minutes), told in found.items():
        if len(told) == len(paths):
            curves[engine][minutes] = {
                key: float(np.mean([each.get(key, np.nan) for each in told])) for key in PANELS
            }
    return curves


def draw(curves: Curves, output: Path) -> None:
    """A panel for each figure."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(10, 5.5), layout="constrained")
    ends = [minutes for each in curves.values() for minutes in each]
    for panel, (key, title) in zip(drawing.subplots(2, 2).flat, PANELS.items(), strict=True):
        for colour, (engine, points) in zip(_COLOURS, curves.items(), strict=False):
            minutes = sorted(points)
            values = [points[each][key] for each in minutes]
            if minutes == [0.0]:
                panel.plot([0, max(ends)], values * 2, color=colour, linestyle="--", label=engine)
            else:
                panel.plot(minutes, values, color=colour, marker="o", label=engine)
        panel.set_title(title, fontsize=9, loc="left")
        panel.set_xlabel("CPU minutes", fontsize=8)
        panel.set_xlim(left=0)
        panel.grid(color="#eef0f3")
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(fontsize=8, frameon=False)
    drawing.savefig(output, dpi=90)


def main() -> None:
    """Read and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    draw(read(asked.files), asked.out)


if __name__ == "__main__":
    main()
