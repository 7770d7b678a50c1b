"""Slates: a performer's take is known by rendering it anew, and nothing else passes for it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pipeline.films import film
from understudy.errors import BadInputError
from understudy.media import open_clip
from understudy.performers import Performance, cast
from understudy.pipeline.records import PERFORMERS, PERFORMERS_RECORD, load
from understudy.provenance.consent.checking import Purpose, hold, permit
from understudy.provenance.consent.reading import read_record
from understudy.provenance.keys import PROJECT, Keyring
from understudy.takes.consented import speaks_of_take
from understudy.takes.slate import Slate, read_slate, slate_path, write_slate
from understudy.takes.take import Take
from understudy.takes.video import write_video

ARJUN, MARCO = cast("arjun")[0], cast("marco")[0]
TAKE = Take(ARJUN, Performance(seed=9, yaw=20, pitch=8), frames=3, size=128)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("takes") / "arjun.mp4"
    write_video(TAKE, path)
    return path


def is_ours(path: Path, digest: str = "any") -> bool:
    with open_clip(path) as opened:
        return speaks_of_take(read_record(PERFORMERS_RECORD), opened, digest)


def copied(clip: Path, folder: Path, slate: Slate | None) -> Path:
    path = folder / "copy.mp4"
    shutil.copy(clip, path)
    if slate is not None:
        write_slate(path, slate)
    return path


def test_a_rendered_video_is_known_by_its_slate(clip: Path) -> None:
    slate = read_slate(clip)
    assert slate == Slate(replace(TAKE, frames=1))
    assert slate.seen == "arjun"
    assert is_ours(clip)


def test_without_its_slate_or_with_anothers_it_is_any_footage(clip: Path, tmp_path: Path) -> None:
    assert not is_ours(copied(clip, tmp_path, None))
    for take in (
        replace(TAKE, performance=replace(TAKE.performance, seed=10)),
        replace(TAKE, performer=MARCO),
        replace(TAKE, size=64),
    ):
        assert not is_ours(copied(clip, tmp_path, Slate(take)))


def test_other_footage_does_not_pass_for_a_take(clip: Path, tmp_path: Path) -> None:
    frames = [as_marco(frame) for frame in range(3)]
    forged = film(tmp_path / "forged.mp4", frames)
    write_slate(forged, Slate(TAKE))
    assert not is_ours(forged)


def as_marco(frame: int):
    return replace(TAKE, performer=MARCO).picture(frame).image


def test_frames_that_were_left_out_are_told(tmp_path: Path) -> None:
    path = film(tmp_path / "every-third.mp4", [TAKE.picture(frame).image for frame in (2, 5, 8)])
    write_slate(path, Slate(TAKE, first=2, step=3))
    assert is_ours(path)


def test_the_face_that_is_seen_counts(tmp_path: Path) -> None:
    slate = Slate(replace(TAKE, likeness=MARCO))
    write_slate(tmp_path / "x.mp4", slate)
    assert read_slate(tmp_path / "x.mp4").seen == "marco"


def test_two_people_are_told(tmp_path: Path) -> None:
    performance = replace(TAKE.performance, companion=MARCO, occluder="hand", cuts=(5, 9))
    slate = Slate(replace(TAKE, performance=performance, frames=1))
    write_slate(tmp_path / "x.mp4", slate)
    assert read_slate(tmp_path / "x.mp4") == slate


def test_no_slate(tmp_path: Path) -> None:
    assert read_slate(tmp_path / "x.mp4") is None


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.integers())


@given(st.sampled_from(["performer", "likeness", "size", "first", "step", "performance", "format"]), JSON)
def test_any_value_in_a_slate_is_taken_or_refused(tmp_path_factory, key, value) -> None:
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    write_slate(path, Slate(TAKE))
    table = json.loads(slate_path(path).read_text())
    slate_path(path).write_text(json.dumps(table | {key: value}))
    try:
        slate = read_slate(path)
    except BadInputError as error:
        assert str(error).endswith(".")  # noqa: PT017
        return
    assert isinstance(slate, Slate)


@pytest.mark.parametrize("data", [b"", b"[", b"\xff", b"[" * 100_000, b"{" + b" " * 100_000 + b"}"])
def test_damaged_slates(tmp_path: Path, data: bytes) -> None:
    slate_path(tmp_path / "x.mp4").write_bytes(data)
    with pytest.raises(BadInputError, match="is damaged: render the take again"):
        read_slate(tmp_path / "x.mp4")


def test_the_performers_record_is_valid_and_signed_by_the_project(tmp_path: Path) -> None:
    held = hold(PERFORMERS_RECORD, Keyring(tmp_path))
    for purpose in Purpose:
        for part in ("likeness", "plate"):
            permit(held, purpose, part=part, medium="demonstration")
    (signature,) = held.record.signatures
    assert (signature.name, signature.key) == (PROJECT.name, PROJECT.key)
    named = {item.label for item in held.record.payload.material}
    assert named == {who.name for who in cast()}, "somebody has joined: run tools/performers_consent.py"


def test_the_record_goes_by_its_name() -> None:
    records = load([Path(PERFORMERS)], [Path(PERFORMERS)])
    assert [held.path for held in (*records.likeness, *records.plate)] == [PERFORMERS_RECORD] * 2
