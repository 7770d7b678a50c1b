"""The job `proxy`: a small film to be played in the browser, result above plate, every frame a keyframe.

Both pictures in one stream cannot run apart. Frame i is shown at i / rate exactly, so that the browser's
clock names frames, also of films whose own times are uneven.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.media import Clip, open_clip
from understudy.pixels import to_bytes
from understudy.progress import Progress, Task
from understudy.project.catalog import Catalog
from understudy.project.fingerprint import fingerprint
from understudy.studio.films import Film, film_of

Bytes = npt.NDArray[np.uint8]

_LINES = 540
_OPTIONS = {"preset": "veryfast", "crf": "20", "g": "1", "tune": "fastdecode"}


def proxy_path(folder: Path, film: Film, print_: str) -> Path:
    """Where the proxy of a film with some content is."""
    return folder / "studio" / f"proxy-{film.number}-{print_[:16]}.mp4"


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Make the proxy of the film `settings["film"]`, unless it is there."""
    cv2.setNumThreads(1)
    with closing(Catalog(folder / "catalog.db")) as catalog:
        film = film_of(catalog, int(settings["film"]))
    path = proxy_path(folder, film, fingerprint(film.path))
    if path.exists():
        return "It was there."
    path.parent.mkdir(exist_ok=True)
    with open_clip(film.path) as result:
        plate = None if film.plate is None or not film.plate.exists() else open_clip(film.plate)
        try:
            with (
                progress.stage("proxy", result.info.frame_count) as task,
                replacing(path) as part,
            ):
                _encode(part, result, plate, film.begin, task)
        finally:
            if plate is not None:
                plate.close()
    for old in path.parent.glob(f"proxy-{film.number}-*.mp4"):
        if old != path:
            old.unlink(missing_ok=True)
    return f"{result.info.frame_count} frames."


def _encode(part: Path, result: Clip, plate: Clip | None, begin: int, task: Task) -> None:
    info = result.info
    height = min(_LINES, info.height) // 2 * 2
    width = max(2, round(info.width * height / info.height / 2) * 2)
    rate = Fraction(info.rate).limit_denominator(60000)
    with av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height * (1 if plate is None else 2), "yuv420p"
        stream.codec_context.time_base = 1 / rate
        for number, picture in enumerate(_stacked(result, plate, begin, (width, height))):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
            task.advance()
        container.mux(stream.encode(None))


def _stacked(result: Clip, plate: Clip | None, begin: int, size: tuple[int, int]) -> Iterator[Bytes]:
    def small(image: npt.NDArray[Any]) -> Bytes:
        return np.asarray(cv2.resize(to_bytes(image), size, interpolation=cv2.INTER_AREA), np.uint8)

    below = None if plate is None else plate.frames(begin)
    for frame in result.frames():
        if below is None:
            yield small(frame.image)
            continue
        other = next(below, None)
        yield np.concatenate(
            [small(frame.image), small(frame.image if other is None else other.image)], axis=0
        )
