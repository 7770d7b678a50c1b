"""The scripts under benchmarks/: what they read, choose and write. Swaps themselves are tested elsewhere."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.footage import PAIRS, Pair, chosen
from benchmarks.mattes import inner_matte, replaced_matte
from benchmarks.report import Outcome, figures_of, markdown, write_json
from benchmarks.sheet import even_frames, worst_frames
from benchmarks.swap import SwapCost, SwapFailed, read_report, run_swap
from understudy.geometry import mesh

PAIR = Pair("a-onto-b", ("a/*.mp4",), "b/clip.mp4", easy=True)


def test_every_pair_has_a_name_of_its_own_and_its_reverse():
    names = [pair.name for pair in PAIRS]
    assert len(set(names)) == len(names)
    for name in names:
        one, other = name.split("-onto-")
        assert f"{other}-onto-{one}" in names


def test_sets_of_pairs():
    assert chosen("all") == list(PAIRS)
    assert {pair.name for pair in chosen("smoke")} == {"d18-onto-d19", "d19-onto-d18"}
    assert all(pair.easy for pair in chosen("easy"))
    assert len(chosen("easy")) == 6
    assert chosen("d9-onto-d3")[0].plate == "lp-woman-d3/clip.mp4"
    with pytest.raises(KeyError):
        chosen("nobody")


def test_likeness_files_are_found_in_order(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("two.mp4", "one.mp4"):
        (tmp_path / "a" / name).touch()
    assert [path.name for path in PAIR.likeness_files(tmp_path)] == ["one.mp4", "two.mp4"]
    with pytest.raises(FileNotFoundError, match="footage folder"):
        Pair("x", ("nothing/*.mp4",), "b").likeness_files(tmp_path)


@pytest.mark.footage
def test_every_clip_is_in_the_footage(footage):
    for pair in PAIRS:
        assert pair.likeness_files(footage)
        assert (footage / pair.plate).is_file()
        assert not {footage / pair.plate} & set(pair.likeness_files(footage))


def test_a_report_is_read():
    told = {
        "frames": 100,
        "missed": {"0": [[3, 5], [9, 9]], "2": [[5, 6]]},
        "stages": [{"name": "faces", "seconds": 2.0, "frames_per_second": 50.0}, {"name": "mux"}],
        "peak_memory_mb": 900.0,
        "warnings": ["dark"],
    }
    cost = read_report(told, seconds=20.0, cpu_seconds=30.0, peak_mb=800.0)
    assert cost.missed == (3, 4, 5, 6, 9)
    assert cost.frames_per_second == 5.0
    assert cost.peak_mb == 900.0
    assert [stage.frames_per_second for stage in cost.stages] == [50.0, None]
    assert cost.warnings == ("dark",)


def test_a_report_without_a_key_is_read():
    cost = read_report({}, 1.0, 1.0, 10.0)
    assert (cost.frames, cost.missed, cost.stages, cost.frames_per_second) == (None, (), (), None)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A command named `understudy` beside a stand-in for the interpreter, whose text the test gives."""

    def install(body: str) -> None:
        script = tmp_path / "understudy"
        script.write_text(f"#!{sys.executable}\nimport json, sys\n{body}\n")
        script.chmod(0o755)
        monkeypatch.setattr("benchmarks.swap.sys.executable", str(tmp_path / "python"))

    return install


def test_the_command_is_run_and_its_memory_measured(stand_in, tmp_path):
    stand_in(
        "told = {'frames': len(bytearray(60 << 20)) >> 20, 'arguments': sys.argv}\n"
        "json.dump(told, open(sys.argv[sys.argv.index('--json') + 1], 'w'))"
    )
    output = tmp_path / "out.mp4"
    cost = run_swap([Path("a.mp4"), Path("b.mp4")], Path("plate.mp4"), output, ["--frames", "0-9"])
    assert cost.frames == 60
    assert 60 < cost.peak_mb < 400
    assert 0 < cost.cpu_seconds < 20
    said = json.loads((tmp_path / "out.swap.json").read_text())["arguments"]
    assert said[1:7] == ["swap", "a.mp4", "b.mp4", "--onto", "plate.mp4", "-o"]
    assert said[-2:] == ["--frames", "0-9"]


def test_a_failed_command_is_told_by_its_last_line(stand_in, tmp_path):
    stand_in("print('starting')\nprint('There is no face in the plate.')\nsys.exit(2)")
    with pytest.raises(SwapFailed, match=r"^There is no face in the plate\.$"):
        run_swap([], Path("plate.mp4"), tmp_path / "out.mp4")


def outcome(**figures: float) -> Outcome:
    return Outcome(PAIR, SwapCost(50, (1, 2), 10.0, 15.0, 700.0), {"unfound": 1, **figures})


def test_missed_counts_what_the_swap_left_and_what_shows_no_face():
    assert figures_of(outcome())["missed"] == 3


def test_a_missed_target_is_bold_and_the_unknown_a_dash():
    text = markdown([outcome(flicker=1.3, seam=0.4, margin=-0.1)], "a machine")
    row = next(line for line in text.splitlines() if line.startswith("| a-onto-b (easy)"))
    assert [cell.strip() for cell in row.split("|")][2:10] == [
        "**3**",
        "–",
        "–",
        "**-0.10**",
        "**1.30**",
        "–",
        "–",
        "0.40",
    ]
    assert "| a-onto-b (easy) | 50 | 5.0 | 15 | 700 |" in text


def test_tables_have_as_many_cells_as_titles():
    lines = [line for line in markdown([outcome(flicker=1.0)], "m").splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines[:3]} == {lines[0].count("|")}
    assert {line.count("|") for line in lines[3:6]} == {lines[3].count("|")}


def test_a_failure_is_told():
    assert "* a-onto-b: no face" in markdown([Outcome(PAIR, failure="no face")], "m")


def test_json_has_null_for_what_is_not_a_number(tmp_path):
    path = tmp_path / "pairs.json"
    write_json(path, [outcome(flicker=math.nan, seam=0.123456789)], "m")
    figures = json.loads(path.read_text())["pairs"][0]["figures"]
    assert figures["flicker"] is None
    assert figures["seam"] == 0.12346


def face() -> np.ndarray:
    return mesh.canonical_face() * 100 + np.array((150, 130, 0))


def test_the_replaced_part_is_where_the_pictures_differ():
    plate = np.full((300, 300, 3), 128, np.uint8)
    y, x = np.indices((300, 300))
    truth = np.hypot(x - 150, y - 160) < 105
    result = np.where(truth[..., None], 150, plate).astype(np.uint8)
    result[150:160, 145:155] = 128  # a hole belongs to it
    result[:10, :10] = 255  # what is far off does not
    found = replaced_matte(result, plate, face()) > 0
    assert np.count_nonzero(found & truth) / np.count_nonzero(found | truth) > 0.93
    assert not found[:10, :10].any()


def test_the_rim_of_the_replaced_part_is_soft():
    plate = np.full((300, 300, 3), 128, np.uint8)
    y, x = np.indices((300, 300))
    distance = 105 - np.hypot(x - 150, y - 160)
    matte = replaced_matte(np.where(distance[..., None] > 0, 150, plate).astype(np.uint8), plate, face())
    assert matte[np.abs(distance - 5) < 0.7].mean() == pytest.approx(0.5, abs=0.15)
    assert (matte[distance > 14] == 1).all()


def test_of_equal_pictures_the_inside_of_the_face_is_taken():
    plate = np.full((300, 300, 3), 128, np.uint8)
    inner = inner_matte(face(), 300, 300) > 0
    found = replaced_matte(plate, plate, face()) > 0
    assert np.count_nonzero(found ^ inner) < 0.03 * np.count_nonzero(inner)


def test_frames_for_a_sheet():
    landmarks = np.zeros((10, 478, 3))
    landmarks[[0, 9]] = np.nan
    assert [row for row, _ in even_frames(landmarks, 3)] == [1, 4, 8]
    assert even_frames(landmarks * np.nan) == []
    worst = worst_frames({"seam": np.array([0.1, np.nan, 0.7]), "gaze": np.full(3, np.nan)})
    assert worst == [(2, "2: seam 0.70")]


@pytest.mark.footage
def test_a_plate_against_itself_is_perfect(footage):
    from benchmarks.landmarks import Judge
    from benchmarks.score import Scorer
    from understudy.media import open_clip

    with Judge() as judge, open_clip(footage / "lp-man-a-d18/clip.mp4") as clip:
        scorer = Scorer(judge, 30.0)
        for frame in clip.frames(0, 12):
            scorer.add(frame.image, frame.image)
    figures = scorer.read(np.zeros((0, 128))).figures
    assert figures["frames"] == figures["faces"] == 12
    assert figures["mouth_reach"] > 0.3
    ones = {name: figures[name] for name in ("flicker", "grain")}
    noughts = {
        name: figures[name]
        for name in ("seam", "ring", "pumping", "mouth", "gaze", "pose", "unfound", "outside")
    }
    assert set(ones.values()) == {1.0}
    assert max(noughts.values()) == pytest.approx(0, abs=1e-4)
