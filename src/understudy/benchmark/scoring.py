"""Look at a finished clip beside its plate, and beside the truth where that is known, frame by frame.

The judge does not ask what made the clip: any tool's output can be scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.benchmark import filming
from understudy.benchmark.case import Footage, TruthFiles
from understudy.benchmark.judge import NOTHING, Judge
from understudy.benchmark.likeness_sample import LikenessSample, sample
from understudy.benchmark.summary import Score, Series, summarise
from understudy.faces.people import identity as network
from understudy.measures import coverage, edges, temporal, texture
from understudy.measures.fidelity import fidelity, fit_colour, gradient_error
from understudy.measures.mouth import mouth_detail
from understudy.measures.picture import Region, interocular, region_matte
from understudy.measures.replaced import before_face, inner_matte, replaced_matte, unchanged_part
from understudy.media import open_clip
from understudy.pixels import to_bytes
from understudy.progress import Progress

Array = npt.NDArray[Any]
_EMBED_EVERY = 5
_BEYOND = 0.6
_BEST_PSNR = 100.0
"""Equal pictures have no finite PSNR, and a mean needs one."""
_EYES_GROW = 0.03
_LEAST_PIXELS = 30
_LEAST_OCCLUDED = 0.01


@dataclass(frozen=True)
class TrueFrame:
    """What is true of one frame.

    image      (H, W, 3) the perfect swap
    visible    (H, W) in [0, 1]: where it may differ from the plate
    landmarks  (478, 3) its own; None: they are the plate's
    occluder   (H, W) in [0, 1], None where that is not known
    """

    image: Array
    visible: Array | None = None
    landmarks: Array | None = None
    occluder: Array | None = None


class Scorer:
    """Takes plate and result frame by frame. Keeps landmarks and numbers, never more than two frames."""

    def __init__(self, judge: Judge, rate: float, cuts: tuple[int, ...] = ()) -> None:
        self._judge = judge
        self._flicker, self._grain = temporal.FlickerMeter(), texture.GrainMeter()
        self._series = Series(rate, cuts)

    def add(self, plate: Array, result: Array, truth: TrueFrame | None = None) -> None:
        """Take the next frame of both, (H, W, 3) of one size and type."""
        series = self._series
        index = series.begin_frame()
        square = self._judge.locate(plate)
        points = NOTHING if square is None else self._judge.look(plate, square)
        missing = square is None or bool(np.isnan(points).any())
        if missing or index in series.cuts:
            self._flicker.cut()
            self._grain.cut()
            series.follows = False
        if square is None or missing:
            return
        found = self._judge.look(result, square)
        series.plate[index], series.result[index] = points, found
        self._add_picture(plate, result, points)
        if np.isnan(found).any():
            return
        series.note("mouth_contrast", mouth_detail(result, found))
        if network.available() and index % _EMBED_EVERY == 0:
            series.identities[index] = (network.embed(plate, points), network.embed(result, found))
        if truth is not None:
            looked = self._judge.look(truth.image, square)
            series.truth[index] = looked
            _add_truth(series, plate, result, truth, points if truth.landmarks is None else truth.landmarks)
            series.note("mouth_detail_truth", mouth_detail(result, found) / mouth_detail(truth.image, looked))

    def read(self, likeness: LikenessSample | None = None) -> Score:
        """The figures so far, with `likeness` for those that compare with it."""
        return summarise(self._series, self._flicker.read(), self._grain.read(), likeness)

    @property
    def face_size(self) -> float:
        """Median inter-ocular distance of the plate's faces so far, pixels; NaN without one."""
        return (
            float(np.nanmedian(interocular(np.array(self._series.plate))))
            if self._series.seen.any()
            else np.nan
        )

    def _add_picture(self, plate: Array, result: Array, points: Array) -> None:
        height, width = plate.shape[:2]
        series, eyes = self._series, float(interocular(points))
        inner, replaced = inner_matte(points, height, width), replaced_matte(result, plate, points)
        self._flicker.add(plate, result, inner)
        self._grain.add(plate, result, inner)
        series.begin_pair()
        series.note("seam", edges.seam(result, plate, replaced))
        series.note("ring", edges.ring_colour_difference(result, plate, replaced, eyes))
        for band, value in zip(
            ("fine", "middle", "coarse"), texture.sharpness_match(result, plate, inner), strict=True
        ):
            series.note(f"sharpness_{band}", value)
        series.lab[series.count - 1] = (temporal.mean_lab(result, inner), temporal.mean_lab(plate, inner))
        far = region_matte(points, height, width, "face", grow=_BEYOND)
        series.note("outside", coverage.outside_change(result, plate, far).largest)


def _add_truth(series: Series, plate: Array, result: Array, truth: TrueFrame, points: Array) -> None:
    height, width = plate.shape[:2]
    visible = region_matte(points, height, width) if truth.visible is None else truth.visible
    fitted = fit_colour(result, truth.image, visible)
    regions: dict[Region, float] = {"face": 0.0, "eyes": _EYES_GROW, "mouth": 0.0}
    for region, grow in regions.items():
        matte = visible if region == "face" else visible * region_matte(points, height, width, region, grow)
        if np.count_nonzero(matte > 0.5) < _LEAST_PIXELS:
            continue
        for suffix, picture in (("", result), ("_fitted", fitted)):
            near = fidelity(picture, truth.image, matte)
            series.note(f"psnr_{region}{suffix}", min(near.psnr, _BEST_PSNR))
            series.note(f"ssim_{region}{suffix}", near.ssim)
    series.note("gradient_face", gradient_error(result, truth.image, visible))
    if truth.occluder is not None:
        _add_occlusion(series, plate, result, truth.occluder, points)


def _add_occlusion(series: Series, plate: Array, result: Array, occluder: Array, points: Array) -> None:
    before = before_face(points, *plate.shape[:2])
    hidden = before & (occluder > 0.5)
    if np.count_nonzero(hidden) < _LEAST_OCCLUDED * np.count_nonzero(before):
        return
    kept = unchanged_part(result, plate, points)
    series.note("occlusion_iou", coverage.matte_iou(kept, hidden))
    series.note("painted_over", coverage.painted_over(before & ~kept, hidden))


def score(result: Path, footage: Footage, progress: Progress) -> Score:
    """Compare frame i of `result` with frame i of the plate, for all frames of the footage.

    Raises BadInputError for a clip that cannot be read.
    """
    with ExitStack() as stack:
        judge = stack.enter_context(Judge())
        plate, ours = (stack.enter_context(open_clip(path)) for path in (footage.plate, result))
        scorer = Scorer(judge, float(plate.info.rate), footage.cuts)
        truths = _truths(stack, footage.truth)
        task = stack.enter_context(progress.stage("score", footage.frames))
        pairs = zip(plate.frames(), ours.frames(), truths, strict=False)
        for before, after, true in islice(pairs, footage.frames):
            scorer.add(*_alike(before.image, after.image), truth=true)
            task.advance()
        return scorer.read(sample(footage.likeness, judge, scorer.face_size))


def _truths(stack: ExitStack, files: TruthFiles | None) -> Iterator[TrueFrame | None]:
    if files is None:
        while True:
            yield None
    picture = stack.enter_context(open_clip(files.picture))
    if files.mattes is None or files.landmarks is None:
        for frame in picture.frames():
            yield TrueFrame(to_bytes(frame.image))
        return
    mattes = stack.enter_context(open_clip(files.mattes))
    landmarks = np.load(files.landmarks, allow_pickle=False)
    for frame, matte, points in zip(picture.frames(), mattes.frames(), landmarks, strict=False):
        planes = matte.image.astype(np.float32) / 255
        yield TrueFrame(
            frame.image[..., :3], planes[..., filming.FACE], points, planes[..., filming.OCCLUDER]
        )


def _alike(one: Array, other: Array) -> tuple[Array, Array]:
    """Two pictures without alpha and with one type: 8 bits unless both have 16."""
    if one.dtype == other.dtype:
        return one[..., :3], other[..., :3]
    return to_bytes(one), to_bytes(other)
