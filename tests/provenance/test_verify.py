"""What `verify` says: one verdict each, and nothing that hostile files could make of it."""

import json
import random
import time

import pytest

from tests.provenance.films import read, scene, write
from tests.provenance.signed import PAYLOAD, identity, signed, statement
from understudy.errors import BadInputError
from understudy.mastering.screening import Screening
from understudy.provenance.credentials.formats import sidecar_of
from understudy.provenance.credentials.registry import Registry
from understudy.provenance.credentials.signing import sign
from understudy.provenance.credentials.statement import ConsentNote, Mark
from understudy.provenance.verify.finding import Verdict
from understudy.provenance.verify.inquiry import Known, verify
from understudy.provenance.verify.page import page
from understudy.provenance.watermark.choosing import watermark

MARK = watermark()


def asked(path, who=None, registry=None):
    return verify(path, Screening, MARK, Known(who.root if who else "", registry))


def said(report, topic):
    return [(finding.state, finding.sentence) for finding in report.findings if finding.topic == topic]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A signed, marked master, its registry and its signer."""
    folder = tmp_path_factory.mktemp("house")
    embed = MARK.embedder(PAYLOAD, 540, 960)
    images = [embed(image) for image in scene(21, 10, 960, 540)]
    me = identity(folder / "config")
    bare = write(folder / "bare.mp4", images)
    master = folder / "master.mp4"
    registry = Registry(folder / "masters")
    registry.add(PAYLOAD, sign(bare, master, statement(folder, images), me))
    return master, me, registry, images


def test_a_master_is_trusted(house):
    master, me, registry, _ = house
    report = asked(master, me, registry)
    assert report.verdict is Verdict.TRUSTED
    assert report.payload == PAYLOAD
    assert said(report, "watermark")[0][0] == "good"
    assert "as the credentials say" in said(report, "watermark")[0][1]
    assert said(report, "file") == [("good", "This is exactly the file that was signed.")]
    consent = said(report, "consent")[0][1]
    assert "feature-film" in consent
    assert "name is withheld" in consent
    assert not any(finding.state == "bad" for finding in report.findings)


def test_a_stranger_sees_an_unknown_signer(house):
    assert asked(house[0]).verdict is Verdict.UNKNOWN_SIGNER


def test_one_changed_bit_is_tampering(house, tmp_path):
    master, me, registry, _ = house
    data = bytearray(master.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(data)
    report = asked(changed, me, registry)
    assert report.verdict is Verdict.TAMPERED
    assert said(report, "file")[0][0] == "bad"
    assert said(report, "content")[0][0] == "good"  # the pictures are still those of the record


def test_a_cropped_copy_without_credentials_is_recovered(house, tmp_path):
    master, me, registry, _ = house
    copy = write(tmp_path / "copy.mp4", [image[27:-27, 48:-48] for image in read(master)], crf=24)
    report = asked(copy, me, registry)
    assert report.verdict is Verdict.RECOVERED
    assert report.payload == PAYLOAD
    assert said(report, "consent")
    assert said(report, "record") == [("good", "The record of this mark was signed by Test Studio.")]


def test_without_the_registry_only_the_mark_is_left(house, tmp_path):
    copy = write(tmp_path / "copy.mp4", read(house[0]), crf=24)
    report = asked(copy, house[1], Registry(tmp_path / "empty"))
    assert report.verdict is Verdict.MARKED
    assert report.payload == PAYLOAD


def test_a_mark_copied_onto_other_footage_is_told(house, tmp_path):
    _, me, registry, _ = house
    embed = MARK.embedder(PAYLOAD, 540, 960)
    forged = write(tmp_path / "forged.mp4", [embed(image) for image in scene(22, 10, 960, 540)])
    report = asked(forged, me, registry)
    assert report.verdict is Verdict.MARKED
    assert "its mark is on other footage" in said(report, "content")[0][1]


def test_a_registry_entry_for_another_mark_is_not_believed(house, tmp_path):
    _, me, registry, _ = house
    other = 0xABCD
    poisoned = Registry(tmp_path / "masters")
    poisoned.add(other, registry.find(PAYLOAD))
    embed = MARK.embedder(other, 540, 960)
    film = write(tmp_path / "film.mp4", [embed(image) for image in scene(21, 6, 960, 540)])
    report = asked(film, me, poisoned)
    assert report.verdict is Verdict.MARKED
    assert said(report, "record")[0][0] == "bad"


def test_credentials_that_name_another_mark_are_told(house, tmp_path):
    _, me, _, images = house
    path = signed(tmp_path / "m.mp4", images[:4], me, mark=Mark("org.understudy.spread.1", 7))
    report = asked(path, me)
    assert said(report, "watermark")[0][0] == "bad"
    assert "credentials name another" in said(report, "watermark")[0][1]


def test_plain_footage_gives_nothing(tmp_path):
    report = asked(write(tmp_path / "plain.mp4", scene(3, 3, 640, 360)))
    assert report.verdict is Verdict.NOTHING
    assert report.payload is None


def test_a_sidecar_is_found_beside_the_file(house, tmp_path):
    _, me, _, images = house
    report = asked(signed(tmp_path / "m.mkv", images[:3], me), me)
    assert report.verdict is Verdict.TRUSTED
    assert "m.mkv.c2pa" in said(report, "credentials")[0][1]


@pytest.mark.parametrize("name", ["notes.txt", "empty.mp4", "noise.png", "noise.mp4", "noise.exr", "none"])
def test_any_file_gets_an_answer(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"" if "empty" in name else random.Random(name).randbytes(5000))
    report = asked(path)
    assert report.verdict is Verdict.NOTHING
    assert "No mark could be looked for" in said(report, "watermark")[0][1]


def test_what_is_no_file_is_one_sentence(tmp_path):
    with pytest.raises(BadInputError, match="does not exist"):
        asked(tmp_path / "nothing.mp4")
    with pytest.raises(BadInputError, match="is a folder"):
        asked(tmp_path)


def test_damaged_masters_are_answered_in_bounded_time(house, tmp_path):
    """Bytes changed, cut and put in all over the file: never a crash, and never "trusted"."""
    master, me, _, _ = house
    whole = master.read_bytes()
    dice = random.Random(7)
    path = tmp_path / "damaged.mp4"
    store = slice(whole.find(b"jumb") - 4, whole.find(b"jumb") + 6000)
    started = time.process_time()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            place = dice.randrange(store.start, store.stop)
            data[place] = dice.randrange(256)
        if dice.random() < 0.3:
            del data[dice.randrange(len(data)) :]
        path.write_bytes(data)
        report = verify(path, _no_pictures, MARK, Known(me.root))
        assert report.verdict in (Verdict.TAMPERED, Verdict.NOTHING) or data == whole
    assert time.process_time() - started < 20


def _no_pictures(path):
    raise BadInputError("not looked at.")


def test_a_huge_or_foreign_sidecar_is_no_credential(tmp_path):
    path = write(tmp_path / "plain.mkv", scene(3, 2, 320, 180))
    sidecar_of(path).write_bytes(b"\0" * 100_000)
    assert verify(path, _no_pictures, MARK).verdict is Verdict.TAMPERED
    with sidecar_of(path).open("wb") as file:
        file.truncate(100 << 20)
    assert verify(path, _no_pictures, MARK).verdict is Verdict.NOTHING


def test_the_page_shows_what_files_say_as_text(house, tmp_path):
    _, me, _, images = house
    evil = "<script>alert(1)</script>"
    note = ConsentNote("likeness", evil, "ab" * 32, "self", name=evil)
    html = page(asked(signed(tmp_path / "m.png", images[:1], me, consents=(note,)), me))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert Verdict.TRUSTED.sentence in html
    assert "http" not in html.replace("http-equiv", "")


def test_the_json_holds_everything(house):
    master, me, registry, _ = house
    told = json.loads(json.dumps(asked(master, me, registry).to_json()))
    assert (told["verdict"], told["exit_code"]) == ("trusted", 0)
    assert told["watermark"]["id"] == f"{PAYLOAD:016x}"
    assert {"signature", "file", "signer", "time", "consent", "source"} <= {
        one["topic"] for one in told["findings"]
    }


def test_exit_codes_are_those_of_the_manual():
    assert {verdict.name: verdict.exit_code for verdict in Verdict} == {
        "TRUSTED": 0,
        "UNKNOWN_SIGNER": 1,
        "RECOVERED": 3,
        "MARKED": 3,
        "TAMPERED": 4,
        "NOTHING": 5,
    }
