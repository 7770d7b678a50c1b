"""What people and programs read: benchmark.json, tables, plots, the page."""

import base64
import json
import math
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.benchmark import plots, tables
from understudy.benchmark.compare import compare
from understudy.benchmark.figures import FIGURES, Group
from understudy.benchmark.records import (
    Benchmark,
    Clips,
    Cost,
    Scored,
    StageCost,
    Strip,
    read_benchmark,
    read_scored,
    write_record,
)
from understudy.benchmark.report import write_html
from understudy.errors import BadInputError

PNG = b"\x89PNG\r\n\x1a\n"


def run(case: str = "a", variant: str = "warp", **changes) -> Scored:
    curve = np.linspace(24, 26, 40)
    curve[3] = np.nan
    values = {
        "case": case,
        "description": "what is <hard> about it",
        "variant": variant,
        "settings": {"engine": "warp"},
        "recipe": "r",
        "clips": Clips(likeness=(Path("l.mkv"),), plate=Path("p.mkv"), result=Path("r.mkv")),
        "figures": {"psnr_face_fitted": 25.0, "flicker": 1.3, "seam": 0.4, "margin": -0.1, "missed": 3.0},
        "curves": {"psnr_face_fitted": curve, "flicker": curve / 20},
        "cuts": (20,),
        "cost": Cost(
            frames=50,
            seconds=10.0,
            cpu_seconds=15.0,
            peak_mb=700.0,
            stages=(StageCost(name="faces", seconds=2.0, frames_per_second=25.0),),
        ),
    }
    return Scored.model_validate(values | changes)


def strip(folder: Path, worst: bool = False) -> Strip:
    picture = folder / "strip.jpg"
    cv2.imwrite(str(picture), np.full((30, 10, 3), 90, np.uint8))
    return Strip(
        frame=7, caption="frame 7", picture=picture, rows=("likeness", "plate", "result"), worst=worst
    )


def test_a_record_is_read_as_it_was_written(tmp_path: Path):
    before = Benchmark(runs=(run(), run("b", failure="no face", figures={}, curves={}, cost=None)))
    write_record(tmp_path / "benchmark.json", before)
    assert read_benchmark(tmp_path / "benchmark.json") == before
    told = json.loads((tmp_path / "benchmark.json").read_text())
    assert told["schema_version"] == 1
    assert told["runs"][0]["curves"]["psnr_face_fitted"][3] is None


def test_what_is_not_a_number_is_left_out():
    found = run(figures={"seam": math.nan, "ring": math.inf, "gaze": 1.23456789})
    assert found.figures == {"gaze": 1.234568}


def test_a_curve_comes_back_as_an_array():
    assert np.isnan(run().curve("psnr_face_fitted")[3])
    assert run().curve("psnr_face_fitted").shape == (40,)
    assert len(run().curve("nothing")) == 0


@pytest.mark.parametrize("text", ["", "{}x", '{"schema_version": 2, "runs": []}', '{"runs": [{"case": 1}]}'])
def test_a_wrong_record_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(BadInputError, match=r"old\.json is no benchmark of this version"):
        read_benchmark(path)
    assert read_scored(path) is None
    with pytest.raises(BadInputError, match="cannot be read"):
        read_benchmark(tmp_path / "none.json")


def test_a_missed_target_is_bold_and_the_unknown_a_dash():
    text = tables.markdown(Benchmark(runs=(run(), run("b", figures={"seam": 0.9, "flicker": 1.0}))))
    rows = [line for line in text.splitlines() if line.startswith(("| a |", "| b |"))]
    picture = {line.split(" |")[0][2:]: line for line in rows if "1.30" in line or "1.00" in line}
    assert "**3**" in picture["a"]
    assert "**-0.10**" in picture["a"]
    assert "**1.30**" in picture["a"]
    assert "| 0.40 |" in picture["a"]
    assert "**0.90**" in picture["b"]
    assert "| – |" in picture["b"]
    assert "| a | 50 | 5.0 | 15 | 700 | 25.0 |" in text


def test_tables_have_as_many_cells_as_titles():
    widths: set[int] = set()
    for line in tables.markdown(Benchmark(runs=(run(), run("b")))).splitlines():
        if line.startswith("|"):
            widths.add(line.count("|"))
        elif widths:
            assert len(widths) == 1
            widths = set()


def test_variants_are_told_apart_only_where_there_are_several():
    assert "| a |" in tables.markdown(Benchmark(runs=(run(),)))
    both = tables.markdown(Benchmark(runs=(run(), run(variant="warp blend=poisson"))))
    assert "| a (warp) |" in both
    assert "| a (warp blend=poisson) |" in both


def test_a_failure_is_told():
    failed = run("b", failure="There is no face.", figures={}, curves={}, cost=None)
    text = tables.markdown(Benchmark(runs=(run(), failed)))
    assert "* b: There is no face." in text
    assert "| b |" not in text


def test_tables_name_known_figures_only():
    known = {figure.key for figure in FIGURES}
    for keys in (*tables.TABLES.values(), tables.TERMINAL, plots.CURVES, plots.OVERVIEW):
        assert set(keys) <= known
    shown = {key for keys in tables.TABLES.values() for key in keys}
    assert {figure.key for figure in FIGURES if figure.group is Group.TRUTH} - shown == {
        "psnr_eyes",
        "psnr_mouth",
        "ssim_face",
        "ssim_eyes",
        "ssim_mouth",
    }


def test_the_terminal_table_has_a_row_a_run():
    from rich.console import Console

    console = Console(width=200, record=True)
    console.print(tables.terminal(Benchmark(runs=(run(), run("b", failure="No face.", figures={})))))
    lines = console.export_text().splitlines()
    assert lines[1].split() == ["a", "25.0", "3", "-0.10", "1.30", "0.40"]
    assert lines[2].split() == ["b", "No", "face."]


def test_a_comparison_is_told_with_the_bad_news_first():
    better = run(figures={"psnr_face_fitted": 26.0, "seam": 0.9}, curves={})
    worse = run(figures={"psnr_face_fitted": 25.0, "seam": 0.4}, curves={})
    lines = tables.told(compare(Benchmark(runs=(better,)), Benchmark(runs=(worse,))))
    assert lines == [
        "1 figures got better and 1 worse beyond noise, in 1 runs compared.",
        "  - a (warp), PSNR face fitted, dB: 26.0 -> 25.0 (worse)",
        "  + a (warp), seam: 0.90 -> 0.40 (better)",
    ]


def test_plots_are_pictures_and_nothing_is_drawn_of_nothing():
    for data in (plots.curves(run()), plots.overview([run(), run("b")], [run()])):
        assert data is not None
        assert data.startswith(PNG)
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape[1] > 900
        assert len(np.unique(image.reshape(-1, 3), axis=0)) > 20
    assert plots.curves(run(curves={})) is None
    assert plots.overview([run(figures={})]) is None


def test_without_matplotlib_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert not plots.available()
    with pytest.raises(BadInputError, match=r"matplotlib.*pip install 'understudy\[report\]'"):
        write_html(tmp_path / "report.html", [run()])
    assert not list(tmp_path.iterdir())


def test_the_page_is_complete_in_itself(tmp_path: Path):
    shown = run(strips=(strip(tmp_path), strip(tmp_path, worst=True)))
    failed = run("b", failure="There is no face.", figures={}, curves={}, cost=None)
    comparison = compare(Benchmark(runs=(run(figures={"seam": 0.9}, curves={}),)), Benchmark(runs=(shown,)))
    page = tmp_path / "report.html"
    write_html(page, [shown, failed], title="A & B", introduction="Two runs.", comparison=comparison)
    text = page.read_text("utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)""", text) == []
    assert "http" not in text
    assert "<title>A &amp; B</title>" in text
    assert "what is &lt;hard&gt; about it" in text
    assert "There is no face." in text
    assert "The worst frames" in text
    assert "unsteadiness of the face from frame to frame" in text
    assert '<td class="better">better</td>' in text
    jpeg = base64.b64encode((tmp_path / "strip.jpg").read_bytes()).decode()
    assert text.count(jpeg) == 2
    assert text.count("data:image/png") == 2  # the overview, and the curves of the one that has some


def test_a_picture_that_is_gone_is_left_out(tmp_path: Path):
    shown = strip(tmp_path)
    shown.picture.unlink()
    write_html(tmp_path / "report.html", [run(strips=(shown,))])
    assert "data:image/jpeg" not in (tmp_path / "report.html").read_text("utf-8")
