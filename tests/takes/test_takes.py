"""Takes on disk: what is written is what was rendered, and what is true of it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.errors import BadInputError, OutputError
from understudy.media import open_clip
from understudy.media.png import read_png
from understudy.performers import cast, render, true_swap
from understudy.performers.repertoire import REPERTOIRE, played
from understudy.takes.folder import ARRAYS, TRUTH, write_folder
from understudy.takes.slate import slate_path
from understudy.takes.take import Take
from understudy.takes.video import write_video

MARCO, ELIN = cast("marco")[0], cast("elin")[0]
SIZE = 96


def take(frames: int = 3, **changes: object) -> Take:
    return Take(MARCO, played("turning", seed=4, frames=frames), frames, SIZE, **changes)  # type: ignore[arg-type]


def test_a_lossless_video_holds_the_pictures(tmp_path: Path) -> None:
    path = tmp_path / "take.mkv"
    write_video(take(), path, codec="ffv1")
    with open_clip(path) as clip:
        assert clip.info.rate == 25
        assert clip.info.frame_count == 3
        for frame in clip.frames():
            assert np.array_equal(frame.image, render(MARCO, take().performance, frame.index, SIZE).image)
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, slate_path(path).name}


def test_a_true_swap_in_h264_looks_like_the_true_swap(tmp_path: Path) -> None:
    path = tmp_path / "swap.mp4"
    write_video(take(2, likeness=ELIN), path)
    with open_clip(path) as clip:
        shown = clip.read(1).image.astype(float)
    wanted = true_swap(ELIN, MARCO, take(2).performance, 1, SIZE).image
    other = render(MARCO, take(2).performance, 1, SIZE).image
    assert np.abs(shown - wanted).mean() < 5.0
    assert np.abs(shown - wanted).mean() < 0.7 * np.abs(shown - other).mean()


def test_a_folder_holds_frames_their_truth_and_what_it_means(tmp_path: Path) -> None:
    write_folder(take(2), tmp_path / "take")
    record = json.loads((tmp_path / "take" / TRUTH).read_text())
    assert record["complete"] is True
    assert record["take"]["performer"] == "marco"
    for index, entry in enumerate(record["frames"]):
        picture = render(MARCO, take(2).performance, index, SIZE)
        assert np.array_equal(read_png(tmp_path / "take" / entry["picture"]), picture.image)
        with np.load(tmp_path / "take" / entry["truth"], allow_pickle=False) as held:
            assert set(held) == set(ARRAYS) == set(record["arrays"])
            assert np.array_equal(held["landmarks"], picture.truth.landmarks)
            assert np.array_equal(held["uv"], picture.truth.uv)
            assert np.abs(held["visible_face"] / 255 - picture.truth.visible_face).max() < 0.003
            for name, words in ARRAYS.items():
                assert held[name].dtype.name in words, f"truth.json misnames the type of {name}"
        assert entry["pose"]["yaw"] == pytest.approx(picture.truth.pose.yaw)
        assert entry["light"]["direction"] == pytest.approx(picture.truth.light.direction)


def test_an_interrupted_folder_goes_on_and_another_take_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "take"
    write_folder(take(2), folder)
    kept = (folder / "000000.png").stat().st_mtime_ns
    (folder / "000001.png").unlink()
    write_folder(take(2), folder)
    assert (folder / "000001.png").exists()
    assert (folder / "000000.png").stat().st_mtime_ns == kept, "what was there was rendered again"
    with pytest.raises(OutputError, match="another take"):
        write_folder(take(1), folder)
    write_folder(take(1), folder, overwrite=True)
    assert not (folder / "000001.png").exists()


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="other files"):
        write_folder(take(1), tmp_path, overwrite=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_rates_of_television_are_exact() -> None:
    def rate(value: float) -> Fraction:
        return Take(MARCO, played("talking", frame_rate=value), 1, SIZE).rate

    assert rate(23.976) == Fraction(24000, 1001)
    assert rate(29.97) == Fraction(30000, 1001)
    assert rate(24.0) == 24
    assert rate(12.5) == Fraction(25, 2)


@pytest.mark.parametrize("wrong", [{"name": "opera"}, {"name": "talking", "frames": 0}])
def test_refuses_what_is_not_in_the_repertoire(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        played(**wrong)  # type: ignore[arg-type]


def test_every_piece_shows_what_it_promises() -> None:
    pieces = {name: played(name, frames=50, companion=ELIN) for name in REPERTOIRE}
    moments = {name: [piece.moment(f) for f in range(50)] for name, piece in pieces.items()}

    def spread(name: str) -> float:
        return max(abs(moment.pose.yaw) for moment in moments[name])

    assert spread("turning") > 1.5 * spread("talking")
    assert len({moment.light for moment in moments["light"]}) == 50
    assert len({moment.light for moment in moments["talking"]}) == 1
    for name in ("hand", "microphone"):
        crossed = [f for f, moment in enumerate(moments[name]) if moment.occluder is not None]
        assert (crossed[0], crossed[-1]) == (10, 39)
        assert moments[name][20].occluder.kind == name  # type: ignore[union-attr]
    assert [moment.shot for moment in moments["cut"]] == [0] * 25 + [1] * 25
    assert pieces["two-people"].companion is ELIN
    assert pieces["talking"].companion is None
    assert moments["soft"][0].lens.defocus > 1
