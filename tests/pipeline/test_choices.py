"""Whose face is replaced by whose, in which frames, and footage of other kinds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.media.barcode_clips import write_picture
from tests.pipeline.agreed import swap
from tests.pipeline.films import SIZE, Take, film, frames_of, sound_of
from understudy.errors import BadInputError
from understudy.faces.people import identity
from understudy.media import open_clip
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult

Swapped = tuple[SwapRequest, SwapResult]


@pytest.fixture(scope="module")
def couple(folder: Path, marco: Take, elin: Take) -> Path:
    """Marco on the left, a little larger, Elin on the right."""
    images = [
        np.hstack([left[:, 16:-16], np.pad(right[8:-8, 16:-16], ((16, 0), (0, 0), (0, 0)), "edge")])
        for left, right in zip(marco.images, elin.images, strict=False)
    ]
    return film(folder / "couple.mp4", images)


@pytest.fixture(scope="module")
def still(folder: Path, elin: Take) -> Path:
    return write_picture(folder / "elin.png", elin.images[0])


@pytest.fixture(scope="module")
def plain(folder: Path, likeness: Path, couple: Path) -> SwapRequest:
    return SwapRequest((likeness,), couple, folder / "couple.mkv", project=folder / "project", codec="ffv1")


def changed(request: SwapRequest) -> tuple[float, float]:
    """The part of the left and of the right half of the picture that differs from the plate's."""
    pairs = zip(frames_of(request.plate), frames_of(request.output), strict=True)
    differs = np.mean([(before != after).any(-1) for before, after in pairs], 0)
    middle = differs.shape[1] // 2
    return float(differs[:, :middle].mean()), float(differs[:, middle:].mean())


@pytest.fixture(scope="module")
def larger(plain: SwapRequest) -> Swapped:
    return plain, swap(plain)


def test_the_larger_face_is_replaced_where_nothing_is_said(larger: Swapped) -> None:
    request, result = larger
    assert [track.number for track in result.tracks] == [0]
    left, right = changed(request)
    assert left > 0.1
    assert right == 0


def test_the_other_face_by_its_track_number(plain: SwapRequest) -> None:
    request = replace(plain, output=plain.output.with_name("track.mkv"), track=1)
    assert [track.number for track in swap(request).tracks] == [1]
    left, right = changed(request)
    assert left == 0
    assert right > 0.1


@pytest.mark.skipif(not identity.available(), reason="the extra `identity` is not installed")
def test_the_other_face_by_a_picture_of_her(plain: SwapRequest, still: Path) -> None:
    request = replace(plain, output=plain.output.with_name("person.mkv"), person=still)
    assert [track.number for track in swap(request).tracks] == [1]
    assert changed(request)[0] == 0


def test_a_picture_without_the_extra(
    plain: SwapRequest, still: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "model_path", lambda: None)
    identity._network.cache_clear()
    picture = still.with_name("again.png")
    shutil.copy(still, picture)
    request = replace(plain, output=plain.output.with_name("without.mkv"), person=picture)
    with pytest.raises(BadInputError, match="needs the identity extra: run pip install"):
        swap(request)
    assert not request.output.exists()


def test_each_track_has_its_own_likeness(
    plain: SwapRequest, larger: Swapped, folder: Path, marco: Take
) -> None:
    other = write_picture(folder / "marco.png", marco.images[3])
    request = replace(
        plain,
        likeness=(),
        output=plain.output.with_name("map.mkv"),
        assignments=((0, plain.likeness[0]), (1, other)),
    )
    result = swap(request)
    assert [track.swapped for track in result.tracks] == [10, 10]
    assert min(changed(request)) > 0.1
    for both, one in zip(frames_of(request.output), frames_of(larger[0].output), strict=True):
        middle = both.shape[1] // 2
        assert np.array_equal(both[:, :middle], one[:, :middle])
        assert not np.array_equal(both[:, middle:], one[:, middle:])


def test_a_part_of_the_plate(swapped: Swapped) -> None:
    whole = swapped[0]
    output = whole.output.with_name("part.mkv")
    request = replace(whole, frames=(5, 12), output=output, contact_sheet=None, compare=None)
    result = swap(request)
    assert result.frames == result.faces_swapped == 8
    assert [(track.first, track.last) for track in result.tracks] == [(5, 12)]
    before, after = frames_of(request.plate)[5:13], frames_of(output)
    assert all(np.array_equal(one[:8], other[:8]) for one, other in zip(before, after, strict=True))
    assert all((one != other).any(-1).mean() > 0.1 for one, other in zip(before, after, strict=True))
    with open_clip(request.plate) as plate, open_clip(output) as part:
        assert [part.info.seconds(k) - part.info.seconds(0) for k in range(8)] == pytest.approx(
            [plate.info.seconds(k) - plate.info.seconds(5) for k in range(5, 13)], abs=1.1e-3
        )
        assert part.info.timecode == "10:00:00:05"
    cut, all_of_it = [[data for _, data in sound_of(path)] for path in (output, request.plate)]
    assert 0.3 * len(all_of_it) < len(cut) < 0.6 * len(all_of_it)
    assert set(cut) <= set(all_of_it)


def test_a_16_bit_sequence_and_a_still(tmp_path: Path, still: Path, marco: Take, folder: Path) -> None:
    deep = [image.astype(np.uint16) * 257 + 100 for image in marco.images[:6]]
    for number, image in enumerate(deep):
        write_picture(tmp_path / f"shot.{number + 1001}.tif", np.minimum(image, 65535))
    request = SwapRequest(
        (still,),
        tmp_path / "shot.####.tif",
        tmp_path / "out.mkv",
        project=folder / "project",
        codec="ffv1",
        rate=12,
    )
    assert swap(request).faces_swapped == 6
    with open_clip(request.output) as clip:
        assert (clip.info.rate, clip.info.frame_count) == (12, 6)
    for before, after in zip(frames_of(request.plate), frames_of(request.output), strict=True):
        assert after.dtype == before.dtype == np.uint16
        assert np.array_equal(before[:8], after[:8])
        inside = (before != after).any(-1)
        assert inside.mean() > 0.1
        assert len(np.unique(after[inside] & 255)) > 200, "the new face has to be as deep as the plate"


def test_alpha_goes_through(tmp_path: Path, still: Path, marco: Take, folder: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, SIZE).astype(np.uint8)[:, None], (SIZE, SIZE))
    images = [np.dstack([image, ramp]) for image in marco.images[:6]]
    options = {"profile": "4"}
    plate = film(
        tmp_path / "alpha.mov", images, encoder="prores_ks", pixel_format="yuva444p10le", options=options
    )
    request = SwapRequest(
        (still,), plate, tmp_path / "out.mov", project=folder / "project", codec="prores-4444"
    )
    assert swap(request).faces_swapped == 6
    with open_clip(request.output) as clip:
        assert (clip.info.codec, clip.info.has_alpha, clip.info.bit_depth) == ("prores", True, 10)
    for before, after in zip(frames_of(plate), frames_of(request.output), strict=True):
        differs = abs(before.astype(int) - after.astype(int))
        assert differs[..., 3].max() <= 256
        assert differs[:8, :, :3].mean() < 300
        assert (differs[..., :3].max(-1) > 2000).mean() > 0.05


def test_10_bits_stay_10_bits(tmp_path: Path, still: Path, marco: Take, folder: Path) -> None:
    form = {"pixel_format": "yuv420p10le", "options": {"crf": "6", "preset": "ultrafast"}}
    plate = film(tmp_path / "deep.mp4", marco.images[:6], encoder="libx264", **form)
    request = SwapRequest((still,), plate, tmp_path / "out.mp4", project=folder / "project", codec="h264-10")
    assert swap(request).faces_swapped == 6
    with open_clip(request.output) as clip:
        assert (clip.info.codec, clip.info.bit_depth) == ("h264", 10)
    for before, after in zip(frames_of(plate), frames_of(request.output), strict=True):
        differs = abs(before.astype(int) - after.astype(int))
        assert differs[:8].mean() < 700
        assert (differs.max(-1) > 3000).mean() > 0.05
