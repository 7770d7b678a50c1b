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
            (172, (-0.55, -0.45, 0.25)), (136, (-0.4, -0.45, 0.3)), (58, (-0.35, -0.3, 0.1)),
            (132, (-0.1, 0.0, 0.0)), (152, (0.0, -0.35, 0.4)), (150, (-0.25, -0.4, 0.3)),
            (4, (0.0, -0.05, 0.1)), (6, (0.0, 0.0, 0.15)), (197, (0.0, 0.0, 0.25)),
            (195, (0.0, 0.0, 0.15)), (129, (0.16, 0.0, 0.0)), (102, (0.12, 0.0, 0.0)),
            (64, (0.14, 0.0, 0.0)), (105, (0.0, -0.2, 0.3)), (66, (0.0, -0.15, 0.3)),
            (63, (0.0, -0.15, 0.2)), (9, (0.0, 0.0, 0.25)), (50, (-0.2, 0.05, 0.15)),
            (116, (-0.2, 0.1, 0.15)), (205, (0.12, 0.0, -0.35)), (187, (0.2, 0.0, -0.4)),
            (147, (0.2, 0.0, -0.3)), (10, (0.0, 0.1, 0.0)), (61, (-0.12, 0.0, 0.0)),
            (0, (0.0, -0.05, -0.12)), (17, (0.0, 0.02, -0.1)), (2, (0.0, -0.05, 0.0)),
            (200, (0.0, 0.0, 0.35)), (18, (0.0, 0.0, -0.15)), (33, (0.0, 0.0, 0.0)),
            (133, (0.0, 0.0, 0.0)),
        ),
        scale=(1.0, 1.0, 1.02),
    ),
    complexion=Complexion(
        skin=(190, 143, 116), lips=(158, 96, 86), redness=0.8, wrinkles=1.25, pores=1.1, eye_bags=1.1,
        freckles=60,
        moles=4, stubble=0.8,
    ),
    eyes=Eyes(iris=(74, 50, 30), lash=0.55, liner=0.45, brow_strokes=420, brow_thickness=0.85),
    hair=Hair(HairStyle.SHORT, (36, 27, 22), strands=6500, length=3.6, width=0.10),
    cloth=(48, 58, 76),
)  # fmt: skip

ELIN = Identity(
    name="elin",
    description="woman of about thirty, fair freckled skin, narrow chin, long copper hair",
    seed=2,
    shape=Shape(
        handles=(
            (172, (0.45, 0.2, 0.0)), (136, (0.45, 0.25, 0.0)), (58, (0.28, 0.1, 0.0)),
            (150, (0.38, 0.2, 0.0)), (149, (0.25, 0.12, 0.0)), (152, (0.0, 0.25, -0.05)),
            (148, (0.1, 0.2, 0.0)), (4, (0.0, 0.2, -0.3)), (1, (0.0, 0.22, -0.26)), (6, (0.0, 0.0, -0.25)),
            (197, (0.0, 0.05, -0.3)), (195, (0.0, 0.1, -0.35)), (129, (0.25, 0.05, 0.0)),
            (102, (0.22, 0.0, 0.0)), (64, (0.22, 0.05, 0.0)), (105, (0.0, 0.25, -0.25)),
            (66, (0.0, 0.2, -0.3)), (107, (0.05, 0.15, -0.3)), (63, (0.0, 0.28, -0.15)),
            (70, (0.0, 0.2, 0.0)), (9, (0.0, 0.1, -0.3)), (8, (0.0, 0.05, -0.25)), (50, (-0.15, 0.1, 0.3)),
            (116, (-0.2, 0.1, 0.2)), (205, (0.18, 0.05, -0.05)), (187, (0.25, 0.05, -0.1)),
            (10, (0.0, -0.2, 0.15)), (151, (0.0, 0.0, 0.2)), (61, (0.10, 0.06, 0.0)),
            (0, (0.0, 0.14, 0.14)), (17, (0.0, -0.10, 0.17)), (37, (0.0, 0.12, 0.12)),
            (84, (0.0, -0.10, 0.14)), (13, (0.0, 0.0, 0.05)), (14, (0.0, 0.0, 0.05)),
            (33, (-0.06, 0.06, 0.0)), (2, (0.0, 0.15, -0.1)),
        ),
        scale=(0.965, 0.965, 0.97), neck=0.84, lids=1.08, eyes=1.02, ears=0.9,
    ),
    complexion=Complexion(
        skin=(224, 178, 152), lips=(178, 84, 84), redness=0.95, wrinkles=0.4, pores=0.7, oil=0.9,
        eye_bags=0.6,
        freckles=520, moles=2,
    ),
    eyes=Eyes(iris=(70, 98, 84), lash=0.8, liner=0.9, brow_strokes=330, brow_thickness=0.6),
    hair=Hair(HairStyle.LONG, (112, 58, 28), strands=3200, length=22.0, width=0.13),
    cloth=(150, 148, 140),
)  # fmt: skip

KWAME = Identity(
    name="kwame",
    description="man of about sixty, dark brown skin, broad nose, receding grey curls, grey beard",
    seed=3,
    shape=Shape(
        handles=(
            (129, (-0.34, -0.05, 0.0)), (102, (-0.38, 0.0, 0.05)), (64, (-0.42, 0.0, 0.05)),
            (98, (-0.2, 0.0, 0.0)), (4, (0.0, -0.1, -0.25)), (1, (0.0, -0.05, -0.2)),
            (6, (0.0, 0.0, -0.35)), (197, (0.0, 0.0, -0.4)), (195, (0.0, 0.0, -0.35)),
            (0, (0.0, 0.22, 0.3)), (37, (0.0, 0.2, 0.26)), (17, (0.0, -0.26, 0.3)),
            (84, (0.0, -0.24, 0.26)), (13, (0.0, 0.02, 0.15)), (14, (0.0, 0.02, 0.15)),
            (61, (-0.18, 0.0, 0.05)), (39, (-0.05, 0.16, 0.2)), (181, (-0.05, -0.18, 0.2)),
            (50, (-0.25, 0.15, 0.2)), (116, (-0.2, 0.1, 0.1)), (205, (0.1, 0.0, -0.2)),
            (172, (-0.3, -0.1, 0.1)), (136, (-0.2, -0.15, 0.1)), (152, (0.0, -0.15, 0.15)),
            (9, (0.0, 0.0, 0.2)), (10, (0.0, 0.2, -0.1)), (105, (0.0, -0.1, 0.2)), (33, (0.0, -0.05, 0.0)),
        ),
        scale=(1.02, 1.0, 1.01), neck=1.04, lids=0.92,
    ),
    complexion=Complexion(
        skin=(112, 72, 52), lips=(112, 62, 58), redness=0.35, wrinkles=1.5, pores=1.2, oil=1.3,
        eye_bags=1.4, moles=6,
        stubble=0.4, beard=0.75,
    ),
    eyes=Eyes(iris=(48, 30, 20), lash=0.45, liner=0.3, brow_strokes=330, brow_thickness=0.8,
    brow_colour=(58, 54, 52)),
    hair=Hair(HairStyle.CURLY, (52, 48, 46), strands=4200, length=1.4, width=0.10, grey=0.45, recession=1.6),
    cloth=(96, 62, 48), beard_colour=(120, 116, 112),
)  # fmt: skip

MEI = Identity(
    name="mei",
    description="woman of about twenty-five, light golden skin, round face, black bob, spectacles",
    seed=4,
    shape=Shape(
        handles=(
            (6, (0.0, 0.0, -0.5)), (197, (0.0, 0.0, -0.5)), (195, (0.0, 0.0, -0.45)),
            (168, (0.0, 0.0, -0.3)), (4, (0.0, 0.1, -0.4)), (1, (0.0, 0.1, -0.3)), (129, (0.02, 0.0, 0.0)),
            (64, (0.05, 0.0, 0.0)), (50, (-0.28, 0.1, 0.15)), (116, (-0.3, 0.05, 0.1)),
            (205, (-0.1, 0.0, 0.15)), (187, (-0.12, 0.0, 0.1)), (172, (0.25, 0.1, 0.0)),
            (136, (0.3, 0.2, 0.0)), (150, (0.28, 0.2, 0.0)), (152, (0.0, 0.3, -0.1)),
            (105, (0.0, 0.15, -0.15)), (66, (0.0, 0.1, -0.2)), (9, (0.0, 0.0, -0.2)),
            (0, (0.0, 0.12, 0.1)), (17, (0.0, -0.12, 0.15)), (13, (0.0, 0.0, 0.05)),
            (14, (0.0, 0.0, 0.05)), (61, (0.2, 0.02, 0.0)), (33, (-0.1, 0.18, 0.0)),
            (133, (0.05, -0.04, 0.05)), (159, (0.0, -0.08, 0.1)), (27, (0.0, -0.05, 0.2)),
        ),
        scale=(0.99, 0.945, 0.97), neck=0.82, lids=0.92, eyes=1.0, ears=0.85,
    ),
    complexion=Complexion(
        skin=(222, 180, 142), lips=(186, 92, 92), redness=0.6, wrinkles=0.2, pores=0.6, oil=0.8,
        eye_bags=0.5, moles=2,
    ),
    eyes=Eyes(iris=(40, 26, 18), lash=0.6, liner=1.0, brow_strokes=320, brow_thickness=0.65),
    hair=Hair(HairStyle.BOB, (20, 17, 18), strands=3400, length=15.0, width=0.13),
    cloth=(132, 58, 70), glasses=True,
)  # fmt: skip

INGRID = Identity(
    name="ingrid",
    description="woman of about seventy, pale lined skin, long face, white hair tied back",
    seed=5,
    shape=Shape(
        handles=(
            (152, (0.0, -0.3, 0.1)), (172, (0.1, -0.2, -0.1)), (136, (0.0, -0.3, 0.0)),
            (150, (0.0, -0.3, 0.05)), (205, (0.2, -0.1, -0.4)), (187, (0.2, -0.1, -0.4)),
            (147, (0.25, 0.0, -0.3)), (50, (-0.15, 0.0, 0.15)), (116, (-0.1, 0.0, 0.1)),
            (4, (0.0, -0.25, 0.15)), (1, (0.0, -0.25, 0.1)), (6, (0.0, 0.0, 0.1)), (197, (0.0, 0.0, 0.3)),
            (195, (0.0, -0.05, 0.25)), (64, (0.08, -0.05, 0.0)), (105, (0.0, -0.1, 0.05)),
            (70, (0.0, -0.25, 0.0)), (33, (0.0, -0.15, 0.0)), (0, (0.0, -0.16, -0.18)),
            (17, (0.0, 0.14, -0.16)), (37, (0.0, -0.14, -0.14)), (84, (0.0, 0.12, -0.14)),
            (61, (0.05, -0.14, -0.05)), (214, (0.0, -0.2, 0.15)), (10, (0.0, 0.25, 0.0)),
            (200, (0.0, 0.0, 0.15)),
        ),
        scale=(0.955, 0.99, 0.98), neck=0.86, lids=0.86, ears=1.05,
    ),
    complexion=Complexion(
        skin=(226, 188, 168), lips=(172, 108, 102), redness=1.1, wrinkles=2.6, pores=1.2, oil=0.6,
        eye_bags=1.7,
        freckles=160, moles=6,
    ),
    eyes=Eyes(
        iris=(92, 112, 132), lash=0.4, liner=0.35, brow_strokes=240, brow_thickness=0.55, brow_colour=(140,
        126, 114),
    ),
    hair=Hair(HairStyle.TIED, (188, 182, 174), strands=5200, length=1.0, width=0.10, grey=0.6),
    cloth=(64, 92, 84),
)  # fmt: skip

ARJUN = Identity(
    name="arjun",
    description="man of about thirty, brown skin, long nose, black curls, full black beard",
    seed=6,
    shape=Shape(
        handles=(
            (4, (0.0, -0.2, 0.4)), (1, (0.0, -0.15, 0.3)), (6, (0.0, 0.0, 0.35)), (197, (0.0, 0.0, 0.5)),
            (195, (0.0, 0.0, 0.45)), (168, (0.0, 0.0, 0.2)), (129, (0.05, 0.0, 0.1)),
            (64, (0.0, 0.0, 0.1)), (105, (0.0, -0.15, 0.25)), (66, (0.05, -0.15, 0.25)),
            (107, (0.1, -0.1, 0.2)), (9, (0.0, 0.0, 0.2)), (205, (0.2, 0.0, -0.3)),
            (187, (0.25, 0.0, -0.3)), (50, (-0.1, 0.1, 0.15)), (172, (0.0, -0.1, 0.1)),
            (152, (0.0, -0.3, 0.2)), (150, (0.0, -0.2, 0.15)), (0, (0.0, 0.06, 0.05)),
            (17, (0.0, -0.1, 0.12)), (13, (0.0, 0.0, 0.02)), (14, (0.0, 0.0, 0.02)),
            (33, (0.05, 0.0, 0.0)), (10, (0.0, 0.0, 0.1)),
        ),
        scale=(0.975, 1.01, 1.0), neck=0.95, lids=1.0, eyes=1.02,
    ),
    complexion=Complexion(
        skin=(164, 114, 82), lips=(142, 86, 80), redness=0.6, wrinkles=0.6, pores=0.9, oil=1.1,
        eye_bags=1.5, moles=3,
        stubble=0.6, beard=1.0,
    ),
    eyes=Eyes(iris=(58, 36, 22), lash=0.65, liner=0.7, brow_strokes=480, brow_thickness=0.95),
    hair=Hair(HairStyle.CURLY, (24, 19, 17), strands=5600, length=1.9, width=0.11),
    cloth=(186, 176, 160), beard_colour=(24, 19, 17),
)  # fmt: skip

ZURI = Identity(
    name="zuri",
    description="woman of about thirty-five, deep brown skin, high cheekbones, dark hair tied back",
    seed=7,
    shape=Shape(
        handles=(
            (129, (-0.12, 0.0, 0.0)), (64, (-0.16, 0.0, 0.0)), (102, (-0.14, 0.0, 0.0)),
            (4, (0.0, 0.05, -0.25)), (6, (0.0, 0.0, -0.4)), (197, (0.0, 0.0, -0.4)),
            (195, (0.0, 0.0, -0.3)), (0, (0.0, 0.26, 0.34)), (37, (0.0, 0.22, 0.3)),
            (39, (0.0, 0.16, 0.2)), (17, (0.0, -0.26, 0.34)), (84, (0.0, -0.24, 0.3)),
            (181, (0.0, -0.18, 0.2)), (13, (0.0, 0.02, 0.16)), (14, (0.0, 0.02, 0.16)),
            (61, (-0.02, 0.05, 0.0)), (50, (-0.3, 0.25, 0.3)), (116, (-0.3, 0.2, 0.2)),
            (205, (0.15, 0.0, -0.15)), (187, (0.2, 0.0, -0.2)), (172, (0.3, 0.1, 0.0)),
            (136, (0.3, 0.15, 0.0)), (150, (0.25, 0.15, 0.0)), (152, (0.0, 0.1, 0.0)),
            (105, (0.0, 0.2, -0.15)), (66, (0.0, 0.15, -0.2)), (63, (0.0, 0.2, -0.1)),
            (9, (0.0, 0.0, -0.2)), (33, (-0.08, 0.1, 0.0)), (10, (0.0, 0.1, 0.2)), (151, (0.0, 0.0, 0.25)),
        ),
        scale=(0.965, 0.97, 0.99), neck=0.80, lids=1.05, eyes=1.02, ears=0.85,
    ),
    complexion=Complexion(
        skin=(104, 66, 48), lips=(132, 62, 66), redness=0.35, wrinkles=0.35, pores=0.7, oil=1.4,
        eye_bags=0.8, moles=2,
    ),
    eyes=Eyes(iris=(46, 28, 18), lash=0.75, liner=1.0, brow_strokes=360, brow_thickness=0.65),
    hair=Hair(HairStyle.TIED, (22, 18, 17), strands=5200, length=1.0, width=0.11),
    cloth=(198, 150, 60),
)  # fmt: skip

COMPANY = (MARCO, ELIN, KWAME, MEI, INGRID, ARJUN, ZURI)


def cast(name: str | None = None) -> tuple[Identity, ...]:
    """All performers, or the one called `name`; raises BadInputError when nobody is called so."""
    found = tuple(identity for identity in COMPANY if name in (None, identity.name))
    if not found:
        known = ", ".join(identity.name for identity in COMPANY)
        raise BadInputError(f"There is no performer called {name}; choose one of {known}.")
    return found
