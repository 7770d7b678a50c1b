"""What can be run: built-in cases, and whatever a folder of clips holds."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.benchmark.case import chosen
from understudy.benchmark.performed import PERFORMED
from understudy.benchmark.real import cases_in
from understudy.errors import BadInputError
from understudy.performers.cast import cast
from understudy.progress import SilentProgress

LISTING = """
[[case]]
name = "anna-onto-bert"
likeness = ["anna/*.mp4"]
plate = "bert/shot.mp4"
cuts = [12]
tags = ["easy"]

[[case]]
name = "bert-self"
likeness = ["bert/take.mp4"]
plate = "bert/shot.mp4"
self = true
"""


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    for name in ("anna/two.mp4", "anna/one.mp4", "bert/shot.mp4", "bert/take.mp4", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def listed(clips: Path, text: str) -> list:
    (clips / "cases.toml").write_text(text)
    return cases_in(clips)


def test_built_in_cases_can_be_played_and_cover_what_is_hard():
    assert len(PERFORMED) >= 15
    for name, case in PERFORMED.items():
        assert case.name == name
        assert cast(case.likeness)
        assert cast(case.plate)
        assert (case.performance.companion is not None) == (case.companion is not None)
        assert all(0 < cut < case.frames for cut in case.take.cuts)
    plays = [case.take for case in PERFORMED.values()]
    assert max(take.yaw for take in plays) == 45
    assert {take.occluder for take in plays} == {None, "hand", "microphone"}
    assert any(take.cuts for take in plays)
    assert any(case.companion for case in PERFORMED.values())
    assert any(case.likeness == case.plate for case in PERFORMED.values())


def test_an_occluder_crosses_within_the_plate():
    for case in PERFORMED.values():
        if case.take.occluder:
            assert 0 <= case.take.crossing[0] < case.take.crossing[1] < case.frames


def test_the_digest_follows_the_footage_and_not_the_words():
    case = PERFORMED["small"]
    assert replace(case, description="another", tags=()).digest == case.digest
    assert replace(case, take=replace(case.take, yaw=13)).digest != case.digest
    assert replace(case, likeness="elin").digest != case.digest
    assert case.limited(0.2).digest != case.digest


def test_a_limit_shortens_and_never_lengthens():
    case = PERFORMED["small"]
    assert case.limited(0.5).frames == 13
    assert case.limited(100).frames == case.frames


def test_cases_are_chosen_by_name_and_by_set_in_their_own_order():
    cases = list(PERFORMED.values())
    assert [case.name for case in chosen(cases, ["cut", "smoke"])] == ["small", "cut"]
    assert chosen(cases, ["all"]) == cases
    assert {case.name for case in chosen(cases, ["self"])} == {"self-marco", "self-mei"}
    with pytest.raises(BadInputError, match=r"no case called nobody.*small.*quick"):
        chosen(cases, ["nobody"])


def test_a_listing_names_the_cases(clips: Path):
    first, second = listed(clips, LISTING)
    assert (first.name, first.cuts, first.tags) == ("anna-onto-bert", (12,), ("easy",))
    assert first.likeness == (clips / "anna/one.mp4", clips / "anna/two.mp4")
    assert (first.plate, first.itself, second.itself) == (clips / "bert/shot.mp4", False, True)


def test_a_listing_may_lie_elsewhere(clips: Path, tmp_path_factory: pytest.TempPathFactory):
    other = tmp_path_factory.mktemp("elsewhere") / "mine.toml"
    other.write_text(LISTING)
    assert [case.name for case in cases_in(clips, other)] == ["anna-onto-bert", "bert-self"]


def test_without_a_listing_every_ordered_pair_is_a_case(clips: Path):
    cases = cases_in(clips)
    assert len(cases) == 12
    assert len({case.name for case in cases}) == 12
    assert "anna-one-onto-bert-shot" in {case.name for case in cases}
    assert all(case.plate not in case.likeness for case in cases)


def test_names_that_would_be_alike_are_told_apart(tmp_path: Path):
    for name in ("a b.mp4", "a_b.mp4"):
        (tmp_path / name).touch()
    assert {case.name for case in cases_in(tmp_path)} == {"a-b-onto-a-b-2", "a-b-2-onto-a-b"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[case]", "cannot be read"),
        ("", "case: field required"),
        ('[[case]]\nname = "A B"\nlikeness = ["a"]\nplate = "b"', "case.0.name"),
        ('[[case]]\nname = "a"\nlikeness = []\nplate = "b"', "case.0.likeness"),
        ('[[case]]\nname = "a"\nlikeness = ["/etc/*"]\nplate = "b"', "inside the footage folder"),
        ('[[case]]\nname = "a"\nlikeness = ["../*"]\nplate = "b"', "inside the footage folder"),
        ('[[case]]\nname = "a"\nlikeness = ["anna/*"]\nplate = "nobody.mp4"', "nobody.mp4"),
        ('[[case]]\nname = "a"\nlikeness = ["anna/*"]\nplate = "bert/*"', "several files"),
        ('[[case]]\nname = "a"\nlikeness = ["bert/*"]\nplate = "bert/shot.mp4"', "among its likeness"),
        ('[[case]]\nname = "a"\nlikeness = ["anna/*"]\nplate = "bert/shot.mp4"\nspeed = 3', "speed"),
        (LISTING + LISTING, "two cases called anna-onto-bert"),
    ],
)
def test_a_wrong_listing_is_refused_with_the_reason(clips: Path, text: str, words: str):
    with pytest.raises(BadInputError, match=words):
        listed(clips, text)


@given(st.text(max_size=80))
def test_no_listing_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str):
    folder = tmp_path_factory.mktemp("clips")
    (folder / "cases.toml").write_text(text, "utf-8")
    with pytest.raises(BadInputError):
        cases_in(folder)


def test_folders_without_clips_are_refused(tmp_path: Path):
    with pytest.raises(BadInputError, match="There is no folder"):
        cases_in(tmp_path / "nowhere")
    with pytest.raises(BadInputError, match="fewer than two videos"):
        cases_in(tmp_path)


def test_other_content_is_another_case(clips: Path):
    before = listed(clips, LISTING)[0].digest
    (clips / "anna/one.mp4").write_bytes(b"retake")
    assert listed(clips, LISTING)[0].digest != before
    assert listed(clips, LISTING)[0].limited(3).digest != listed(clips, LISTING)[0].digest


@pytest.mark.footage
def test_the_development_pairs_are_in_the_footage(footage: Path):
    listing = Path(__file__).parents[2] / "benchmarks/development.toml"
    cases = cases_in(footage, listing)
    for case in cases:
        one, _, other = case.name.partition("-onto-")
        assert not other or f"{other}-onto-{one}" in {case.name for case in cases}
    assert len(chosen(cases, ["easy"])) == 6
    found = chosen(cases, ["self"])[0].limited(1.0).footage(Path(), SilentProgress())
    assert found.frames in (25, 30)
    assert found.truth is not None
    assert found.truth.picture == found.plate
