"""Records from strangers: whatever the bytes are, a sentence or a record comes out."""

from __future__ import annotations

import json
import time
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.provenance.consents import declaration, estate, licence, licensed, material, of_oneself
from understudy.errors import BadInputError, ConsentError
from understudy.provenance.consent.drafting import unsigned
from understudy.provenance.consent.reading import LARGEST_FILE, parse, plain, read_record, write
from understudy.provenance.consent.record import Record, Revocation

RECORD = plain(licensed())
TEXT = json.dumps(RECORD)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def refusal(data: bytes, kind: type = Record) -> str:
    with pytest.raises(ConsentError) as caught:
        parse(data, kind, "x.json")
    sentence = str(caught.value)
    assert sentence.startswith("x.json is not a ")
    assert sentence.endswith(".")
    assert len(sentence) < 600
    return sentence


@pytest.mark.parametrize(
    "record",
    [licensed(), of_oneself(), estate(), *map(declaration, ("research", "synthetic", "public-domain"))],
    ids=lambda record: record.payload.kind,
)
def test_what_is_written_is_read(record, tmp_path):
    path = tmp_path / "x.consent.json"
    write(path, record)
    assert read_record(path) == record


def paths(value, here=()):
    """Where every table, list and value of a record is."""
    yield here
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from paths(value[key], (*here, key))


PLACES = [place for place in paths(RECORD) if place]


def changed(place, value):
    table = deepcopy(RECORD)
    inner = table
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return table


@settings(deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_any_value_anywhere_is_taken_as_it_is_or_refused(place, value):
    table = changed(place, value)
    try:
        record = parse(json.dumps(table).encode(), Record, "x.json")
    except ConsentError:
        return
    assert plain(record) == table


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_nothing_may_be_left_out(place):
    table = deepcopy(RECORD)
    inner = table
    for key in place[:-1]:
        inner = inner[key]
    before = deepcopy(inner)
    del inner[place[-1]]
    if isinstance(before, list):
        return  # a shorter list is another record, not a malformed one
    # pydantic has words of its own for the key that tells the kinds of material apart
    words = "unable to extract tag" if place[-1] == "type" else "field required"
    assert words in refusal(json.dumps(table).encode())


def test_nothing_may_be_added():
    for place in PLACES:
        table = deepcopy(RECORD)
        inner = table
        for key in place:
            inner = inner[key]
        if isinstance(inner, dict):
            inner["more"] = 1
            assert "extra inputs are not permitted" in refusal(json.dumps(table).encode())


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_in_one_sentence(data):
    refusal(data)
    refusal(data, Revocation)


@settings(deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)), st.text(max_size=3))
def test_any_edit_of_the_file_is_refused_or_seen(start, stop, text):
    edited = TEXT[: min(start, stop)] + text + TEXT[max(start, stop) :]
    try:
        record = parse(edited.encode("utf-8", "surrogatepass"), Record, "x.json")
    except ConsentError:
        return
    assert plain(record) == json.loads(edited)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1 is not JSON"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"[" * 1000, "nested too deeply"),
        (b'{"payload":' * 40 + b"1" + b"}" * 40, "nested too deeply"),
        (b'{"a": 1, "a": 2}', "it gives a key twice"),
        (b'{"a": 1.5}', "a number that is not whole, 1.5"),
        (b'{"a": NaN}', "a number that is not whole, NaN"),
        (b'{"a": 1e400}', "a number that is not whole, 1e400"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not a consent record"),
        (b'{"a": "\\ud800"}', "is not a consent record"),
        (b" " * (LARGEST_FILE + 1), "larger than 1 MiB"),
    ],
)
def test_hostile_files(data, message):
    assert message in refusal(data)


def test_a_deep_or_huge_file_is_refused_at_once():
    bombs = [b"[" * LARGEST_FILE, b'"' + b"\\" * (LARGEST_FILE - 2), b'"a' * (LARGEST_FILE // 2)]
    begun = time.process_time()
    for bomb in bombs:
        refusal(bomb)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-30T00:00:00Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "now",
        1767225600,
        "2026-01-01T00:00:00.0Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "２０26-01-01T00:00:00Z",
    ],
)
def test_wrong_moments(moment):
    assert "term.begin" in refusal(json.dumps(changed(("payload", "term", "begin"), moment)).encode())


@pytest.mark.parametrize("name", ["Ame\u0301lie", " Jane", "Jane\u200b", "Jane\x1b[2J", "Jane\x00", "\ue000"])
def test_names_that_do_not_look_as_they_are_stored(name):
    assert "subject.name" in refusal(json.dumps(changed(("payload", "subject", "name"), name)).encode())


@pytest.mark.parametrize("label", ["../x.mp4", "a/b", "a\\b", "..", "C:x", "x\n"])
def test_labels_are_bare_names(label):
    assert "material.0" in refusal(json.dumps(changed(("payload", "material", 0, "label"), label)).encode())


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.integers(1, 3653), st.integers(0, 90))
def test_a_draft_becomes_a_record_that_is_read_again_or_is_refused(name, days, notice):
    try:
        record = unsigned(licence(subject=name, days=days, notice_days=notice, material=(material(),)))
    except ConsentError:
        return
    assert parse(json.dumps(plain(record)).encode(), Record, "x.json") == record


def test_files_that_are_not_there_or_too_large(tmp_path):
    with pytest.raises(BadInputError, match="There is no file"):
        read_record(tmp_path / "gone.json")
    with pytest.raises(BadInputError, match="Cannot read"):
        read_record(tmp_path)
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConsentError, match="larger than 1 MiB"):
        read_record(tmp_path / "huge.json")
