"""Credentials written and read again: what holds, what is told, what is not."""

import json
import stat
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import av
import c2pa
import encypher_c2pa
import pytest

from tests.provenance.films import scene
from tests.provenance.signed import ALGORITHM, PAYLOAD, identity, signed, statement
from tests.provenance.studios import Studio
from tests.provenance.time_stamps import Authority
from understudy.errors import BadInputError, OutputError
from understudy.provenance.credentials import reading
from understudy.provenance.credentials.formats import media_type, sidecar_of
from understudy.provenance.credentials.identity import (
    Identity,
    guarded_identity,
    own_identity,
    studio_identity,
)
from understudy.provenance.credentials.reading import UnreadableCredentialsError, read_credentials
from understudy.provenance.credentials.sidecar import Named, json_sidecar_of, read_sidecar, write_sidecar
from understudy.provenance.credentials.statement import COMPOSITE, ConsentNote, Mark, Source
from understudy.provenance.keys import Keyring

INSIDE = (".mp4", ".mov", ".png", ".jpg", ".tif")
BESIDE = (".mkv", ".exr")


def read(path, who=None):
    beside = sidecar_of(path)
    store = beside.read_bytes() if beside.exists() else None
    return read_credentials(path, anchors=who.root if who else "", beside=store)


@pytest.fixture
def me(tmp_path):
    return identity(tmp_path / "config")


@pytest.fixture
def film(tmp_path, me):
    return signed(tmp_path / "master.mp4", who=me)


@pytest.mark.parametrize("suffix", [*INSIDE, *BESIDE])
def test_what_was_signed_holds(tmp_path, me, suffix):
    found = read(signed(tmp_path / f"master{suffix}", who=me), me)
    assert (found.intact, found.trusted, found.failures) == (True, True, ())
    assert found.signer == "Test Studio"
    assert found.marks == (Mark(ALGORITHM, PAYLOAD),)
    assert found.consents == (
        ConsentNote("likeness", "urn:uuid:1", "ab" * 32, "licensed", ("feature-film",), "2030-01-01"),
    )
    assert found.fingerprint is not None
    assert found.title == "The Long Shot, 12"
    assert [step.action for step in found.steps] == [
        "c2pa.opened",
        "c2pa.placed",
        "c2pa.edited",
        "c2pa.watermarked.bound",
    ]
    assert [step.by_ai for step in found.steps] == [False, False, True, False]


def holds(path, who):
    try:
        return read(path, who).intact
    except UnreadableCredentialsError:
        return False


@pytest.mark.parametrize("suffix", [*INSIDE, *BESIDE])
@pytest.mark.parametrize("where", [0.2, 0.7])
def test_one_bit_changed_in_the_picture_shows(tmp_path, me, suffix, where):
    path = signed(tmp_path / f"master{suffix}", who=me)
    bare = len(signed_picture(path))
    data = bytearray(path.read_bytes())
    # Credentials come before the picture, except in TIFF.
    place = int(where * bare) if suffix == ".tif" else len(data) - int(where * bare)
    data[place] ^= 1
    path.write_bytes(data)
    assert not holds(path, me)


def signed_picture(path):
    bare = path.with_name(f"bare{path.suffix}")
    return (bare if bare.exists() else path).read_bytes()


def test_something_appended_shows(film, me):
    film.write_bytes(film.read_bytes() + b"more" * 10)
    assert not holds(film, me)


@pytest.mark.parametrize("data", [b"", b"no film at all", b"\0" * 5000, b"\xff\xd8\xff\xe0junk"])
@pytest.mark.parametrize("suffix", [".mp4", ".jpg", ".png", ".tif", ".mkv", ".txt", ""])
def test_a_file_that_is_none_has_no_credentials_and_is_not_called_tampered(tmp_path, data, suffix):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(data)
    assert read(path) is None


def test_changed_words_show(film, me):
    data = film.read_bytes()
    assert b"licensed" in data
    film.write_bytes(data.replace(b"licensed", b"research"))
    found = read(film, me)
    assert not found.signed
    assert not found.intact


def test_credentials_of_another_film_do_not_fit(tmp_path, me, film):
    other = signed(tmp_path / "other.mkv", who=me)
    assert read_credentials(film.with_name("bare.mp4"), beside=sidecar_of(other).read_bytes()).bound is False


def test_a_stranger_is_not_trusted_though_the_file_is_intact(film, tmp_path):
    stranger = identity(tmp_path / "another machine", "Somebody Else")
    found = read(film, stranger)
    assert (found.intact, found.trusted) == (True, False)
    assert found.failures == ("signingCredential.untrusted",)


def test_copying_the_packets_drops_the_credentials(film):
    copy = film.with_name("copy.mp4")
    with av.open(str(film)) as source, av.open(str(copy), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert read(copy) is None


def test_no_name_and_no_path_is_told(film):
    data = film.read_bytes()
    assert b"anna" not in data
    assert str(film.parent).encode() not in data


def test_iptc_source_type_stands_in_the_file_itself(film):
    assert film.read_bytes().count(COMPOSITE.encode()) >= 3  # XMP, action, metadata


def test_a_name_is_told_where_it_was_granted(tmp_path, me):
    note = ConsentNote("likeness", "urn:uuid:2", "ab" * 32, "self", name="Anna A.")
    assert read(signed(tmp_path / "m.mp4", who=me, consents=(note,)), me).consents[0].name == "Anna A."


def test_a_tampered_source_is_told_though_the_master_is_trusted(tmp_path, me, film):
    data = bytearray(film.read_bytes())
    data[data.find(b"mdat") + 500] ^= 1
    plate = tmp_path / "plate.mp4"
    plate.write_bytes(data)
    path = signed(tmp_path / "second.mp4", who=me, sources=(Source("plate", plate, "00" * 32, len(data)),))
    found = read(path, me)
    assert found.trusted
    assert [(one.has_credentials, one.fault) for one in found.sources] == [
        (True, "assertion.bmffHash.mismatch")
    ]


def test_a_signed_source_that_holds_is_told(tmp_path, me, film):
    path = signed(tmp_path / "second.mp4", who=me, sources=(Source("plate", film, "00" * 32, 1),))
    assert [(one.has_credentials, one.fault) for one in read(path, me).sources] == [(True, None)]


def test_points_of_the_conformance_programme(film):
    """C2PA conformance 0.2, specification 2.4: what the research found our manifests to need."""
    with c2pa.Reader(str(film)) as reader:
        store = json.loads(reader.json())
    manifest = store["manifests"][store["active_manifest"]]
    assertions = {item["label"]: item for item in manifest["assertions"]}
    assert manifest["claim_generator_info"][0]["specVersion"] == "2.4.0"
    actions = assertions["c2pa.actions.v2"]
    assert actions["data"]["allActionsIncluded"] is True
    assert actions["created"] is True
    assert assertions["cawg.metadata"]["kind"] == "Json"
    assert isinstance(assertions["c2pa.soft-binding"]["data"]["blocks"][0]["value"], str)
    assert [item["relationship"] for item in manifest["ingredients"]] == ["parentOf", "componentOf"]
    assert "thumbnail" not in manifest
    assert not any("thumbnail" in item for item in manifest["ingredients"])


def test_sources_are_named_by_their_hashes(film):
    """The library does not hash sources without credentials; we do."""
    assert {file["role"]: file["sha256"] for file in read(film).files} == {
        "plate": sha256(b"plate footage").hexdigest(),
        "likeness": sha256(b"likeness footage").hexdigest(),
    }


def test_the_key_is_for_its_owner_alone_and_the_certificate_stays(tmp_path):
    ring = Keyring(tmp_path)
    first, again = own_identity(ring, "Me"), own_identity(ring, "Someone else")
    assert (first.chain, again.name) == (again.chain, "Me")
    assert stat.S_IMODE((tmp_path / "keys" / "credentials.pem").stat().st_mode) == 0o600
    assert "PRIVATE" not in first.chain


def test_a_certificate_that_is_not_fit_for_signing_is_found_out_at_once(tmp_path, me):
    alone = Identity(me.algorithm, me.root, me.sign)  # the root signs nothing itself
    with pytest.raises(OutputError, match=r"could not be signed|not valid"):
        signed(tmp_path / "m.mp4", who=alone)
    assert not (tmp_path / "m.mp4").exists()


def test_a_key_of_another_certificate_is_refused(tmp_path):
    one, other = Keyring(tmp_path / "one"), Keyring(tmp_path / "other")
    own_identity(one), own_identity(other)
    with pytest.raises(BadInputError, match="does not belong"):
        studio_identity(
            tmp_path / "one" / "keys" / "credentials.chain.pem",
            tmp_path / "other" / "keys" / "credentials.pem",
        )


def test_a_studio_signs_with_certificates_of_its_own(tmp_path):
    own_identity(Keyring(tmp_path / "studio"), "Big Studio")
    keys = tmp_path / "studio" / "keys"
    studio = studio_identity(keys / "credentials.chain.pem", keys / "credentials.pem")
    found = read(signed(tmp_path / "m.mp4", who=studio), studio)
    assert (found.signer, found.trusted) == ("Big Studio", True)


def test_a_time_stamp_authority_that_is_not_there_is_one_sentence(tmp_path, me):
    late = Identity(me.algorithm, me.chain, me.sign, "http://127.0.0.1:9/")
    with pytest.raises(OutputError, match="could not be signed"):
        signed(tmp_path / "m.mp4", who=late)


@pytest.mark.parametrize("suffix", INSIDE)
def test_an_independent_reader_agrees(tmp_path, me, suffix):
    """encypher-c2pa is another implementation of the specification, by others, in another code base."""
    path = signed(tmp_path / f"master{suffix}", who=me)
    changed = bytearray(path.read_bytes())
    bare = len(signed_picture(path))
    changed[bare // 2 if suffix == ".tif" else len(changed) - bare // 2] ^= 1

    def asked(data, **trust):
        found = encypher_c2pa.verify(bytes(data), media_type(path), telemetry=False, online=False, **trust)
        return found["validation_state"], found["signature"], found["hard_binding"]

    assert asked(path.read_bytes(), trust_pem=me.root) == ("Trusted", "valid", "match")
    assert asked(path.read_bytes())[0] == "Valid", "a signer it does not know"
    state, _, binding = asked(changed, trust_pem=me.root)
    assert (state, binding) == ("Invalid", "mismatch")
    assert not holds_bytes(path, changed, me)


def holds_bytes(path, data, who):
    path.write_bytes(data)
    return holds(path, who)


def test_words_from_files_cannot_move_a_terminal():
    assert reading.said("a\x1b[2Jb\u202ec\nd") == "a [2Jb c d"
    assert len(reading.said("x" * 10_000)) <= 300


def test_reading_fetches_nothing(film):
    """A hostile file must not make this machine call an address."""
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from pathlib import Path\n"
        "from understudy.provenance.credentials.reading import read_credentials\n"
        "assert read_credentials(Path(sys.argv[1])).intact"
    )
    subprocess.run([sys.executable, "-c", code, str(film)], check=True)


def test_the_statement_without_mark_claims_none(tmp_path):
    manifest = statement(tmp_path, scene(1, 1, 160, 90), mark=None).manifest(tmp_path / "m.mp4")
    labels = [item["label"] for item in manifest["assertions"]]
    assert "c2pa.soft-binding" not in labels
    assert "c2pa.watermarked.bound" not in json.dumps(manifest)


def test_a_time_stamp_is_told_and_trusted_only_with_its_authority(tmp_path, me):
    authority = Authority()
    with authority.listening() as address:
        path = signed(tmp_path / "m.mp4", who=replace(me, timestamps=address))
    found = read_credentials(path, anchors=me.root + authority.root)
    assert (found.intact, found.trusted, found.time_trusted, found.failures) == (True, True, True, ())
    assert abs(datetime.fromisoformat(found.time) - datetime.now(UTC)) < timedelta(minutes=5)
    stranger = read_credentials(path, anchors=me.root)
    assert (stranger.trusted, stranger.time, stranger.time_trusted) == (True, found.time, False)


def test_a_time_stamp_outlives_the_certificate(tmp_path):
    """After the signer's certificate has ended, only a time stamp says that it had not when it signed."""
    authority, studio = Authority(), Studio(valid=timedelta(seconds=2))
    with authority.listening() as address:
        stamped = signed(tmp_path / "a" / "m.jpg", who=studio.identity(address))
    plain = signed(tmp_path / "b" / "m.jpg", who=studio.identity())
    time.sleep(max(0.0, (studio.ends - datetime.now(UTC)).total_seconds()) + 1.1)
    roots = studio.root + authority.root
    assert read_credentials(stamped, anchors=roots).trusted
    found = read_credentials(plain, anchors=roots)
    assert not found.trusted
    assert "signingCredential.expired" in found.failures


@pytest.mark.parametrize("kind", ["ed25519", "es256", "es384", "es512", "ps256"])
def test_every_kind_of_key_that_c2pa_knows_signs(tmp_path, kind):
    studio = Studio(kind)
    chain, key = studio.files(tmp_path)
    who = studio_identity(chain, key)
    assert who.algorithm == kind
    found = read_credentials(signed(tmp_path / "m.jpg", who=who), anchors=studio.root)
    assert (found.intact, found.trusted, found.signer) == (True, True, "Big Studio")
    file = tmp_path / "shot.exr"
    file.write_bytes(b"picture")
    content = sha256(b"picture").hexdigest()
    words = statement(tmp_path, scene(1, 1, 160, 90))
    write_sidecar(json_sidecar_of(file), [Named(file.name, content, 7)], words, who)
    beside = read_sidecar(file, content, studio.root)
    assert (beside.intact, beside.trusted, beside.signer) == (True, True, "Big Studio")


def test_a_program_signs_with_a_key_that_nobody_here_sees(tmp_path):
    studio = Studio("es256")
    chain, key = studio.files(tmp_path)
    program = tmp_path / "sign"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "from pathlib import Path\n"
        "from understudy.provenance.consent.signing import signature_of\n"
        "from understudy.provenance.keys import read_private_key\n"
        f"key = read_private_key(Path({str(key)!r}))\n"
        "sys.stdout.buffer.write(signature_of(key, sys.stdin.buffer.read()))\n"
    )
    with pytest.raises(BadInputError, match="is not a program that can be run"):
        guarded_identity(chain, program)
    program.chmod(0o755)
    found = read_credentials(
        signed(tmp_path / "m.jpg", who=guarded_identity(chain, program)), anchors=studio.root
    )
    assert (found.intact, found.trusted) == (True, True)
    program.write_text(f"#!{sys.executable}\nraise SystemExit('no card')\n")
    with pytest.raises(OutputError, match=r"could not be signed|did not sign"):
        signed(tmp_path / "n.jpg", who=guarded_identity(chain, program))


class TestTricksWithCertificates:
    """None of them makes a signer trusted."""

    def trusted(self, path, anchors):
        try:
            found = read_credentials(path, anchors=anchors)
        except UnreadableCredentialsError:
            return False
        return found.trusted

    def test_a_root_of_the_same_name_and_another_key(self, tmp_path, film, me):
        forger = identity(tmp_path / "forger", "Test Studio")
        forged = signed(tmp_path / "forged.mp4", who=forger)
        assert not self.trusted(forged, me.root)
        assert self.trusted(film, me.root)

    def test_a_chain_that_ends_in_a_trusted_root_which_did_not_issue_it(self, tmp_path, me):
        forger = Studio()
        mixed = replace(forger.identity(), chain=forger.leaf + me.root)
        with pytest.raises(OutputError):
            signed(tmp_path / "m.mp4", who=mixed)

    def test_an_authority_that_signs_by_itself(self, tmp_path):
        studio = Studio()
        alone = replace(studio.identity(), chain=studio.root, sign=studio.root_key.sign)
        with pytest.raises(OutputError):
            signed(tmp_path / "m.mp4", who=alone)

    def test_a_certificate_for_another_purpose(self, tmp_path):
        studio = Studio(purpose="1.3.6.1.5.5.7.3.1")  # web servers
        with pytest.raises(OutputError):
            signed(tmp_path / "m.mp4", who=studio.identity())
        file = tmp_path / "shot.exr"
        file.write_bytes(b"picture")
        content = sha256(b"picture").hexdigest()
        words = statement(tmp_path, scene(1, 1, 160, 90))
        write_sidecar(json_sidecar_of(file), [Named(file.name, content, 7)], words, studio.identity())
        assert read_sidecar(file, content, studio.root).trusted is False

    def test_a_chain_of_a_thousand_certificates_is_answered(self, tmp_path):
        studio = Studio()
        long = replace(studio.identity(), chain=studio.leaf + studio.root * 1000)
        started = time.process_time()
        try:
            path = signed(tmp_path / "m.jpg", who=long)
        except OutputError:
            path = None
        if path is not None:
            self.trusted(path, studio.root)
        assert time.process_time() - started < 10
