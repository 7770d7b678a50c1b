"""The recipe's hash: equal where recipes are equal, different where anything differs, the same everywhere."""

import json
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.project.recipe import Recipe, canonical_json

RECIPE = Recipe("faces", 3, {"padding": 0.25, "rungs": ("pad", "turn")}, {"plate": "ab" * 32})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)


def test_the_hash_is_the_same_on_every_machine():
    assert RECIPE.text == (
        '{"inputs":{"plate":"' + "ab" * 32 + '"},"parameters":{"padding":0.25,"rungs":["pad","turn"]},'
        '"stage":"faces","version":3}'
    )
    assert RECIPE.hash == "e7285cf730d009104a7d38867550d8e095fe22a61868af7dd0e1b157e5300c46"


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "mattes"},
        {"version": 4},
        {"parameters": {"padding": 0.2500001, "rungs": ("pad", "turn")}},
        {"parameters": {"padding": 0.25, "rungs": ("turn", "pad")}},
        {"inputs": {"plate": "ab" * 31 + "ac"}},
        {"inputs": {"likeness": "ab" * 32}},
    ],
)
def test_any_difference_changes_the_hash(change):
    assert replace(RECIPE, **change).hash != RECIPE.hash


@given(st.dictionaries(st.text(max_size=5), json_values, min_size=2, max_size=4))
def test_the_order_of_keys_does_not_count(parameters):
    turned = dict(reversed(parameters.items()))
    assert Recipe("a", 1, turned).hash == Recipe("a", 1, parameters).hash


@given(json_values)
def test_the_text_keeps_the_whole_value(value):
    assert json.loads(canonical_json(value)) == value


def test_what_settings_are_made_of_has_a_text():
    class Blend(Enum):
        POISSON = "poisson"

    @dataclass(frozen=True)
    class Options:
        rate: Fraction
        blend: Blend

    assert canonical_json(Options(Fraction(24000, 1001), Blend.POISSON)) == (
        '{"blend":"poisson","rate":"24000/1001"}'
    )


@pytest.mark.parametrize("value", [Path("plate.mp4"), object(), {1, 2}])
def test_what_has_no_stable_text_is_refused(value):
    with pytest.raises(TypeError, match="cannot be part of a recipe"):
        canonical_json({"a": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_nan(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


@pytest.mark.parametrize("name", ["", "Faces", "../faces", "a b", "a/b"])
def test_a_stage_name_is_a_plain_folder_name(name):
    with pytest.raises(ValueError, match="lower-case"):
        Recipe(name, 1)
