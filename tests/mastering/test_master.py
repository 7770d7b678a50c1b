"""Masters from beginning to end: consent asked again, marked, signed, and told by `verify`."""

import json
from datetime import timedelta

import av
import pytest

from tests.provenance.consents import key, licence
from tests.provenance.films import read, scene, write
from tests.provenance.signed import identity
from understudy.errors import BadInputError, ConsentError, OutputError
from understudy.mastering.label import labelled
from understudy.mastering.master import House, MasterRequest, master
from understudy.mastering.permission import Publication
from understudy.mastering.screening import Screening
from understudy.project.folder import Project, default_folder
from understudy.provenance.consent import withdrawal
from understudy.provenance.consent.drafting import unsigned
from understudy.provenance.consent.material import digest_files, of_files
from understudy.provenance.consent.reading import write as write_record
from understudy.provenance.consent.signing import digest, sign
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.credentials.reading import read_credentials
from understudy.provenance.credentials.registry import Registry
from understudy.provenance.verify.finding import Verdict
from understudy.provenance.verify.inquiry import Known, verify
from understudy.provenance.watermark.choosing import watermark

MARK = watermark()


class Work:
    """A film as a swap leaves it, with its project and a record that both performers have signed."""

    def __init__(self, folder, **changes):
        self.folder = folder
        self.film = write(folder / "out.mp4", scene(4, 6, 640, 360))
        self.anna, self.shot = folder / "anna.mp4", folder / "shot.mp4"
        for seed, path in enumerate((self.anna, self.shot)):
            write(path, scene(seed, 2, 320, 180))
        material = tuple(of_files(path.name, digest_files([path])) for path in (self.anna, self.shot))
        draft = licence(material=material, parts=("likeness", "plate"), **changes)
        record = sign(unsigned(draft), key("jane"), "subject", "Jane Performer")
        self.record = sign(record, key("studio"), "grantee", "Example Studio")
        settings = {"likeness": [str(self.anna)], "plate": str(self.shot), "engine": "warp", "seed": 1}
        with Project(default_folder(self.film)) as project, project.run("swap", settings, self.film):
            pass
        self.consent = default_folder(self.film) / "consent"
        self.consent.mkdir()
        self.note("granted", [self.record])
        self.house = House(identity(folder / "config"), MARK, Registry(folder / "masters"))

    def note(self, standing, records):
        summaries = [
            {"id": one.payload.id, "sha256": digest(one.payload), "kind": one.payload.kind} for one in records
        ]
        for one in records:
            write_record(self.consent / f"{digest(one.payload)}.consent.json", one)
        noted = {"standing": standing, "likeness": summaries, "plate": summaries, "plate_reason": None}
        (self.consent / "out.mp4.json").write_text(json.dumps(noted))

    def master(self, name="master.mp4", **more):
        return master(MasterRequest(self.film, self.folder / name, **more), self.house)

    def verdict(self, path):
        known = Known(self.house.identity.root, self.house.registry)
        return verify(path, Screening, MARK, known)


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path)


def left(work):
    return sorted(
        path.name for path in work.folder.iterdir() if "part" in path.name or "master." in path.name
    )


def test_a_master_is_trusted_and_tells_its_mark(work):
    made = work.master()
    assert made.mark_found
    report = work.verdict(made.output)
    assert (report.verdict, report.payload) == (Verdict.TRUSTED, made.payload)
    found = read_credentials(made.output, anchors=work.house.identity.root)
    assert [note.part for note in found.consents] == ["likeness", "plate"]
    assert all(note.name is None for note in found.consents)
    assert {file["sha256"] for file in found.files} == {
        digest_files([path]).sha256 for path in (work.anna, work.shot)
    }
    assert b"Jane" not in made.output.read_bytes()
    assert left(work) == ["master.mp4"]


def test_a_re_encoded_and_cropped_copy_leads_back_to_the_record(work):
    made = work.master()
    copy = write(work.folder / "copy.mp4", [image[18:-18, 32:-32] for image in read(made.output)], crf=20)
    report = work.verdict(copy)
    assert (report.verdict, report.payload) == (Verdict.RECOVERED, made.payload)


@pytest.mark.parametrize("name", ["master.mkv", "master.png", "master.jpg", "master.tif"])
def test_other_kinds_are_trusted_too(work, name):
    made = work.master(name)
    assert (made.sidecar is not None) == name.endswith(".mkv")
    assert work.verdict(made.output).verdict is Verdict.TRUSTED


def test_each_master_has_a_number_of_its_own(work):
    assert work.master("a.mp4").payload != work.master("b.mp4").payload


def test_sound_goes_along(work):
    import numpy as np

    with av.open(str(work.film)) as pictures, av.open(str(work.folder / "sound.mp4"), "w") as film:
        video = film.add_stream_from_template(pictures.streams.video[0])
        audio = film.add_stream("aac", rate=48000)
        for packet in pictures.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                film.mux(packet)
        tone = av.AudioFrame.from_ndarray(np.zeros((2, 9600), np.float32), format="fltp", layout="stereo")
        tone.sample_rate = 48000
        film.mux([*audio.encode(tone), *audio.encode(None)])
    (work.folder / "sound.mp4").replace(work.film)
    settings = {"likeness": [str(work.anna)], "plate": str(work.shot), "engine": "warp"}
    with Project(default_folder(work.film)) as project, project.run("swap", settings, work.film):
        pass
    with av.open(str(work.master().output)) as made:
        assert [stream.codec_context.name for stream in made.streams.audio] == ["aac"]


def test_without_a_record_nothing_is_mastered(work):
    work.note("preview", [])
    with pytest.raises(ConsentError, match="preview and cannot be mastered"):
        work.master()
    (work.consent / "out.mp4.json").unlink()
    with pytest.raises(ConsentError, match="without a consent record"):
        work.master()
    assert left(work) == []


def test_a_revoked_record_stops_it(work):
    revocation = withdrawal.revoke(work.record, key("jane"))
    path = work.consent / f"{digest(work.record.payload)}{withdrawal.SUFFIX}"
    write_record(path, revocation)
    with pytest.raises(ConsentError, match="revoked"):
        work.master()
    assert left(work) == []


def test_an_expired_record_stops_it(tmp_path, monkeypatch):
    work = Work(tmp_path)
    end = work.record.payload.term.end
    from understudy.provenance.consent import checking

    monkeypatch.setattr(checking, "now", lambda: end + timedelta(days=1))
    with pytest.raises(ConsentError, match="expired"):
        work.master()


def test_an_edited_record_stops_it(work):
    path = next(work.consent.glob("*.consent.json"))
    path.write_text(path.read_text().replace("stunt double", "other person"))
    with pytest.raises(ConsentError, match="changed after"):
        work.master()


def test_a_medium_that_was_not_granted_stops_it(work):
    with pytest.raises(ConsentError, match="game"):
        work.master(publication=Publication(medium="game"))


def test_footage_that_was_exchanged_stops_it(work):
    write(work.anna, scene(77, 2, 320, 180))
    with pytest.raises(ConsentError, match=r"anna\.mp4 is not, or no longer, the footage"):
        work.master()


def test_a_film_that_was_changed_after_the_swap_is_refused(work):
    write(work.film, scene(5, 6, 640, 360))
    with pytest.raises(BadInputError, match="not as the project"):
        work.master()


def test_the_film_itself_and_odd_kinds_are_refused(work):
    with pytest.raises(BadInputError, match="the film itself"):
        work.master("out.mp4")
    with pytest.raises(BadInputError, match=r"\.gif"):
        work.master("master.gif")


def test_nothing_is_left_where_signing_fails(work):
    me = work.house.identity
    work.house = House(Identity(me.algorithm, me.root, me.sign), MARK, work.house.registry)
    with pytest.raises(OutputError, match=r"could not be signed|not valid"):
        work.master()
    assert left(work) == []
    assert not list(work.folder.glob("masters/*"))


def test_a_label_is_shown_where_it_is_asked_for(work):
    plain, shown = (
        next(read(work.master(name, label=label).output))
        for name, label in (("a.mp4", False), ("b.mp4", True))
    )
    lower = (slice(310, 356), slice(8, 120))
    assert shown[lower].std() > plain[lower].std() + 10
    assert abs(shown[:250].astype(int) - plain[:250]).max() < 40


def test_a_label_keeps_the_rest_of_the_picture():
    image = scene(1, 1, 640, 360)[0]
    shown = labelled(image)
    changed = (shown != image).any(axis=2)
    assert changed[320:345, 20:100].mean() > 0.5
    assert not changed[:280].any()
    assert not changed[:, 480:].any()
