"""What is refused: one sentence, exit code 2, and nothing is touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.media.barcode_clips import make_video, remux
from tests.pipeline.desk import Desk
from tests.pipeline.films import Take, film, without_head


@pytest.fixture(scope="module")
def empty(folder: Path, marco: Take) -> Path:
    return film(folder / "empty.mp4", [without_head(marco.images[0])] * 4)


def test_missing_files(desk: Desk) -> None:
    gone = desk.folder / "gone.mp4"
    assert desk.refusal(plate=gone) == f"There is no file {gone}: check its name and folder."
    assert desk.refusal(likeness=gone) == f"There is no file {gone}: check its name and folder."


@pytest.mark.parametrize("role", ["likeness", "plate"])
def test_not_a_video(desk: Desk, role: str) -> None:
    text = desk.folder / "text.mp4"
    text.write_text("Nothing that moves. " * 100)
    assert desk.refusal(**{role: text}).startswith("text.mp4 is not a video")


@pytest.mark.parametrize("role", ["likeness", "plate"])
def test_zero_length(desk: Desk, role: str) -> None:
    nothing = desk.folder / "nothing.mp4"
    nothing.touch()
    assert "nothing.mp4 is empty (0 bytes)" in desk.refusal(**{role: nothing})
    header = make_video(desk.folder / "five.ts", range(5))
    frameless = remux(header, desk.folder / "frameless.mkv", packets=lambda packets: packets[1:2])
    assert "no frame that can be decoded" in desk.refusal(**{role: frameless})


def test_no_face_in_the_likeness(desk: Desk, empty: Path) -> None:
    said = desk.refusal(likeness=empty)
    assert said == "No face was found in the likeness (empty.mp4): give footage that shows it."


def test_one_likeness_without_a_face_is_left_out(desk: Desk, empty: Path) -> None:
    said = desk.run(empty)
    assert said.code == 0
    assert said.sentences == ["Warning: No face was found in empty.mp4; it is left out."]


def test_no_face_in_the_plate(desk: Desk, empty: Path) -> None:
    assert desk.refusal(plate=empty) == "No face was found in the plate empty.mp4: give another plate."


def test_unknown_codecs_and_containers(desk: Desk) -> None:
    known = make_video(desk.folder / "known.mkv", range(5)).read_bytes()
    unknown = desk.folder / "unknown.mkv"
    unknown.write_bytes(known.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG9/ISO/XYZ"))
    assert "unknown.mkv uses a video codec that is not known here" in desk.refusal(plate=unknown)
    assert 'cannot be written to a ".gif" file' in desk.refusal("-o", desk.folder / "out.gif")
    assert "input should be 'h264'" in desk.refusal("--codec", "divx")


def test_the_output_is_an_input(desk: Desk) -> None:
    plate = shutil.copy(desk.plate, desk.folder / "plate.mp4")
    link = desk.folder / "link.mp4"
    link.hardlink_to(plate)
    assert "is also an input" in desk.refusal("-o", link, plate=plate)
    assert "is also an input" in desk.refusal("-o", plate, plate=plate)
    assert "is also an input" in desk.refusal("--compare", plate, plate=plate)


def test_an_output_that_cannot_be_written(desk: Desk) -> None:
    assert "There is no folder" in desk.refusal("-o", desk.folder / "gone" / "out.mp4")
    assert "is a folder" in desk.refusal("-o", desk.folder)
    (desk.folder / "closed").mkdir(mode=0o500)
    if not os.access(desk.folder / "closed", os.W_OK):  # the superuser may write anywhere
        assert "There is no permission to write" in desk.refusal("-o", desk.folder / "closed" / "out.mp4")
    desk.output.write_bytes(b"somebody's film")
    assert "exists and was not made by this project" in desk.refusal()
    assert desk.output.read_bytes() == b"somebody's film"


def test_a_wrong_track_and_wrong_frames(desk: Desk) -> None:
    assert desk.refusal("--track", "7") == "The plate has no track 7: it has 0."
    assert "small.mov has the frames 0-9: frame 40 is outside" in desk.refusal("--frames", "5-40")
