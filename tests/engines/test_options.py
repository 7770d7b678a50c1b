from typing import Annotated

import numpy as np
import pytest
from pydantic import Field

from tests.posed_faces import Act, faceset, posed, somebody
from understudy.engines.base import LikenessFaces
from understudy.engines.choices import Choices, no_options
from understudy.engines.likest import likest
from understudy.engines.options import EngineOptions, read_options
from understudy.errors import BadInputError


class Some(EngineOptions):
    resolution: Annotated[int, Field(ge=64, le=512)] = 128
    masked_training: bool = True
    power: float = 0.5


def test_words_become_values() -> None:
    read = read_options(Some, "df", {"resolution": "256", "masked-training": "no", "power": "1e-2"})
    assert read == Some(resolution=256, masked_training=False, power=0.01)
    assert read_options(Some, "df", {}) == Some()
    assert not read_options(Some, "df", {"masked_training": "false"}).masked_training


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"resolutoin": "128"}, "df has no option 'resolutoin'; it has resolution, masked-training, power."),
        ({"resolution": "32"}, "The engine df cannot take this option resolution: input should be greater"),
        ({"resolution": "big"}, "resolution: input should be a valid integer"),
        ({"masked-training": "perhaps"}, "masked-training"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused_in_one_sentence(given, said) -> None:
    with pytest.raises(BadInputError) as refused:
        read_options(Some, "df", given)
    assert said in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_an_engine_without_options_takes_none() -> None:
    assert no_options("warp", {}) == Choices()
    with pytest.raises(BadInputError, match=r"warp has no option 'size'"):
        no_options("warp", {"size": "2"})


def test_the_face_shown_beside_another_is_turned_like_it() -> None:
    turns = [-30, -20, -10, 0, 10, 20, 30]
    likeness = faceset(np.stack([posed(somebody(), Act(yaw=yaw), 60, (90, 90)) for yaw in turns]))
    plate = faceset(np.stack([posed(somebody(1.1), Act(yaw=yaw), 40, (50, 50)) for yaw in (18, -31, 2)]))
    found = likest(LikenessFaces(likeness, np.zeros(7, np.int32)), plate)
    assert [turns[row] for row in found] == [20, -30, 0]


def test_few_pictures_are_needed_of_many_faces() -> None:
    rng = np.random.default_rng(0)
    many = faceset(np.stack([posed(somebody(), Act(yaw=y), 60, (90, 90)) for y in rng.uniform(-40, 40, 300)]))
    found = likest(LikenessFaces(many, np.zeros(300, np.int32)), many)
    assert len(np.unique(found)) <= 48
    again = many.select(np.arange(900) % 300)  # more than a stretch
    assert (likest(LikenessFaces(many, np.zeros(300, np.int32)), again) == np.tile(found, 3)).all()
