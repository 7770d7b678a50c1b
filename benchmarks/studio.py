"""How quickly the studio answers at 1920 x 1080: frame steps, and what follows a brush stroke.

    python -m benchmarks.studio DIR [--json FILE]

films two digital performers into DIR and swaps them, unless that was done there; then starts the studio and
asks it over HTTP what a browser asks:

  step on, back      the next frame, scaled to a window (a JPEG of half the size), one after another
  jump               frames in no order
  whole              the whole frame, in a JPEG
  pixels             900 x 600 of its pixels, lossless, one frame after another
  stroke             a brush stroke, until its draft is there; and until the keyframe's picture is
  preview            until the draft has been drawn over 24 frames around

In milliseconds: the median, and the slowest of all; and, on Linux, what the server's process has worked for
one answer, which other work on the machine changes less. A browser adds the decoding of a picture and its
drawing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import httpx
import numpy as np

from understudy.media.fresh import write_clip
from understudy.parallel import ordered_map
from understudy.performers import Performance, cast, render

WIDTH, HEIGHT, FRAMES = 1920, 1080, 96
_STUDIO = [sys.executable, "-c", "from understudy.cli import main; main()", "studio"]


def made(folder: Path) -> Path:
    """A finished swap at 1080p in `folder`; its film."""
    film, plate, likeness = (folder / name for name in ("film.mp4", "plate.mp4", "likeness.mp4"))
    folder.mkdir(parents=True, exist_ok=True)
    rate = Fraction(25)
    if not likeness.exists():
        performance = Performance(seed=9, frame_rate=12.5, yaw=20, pitch=8)
        pictures = ordered_map(lambda n: render(cast("arjun")[0], performance, n, 512).image, range(64))
        write_clip(likeness, pictures, width=512, height=512, rate=rate, codec="h264")
    if not plate.exists():
        write_clip(plate, _wide(), width=WIDTH, height=HEIGHT, rate=rate, codec="h264")
    command = ["swap", str(likeness), "--onto", str(plate), "-o", str(film), "-q"]
    record = ["consent", "declare", "--kind", "synthetic", "--subject", "Nobody", "--reference", "Drawn."]
    agreed = folder / "agreed.consent.json"
    if not agreed.exists():
        run([*record, "--material", str(likeness), "--material", str(plate), "-o", str(agreed)])
    # where it was done by the same code, nothing is done anew
    run([*command, "--consent", str(agreed)])
    return film


def _wide() -> Iterator[np.ndarray]:
    performance = Performance(seed=8, frame_rate=25, yaw=18, pitch=8)
    for picture in ordered_map(lambda n: render(cast("marco")[0], performance, n, 720).image, range(FRAMES)):
        frame = cv2.GaussianBlur(cv2.resize(picture, (WIDTH, HEIGHT)), (0, 0), 40)
        frame[180:900, 600:1320] = picture
        yield frame


def run(words: list[str]) -> None:
    """A command of understudy's."""
    subprocess.run([*_STUDIO[:-1], *words], check=True)


@dataclass(frozen=True)
class Asking:
    """Somebody with the token of a studio, whose process is `server`."""

    client: httpx.Client
    server: int

    @property
    def worked(self) -> float:
        """Milliseconds of processor time that the server has used; NaN where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.server}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return math.nan
        return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def studio(film: Path) -> Iterator[Asking]:
    """The studio of a film, and somebody with its token."""
    server = subprocess.Popen([*_STUDIO, str(film), "--no-open"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = next(m for line in server.stdout if (m := re.search(r"(http://\S+)/\?token=(\S+)", line)))
        headers = {"authorization": f"Bearer {found[2]}"}
        with httpx.Client(base_url=found[1], headers=headers, timeout=120) as client:
            yield Asking(client, server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def timed(asking: Asking, asks: Sequence[str]) -> dict[str, float]:
    """Milliseconds of each answer: the median and the slowest; and the processor's, on average."""
    taken, before = [], asking.worked
    for address in asks:
        begun = time.perf_counter()
        answer = asking.client.get(address)
        taken.append(1000 * (time.perf_counter() - begun))
        answer.raise_for_status()
    return {
        "median": round(median(taken), 1),
        "slowest": round(max(taken), 1),
        "processor": round((asking.worked - before) / len(taken), 1),
        "count": len(taken),
    }


def steps(asking: Asking, film: int) -> dict[str, Any]:
    """The figures of frame steps."""

    def frames(numbers: Iterable[int], query: str, layer: str = "result") -> dict[str, float]:
        return timed(asking, [f"/api/films/{film}/frames/{n}/{layer}?{query}" for n in numbers])

    anywhere = np.random.default_rng(1).permutation(FRAMES)[:40].tolist()
    part = "x=512&y=256&width=900&height=600&lossless=true"
    return {
        "step on": frames(range(40), "shrink=2"),
        "step back": frames(range(90, 50, -1), "shrink=2"),
        "jump": frames(anywhere, "shrink=2"),
        "whole, step on": frames(range(10, 50), "shrink=1"),
        "pixels, step on": frames(range(20, 60), part),
        "plate, step on": frames(range(40), "shrink=2", "plate"),
        "likeness, step on": frames(range(40), "shrink=2", "likeness"),
        "matte, step on": frames(range(40), "shrink=2", "matte"),
    }


def strokes(asking: Asking, film: int, frame: int) -> dict[str, Any]:
    """The figures of brush strokes on a cheek: heal, clone and paint, each where no one has drawn before."""
    found, client = {}, asking.client
    for place, operation in enumerate(("heal", "clone", "paint")):
        at = f"/api/films/{film}/retouch"
        points = [(985.0 + 4 * k, 540.0 + 25 * place + 2 * k) for k in range(12)]
        stroke = {"points": points, "radius": 16, "softness": 0.5}
        colour, source = [0.7, 0.5, 0.4], {"kind": "plate"}
        drawing = {
            "frame": 48,
            "operation": operation,
            "strokes": [stroke],
            "colour": colour,
            "source": source,
        }
        begun, before = time.perf_counter(), asking.worked
        draft = client.post(f"{at}/strokes", json=drawing).raise_for_status().json()["number"]
        drawn = time.perf_counter() - begun
        client.get(f"{at}/frames/{frame}?draft={draft}&shrink=2").raise_for_status()
        shown = time.perf_counter() - begun
        answer = client.post(
            f"{at}/drafts/{draft}/preview", json={"first": frame - 12, "last": frame + 11}
        ).raise_for_status()
        assert len(answer.text.splitlines()) == 24
        followed = time.perf_counter() - begun
        found[operation] = {
            "draft": round(1000 * drawn),
            "keyframe's picture": round(1000 * shown),
            "preview of 24 frames": round(1000 * followed),
            "processor, all of it": round(asking.worked - before),
        }
    return found


def main() -> None:
    """Film, swap, ask, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    film = made(asked.folder)
    with studio(film) as asking:
        client = asking.client
        number = client.get("/api/project").raise_for_status().json()["films"][0]["number"]
        client.get(f"/api/films/{number}").raise_for_status()
        strokes(asking, number, 20)  # kernels are compiled, files opened
        told = {"frames": steps(asking, number), "strokes": strokes(asking, number, 60)}
    print(json.dumps(told, indent=1))
    if asked.json is not None:
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
