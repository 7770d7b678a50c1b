import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.errors import BadInputError
from understudy.likeness.where import Comparison, Joined, Not, Term, holds, parse

NUMBERS, TEXTS = ("yaw", "sharpness", "identity"), ("clip",)
COLUMNS = {
    "yaw": np.array([-30.0, 0.0, 25.0, 40.0]),
    "sharpness": np.array([0.9, 0.3, 0.5, 0.1]),
    "identity": np.array([0.1, np.nan, 0.7, 0.2]),
    "clip": np.array(["a.mp4", "a.mp4", "b c.mp4", "it's.mp4"]),
}


def chosen(text):
    return np.flatnonzero(holds(parse(text, NUMBERS, TEXTS), COLUMNS)).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("yaw > 20", [2, 3]),
        ("yaw>20 and sharpness>0.4", [2]),
        ("yaw < 0 or sharpness <= .3", [0, 1, 3]),
        ("yaw < 0 or yaw > 20 and sharpness > 0.4", [0, 2]),
        ("(yaw < 0 or yaw > 20) and sharpness > 0.4", [0, 2]),
        ("(yaw < 0 or yaw > 20) and sharpness < 0.4", [3]),
        ("not yaw > 20", [0, 1]),
        ("not (yaw > 20 or yaw < 0)", [1]),
        ("-31 < yaw <= 25", [0, 1, 2]),
        ("abs(yaw) >= 30", [0, 3]),
        ("20 < yaw", [2, 3]),
        ("yaw == 25", [2]),
        ("yaw != 25", [0, 1, 3]),
        ("sharpness > 1e-1", [0, 1, 2]),
        ('clip == "a.mp4"', [0, 1]),
        ("clip != 'a.mp4'", [2, 3]),
        ('clip == "it\'s.mp4"', [3]),
        ("identity < 0.6", [0, 3]),
        ("not identity < 0.6", [1, 2]),
        ("identity != 0.7", [0, 3]),
        ("yaw > sharpness", [2, 3]),
    ],
)
def test_known_conditions(text, rows):
    assert chosen(text) == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the end"),
        ("yaw", "comparison is missing"),
        ("yaw >", "the end"),
        ("> 3", 'before ">"'),
        ("yaw > 3 yaw", "after the end"),
        ("(yaw > 3", '")" is missing'),
        ("yaw > 3)", "after the end"),
        ("yaw > 3 and", "the end"),
        ("pose > 3", "Faces have no pose"),
        ("yaw > high", "Faces have no high"),
        ("yaw = 3", '"= 3"'),
        ("yaw > 3; import os", '"; import os"'),
        ("__import__('os')", "Faces have no __import__"),
        ('yaw > "3"', "text is compared with a number"),
        ('clip < "a"', "by == and != only"),
        ("clip > 3", "text is compared with a number"),
        ("abs(clip) > 3", "Faces have no clip"),
        ("1 < 2", "name of a column"),
        ("and > 3", "name of a column is missing"),
        ("(" * 200 + "yaw > 3" + ")" * 200, "nested too deeply"),
        ("not " * 200 + "yaw > 3", "nested too deeply"),
        ("yaw > 3 " * 1000, "longer than"),
    ],
)
def test_what_is_not_understood_is_said_in_one_sentence(text, words):
    with pytest.raises(BadInputError) as caught:
        parse(text, NUMBERS, TEXTS)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


numbers = st.floats(-50, 50, allow_nan=False).map(lambda value: Term(value, "number"))
names = st.sampled_from(NUMBERS).flatmap(
    lambda name: st.sampled_from([Term(name, "name"), Term(name, "abs")])
)
signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


@st.composite
def comparisons(draw):
    terms = [draw(names), *draw(st.lists(st.one_of(numbers, names), min_size=1, max_size=3))]
    return Comparison(tuple(terms), tuple(draw(signs) for _ in terms[1:]))


@st.composite
def texts(draw):
    letters = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), max_size=8)
    return Comparison(
        (Term("clip", "name"), Term(draw(letters), "text")), (draw(st.sampled_from(["==", "!="])),)
    )


conditions = st.recursive(
    st.one_of(comparisons(), texts()),
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def plainly(condition, row):
    """The same, told row by row in plain Python."""
    if isinstance(condition, Not):
        return not plainly(condition.part, row)
    if isinstance(condition, Joined):
        found = [plainly(part, row) for part in condition.parts]
        return all(found) if condition.word == "and" else any(found)

    def value(term):
        if term.kind in ("number", "text"):
            return term.value
        found = COLUMNS[term.value][row]
        return abs(found) if term.kind == "abs" else found

    values = [value(term) for term in condition.terms]
    signs = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
    return all(
        not any(isinstance(side, float) and math.isnan(side) for side in (left, right))
        and getattr(operator, signs[sign])(left, right)
        for left, sign, right in zip(values, condition.operators, values[1:], strict=False)
    )


@given(conditions)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again_and_holds_where_it_should(condition):
    again = parse(str(condition), NUMBERS, TEXTS)
    assert holds(again, COLUMNS).tolist() == [plainly(condition, row) for row in range(4)]
    assert str(parse(str(again), NUMBERS, TEXTS)) == str(again)


@given(st.one_of(st.text(max_size=40), st.text("yawshrpne()<>=!&0123456789. andotb\"'", max_size=40)))
@settings(max_examples=200, deadline=None)
def test_any_text_is_understood_or_refused(text):
    try:
        found = parse(text, NUMBERS, TEXTS)
    except BadInputError:
        return
    assert holds(found, COLUMNS).shape == (4,)
