"""What training, resuming and exporting stand on: the records asked anew, and models that name them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.media.barcode_clips import write_picture
from understudy.errors import BadInputError, ConsentError
from understudy.pipeline.consenting import cleared
from understudy.pipeline.material import hashed
from understudy.pipeline.records import load
from understudy.pipeline.session import Session
from understudy.progress import SilentProgress
from understudy.project.folder import Project
from understudy.provenance.audit.examining import examine
from understudy.provenance.audit.models import note_model
from understudy.provenance.consent import checking, withdrawal
from understudy.provenance.consent.checking import Purpose, hold
from understudy.provenance.consent.drafting import own, unsigned
from understudy.provenance.consent.models import metadata_of
from understudy.provenance.consent.reading import read_record, write
from understudy.provenance.consent.signing import digest, sign
from understudy.provenance.consent.warrant import Warrant, check_model, consents_of
from understudy.provenance.keys import Keyring


class Desk:
    """Two stills, a record of each, and a project."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.project = folder, folder / "project"
        random = np.random.default_rng(1)
        self.anna, self.bert = (
            write_picture(folder / f"{name}.png", random.integers(0, 255, (32, 32, 3), np.uint8))
            for name in ("anna", "bert")
        )

    def record(self, name: str, *footage: Path, **more: Any) -> Path:
        path = self.folder / f"{name}.consent.json"
        draft = own(name, [hashed(each) for each in footage], adult=True, **more)
        write(path, sign(unsigned(draft), Keyring().signing_key(), "subject", name))
        return path

    @contextmanager
    def session(self) -> Iterator[Session]:
        with (
            Project(self.project) as project,
            project.run("train", {}, None) as run,
            Session(project, run, SilentProgress()) as session,
        ):
            yield session

    def cleared(self, *records: Path, purpose: Purpose = Purpose.TRAIN, plate: Path | None = None) -> Warrant:
        with self.session() as session:
            clip = None if plate is None else session.open(plate)
            return cleared(session, load(records, ()), purpose, [session.open(self.anna)], clip)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def refusal(warrant: Warrant, purpose: Purpose = Purpose.TRAIN) -> str:
    with pytest.raises(ConsentError) as caught:
        warrant.demand(purpose)
    assert caught.value.exit_code == 3
    sentence = str(caught.value)
    assert sentence.endswith(".")
    return sentence


def test_a_record_clears_training_and_exporting(desk: Desk) -> None:
    warrant = desk.cleared(desk.record("anna", desk.anna, desk.bert), plate=desk.bert)
    warrant.demand(Purpose.TRAIN)
    warrant.demand(Purpose.EXPORT)
    assert [ground.part for ground in warrant.grounds] == ["likeness", "plate"]
    assert Warrant.from_json(json.loads(json.dumps(warrant.to_json()))) == warrant


def test_without_a_record_nothing_is_trained(desk: Desk) -> None:
    with pytest.raises(ConsentError, match="There is no consent record of the likeness"):
        desk.cleared()
    with pytest.raises(ConsentError, match="There is no consent record"):
        Warrant(()).demand(Purpose.TRAIN)


def test_footage_that_no_record_speaks_of_is_not_trained_on(desk: Desk) -> None:
    with pytest.raises(
        ConsentError, match=r"anna\.png is not the footage that bert\.consent\.json speaks of"
    ):
        desk.cleared(desk.record("bert", desk.bert))
    with pytest.raises(ConsentError, match=r"bert\.png is not the footage"):
        desk.cleared(desk.record("anna", desk.anna), plate=desk.bert)


@pytest.mark.parametrize(
    ("right", "purpose", "words"),
    [
        ("train_model", Purpose.TRAIN, "anna has not granted training a model"),
        ("export_model", Purpose.EXPORT, "anna has not granted exporting a model"),
    ],
)
def test_a_right_that_was_not_granted(desk: Desk, right: str, purpose: Purpose, words: str) -> None:
    record = desk.record("anna", desk.anna, rights={right: False})
    with pytest.raises(ConsentError, match=words):
        desk.cleared(record, purpose=purpose)


def test_a_record_that_was_revoked_or_has_expired_stops_what_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = desk.record("anna", desk.anna)
    warrant = desk.cleared(record)
    later = read_record(record).payload.term.end + timedelta(seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(checking, "now", lambda: later)
        assert refusal(warrant).startswith("anna.consent.json: the consent of anna has expired on")
    statement = withdrawal.revoke(read_record(record), Keyring().signing_key())
    write(withdrawal.beside(record), statement)
    for purpose in (Purpose.TRAIN, Purpose.EXPORT):
        assert "the consent of anna is revoked since" in refusal(warrant, purpose)
    withdrawal.beside(record).unlink()
    warrant.demand(Purpose.TRAIN)
    withdrawal.receive(statement, Keyring())
    record.unlink()
    assert "revoked" in refusal(warrant), "a statement that this machine was given counts without the file"


def test_a_record_that_was_edited_or_exchanged_in_the_project_stops_it(desk: Desk) -> None:
    warrant = desk.cleared(desk.record("anna", desk.anna))
    kept = warrant.grounds[0].record
    text = kept.read_text()
    kept.write_text(text.replace('"sublicense": false', '"sublicense": true'))
    assert "it was changed after anna signed it" in refusal(warrant)
    write(kept, read_record(desk.record("other", desk.anna)))
    assert "is not the record that this work was begun with" in refusal(warrant)
    kept.write_text("{}")
    assert "is not a consent record" in refusal(warrant)
    kept.unlink()
    with pytest.raises(BadInputError, match="There is no file"):
        warrant.demand(Purpose.TRAIN)


def test_other_footage_under_an_old_warrant_is_told(desk: Desk) -> None:
    value = desk.cleared(desk.record("anna", desk.anna)).to_json()
    value["grounds"][0]["material"]["sha256"] = "00" * 32
    assert "does not speak of the footage" in refusal(Warrant.from_json(value))


@pytest.mark.parametrize("value", [None, {}, {"grounds": 3}, {"grounds": [{}], "plate_reason": None}, []])
def test_a_damaged_warrant_is_one_sentence(value: Any) -> None:
    with pytest.raises(BadInputError, match="damaged"):
        Warrant.from_json(value)


def test_a_model_names_its_record_and_goes_with_no_other(desk: Desk) -> None:
    record = desk.record("anna", desk.anna)
    metadata = desk.cleared(record).metadata()
    assert all(isinstance(text, str) for text in metadata.values())
    assert "anna" not in json.dumps(metadata)
    (told,) = consents_of(metadata)
    payload = read_record(record).payload
    assert (told.part, told.id, told.sha256, told.kind) == ("likeness", payload.id, digest(payload), "self")
    check_model(metadata, [hold(record)])
    with pytest.raises(ConsentError, match="was trained by another consent record"):
        check_model(metadata, [hold(desk.record("bert", desk.anna))])


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1]", '[{"part":"x"}]', "[" * 9999, "null", "3.5"])
def test_a_model_that_names_nobody_is_not_used(text: str) -> None:
    metadata = {"understudy.consent": text}
    assert consents_of(metadata) == ()
    with pytest.raises(ConsentError, match="Nothing in this model says who agreed"):
        check_model(metadata, [])


def test_the_log_tells_of_a_training_and_of_what_came_of_it(desk: Desk) -> None:
    record = desk.record("anna", desk.anna)
    warrant = desk.cleared(record)
    model = desk.folder / "model.safetensors"
    save_file({"weights": np.zeros(3, np.float32)}, model, warrant.metadata())
    note_model(desk.project, "train-begun", warrant, engine="guided", settings={"budget": 3.5})
    note_model(desk.project, "train", warrant, engine="guided", settings={"budget": 3.5}, model=model)
    log = examine(desk.project)
    assert log.intact
    begun, ended = log.entries
    assert (begun.what, begun.outputs, begun.model_sha256) == ("train-begun", (), None)
    assert ended.model_sha256 == ended.outputs[0].sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert [(one.part, one.id) for one in ended.records] == [("likeness", read_record(record).payload.id)]
    assert [one.id for one in consents_of(metadata_of(model))] == [read_record(record).payload.id]


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 8, b"\xff" * 8 + b"{}", b"\x10" + b"\0" * 7 + b"{" * 16, b"\x02" + b"\0" * 7 + b"x"]
)
def test_files_that_are_no_models_are_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(BadInputError, match="is not a model in safetensors form"):
        metadata_of(path)
