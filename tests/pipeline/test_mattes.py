"""Learned mattes from end to end: labelled, trained by consent, applied, and taken away without a trace."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors import safe_open
from typer.testing import CliRunner

from tests.pipeline.agreed import agreed, drawn
from tests.pipeline.films import frames_of
from understudy.cli import app
from understudy.errors import BadInputError, ConsentError
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.mattes import finding
from understudy.mattes.labels import LabelledFace, Labels, read_labels
from understudy.mattes.network import Shape, generic_start, read_network
from understudy.pipeline.cast import Part
from understudy.pipeline.mattes.applying import apply_matte, remove_matte
from understudy.pipeline.mattes.labelling import label
from understudy.pipeline.mattes.plates import PlateRequest
from understudy.pipeline.mattes.training import MatteTrained, MatteTraining, train_matte
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.swap import swap
from understudy.project.settings import TrainingTable
from understudy.provenance.audit.examining import examine
from understudy.provenance.consent.warrant import consents_of
from understudy.training.weights import load_weights

SIZE = 64
Image = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mattes")


@pytest.fixture(scope="module")
def plate(desk: Path, small: Path) -> PlateRequest:
    return PlateRequest(small, desk / "project")


@pytest.fixture(scope="module")
def labels(desk: Path, plate: PlateRequest) -> Path:
    """Eight faces; in six somebody has erased the left third of the picture, one was only looked at."""
    made = label(plate, desk / "labels", 8)
    assert len(made.added) == made.faces == 8
    for number, path in enumerate(made.added):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert picture[..., 3].min() == 255
        if number < 6:
            picture[:, : picture.shape[1] // 3, 3] = 0
        if number < 7:
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return desk / "labels"


@pytest.fixture(scope="module")
def asked(desk: Path, plate: PlateRequest, labels: Path) -> MatteTraining:
    record = drawn(desk / "plate.consent.json", [plate.plate])
    return MatteTraining(
        (labels,),
        (plate.plate,),
        plate.project,
        Shape(SIZE, 4),
        TrainingTable(steps=2, batch=2, precision="fp32"),
        plate_consent=(record,),
    )


@pytest.fixture(scope="module")
def trained(asked: MatteTraining) -> MatteTrained:
    return train_matte(asked)


def test_what_was_labelled_is_learned_by_consent(trained: MatteTrained, asked: MatteTraining) -> None:
    assert (trained.faces, trained.steps) == (7, 2)
    (warning,) = trained.warnings
    assert warning.startswith("1 picture is as given to be labelled")
    assert (trained.folder / "preview.png").exists()
    (file,) = trained.folder.glob("checkpoints/*2/weights.safetensors")
    with safe_open(file, "np") as checkpoint:
        (consent,) = consents_of(checkpoint.metadata() or {})
    assert consent.part == "plate"
    log = examine(asked.project)
    assert log.intact
    assert [(entry.what, entry.engine, entry.settings["steps"]) for entry in log.entries] == [
        ("train-begun", "matte", 0),
        ("train", "matte", 2),
    ]
    assert train_matte(replace(asked, training=TrainingTable(steps=3, batch=2))).steps == 3


def test_nobody_is_learned_from_without_a_record(
    desk: Path, trained: MatteTrained, asked: MatteTraining, likeness: Path
) -> None:
    del trained
    with pytest.raises(ConsentError, match="--plate-consent"):
        train_matte(replace(asked, plate_consent=()))
    other = drawn(desk / "other.consent.json", [likeness])
    with pytest.raises(ConsentError, match="is not the footage"):
        train_matte(replace(asked, plate_consent=(other,)))


def test_labels_that_do_not_fit_are_refused(
    desk: Path, asked: MatteTraining, labels: Path, likeness: Path
) -> None:
    with pytest.raises(BadInputError, match=r"small\.mov and not of arjun"):
        train_matte(replace(asked, plates=(likeness,)))
    (clip,) = read_labels(labels / "mattes.json").clips
    path = desk / "few.json"
    Labels((replace(clip, faces=(LabelledFace(0, clip.faces[0].track),)),)).write(path)
    with pytest.raises(BadInputError, match="1 of the faces is labelled and at least 4"):
        train_matte(replace(asked, labels=(path,)))
    Labels((replace(clip, faces=tuple(LabelledFace(k, 7) for k in range(4))),)).write(path)
    with pytest.raises(BadInputError, match=r"Frame 0 .* no face of track 7"):
        train_matte(replace(asked, labels=(path,)))


def test_labelling_again_adds_what_is_new(plate: PlateRequest, labels: Path) -> None:
    before = (labels / "mattes.json").read_bytes()
    again = label(plate, labels, 8)
    assert again.added == ()
    assert (labels / "mattes.json").read_bytes() == before
    assert label(plate, labels, 10).faces > 8
    (labels / "mattes.json").write_bytes(before)


def _left_half(_: object, images: Image, areas: Image) -> Image:
    """A network that finds the left half of every face covered."""
    cover = areas.copy()
    cover[:, :, images.shape[2] // 2 :] = 0
    return cover


def test_it_changes_the_face_where_it_should_and_is_taken_away_without_a_trace(
    desk: Path,
    plate: PlateRequest,
    likeness: Path,
    trained: MatteTrained,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del trained
    monkeypatch.setattr(finding, "covers", _left_half)
    landmarks: dict[int, npt.NDArray[np.float32]] = {}
    seen = Part.occluder

    def watched(part: Part, row: int, *picture: npt.NDArray[np.float64]) -> npt.NDArray[np.float32] | None:
        landmarks[int(part.faces.frame[row])] = part.faces.landmarks[row]
        return seen(part, row, *picture)  # type: ignore[arg-type]

    monkeypatch.setattr(Part, "occluder", watched)
    request = agreed(
        SwapRequest((likeness,), plate.plate, desk / "out.mkv", project=plate.project, codec="ffv1")
    )
    swap(request)
    bytes_before, before = request.output.read_bytes(), frames_of(request.output)

    made = apply_matte(plate, alone=True)
    assert made.covered == 1.0
    swap(request)
    plates = frames_of(plate.plate)
    for number, (own, free, covered) in enumerate(
        zip(plates, before, frames_of(request.output), strict=True)
    ):
        to_square = aligned_matrix(landmarks[number], SIZE)
        rows, columns = np.mgrid[: own.shape[0], : own.shape[1]]
        across = apply_affine(to_square, np.stack([columns, rows], -1).reshape(-1, 2).astype(float))
        across = across[:, 0].reshape(own.shape[:2]) - (SIZE - 1) / 2
        left, right = across < -6, across > 6
        changed, was = ((np.abs(each.astype(int) - own) > 8).any(-1) for each in (covered, free))
        assert was[left].sum() > 200
        assert changed[left].sum() < 0.02 * was[left].sum()
        assert changed[right].sum() > 0.8 * was[right].sum()

    assert remove_matte(plate.project, plate.plate)
    assert not remove_matte(plate.project, plate.plate)
    assert not list((plate.project / "mattes").glob("*.safetensors"))
    swap(request)
    assert request.output.read_bytes() == bytes_before


def test_a_lost_network_is_told_and_applied_again(
    desk: Path, plate: PlateRequest, likeness: Path, trained: MatteTrained
) -> None:
    del trained
    apply_matte(plate)
    (network,) = (plate.project / "mattes").glob("*.safetensors")
    weights = read_network(network)[1].state_dict()
    network.write_bytes(network.read_bytes()[:100])
    for stage in (plate.project / "stages").glob("matte-*"):
        shutil.rmtree(stage)
    request = agreed(SwapRequest((likeness,), plate.plate, desk / "lost.mkv", project=plate.project))
    with pytest.raises(BadInputError, match="missing or damaged: apply it again"):
        swap(request)
    apply_matte(plate)
    again = read_network(network)[1].state_dict()
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    remove_matte(plate.project, plate.plate)


def test_by_the_commands(desk: Path, plate: PlateRequest, trained: MatteTrained) -> None:
    del trained
    project = ("--project", str(plate.project))
    out = CliRunner().invoke(app, ["matte", "apply", str(plate.plate), *project, "--alone"])
    assert out.exit_code == 0, out.output
    assert "of the faces of small.mov" in out.stdout
    out = CliRunner().invoke(app, ["matte", "remove", str(plate.plate), *project])
    assert out.stdout == "small.mov has no learned matte any more.\n"
    missing = str(desk / "nothing.json")
    out = CliRunner().invoke(app, ["matte", "train", missing, "--on", str(plate.plate), *project, "-q"])
    assert out.exit_code == 3 or "no mattes in" in out.stderr
    out = CliRunner().invoke(app, ["matte", "apply", str(plate.plate), "--project", str(desk / "empty")])
    assert out.exit_code == 2
    assert "There is no trained model" in out.stderr


def test_one_of_the_usual_shape_begins_from_the_performers(
    trained: MatteTrained, asked: MatteTraining
) -> None:
    table = TrainingTable(steps=1, batch=2, precision="fp32", rate=1e-9)
    train_matte(replace(asked, shape=Shape(), training=table, afresh=True))
    start = generic_start(Shape())
    assert start is not None
    learned = load_weights(trained.folder, averaged=False).tensors
    for name, each in start.state_dict().items():
        assert torch.allclose(learned[f"network.{name}"], each, atol=1e-6), name
