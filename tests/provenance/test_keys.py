"""Keys on this machine: secret, never replaced, and other people's."""

from __future__ import annotations

import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from understudy.errors import BadInputError
from understudy.provenance.keys import ENVIRONMENT, PROJECT, Keyring, config_folder, read_private_key

SINCE = "2026-01-01T00:00:00Z"


@pytest.fixture
def ring(tmp_path):
    return Keyring(tmp_path / "config")


def pem(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def same(one, other):
    return pem(one) == pem(other)


def test_a_key_is_made_once_and_is_secret(ring):
    umask = os.umask(0)
    try:
        private = ring.signing_key()
    finally:
        os.umask(umask)
    path = ring.folder / "keys" / "me.pem"
    assert same(ring.signing_key(), private)
    assert not same(ring.signing_key("studio"), private)
    assert isinstance(private, Ed25519PrivateKey)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_that_others_can_read_is_refused(ring):
    ring.signing_key()
    (ring.folder / "keys" / "me.pem").chmod(0o640)
    with pytest.raises(BadInputError, match="Others can read the key"):
        ring.signing_key()


@pytest.mark.parametrize("name", ["", "../me", "Me", "a/b", "a.b", "-x", "x" * 41])
def test_names_of_keys_are_plain(ring, name):
    with pytest.raises(BadInputError, match="A key cannot be called"):
        ring.signing_key(name)


def test_only_keys_that_can_sign_are_read(tmp_path):
    path = tmp_path / "key.pem"

    def read(data):
        path.write_bytes(data)
        path.chmod(0o600)
        return read_private_key(path)

    assert read(pem(ec.generate_private_key(ec.SECP256R1())))
    for other in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 1024)):
        with pytest.raises(BadInputError, match="is not an Ed25519 or P-256 key"):
            read(pem(other))
    with pytest.raises(BadInputError, match="is not an unencrypted signing key"):
        read(b"nonsense")
    with pytest.raises(BadInputError, match="There is no file"):
        read_private_key(tmp_path / "gone.pem")


def test_people_are_kept_by_their_keys(ring):
    ring.enrol("Zoë", "AAAA", SINCE)
    ring.enrol("Anna", "BBBB", SINCE)
    ring.enrol("Anna B.", "BBBB", SINCE)
    assert ring.people()[1] == PROJECT
    others = [(person.name, person.key) for person in ring.people() if person != PROJECT]
    assert others == [("Anna B.", "BBBB"), ("Zoë", "AAAA")]


def test_a_damaged_entry_is_named(ring):
    ring.enrol("Anna", "BBBB", SINCE)
    (path,) = (ring.folder / "people").iterdir()
    path.write_text('{"name": 1}')
    with pytest.raises(BadInputError, match="is damaged: delete it"):
        ring.people()


def test_where_the_configuration_is(monkeypatch, tmp_path):
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert config_folder() == tmp_path
    monkeypatch.delenv(ENVIRONMENT)
    assert config_folder().name == "understudy"
