"""The company: built-in performers, all adults, none of them anybody."""

from __future__ import annotations

from understudy.errors import BadInputError
from understudy.performers.identity import Complexion, Eyes, Hair, HairStyle, Identity, Shape

MARCO = Identity(
    name="marco",
    description="man of about forty, olive skin, square jaw, short dark hair, stubble",
    seed=1,
    shape=Shape(
        handles=(
            (172, (-0.55, -0.45, 0.25)), (136, (-0.4, -0.45, 0.3)), (58, (-0.35, -0.3, 0.1)), (132, (-0.1, 0.0, 0.0)),
            (152, (0.0, -0.35, 0.4)), (150, (-0.25, -0.4, 0.3)), (4, (0.0, -0.05, 0.1)), (6, (0.0, 0.0, 0.15)),
            (197, (0.0, 0.0, 0.25)), (195, (0.0, 0.0, 0.15)), (129, (0.16, 0.0, 0.0)), (102, (0.12, 0.0, 0.0)),
            (64, (0.14, 0.0, 0.0)), (105, (0.0, -0.2, 0.3)), (66, (0.0, -0.15, 0.3)), (63, (0.0, -0.15, 0.2)),
            (9, (0.0, 0.0, 0.25)), (50, (-0.2, 0.05, 0.15)), (116, (-0.2, 0.1, 0.15)), (205, (0.12, 0.0, -0.35)),
            (187, (0.2, 0.0, -0.4)), (147, (0.2, 0.0, -0.3)), (10, (0.0, 0.1, 0.0)), (61, (-0.12, 0.0, 0.0)),
            (0, (0.0, -0.05, -0.12)), (17, (0.0, 0.02, -0.1)), (2, (0.0, -0.05, 0.0)), (200, (0.0, 0.0, 0.35)),
            (18, (0.0, 0.0, -0.15)), (33, (0.0, 0.0, 0.0)), (133, (0.0, 0.0, 0.0)),
        ),
        scale=(1.0, 1.0, 1.02),
    ),
    complexion=Complexion(
        skin=(190, 143, 116), lips=(158, 96, 86), redness=0.8, wrinkles=1.25, pores=1.1, eye_bags=1.1, freckles=60,
        moles=4, stubble=0.8,
    ),
    eyes=Eyes(iris=(74, 50, 30), lash=0.36, liner=0.45, brow_strokes=420, brow_thickness=0.85),
    hair=Hair(HairStyle.SHORT, (36, 27, 22), strands=6500, length=3.6, width=0.10),
    cloth=(48, 58, 76),
)  # fmt: skip

ELIN = Identity(
    name="elin",
    description="woman of about thirty, fair freckled skin, narrow chin, long copper hair",
    seed=2,
    shape=Shape(
        handles=(
            (172, (0.45, 0.2, 0.0)), (136, (0.45, 0.25, 0.0)), (58, (0.28, 0.1, 0.0)), (150, (0.38, 0.2, 0.0)),
            (149, (0.25, 0.12, 0.0)), (152, (0.0, 0.25, -0.05)), (148, (0.1, 0.2, 0.0)), (4, (0.0, 0.2, -0.3)),
            (1, (0.0, 0.22, -0.26)), (6, (0.0, 0.0, -0.25)), (197, (0.0, 0.05, -0.3)), (195, (0.0, 0.1, -0.35)),
            (129, (0.25, 0.05, 0.0)), (102, (0.22, 0.0, 0.0)), (64, (0.22, 0.05, 0.0)), (105, (0.0, 0.25, -0.25)),
            (66, (0.0, 0.2, -0.3)), (107, (0.05, 0.15, -0.3)), (63, (0.0, 0.28, -0.15)), (70, (0.0, 0.2, 0.0)),
            (9, (0.0, 0.1, -0.3)), (8, (0.0, 0.05, -0.25)), (50, (-0.15, 0.1, 0.3)), (116, (-0.2, 0.1, 0.2)),
            (205, (0.18, 0.05, -0.05)), (187, (0.25, 0.05, -0.1)), (10, (0.0, -0.2, 0.15)), (151, (0.0, 0.0, 0.2)),
            (61, (0.10, 0.06, 0.0)), (0, (0.0, 0.14, 0.14)), (17, (0.0, -0.10, 0.17)), (37, (0.0, 0.12, 0.12)),
            (84, (0.0, -0.10, 0.14)), (33, (-0.06, 0.06, 0.0)), (2, (0.0, 0.15, -0.1)),
        ),
        scale=(0.965, 0.965, 0.97), neck=0.84, lids=1.06, eyes=1.02, ears=0.9,
    ),
    complexion=Complexion(
        skin=(224, 178, 152), lips=(178, 84, 84), redness=0.95, wrinkles=0.4, pores=0.7, oil=0.9, eye_bags=0.6,
        freckles=520, moles=2,
    ),
    eyes=Eyes(iris=(70, 98, 84), lash=0.5, liner=0.9, brow_strokes=330, brow_thickness=0.6),
    hair=Hair(HairStyle.LONG, (112, 58, 28), strands=2600, length=22.0, width=0.13),
    cloth=(150, 148, 140),
)  # fmt: skip

COMPANY = (MARCO, ELIN)


def cast(name: str | None = None) -> tuple[Identity, ...]:
    """All performers, or the one called `name`. Raises BadInputError for a name that is not in the company."""
    found = tuple(identity for identity in COMPANY if name in (None, identity.name))
    if not found:
        known = ", ".join(identity.name for identity in COMPANY)
        raise BadInputError(f"There is no performer called {name}; choose one of {known}.")
    return found
