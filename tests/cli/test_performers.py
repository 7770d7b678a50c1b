"""`understudy performers`: the cast as a table and as JSON, takes, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from understudy.cli import app
from understudy.media import open_clip
from understudy.performers import cast
from understudy.performers.repertoire import REPERTOIRE


def run(*words: str | Path):
    return CliRunner().invoke(app, ["performers", *map(str, words)])


def test_lists_everybody_and_everything() -> None:
    said = run("list").output
    assert all(identity.name in said for identity in cast())
    assert all(name in said for name in REPERTOIRE)
    listed = json.loads(run("list", "--json", "-").output)
    assert [who["name"] for who in listed["performers"]] == [identity.name for identity in cast()]
    assert [who["name"] for who in listed["performers"] if who["glasses"]] == ["mei"]
    assert {who["sex"] for who in listed["performers"]} == {"man", "woman"}
    assert all(who["age"] >= 18 for who in listed["performers"])


def test_renders_a_video_and_does_not_replace_it_unasked(tmp_path: Path) -> None:
    words = ("render", "zuri", "-o", tmp_path / "z.mp4", "--frames", "2", "--size", "64", "--fps", "24")
    assert run(*words).exit_code == 0
    with open_clip(tmp_path / "z.mp4") as clip:
        assert (clip.info.frame_count, clip.info.width, clip.info.rate) == (2, 64, 24)
        assert clip.read(1).image.std() > 10
    again = run(*words)
    assert again.exit_code == 2
    assert "--overwrite" in again.output
    assert run(*words, "--overwrite", "--quiet").output == ""


def test_renders_a_true_swap_with_its_truth(tmp_path: Path) -> None:
    words = ("render", "elin", "--likeness-onto", "marco", "--frames", "1", "--size", "64", "-o")
    assert run(*words, tmp_path / "take").exit_code == 0
    record = json.loads((tmp_path / "take" / "truth.json").read_text())
    assert (record["take"]["likeness"], record["take"]["performer"]) == ("elin", "marco")
    with np.load(tmp_path / "take" / "000000.npz", allow_pickle=False) as held:
        assert held["visible_face"].max() == 255


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("render", "bob", "-o", "x.mp4"), "marco"),
        (("render", "mei", "-o", "x.avi"), ".mp4"),
        (("render", "mei", "-o", "x.mp4", "--performance", "opera"), "talking"),
        (("render", "mei", "-o", "x.mp4", "--size", "7"), "64"),
        (("render", "mei", "-o", "x.mp4", "--frames", "0"), "1 or more"),
        (("render", "mei", "-o", "x.mp4", "--fps", "0"), "frames/s"),
        (("render", "mei", "-o", "x.mp4", "--seed", "-1"), "seed"),
        (("render", "mei", "-o", "x.mp4", "--companion", "elin"), "--companion"),
        (("render", "mei", "-o", "x.mp4", "--codec", "ffv1"), ".mkv"),
    ],
)
def test_a_mistake_is_one_sentence(
    words: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2
    assert told in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
