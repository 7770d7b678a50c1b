"""Credentials signed by somebody who means harm: the signature holds, and nothing else can be believed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import c2pa
import cv2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.provenance.films import scene
from tests.provenance.signed import PAYLOAD, identity, statement
from understudy.errors import BadInputError
from understudy.provenance.credentials import trust
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.credentials.registry import Registry
from understudy.provenance.verify.finding import Report, Verdict
from understudy.provenance.verify.inquiry import Known, verify
from understudy.provenance.verify.page import page
from understudy.provenance.watermark.choosing import watermark

OWN = (
    "org.understudy.consent",
    "org.understudy.sources",
    "org.understudy.making",
    "org.understudy.fingerprint",
)
TEXT = st.text(max_size=30) | st.sampled_from(
    ["\x1b[2J", "\u202e", "<script>", "a" * 5000, "../../etc/passwd"]
)
NUMBER = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.sampled_from(
    ["records", "files", "part", "id", "sha256", "kind", "media", "until", "name", "value", "times", "rows",
     "columns", "algorithm", "engine", "role"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXT, inner, max_size=5),
    max_leaves=15,
)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("config"), "A \x1b[31mstranger\x1b[0m")


def _no_pictures(path: Path) -> Any:
    raise BadInputError("not looked at.")


def signed_anyhow(path: Path, who: Identity, data: dict[str, Any]) -> Path:
    """A picture with credentials in which our own assertions say whatever `data` does."""
    image = cv2.imencode(".jpg", scene(3, 1, 64, 48)[0])[1].tobytes()
    manifest = statement(path.parent, scene(3, 1, 64, 48)).manifest(path)
    for assertion in manifest["assertions"]:
        assertion["data"] = data.get(assertion["label"], assertion["data"])
    manifest["assertions"][0]["data"] = {
        "actions": [{"action": "c2pa.created", "digitalSourceType": "http://example.org/none"}]
    }
    signer = c2pa.Signer.from_callback(who.sign, c2pa.C2paSigningAlg.ED25519, who.chain, None)
    builder = c2pa.Builder(manifest, c2pa.Context.from_dict(trust.settings()))
    target = io.BytesIO()
    builder.sign(signer, "image/jpeg", io.BytesIO(image), target)
    path.write_bytes(target.getvalue())
    return path


def assert_harmless(report: Report) -> None:
    assert len(report.findings) < 1000
    for finding in report.findings:
        assert len(finding.sentence) < 10_000
        assert finding.sentence.isprintable()
    html = page(report)
    assert "<script" not in html
    assert "\x1b" not in html


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.fixed_dictionaries(dict.fromkeys(OWN, JSON)))
def test_whatever_they_say_is_told_as_words(tmp_path: Path, stranger: Identity, data: dict[str, Any]) -> None:
    try:
        path = signed_anyhow(tmp_path / "evil.jpg", stranger, data)
    except c2pa.C2paError:
        return  # the library itself does not sign that
    report = verify(path, _no_pictures, watermark())
    assert report.verdict in (Verdict.UNKNOWN_SIGNER, Verdict.TAMPERED)
    assert_harmless(report)


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        {"records": deep(60)},
        {"records": [{"id": "x" * 600}] * 250},
        {"records": {"0": {}}},
        [[]] * 10_000,
        {f"key {number}": number for number in range(5000)},
        {"records": [{"part": "plate", "media": "feature-film", "name": {"a": 1}}]},
    ],
    ids=["deep", "many", "a table", "a list", "keys", "types"],
)
def test_too_much_of_anything_is_cut(tmp_path: Path, stranger: Identity, value: Any) -> None:
    path = signed_anyhow(tmp_path / "evil.jpg", stranger, dict.fromkeys(OWN, value))
    report = verify(path, _no_pictures, watermark())
    assert report.verdict in (Verdict.UNKNOWN_SIGNER, Verdict.TAMPERED)
    assert_harmless(report)


def test_a_registry_that_was_poisoned_leads_nowhere(tmp_path: Path) -> None:
    """Links out of it, folders and huge files in place of what was signed."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"a secret")
    registry = Registry(tmp_path / "masters")
    registry.folder.mkdir()
    entry = registry.folder / f"{PAYLOAD:016x}.c2pa"
    film = tmp_path / "film.png"
    picture = watermark().embedder(PAYLOAD, 360, 640)(scene(5, 1, 640, 360)[0])
    cv2.imwrite(str(film), picture[..., ::-1])

    class Marked:
        def __init__(self, path: Path) -> None:
            pass

        def spread(self) -> Any:
            return iter([picture])

    for make in (lambda: entry.symlink_to(secret), entry.mkdir, lambda: entry.symlink_to("/dev/zero")):
        make()
        report = verify(film, Marked, watermark(), Known(registry=registry))
        assert report.verdict is Verdict.MARKED
        assert "a secret" not in str(report.to_json())
        entry.rmdir() if entry.is_dir() and not entry.is_symlink() else entry.unlink()
