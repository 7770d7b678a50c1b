"""`verify` in its own process: the same answers, and bounds that hold whatever the file is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.mastering.hostile import HOSTILE
from tests.provenance.films import scene, write
from tests.provenance.signed import PAYLOAD, identity, signed
from understudy.errors import BadInputError
from understudy.mastering import verifying
from understudy.mastering.screening import Screening
from understudy.mastering.verifying import Limits, verify_guarded
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.verify.finding import Report, Verdict
from understudy.provenance.verify.inquiry import Known, verify
from understudy.provenance.watermark.choosing import watermark


@pytest.fixture(scope="module")
def me(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory, me: Identity) -> Path:
    embed = watermark().embedder(PAYLOAD, 360, 640)
    images = [embed(image) for image in scene(21, 6, 640, 360)]
    return signed(tmp_path_factory.mktemp("house") / "master.mp4", images, me)


def test_the_answer_is_the_same_as_in_this_process(master: Path, me: Identity, tmp_path: Path) -> None:
    guarded = verify_guarded(master, me.root, tmp_path)
    assert guarded.verdict is Verdict.TRUSTED
    assert guarded.to_json() == verify(master, Screening, watermark(), Known(me.root)).to_json()
    assert Report.from_json(json.loads(json.dumps(guarded.to_json())), master) == guarded


def test_what_is_no_file_is_one_sentence(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in ((tmp_path / "none", "does not exist"), (pipe, "is a device or a pipe")):
        with pytest.raises(BadInputError, match=words):
            verify_guarded(path, "", tmp_path)


def test_a_process_without_memory_for_the_file_is_one_sentence(master: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be looked at with 200 MiB"):
        verify_guarded(master, "", tmp_path, Limits(memory=200 << 20))


BEGIN = """
import json, os, sys, time
from understudy.mastering import verifying_worker as worker
request = json.load(sys.stdin)
worker._limit(request["memory"], request["seconds"])
report = {"bytes": 1, "sha256": "00", "verdict": "tampered", "findings": [],
          "watermark": {"id": None, "confidence": 0}}
def tell(): print(json.dumps({"whole": False, "report": report}), flush=True)
"""


@pytest.mark.parametrize(
    "code",
    [
        "tell(); time.sleep(100)",
        "tell()\nwhile True: pass",
        "tell(); os.abort()",
        "tell(); big = bytearray(3 << 30)",
        "tell(); print('x' * (20 << 20))",
        "tell(); print('no answer')",
        "tell(); print('[' * 100_000)",
        "tell(); print('3')",
    ],
)
def test_what_was_known_is_told_when_the_process_ends(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_COMMAND", (sys.executable, "-c", BEGIN + code))
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x")
    started = time.monotonic()
    report = verify_guarded(path, "", tmp_path, Limits(2 << 30, seconds=1, patience=4))
    assert time.monotonic() - started < 30
    assert report.verdict is Verdict.TAMPERED
    assert "No mark could be looked for with 2048 MiB in 1 s" in report.findings[-1].sentence


@pytest.mark.parametrize("code", ["", "os.abort()", "print('{}')", "print(json.dumps({'report': 3}))"])
def test_a_process_that_says_nothing_is_no_answer(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_COMMAND", (sys.executable, "-c", BEGIN + code))
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x")
    with pytest.raises((BadInputError, ValueError)):
        verify_guarded(path, "", tmp_path, Limits(seconds=5))


ONE_AFTER_ANOTHER = """
import json, sys, time
from pathlib import Path
from understudy.mastering.screening import Screening
from understudy.mastering.verifying_worker import _limit
from understudy.provenance.verify.inquiry import Known, verify
from understudy.provenance.watermark.choosing import watermark
_limit(4 << 30, 100)
told = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    began = time.process_time()
    told[path.name] = (verify(path, Screening, watermark()).verdict.name, time.process_time() - began)
print(json.dumps(told))
"""


def test_files_that_are_made_to_do_harm_are_answered_within_the_bounds(tmp_path: Path) -> None:
    for name, data in HOSTILE.items():
        (tmp_path / name).write_bytes(data)
    whole = write(tmp_path / "cut.mp4", scene(3, 4, 320, 180)).read_bytes()
    for number in range(1, 6):
        (tmp_path / f"cut-{number}.mp4").write_bytes(whole[: len(whole) * number // 6])
    (tmp_path / "cut.mp4").unlink()
    with (tmp_path / "sparse.mp4").open("wb") as file:
        file.truncate(256 << 20)
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told) == len(HOSTILE) + 6
    for name, (verdict, seconds) in told.items():
        assert verdict in ("NOTHING", "TAMPERED"), name
        assert seconds < 20, name
