"""Swaps and trainings with an engine that learns, from end to end: what goes on, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tests.pipeline.agreed import drawn
from tests.pipeline.films import Take, film, frames_of
from tests.pipeline.school import School, steps
from understudy.errors import BadInputError, ConsentError
from understudy.faces.people import identity
from understudy.pipeline.exporting import export_model, read_model, trainings
from understudy.pipeline.learning import Learning
from understudy.pipeline.swap import swap
from understudy.pipeline.train import train
from understudy.progress import SilentProgress
from understudy.project.settings import TrainingTable
from understudy.provenance.audit.examining import examine
from understudy.provenance.consent import withdrawal
from understudy.provenance.consent.reading import read_record, write
from understudy.provenance.keys import Keyring
from understudy.training.checkpoint import read_facts
from understudy.training.shelf import Shelf
from understudy.training.watching import read_losses


class Heard(SilentProgress):
    def __init__(self) -> None:
        self.stages: list[str] = []
        self.warnings: list[str] = []

    @contextmanager
    def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[object]:
        self.stages.append(name)
        with super().stage(name, total, unit) as task:
            yield task

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def test_a_swap_trains_and_goes_on_where_it_was(school: School, small: Path) -> None:
    result = swap(school.swap(steps(3)))
    assert result.faces_swapped == 10
    assert [stage.name for stage in result.stages if not stage.skipped] == [
        "learn", "crops", "match", "render",
    ]  # fmt: skip
    before = frames_of(result.output)
    for plate, shown in zip(frames_of(small), before, strict=True):
        differs = np.abs(plate.astype(int) - shown).max(-1)
        assert differs[:8].max() == 0
        assert (differs > 20).mean() > 0.02

    again = swap(school.swap(steps(3)))
    assert all(stage.skipped for stage in again.stages)

    more = swap(school.swap(steps(5)))
    assert school.course_step == 5
    assert [line["step"] for line in read_losses(school.training)] == [0, 1, 2, 3, 4]
    assert {stage.name for stage in more.stages if not stage.skipped} >= {"learn", "render"}
    assert any(np.abs(a.astype(int) - b).max() for a, b in zip(before, frames_of(more.output), strict=True))
    told = [entry for entry in examine(school.project).entries if entry.what.startswith("train")][2:]
    assert [(entry.what, entry.settings["steps"]) for entry in told] == [
        ("train-begun", 0), ("train", 3), ("train-resumed", 3), ("train", 5),
    ]  # fmt: skip
    assert all(entry.records and entry.engine == "toy" for entry in told)


def test_a_swap_takes_what_was_trained(school: School) -> None:
    result = train(school.train(steps(4)))
    (trained,) = result.trained
    assert (trained.steps, trained.examples, trained.tracks) == (4, 8, (0,))
    assert trained.score is not None
    assert trained.folder == school.training
    heard = Heard()
    swap(school.swap(steps(None)), heard)
    assert school.course_step == 4
    assert "faces of the plate" not in heard.stages


def test_options_that_last_begin_another_training_and_others_do_not(school: School) -> None:
    train(school.train(steps(1)))
    train(school.train(steps(2, "hard=0.5")))
    assert school.course_step == 2
    train(school.train(steps(1, "width=4")))
    assert len(trainings(school.project)) == 2


def test_the_project_says_how_to_train(school: School) -> None:
    text = (
        '[swap]\nengine = "toy"\n[training]\nsteps = 2\nbatch = 3\ndevice = "cpu"\n[engines.toy]\nwidth = 4\n'
    )
    (school.project / "project.toml").write_text(text)
    result = train(school.train(Learning(), engine=None))
    (trained,) = result.trained
    assert (trained.steps, trained.examples) == (2, 6)
    facts = read_facts(Shelf(trained.folder).paths()[-1])
    assert facts.architecture == {"width": 4}
    (school.project / "project.toml").write_text(text.replace("width = 4", "size = 4"))
    with pytest.raises(BadInputError, match="toy has no option 'size'"):
        train(school.train(Learning(), engine=None))
    (school.project / "project.toml").write_text("[training]\nbatch = 0\n")
    with pytest.raises(BadInputError, match=r"training\.batch: input should be greater"):
        train(school.train(Learning()))


def test_nothing_is_learned_without_consent(school: School) -> None:
    for work in (
        lambda: swap(school.swap(steps(1), consent=())),
        lambda: train(school.train(steps(1), consent=())),
    ):
        with pytest.raises(ConsentError, match="There is no consent record of the likeness") as refused:
            work()
        assert refused.value.exit_code == 3
    assert not (school.project / "training").exists()


def test_a_training_whose_record_is_revoked_is_neither_resumed_nor_exported(school: School) -> None:
    train(school.train(steps(1)))
    statement = withdrawal.revoke(read_record(school.record), Keyring().signing_key())
    write(withdrawal.beside(school.record), statement)
    for work in (
        lambda: swap(school.swap(steps(2))),
        lambda: train(school.train(steps(2))),
        lambda: export_model(school.project, school.folder / "model.safetensors"),
    ):
        with pytest.raises(ConsentError, match="is revoked since"):
            work()
    assert school.course_step == 1
    assert not (school.folder / "model.safetensors").exists()


def test_a_record_that_is_revoked_meanwhile_stops_the_training(school: School, monkeypatch) -> None:
    monkeypatch.setattr("understudy.training.loop._ASK_EVERY", 0.0)
    statement = withdrawal.revoke(read_record(school.record), Keyring().signing_key())

    class Revoking(Heard):
        @contextmanager
        def stage(self, name: str, total: int | None, unit: str = "frames") -> Iterator[object]:
            if name == "train":
                write(withdrawal.beside(school.record), statement)
            with super().stage(name, total, unit) as task:
                yield task

    with pytest.raises(ConsentError, match="is revoked since"):
        train(school.train(steps(50)), Revoking())
    assert school.course_step < 50


def test_a_model_leaves_with_its_consent(school: School) -> None:
    train(school.train(steps(2)))
    path = school.folder / "model.safetensors"
    exported = export_model(school.project, path)
    assert exported == read_model(path)
    assert (exported.engine, exported.steps) == ("toy", 2)
    payload = read_record(school.record).payload
    assert {(one.part, one.id) for one in exported.consents} == {
        ("likeness", payload.id), ("plate", payload.id),
    }  # fmt: skip
    with safe_open(path, "pt") as file:
        assert file.keys()
        assert not [name for name in file.keys() if "sampler" in name]  # noqa: SIM118
        assert json.loads(file.metadata()["understudy.options"])["width"] == 8
    (entry,) = [entry for entry in examine(school.project).entries if entry.what == "export-model"]
    assert entry.outputs[0].name == "model.safetensors"
    with pytest.raises(BadInputError, match=r"\.safetensors"):
        export_model(school.project, school.folder / "model.bin")
    with pytest.raises(BadInputError, match="no training df; it has toy-"):
        export_model(school.project, path, "df")


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0[]"])
def test_files_that_are_no_models(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="not a model"):
        read_model(path)


def test_what_cannot_be_trained_is_said_before_work_begins(school: School, monkeypatch) -> None:
    monkeypatch.setattr("understudy.pipeline.train.cast_all", None)
    for learning, words in (
        (steps(None), "A training needs an end: give --budget"),
        (Learning(training=TrainingTable(budget="soon")), "'soon' is no budget"),
        (steps(1, "width=1000"), "The engine toy cannot take this option width"),
        (steps(1, optimiser="magic"), "There is no optimiser called 'magic'"),
    ):
        with pytest.raises(BadInputError, match=words):
            train(school.train(learning))
    with pytest.raises(BadInputError, match="The engine warp does not learn"):
        train(school.train(steps(1), engine="warp"))
    with pytest.raises(BadInputError, match=r"Nothing was trained in .* yet: leave out --resume"):
        train(school.train(steps(1), resume=True))
    with pytest.raises(BadInputError, match="The engine warp does not learn: leave out --steps"):
        swap(school.swap(steps(1), engine="warp"))
    assert not (school.project / "training").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_cuda_that_is_not_there(school: School) -> None:
    with pytest.raises(BadInputError, match="No CUDA device can be used here"):
        train(school.train(steps(1, device="cuda")))
    with pytest.raises(BadInputError, match="No CUDA device can be used here"):
        swap(school.swap(steps(1, device="cuda")))


def test_too_few_faces(school: School) -> None:
    with pytest.raises(BadInputError, match="The plate has 3 faces to learn from, and at least 4 are needed"):
        train(school.train(steps(1), frames=(0, 2)))


def test_a_damaged_checkpoint_costs_what_was_learned_since_the_one_before(school: School) -> None:
    train(school.train(steps(2)))
    train(school.train(steps(3)))
    newest = Shelf(school.training).paths()[-1]
    (newest / "weights.safetensors").write_bytes(b"gone")
    heard = Heard()
    train(school.train(steps(4)), heard)
    assert any(f"The checkpoint {newest} is damaged" in warning for warning in heard.warnings)
    assert school.course_step == 4


@pytest.mark.skipif(not identity.available(), reason="the extra `identity` is not installed")
def test_one_person_on_both_sides_is_told(school: School, arjun: Take) -> None:
    plate = film(school.folder / "same.mp4", arjun.images[:8])
    record = drawn(school.folder / "same.consent.json", [school.likeness, plate])
    heard = Heard()
    train(replace(school, plate=plate, record=record).train(steps(1)), heard)
    (warning,) = heard.warnings
    assert warning.startswith("arjun.mp4 and track 0 of same.mp4 seem to show one person (0.")
