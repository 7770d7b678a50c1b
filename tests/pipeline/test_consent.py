"""Swaps with and without consent: what is refused, what is marked, what is kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.media.barcode_clips import write_picture
from tests.pipeline.agreed import drawn
from tests.pipeline.films import SIZE, Take, film, frames_of
from understudy.errors import BadInputError, ConsentError
from understudy.faces.people import identity
from understudy.media import open_clip
from understudy.performers import cast
from understudy.pipeline.material import declare, hashed
from understudy.pipeline.preview import Preview
from understudy.pipeline.records import PERFORMERS
from understudy.pipeline.request import SwapRequest, validate
from understudy.pipeline.swap import swap
from understudy.provenance.audit.examining import examine
from understudy.provenance.consent import withdrawal
from understudy.provenance.consent.drafting import own, unsigned
from understudy.provenance.consent.material import digest_files
from understudy.provenance.consent.reading import read_record, write
from understudy.provenance.consent.record import Record
from understudy.provenance.consent.signing import sign
from understudy.provenance.consent.values import now
from understudy.provenance.credentials.identity import own_identity
from understudy.provenance.credentials.sidecar import json_sidecar_of, read_sidecar
from understudy.provenance.keys import Keyring
from understudy.takes import take as slated
from understudy.takes.slate import Slate, write_slate


@dataclass(frozen=True)
class Desk:
    """A likeness and a plate, and the means to make records of them."""

    folder: Path
    request: SwapRequest

    def record(self, name: str, *footage: Path, **more) -> Path:
        path = self.folder / f"{name}.consent.json"
        reference = more.pop("reference_face", None)
        material = [hashed(each) for each in footage]
        if reference is not None:
            material.append(hashed(reference, reference_face=True))
        draft = own("Anna", material, adult=True, **more)
        write(path, sign(unsigned(draft), Keyring().signing_key(), "subject", "Anna"))
        return path

    @property
    def both(self) -> tuple[Path, Path]:
        return self.request.likeness[0], self.request.plate

    def refusal(self, **changes) -> str:
        """What is said, before the plate was even analysed."""
        with pytest.raises(ConsentError) as caught:
            swap(replace(self.request, **changes))
        assert caught.value.exit_code == 3
        assert not self.request.output.exists()
        assert not list(self.request.project_folder.glob("stages/faces-*"))
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path, likeness: Path, small: Path) -> Desk:
    return Desk(tmp_path, SwapRequest((likeness,), small, tmp_path / "out.mkv", codec="ffv1"))


def test_without_a_record_every_replaced_face_is_marked(desk: Desk, folder: Path, marco: Take) -> None:
    project = folder / "project"
    plain = replace(desk.request, project=project, output=desk.folder / "plain.mkv")
    swap(replace(plain, consent=(drawn(desk.folder / "drawn.json", desk.both),)))
    preview = replace(plain, output=desk.folder / "preview.mkv", contact_sheet=desk.folder / "sheet.png")
    result = swap(preview)
    assert result.consent == {"standing": "preview", "likeness": [], "plate": [], "plate_reason": None}
    assert [stage.name for stage in result.stages if not stage.skipped] == ["render"]
    for marked, clean, landmarks in zip(
        frames_of(preview.output), frames_of(plain.output), marco.landmarks, strict=False
    ):
        changed = (marked != clean).any(-1)
        low, high = landmarks[:, :2].min(0).astype(int), landmarks[:, :2].max(0).astype(int)
        face = changed[low[1] : high[1], low[0] : high[0]]
        assert face.mean() > 0.25
        assert face.any(1).mean() > 0.4, "the mark should cross the face"
        assert changed.mean() < 0.6
    assert np.array_equal(frames_of(preview.output)[0][:8], frames_of(plain.output)[0][:8])


def test_a_preview_is_small(desk: Desk, folder: Path, marco: Take) -> None:
    wide = [np.pad(image, ((172, 172), (400, 400), (0, 0)), "edge") for image in marco.images[:3]]
    plate = film(desk.folder / "wide.mp4", wide)
    result = swap(
        replace(
            desk.request,
            plate=plate,
            contact_sheet=desk.folder / "sheet.png",
            compare=desk.folder / "compare.mp4",
        )
    )
    for path in (result.output, desk.folder / "compare.mp4"):
        with open_clip(path) as clip:
            assert (clip.info.width, clip.info.height) == (950, 540)
    assert (desk.folder / "sheet.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1920, 1080), (960, 540)),
        ((1080, 1920), (540, 960)),
        ((4096, 1716), (960, 402)),
        ((2000, 2000), (540, 540)),
        ((960, 540), (960, 540)),
        ((641, 333), (641, 333)),
        ((100, 4000), (24, 960)),
    ],
)
def test_540p_whichever_way_it_is_turned(desk: Desk, size, shown) -> None:
    with open_clip(desk.request.plate) as clip:
        preview = Preview.of(replace(clip.info, width=size[0], height=size[1]))
    assert (preview.width, preview.height) == shown


def test_with_a_record_for_both_the_picture_is_whole_and_the_record_is_kept(desk: Desk) -> None:
    record = desk.record("anna", *desk.both)
    result = swap(replace(desk.request, consent=(record,)))
    held = read_record(record)
    assert result.consent["standing"] == "granted"
    assert [told["id"] for told in result.consent["likeness"]] == [held.payload.id]
    assert "Anna" not in json.dumps(result.to_json()["consent"])
    kept = desk.request.project_folder / "consent"
    (copy,) = kept.glob("*.consent.json")
    assert read_record(copy) == held
    noted = json.loads((kept / "out.mkv.json").read_text())
    assert {one.pop("given") for one in noted["likeness"] + noted["plate"]} == {str(record)}
    assert noted == result.consent
    _assert_attested(desk.request, held)


def _assert_attested(request: SwapRequest, record: Record) -> None:
    """The working file carries a signed sidecar, and the log tells of it."""
    identity_of_user = own_identity(Keyring())
    found = read_sidecar(request.output, digest_files([request.output]).sha256, identity_of_user.root)
    assert found is not None
    assert (found.intact, found.trusted, found.failures) == (True, True, ())
    assert found.making["standing"] == "granted"
    assert {note.id for note in found.consents} == {record.payload.id}
    assert {file["role"]: file["sha256"] for file in found.files} == {
        "likeness": digest_files([request.likeness[0]]).sha256,
        "plate": digest_files([request.plate]).sha256,
    }
    assert "Anna" not in json_sidecar_of(request.output).read_text()
    log = examine(request.project_folder)
    (line,) = log.entries
    assert log.intact
    assert (line.what, line.engine, line.settings["codec"]) == ("swap", "warp", "ffv1")
    assert [(one.name, one.sha256) for one in line.outputs] == [
        (request.output.name, digest_files([request.output]).sha256)
    ]
    assert {(one.part, one.id) for one in line.records} == {
        ("likeness", record.payload.id),
        ("plate", record.payload.id),
    }
    assert str(request.likeness[0].parent) not in line.line.decode(), "names of footage stay out"


def test_footage_that_the_record_does_not_name(desk: Desk) -> None:
    likeness, plate = desk.both
    record = desk.record("anna", plate)
    assert desk.refusal(consent=(record,)) == (
        f"{likeness.name} is not the footage that anna.consent.json speaks of: give the record of this "
        "likeness, or swap without one to see a preview."
    )
    other = desk.record("other", plate)
    assert "that anna.consent.json nor other.consent.json speak of" in desk.refusal(consent=(record, other))


def test_the_plates_performer_is_asked_too(desk: Desk) -> None:
    likeness, plate = desk.both
    record = desk.record("anna", likeness)
    said = desk.refusal(consent=(record,))
    assert said.startswith(f"{plate.name} is not the footage that anna.consent.json speaks of")
    data = read_record(record)
    only_shown = data.payload.model_copy(
        update={"use": data.payload.use.model_copy(update={"parts": ("likeness",)})}
    )
    signed = sign(data.model_copy(update={"payload": only_shown}), Keyring().signing_key(), "subject", "Anna")
    write(record, signed)
    assert f"Nothing says that the performer of {plate.name} agreed" in desk.refusal(consent=(record,))
    assert "anna.consent.json: Anna has not agreed that their face is replaced" in desk.refusal(
        consent=(record,), plate_consent=(record,)
    )
    result = swap(replace(desk.request, consent=(record,), plate_reason="The plate was drawn."))
    assert result.consent["plate_reason"] == "The plate was drawn."
    assert result.consent["plate"] == []


def test_records_that_are_not_valid(desk: Desk) -> None:
    expired = desk.record("anna", *desk.both, days=1, begin=now() - timedelta(days=2))
    assert "anna.consent.json: the consent of Anna has expired on" in desk.refusal(consent=(expired,))
    revoked = desk.record("bert", *desk.both)
    statement = withdrawal.revoke(read_record(revoked), Keyring().signing_key())
    write(withdrawal.beside(revoked), statement)
    assert "bert.consent.json: the consent of Anna is revoked since" in desk.refusal(consent=(revoked,))
    edited = desk.record("cora", *desk.both)
    edited.write_text(edited.read_text().replace('"sublicense": false', '"sublicense": true'))
    assert "cora.consent.json: it was changed after Anna signed it" in desk.refusal(consent=(edited,))


def test_research_is_said_to_be_research(desk: Desk) -> None:
    record = desk.folder / "research.json"
    declare("research", "A set", "https://example.org", desk.both, record, declarant="Lab")
    result = swap(replace(desk.request, consent=(record,)))
    assert result.consent["standing"] == "research"
    with open_clip(desk.request.plate) as plate, open_clip(result.output) as output:
        assert (plate.info.width, plate.info.height) == (output.info.width, output.info.height)


def test_the_project_may_name_records(desk: Desk) -> None:
    desk.record("anna", *desk.both)
    project = desk.request.project_folder
    project.mkdir()
    (project / "project.toml").write_text('[consent]\nlikeness = ["../anna.consent.json"]\n')
    assert swap(desk.request).consent["standing"] == "granted"
    text = '[consent]\nlikeness = ["../anna.consent.json"]\nproduction = "OTHER"\n'
    (project / "project.toml").write_text(text)
    assert swap(desk.request).consent["standing"] == "granted", "one's own face goes anywhere"


def test_what_is_wrong_is_said_before_anything_is_created(desk: Desk) -> None:
    (desk.folder / "none.json").write_text("{}")
    for change, error, words in (
        ({"consent": (desk.folder / "none.json",)}, ConsentError, "is not a consent record"),
        ({"consent": (desk.folder / "gone.json",)}, BadInputError, "There is no file"),
        ({"plate_reason": " "}, BadInputError, "--plate-reason is empty"),
    ):
        with pytest.raises(error, match=words):
            validate(replace(desk.request, **change))
    record = desk.record("anna", *desk.both)
    with pytest.raises(BadInputError, match="is also an input"):
        validate(replace(desk.request, consent=(record,), contact_sheet=record))
    assert not desk.request.project_folder.exists()


@pytest.mark.skipif(not identity.available(), reason="the extra `identity` is not installed")
def test_strangers_in_the_likeness_are_named(desk: Desk, arjun: Take, elin: Take) -> None:
    face = write_picture(desk.folder / "face.png", arjun.images[0])
    result = swap(replace(desk.request, consent=(desk.record("anna", *desk.both, reference_face=face),)))
    assert result.warnings == ()
    stranger = write_picture(desk.folder / "stranger.png", elin.images[0])
    record = desk.record("bert", *desk.both, reference_face=stranger)
    request = replace(desk.request, consent=(record,), output=desk.folder / "other.mkv")
    with pytest.raises(ConsentError, match=r"arjun\.mp4, frames 0-19, shows somebody else than the ref"):
        swap(request)
    stranger.unlink()
    (warning,) = swap(request).warnings
    assert warning == "The reference face of bert.consent.json is not beside it: strangers cannot be told."


def test_takes_of_the_performers_go_by_their_own_record(desk: Desk, arjun: Take, marco: Take) -> None:
    request = replace(desk.request, consent=(Path(PERFORMERS),))
    assert "is not the footage that performers.consent.json speaks of" in desk.refusal(
        consent=request.consent
    )
    for clip, take in zip(desk.both, (arjun, marco), strict=True):
        shutil.copy(clip, desk.folder)
        (who,) = cast(take.name)
        slate = Slate(slated.Take(who, take.performance, frames=len(take.images), size=SIZE))
        write_slate(desk.folder / clip.name, slate)
    likeness, plate = (desk.folder / clip.name for clip in desk.both)
    result = swap(replace(request, likeness=(likeness,), plate=plate))
    assert result.consent["standing"] == "granted"
    assert [stage.name for stage in result.stages].count("take") == 2
    again = swap(replace(request, likeness=(likeness,), plate=plate))
    assert [stage.name for stage in again.stages if not stage.skipped] == []
