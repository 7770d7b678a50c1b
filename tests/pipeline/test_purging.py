"""A person's faces deleted from a project: all of theirs, nothing of others', and the log tells it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from tests.media.barcode_clips import write_picture
from understudy.cli import app
from understudy.errors import BadInputError, OutputError
from understudy.pipeline import purging
from understudy.pipeline.consenting import bind
from understudy.pipeline.material import hashed
from understudy.pipeline.purging import purge
from understudy.pipeline.records import load
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult
from understudy.pipeline.session import Session
from understudy.progress import SilentProgress
from understudy.project.folder import Project
from understudy.project.recipe import Recipe
from understudy.provenance.audit.examining import examine
from understudy.provenance.consent.drafting import own, unsigned
from understudy.provenance.consent.reading import write
from understudy.provenance.consent.signing import sign
from understudy.provenance.consent.warrant import Warrant
from understudy.provenance.keys import Keyring


class Studio:
    """A project in which runs have used stills of several people, each with a record."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.project = folder, folder / "project"
        random = np.random.default_rng(2)
        self.people = {
            name: write_picture(folder / f"{name}.png", random.integers(0, 255, (16, 16, 3), np.uint8))
            for name in ("anna", "bert", "carl", "dora")
        }
        self.records = {name: self._record(name) for name in ("anna", "bert", "carl")}

    def _record(self, name: str) -> Path:
        path = self.folder / f"{name}.consent.json"
        draft = own(name.title(), [hashed(self.people[name])], adult=True)
        write(path, sign(unsigned(draft), Keyring().signing_key(), "subject", name.title()))
        return path

    def run(self, likeness: str, plate: str, *, preview: bool = False) -> Warrant | None:
        """What a swap leaves, in a few bytes: each clip's faces, and what is made of both."""
        output = self.folder / f"{likeness}-onto-{plate}.mp4"
        records = [] if preview else [self.records[likeness]]
        others = [] if preview else [self.records[plate]]
        with (
            Project(self.project) as project,
            project.run("swap", {}, output) as run,
            Session(project, run, SilentProgress()) as session,
        ):
            clips = [session.open(self.people[name]) for name in (likeness, plate)]
            permission = bind(session, load(records, others), clips[:1], clips[1])
            faces = []
            for name, clip in zip((likeness, plate), clips, strict=True):
                recipe = Recipe("faces", 1, {}, {"clip": clip.digest})
                session.stage(
                    recipe, "faces", 1, lambda stage, task, name=name: _leave(stage, f"FACE {name}")
                )
                faces.append(recipe.hash)
                project.catalog.record_clip(
                    clip.info.path,
                    [clip.info.path],
                    clip.digest,
                    frames=1,
                    rate=clip.info.rate,
                    width=16,
                    height=16,
                )
            recipe = Recipe("render", 1, {}, dict(zip("ab", faces, strict=True)))
            session.stage(
                recipe, "render", 1, lambda stage, task: _leave(stage, f"FACE {likeness} on {plate}")
            )
            output.write_bytes(b"film")
            if preview:
                return None
            permission.keep(project.folder, output)
            return permission.warrant(project.folder)

    def model(self, name: str, metadata: Mapping[str, str] | None) -> Path:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"weights": np.zeros(4, np.float32)}, path, dict(metadata) if metadata else None)
        return path

    def faces(self) -> set[str]:
        """Everybody whose face is somewhere in the project."""
        texts = [path.read_bytes() for path in self.project.rglob("*") if path.is_file()]
        return {name for name in self.people if any(f"FACE {name}".encode() in text for text in texts)}


def _leave(stage, text: str) -> int:
    with stage.writing("faces.txt") as path:
        path.write_text(text)
    return 1


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def test_all_of_one_persons_goes_and_others_stay(studio: Studio) -> None:
    warrants = [studio.run("anna", "bert"), studio.run("carl", "bert"), studio.run("bert", "carl")]
    hers, his = warrants[0].metadata(), warrants[1].metadata()
    model, other = studio.model("models/anna.safetensors", hers), studio.model("models/carl.safetensors", his)
    model.with_suffix(".json").write_text("{}")
    checkpoint = studio.model("checkpoints/000100/weights.safetensors", hers)
    (checkpoint.parent / "state.json").write_text("FACE anna")
    trainings = studio.project / "training"
    studio.model("training/anna-1/last/weights.safetensors", hers)
    (trainings / "anna-1" / "previews").write_text("FACE anna")
    for name, warrant in (("anna-2", warrants[0]), ("carl-1", warrants[1])):
        (trainings / name).mkdir()
        (trainings / name / "training.json").write_text(json.dumps({"warrant": warrant.to_json()}))
    (trainings / "anna-2" / "previews").write_text("FACE anna")
    (trainings / "foreign").mkdir()
    unclear = studio.model("models/foreign.safetensors", None)
    (studio.project / "stages" / ".part-half.png").write_text("FACE anna")
    shown = studio.project / "studio" / "faces" / "likeness-1" / "0000001.jpg"
    shown.parent.mkdir(parents=True)
    shown.write_text("FACE anna")
    purged = purge(studio.project, "Anna")
    assert "anna" not in studio.faces()
    assert {"bert", "carl"} <= studio.faces(), "what Carl's runs need is there"
    assert not model.exists()
    assert not model.with_suffix(".json").exists()
    assert not checkpoint.parent.exists()
    assert other.exists()
    assert unclear.exists()
    assert sorted(path.name for path in trainings.iterdir()) == ["carl-1", "foreign"]
    assert purged.unclear == ("models/foreign.safetensors", "training/foreign")
    assert purged.films == (str(studio.folder / "anna-onto-bert.mp4"),)
    assert purged.forgotten == 1
    assert list(studio.project.glob("consent/*.consent.json")), "the proof of the consent stays"


def test_the_log_tells_what_is_gone(studio: Studio) -> None:
    studio.run("anna", "bert")
    face = next(studio.project.glob("stages/faces-*"))
    purge(studio.project, "anna")
    log = examine(studio.project)
    assert log.intact
    begun, ended = log.entries
    assert (begun.what, ended.what) == ("purge-begun", "purge")
    listed = {one["path"]: one for one in begun.details["to_delete"]}
    assert listed[f"stages/{face.name}"]["files"] >= 3
    assert all(len(one["sha256"]) == 64 for one in listed.values())
    assert ended.details["still_there"] == []
    assert ended.details["deleted"] == len(listed)
    assert [one.kind for one in ended.records] == ["self"]
    assert "anna" not in (studio.project / "audit.jsonl").read_text().lower()


def test_previews_and_whatever_is_not_known_to_be_others_goes_too(studio: Studio) -> None:
    studio.run("carl", "bert")
    studio.run("dora", "bert", preview=True)
    studio.run("anna", "bert", preview=True)
    studio.run("anna", "carl")
    purge(studio.project, "anna")
    assert studio.faces() & {"anna", "dora"} == set()


def test_a_plate_with_a_reason_in_place_of_a_record_goes_with_its_person(studio: Studio) -> None:
    """Her clip was the plate of Carl's swap, for a reason that was given; another run tells whose it is."""
    studio.run("anna", "bert")
    with (
        Project(studio.project) as project,
        project.run("swap", {}, studio.folder / "x.mp4") as run,
        Session(project, run, SilentProgress()) as session,
    ):
        clips = [session.open(studio.people[name]) for name in ("carl", "anna")]
        bind(session, load([studio.records["carl"]], [], "a reason"), clips[:1], clips[1])
        session.stage(
            Recipe("faces", 2, {}, {"clip": clips[1].digest}),
            "",
            1,
            lambda stage, task: _leave(stage, "FACE anna"),
        )
    purge(studio.project, "anna")
    assert "anna" not in studio.faces()


def test_a_purge_that_was_stopped_goes_on(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.run("carl", "bert")
    studio.run("anna", "carl")
    remove, gone = purging._remove, []

    def stopped(path: Path) -> None:
        if len(gone) == 2:
            raise OutputError("stopped.")
        gone.append(path)
        remove(path)

    with monkeypatch.context() as patch:
        patch.setattr(purging, "_remove", stopped)
        with pytest.raises(OutputError):
            purge(studio.project, "anna")
    assert [entry.what for entry in examine(studio.project).entries] == ["purge-begun"]
    purge(studio.project, "anna")
    assert "anna" not in studio.faces()
    log = examine(studio.project)
    assert log.intact
    assert [entry.what for entry in log.entries] == ["purge-begun", "purge-begun", "purge"]


def test_everybody(studio: Studio) -> None:
    warrant = studio.run("anna", "bert")
    studio.run("dora", "carl", preview=True)
    studio.model("models/foreign.safetensors", None)
    studio.model("models/anna.safetensors", warrant.metadata())
    (studio.project / "facesets").mkdir()
    (studio.project / "facesets" / "a.bin").write_text("FACE dora")
    purged = purge(studio.project, None)
    assert studio.faces() == set()
    assert not list(studio.project.glob("stages/*"))
    assert not (studio.project / "models").exists()
    assert purged.unclear == ()
    assert examine(studio.project).entries[-1].details["everybody"] is True


@pytest.mark.parametrize("subject", ["Nobody Known", "", "../../.."])
def test_who_is_not_known_is_one_sentence(studio: Studio, subject: str) -> None:
    studio.run("anna", "bert")
    with pytest.raises(BadInputError, match="only of Anna, Bert: give that name"):
        purge(studio.project, subject)
    assert {"anna", "bert"} <= studio.faces()


def test_links_are_removed_and_not_followed(studio: Studio) -> None:
    studio.run("anna", "bert")
    outside = studio.folder / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("keep")
    (next(studio.project.glob("stages/faces-*")) / "link").symlink_to(outside)
    (studio.project / "stages" / "linked").symlink_to(outside)
    purge(studio.project, None)
    assert (outside / "keep.txt").exists()
    assert not list(studio.project.glob("stages/*"))


def test_on_the_command_line(studio: Studio) -> None:
    studio.run("anna", "bert")

    def run(*words: object, answer: str = ""):
        return CliRunner().invoke(app, ["project", "purge", *map(str, words)], input=answer)

    assert run(studio.project).exit_code == 2
    assert run(studio.project, "--subject", "Anna", "--everybody").exit_code == 2
    assert run(studio.folder / "none", "--everybody", "--yes").exit_code == 2
    assert run(studio.project, "--subject", "Anna", answer="n\n").exit_code == 1
    assert "anna" in studio.faces()
    said = run(studio.project, "--subject", "Anna", "--json", studio.folder / "told.json", answer="y\n")
    assert said.exit_code == 0
    assert "still there, since films made within a term may stay" in said.output
    assert json.loads((studio.folder / "told.json").read_text())["forgotten_clips"] == 1
    assert "anna" not in studio.faces()
    audit = CliRunner().invoke(app, ["audit", str(studio.project)])
    assert audit.exit_code == 0
    assert "purge, by you" in audit.output


def test_a_real_project_holds_no_face_afterwards(
    swapped: tuple[SwapRequest, SwapResult], folder: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(folder / "project", project)
    names = {path.name.rpartition("-")[0] for path in project.glob("stages/*")}
    assert {"faces", "render", "material"} <= names
    purge(project, "Nobody")
    assert not list(project.glob("stages/*")), "all of it was Nobody's"
    assert not [
        path for path in project.rglob("*") if path.suffix in (".png", ".npz", ".mkv", ".safetensors")
    ]
