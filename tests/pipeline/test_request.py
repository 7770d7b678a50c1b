"""Requests: what is refused early, in which words; how project and command line come together."""

import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.compositing.blend import BlendName
from understudy.errors import BadInputError, OutputError, UnderstudyError
from understudy.media.codecs import CODECS
from understudy.pipeline.learning import Learning
from understudy.pipeline.request import (
    SwapRequest,
    check_overwrite,
    parse_assignment,
    parse_frames,
    parse_rate,
    request_from_json,
    validate,
)
from understudy.project.folder import Project
from understudy.project.settings import Blend, Codec, SwapSettings, TrainingTable


@pytest.fixture
def request_(tmp_path):
    for name in ("anna.mp4", "shot.mov", "bert.png"):
        (tmp_path / name).write_bytes(b"footage")
    return SwapRequest((tmp_path / "anna.mp4",), tmp_path / "shot.mov", tmp_path / "out.mp4")


def test_a_good_request_passes_and_creates_nothing(request_, tmp_path):
    before = sorted(tmp_path.iterdir())
    validate(replace(request_, frames=(0, 0), person=tmp_path / "bert.png", codec="hevc-10", quality=20))
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"likeness": ()}, "There is no likeness"),
        ({"likeness": ("gone.mp4",)}, r"There is no file .*gone\.mp4: check its name"),
        ({"plate": "gone.mov"}, r"There is no file .*gone\.mov"),
        ({"person": "gone.png"}, r"There is no file .*gone\.png"),
        ({"assignments": ((0, "gone.mp4"),)}, r"There is no file .*gone\.mp4"),
        ({"plate": "zero.mov"}, r"zero\.mov is empty \(0 bytes\)"),
        ({"plate": "nothing"}, r"folder .*nothing is empty"),
        ({"plate": "shot.%04d.exr"}, "No file is named like"),
        ({"plate": "shot.####.exr"}, "No file is named like"),
        ({"output": "shot.mov"}, r"shot\.mov is also an input: give the output another name"),
        ({"output": "link.mov"}, r"link\.mov is also an input"),
        ({"output": "anna.mp4"}, r"anna\.mp4 is also an input"),
        ({"output": "nothing"}, "is a folder: give the output a file name"),
        ({"output": "gone/out.mp4"}, "There is no folder"),
        ({"output": "out.gif"}, r'h264 cannot be written to a "\.gif" file .* \.mp4, \.mov or \.mkv'),
        ({"output": "out"}, 'h264 cannot be written to a "" file'),
        ({"output": "shot.%04d.exr"}, r"shot\.%04d\.exr names pictures, .* as video only: name it \.mov"),
        ({"output": "still.PNG"}, r"still\.PNG names pictures"),
        ({"codec": "prores-hq"}, r'prores-hq cannot be written to a "\.mp4" file .* \.mov or \.mkv'),
        ({"codec": "divx"}, "codec: input should be 'h264'"),
        ({"blend": "oil"}, "blend: input should be 'multiband', 'poisson' or 'feather'"),
        ({"engine": "magic"}, "There is no engine called 'magic'; choose one of: .*warp"),
        ({"quality": 52}, "quality: input should be less than or equal to 51"),
        ({"output": "out.mkv", "codec": "ffv1", "quality": 3}, "ffv1 has a fixed quality"),
        ({"sheet_frames": 0}, "sheet-frames: input should be greater"),
        ({"seed": -1}, "seed: input should be greater"),
        ({"track": -1}, "numbered from 0"),
        ({"track": 0, "person": "bert.png"}, "--track and --person both"),
        ({"assignments": ((0, "bert.png"), (0, "anna.mp4"))}, "one track two likenesses"),
        ({"frames": (5, 4)}, "--frames 5-4 is empty"),
        ({"contact_sheet": "sheet.jpg"}, r"A contact sheet cannot be written .* end in \.png"),
        ({"contact_sheet": "bert.png", "person": "bert.png"}, "is also an input"),
        ({"compare": "out.mp4"}, "is asked for twice"),
        ({"compare": "wipe.gif"}, "A comparison cannot be written"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(request_, tmp_path, change, message):
    (tmp_path / "zero.mov").touch()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "link.mov").symlink_to(tmp_path / "shot.mov")
    with pytest.raises(UnderstudyError, match=message) as caught:
        validate(replace(request_, **{name: _in(tmp_path, value) for name, value in change.items()}))
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert caught.value.exit_code == 2


def _in(folder, value):
    """`value` with file names in place as paths below `folder`."""
    if isinstance(value, tuple):
        return tuple(_in(folder, part) for part in value)
    looks_like_a_file = isinstance(value, str) and ("." in value or value in ("nothing", "out"))
    return folder / value if looks_like_a_file else value


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(request_, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="no permission to write"):
        validate(replace(request_, output=locked / "out.mp4"))


@pytest.mark.parametrize("name", ["shot.%04d.exr", "shot.####.exr", "shot.@@@@.exr", "shot.%d.exr"])
def test_sequences_are_found(request_, tmp_path, name):
    (tmp_path / "shot.0001.exr").write_bytes(b"x")
    validate(replace(request_, plate=tmp_path / name))


def test_a_name_with_odd_signs_is_still_a_name(request_, tmp_path):
    for name in ("take#2 [best] 100%.mov", "set[1].0001.exr"):
        (tmp_path / name).write_bytes(b"x")
    validate(replace(request_, plate=tmp_path / "take#2 [best] 100%.mov"))
    validate(replace(request_, plate=tmp_path / "set[1].####.exr"))


def test_a_project_may_ask_for_every_codec_that_can_be_written():
    assert set(get_args(Codec)) == set(CODECS)


def test_a_project_may_ask_for_every_blend_there_is():
    assert set(get_args(Blend)) == set(get_args(BlendName))


def test_the_command_line_wins_over_the_project(request_):
    project = SwapSettings(blend="poisson", quality=30, seed=5)
    settings = replace(request_, quality=12, seed=0).settings(project)
    assert settings == SwapSettings(blend="poisson", quality=12, seed=0)


def test_a_codec_of_the_project_has_to_fit_the_output(request_):
    with pytest.raises(BadInputError, match=r'ffv1 cannot be written to a "\.mp4"'):
        request_.settings(SwapSettings(codec="ffv1"))


def test_an_output_is_replaced_only_where_the_project_made_it(request_):
    with Project(request_.project_folder) as project:
        check_overwrite(request_, project)
        request_.output.write_text("somebody else's")
        with pytest.raises(OutputError, match="was not made by this project: give --overwrite"):
            check_overwrite(request_, project)
        check_overwrite(replace(request_, overwrite=True), project)
        with project.run("swap", request_.to_json(), request_.output):
            request_.output.write_text("film")
        check_overwrite(request_, project)


def test_the_request_is_kept_as_json(request_):
    full = replace(
        request_,
        assignments=((2, Path("b.mp4")),),
        rate=Fraction(24000, 1001),
        frames=(1, 2),
        compare=Path("c.mp4"),
    )
    plain = json.loads(json.dumps(full.to_json()))
    assert plain["assignments"] == [[2, "b.mp4"]]
    assert plain["rate"] == "24000/1001"
    assert plain["frames"] == [1, 2]
    assert plain["likeness"] == [str(request_.likeness[0])]
    assert set(plain) == set(SwapRequest.__dataclass_fields__)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_frames_round_trip(first, last):
    assert parse_frames(f"{first}-{last}") == (first, last)


@given(st.text())
def test_frames_take_anything_without_a_crash(text):
    try:
        first, last = parse_frames(text)
    except BadInputError:
        return
    assert first >= 0
    assert last >= 0


@pytest.mark.parametrize("text", ["", "5", "-5", "5-", "a-b", "1-2-3", "1.5-2", "-1-5"])
def test_wrong_frames(text):
    with pytest.raises(BadInputError, match="--frames wants two frame numbers"):
        parse_frames(text)


def test_assignments():
    assert parse_assignment("2=dir/a=b.mp4") == (2, Path("dir/a=b.mp4"))
    for text in ("", "2", "=a", "2=", "x=a", "-1=a"):
        with pytest.raises(BadInputError, match="--map wants TRACK=LIKENESS"):
            parse_assignment(text)


def test_rates():
    assert parse_rate("25") == 25
    assert parse_rate("24000/1001") == Fraction(24000, 1001)
    assert parse_rate("23.976") == Fraction("23.976")
    for text in ("", "0", "-1", "1/0", "fast", "nan", "inf", "5000"):
        with pytest.raises(BadInputError, match="--rate wants frames per second"):
            parse_rate(text)


def test_a_request_comes_back_out_of_the_catalogue(tmp_path: Path) -> None:
    asked = SwapRequest(
        (Path("a.mp4"), Path("/else/b.mp4")),
        Path("plate.mov"),
        Path("out.mkv"),
        assignments=((1, Path("c.mp4")),),
        frames=(3, 9),
        rate=Fraction(24000, 1001),
        consent=(Path("performers"),),
        codec="ffv1",
        learning=Learning((("resolution", "64"),), TrainingTable(budget="10m")),
        compare=Path("wipe.mp4"),
    )
    back = request_from_json(json.loads(json.dumps(asked.to_json())) | {"directory": str(tmp_path)})
    assert back == replace(
        asked,
        likeness=(tmp_path / "a.mp4", Path("/else/b.mp4")),
        plate=tmp_path / "plate.mov",
        output=tmp_path / "out.mkv",
        assignments=((1, tmp_path / "c.mp4"),),
        compare=tmp_path / "wipe.mp4",
    )
    with pytest.raises(BadInputError, match="run it anew"):
        request_from_json({"likeness": []})
