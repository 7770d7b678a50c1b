"""The script that measures training: every step of it, on networks small enough for a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import training_speed


@pytest.mark.parametrize("augmented", [False, True])
def test_it_trains_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], augmented: bool
) -> None:
    small = training_speed.family("df-ud", 64, inter=8, encoder=4, decoder=4, matte=2)
    monkeypatch.setattr(training_speed, "SUBJECTS", {"small": small})
    monkeypatch.setattr(training_speed, "FACES", 6)
    out = tmp_path / "speed.json"
    training_speed.main(
        [
            "--nets",
            "small",
            "--batches",
            "2",
            "--precisions",
            "fp32",
            "bf16",
            "--seconds",
            "0.2",
            "--device",
            "cpu",
        ]
        + ["--optimiser", "adamw", "--json", str(out)]
        + ["--augment"] * augmented
    )
    exact, rough = json.loads(out.read_text())["measured"]
    assert exact["first_loss"] == pytest.approx(rough["first_loss"], rel=0.02)
    assert exact["last_loss"] != exact["first_loss"]
    if not augmented:  # one batch, again and again
        assert exact["last_loss"] < exact["first_loss"]
        assert rough["last_loss"] < rough["first_loss"]
    assert exact["tflop_per_step"] == rough["tflop_per_step"] > 0
    assert exact["parameters"] > 10_000
    table = capsys.readouterr().out
    assert table.count("small") == 2


def test_every_network_that_can_be_measured_is_described_by_its_name() -> None:
    assert all(
        name in ("quick96",) or str(each.size) in name for name, each in training_speed.SUBJECTS.items()
    )
