"""TensorBoard beside a training: it answers before it is shown, and its end is told."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from understudy.cli import board as boards
from understudy.errors import BadInputError
from understudy.training.watching import Board

PATIENCE = 120


def test_curves_are_served_while_the_block_lasts(tmp_path: Path) -> None:
    curves = Board(tmp_path / "training" / "df-1" / "board", 0)
    curves.scalars(3, {"loss/network": 0.5})
    curves.close()
    told: list[str] = []
    there = threading.Event()

    def ready(address: str) -> None:
        told.append(address)
        there.set()

    def failed(words: str) -> None:
        told.append(words)
        there.set()

    with boards.board(tmp_path, ready, failed):
        assert there.wait(PATIENCE)
        (address,) = told
        assert address.startswith("http://127.0.0.1:"), address
        tags: dict[str, object] = {}
        for _ in range(PATIENCE):  # it reads the files when it has begun to answer
            with urllib.request.urlopen(f"{address}data/plugin/scalars/tags", timeout=30) as page:
                tags = json.load(page)
            if tags:
                break
            threading.Event().wait(0.25)
        assert list(tags) == ["df-1/board"]
        assert "loss/network" in str(tags["df-1/board"])
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=5)


def test_a_board_that_ends_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho first >&2\necho 'no module named pkg_resources' >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    told: list[str] = []
    there = threading.Event()

    def failed(words: str) -> None:
        told.append(words)
        there.set()

    with boards.board(tmp_path, told.append, failed):
        assert there.wait(PATIENCE)
    assert told == ["no module named pkg_resources"]


def test_without_tensorboard_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInputError, match="pip install tensorboard"), boards.board(tmp_path, print, print):
        pass
