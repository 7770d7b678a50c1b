"""The whole demo: film, swap, score, deliver, show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.atomic import check_writable
from understudy.benchmark import plots
from understudy.benchmark.performed import PerformedCase
from understudy.benchmark.records import Scored
from understudy.benchmark.report import write_html
from understudy.benchmark.run import run_case
from understudy.benchmark.variant import Variant
from understudy.demo.delivery import deliver
from understudy.demo.scene import DEMO
from understudy.demo.showing import Shown, write_picture, write_side_by_side
from understudy.demo.words import in_plain_words, of_the_master
from understudy.errors import OutputError
from understudy.performers.cast import cast
from understudy.progress import Progress, SilentProgress

CODEC = "h264"
WORK = "work"
"""The folder inside the demo's that holds footage and runs, so that a second demo is quick."""


@dataclass(frozen=True)
class Demo:
    """What the demo made.

    video, side_by_side, picture, report   the files; the video is a master
    scored      all figures, of the pictures before they were marked and encoded once more
    sentences   what they say
    """

    video: Path
    side_by_side: Path
    picture: Path
    report: Path
    scored: Scored
    sentences: tuple[str, ...]


def make_demo(folder: Path, progress: Progress | None = None, case: PerformedCase = DEMO) -> Demo:
    """Make the demo in `folder`: film two performers, swap them by the `warp` engine, score and show it.

    Stopped, it goes on when it is called again. Raises BadInputError without the extra `report`, and
    OutputError where `folder` cannot be written to or the swap is refused.
    """
    progress = progress or SilentProgress()
    plots.check_available()
    video, side_by_side, picture, report = (
        folder / name for name in ("swap.mp4", "side-by-side.mp4", "picture.jpg", "report.html")
    )
    check_writable(report)
    variant = Variant((("engine", "warp"), ("codec", CODEC)))
    scored = run_case(case, folder / WORK, variant, progress, keep_project=True)
    if scored.clips is None or scored.clips.truth is None:
        raise OutputError(f"The demo could not be made: {scored.failure}")
    clips = scored.clips
    delivered = deliver(clips.result, video, folder / WORK / "keys", progress)
    shown = Shown(clips.likeness[0], clips.plate, clips.result, scored.clips.truth)
    write_side_by_side(side_by_side, shown, progress)
    write_picture(picture, shown)
    sentences = (*in_plain_words(scored, case.take.frame_rate), of_the_master(delivered))
    write_html(
        report,
        [scored],
        title="Understudy: the demo",
        introduction=_introduction(case),
        sentences=sentences,
        films={"the result": video.name, "likeness, plate, result, perfect swap": side_by_side.name},
    )
    return Demo(video, side_by_side, picture, report, scored, sentences)


def _introduction(case: PerformedCase) -> str:
    (likeness,), (plate,) = cast(case.likeness), cast(case.plate)
    return (
        f"{likeness.name.title()} (a {likeness.looks.sex} of about {likeness.looks.age}) put onto "
        f"{plate.name.title()} (a {plate.looks.sex} of about {plate.looks.age}). Both are digital "
        "performers: nobody is shown, and what a perfect swap would look like is known exactly. The swap was "
        "made without training, from footage of the likeness alone."
    )
