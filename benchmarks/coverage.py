"""How well `likeness.prediction` tells where a swap is worst: against the true error on digital performers.

    python -m benchmarks.coverage --out DIR [--cases judged | all | turn-1 …]

Every case is filmed, swapped by `warp` and scored as in `understudy benchmark`; the error of a frame is its
PSNR of the face against the true swap, colour fitted. What the swap is expected to lose is told from plate
and likeness alone. Prints, for each case, the rank correlation (Spearman) of both over the frames:

  judged     with the weights of `prediction.WEIGHTS`, on cases that had no part in finding them
  fitted     the same, on the cases that signs and weights were found on
  held out   each case with weights that were fitted on all other cases of this run

Pooled figures rank the frames of all cases together, each case's mean taken off: what two performers differ
by is not what is predicted. Takes two to five minutes a case; what is in DIR is not made again.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from understudy.benchmark.performed import PERFORMED, PerformedCase
from understudy.benchmark.run import PROJECT, run_case
from understudy.likeness.prediction import WEIGHTS, signs
from understudy.performers import Performance
from understudy.pipeline.covering import CoverRequest, coverage
from understudy.progress import SilentProgress

_RIDGE = 0.1
_NAMES = tuple(WEIGHTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", nargs="+", default=["judged"], help="names, or judged (default), or all")
    asked = parser.parse_args()
    wanted = {*asked.cases} | (set(JUDGED) if "judged" in asked.cases else set())
    cases = [case for case in CASES if "all" in wanted or case.name in wanted]
    measured = []
    for case in cases:
        measured.append(_measure(case, asked.out))
        print(f"{case.name}: {len(measured[-1].error)} frames", flush=True)
    shipped = np.array(list(WEIGHTS.values()))
    for what, part in (
        ("judged", [each for each in measured if each.name in JUDGED]),
        ("fitted", [each for each in measured if each.name not in JUDGED]),
    ):
        if part:
            _tell(what, part, [shipped] * len(part))
    if len(measured) > 2:
        held_out = [fitted([other for other in measured if other is not each]) for each in measured]
        _tell("held out", measured, held_out)


@dataclass(frozen=True)
class Measured:
    """One case: the signs (N, 5) and the error (N,) in dB of its frames, each with its mean taken off."""

    name: str
    signs: np.ndarray
    error: np.ndarray


def _measure(case: PerformedCase, folder: Path) -> Measured:
    scored = run_case(case, folder, keep_project=True, progress=SilentProgress())
    if scored.clips is None:
        raise SystemExit(f"{case.name}: {scored.failure}")
    project = scored.clips.result.parent / PROJECT
    request = CoverRequest(
        (("likeness", scored.clips.likeness),), (scored.clips.plate,), project, frames=(0, case.frames - 1)
    )
    (pair,) = coverage(request).pairs
    plate, likeness = pair.plate.known, pair.likeness.known
    columns = signs(plate.traits, plate.looks, likeness.traits, likeness.looks)
    error = -scored.curve("psnr_face_fitted")[pair.plate.faces.frame]
    known = np.isfinite(error)
    table = np.stack([columns[name][known] for name in _NAMES], axis=1)
    return Measured(case.name, table - table.mean(0), error[known] - error[known].mean())


def fitted(cases: list[Measured]) -> np.ndarray:
    """Weights by ridge regression on columns of equal spread; every case counts the same, (5,)."""
    spread = np.sqrt(np.mean([case.signs.var(0) for case in cases], axis=0))
    square = np.mean([(c.signs / spread).T @ (c.signs / spread) / len(c.error) for c in cases], axis=0)
    right = np.mean([(c.signs / spread).T @ c.error / len(c.error) for c in cases], axis=0)
    return np.linalg.solve(square + _RIDGE * np.eye(len(spread)), right) / spread


def _tell(what: str, cases: list[Measured], weights: list[np.ndarray]) -> None:
    expected = [case.signs @ weight for case, weight in zip(cases, weights, strict=True)]
    found = [float(spearmanr(e, case.error)[0]) for e, case in zip(expected, cases, strict=True)]
    pooled = float(spearmanr(np.concatenate(expected), np.concatenate([case.error for case in cases]))[0])
    each = ", ".join(f"{case.name} {value:.2f}" for case, value in zip(cases, found, strict=True))
    print(f"{what}: pooled {pooled:.3f}, mean of cases {np.mean(found):.3f}, least {min(found):.2f} ({each})")


def _still(seed: int, **changes: float) -> Performance:
    plain = {"yaw": 12.0, "pitch": 6.0, "roll": 4.0, "lighting": 0.0, "frame_rate": 12.5}
    return Performance(seed=seed, **(plain | changes))  # type: ignore[arg-type]


def _case(name: str, likeness: str, plate: str, take: Performance, training: Performance) -> PerformedCase:
    """60 frames of a plate beyond what 50 frames of a likeness show, 256 pixels wide."""
    return PerformedCase(name, name, likeness, plate, take, training, frames=60, likeness_frames=50, size=256)


JUDGED = ("turn-1", "turn-2", "speak-1", "speak-2", "lit-1", "nod-1", "all-1", "all-2")
_BUILT_IN = ("profile", "light", "talking", "cut", "complexion")
CASES = [
    _case("first-yaw", "elin", "marco", _still(1001, yaw=42), _still(1002, yaw=14)),
    _case("second-yaw", "ingrid", "kwame", _still(2001, yaw=42), _still(2002, yaw=14)),
    _case("first-light", "mei", "elin", _still(1011, lighting=1.5, yaw=20), _still(1012, yaw=20)),
    _case("second-light", "kwame", "ingrid", _still(2011, lighting=1.5, yaw=20), _still(2012, yaw=20)),
    _case(
        "first-mouth",
        "marco",
        "mei",
        _still(1021, liveliness=1.4, yaw=15, pitch=15),
        _still(1022, liveliness=0.3, yaw=15),
    ),
    _case(
        "second-mouth",
        "zuri",
        "arjun",
        _still(2021, liveliness=1.4, yaw=15, pitch=15),
        _still(2022, liveliness=0.3, yaw=15),
    ),
    _case(
        "first-all",
        "elin",
        "zuri",
        _still(1031, liveliness=1.2, yaw=38, pitch=16, roll=9, lighting=1.0),
        _still(1032, yaw=15, liveliness=0.6),
    ),
    _case(
        "second-all",
        "arjun",
        "elin",
        _still(2031, liveliness=1.2, yaw=38, pitch=16, roll=9, lighting=1.0),
        _still(2032, yaw=15, liveliness=0.6),
    ),
    _case(
        "first-open",
        "marco",
        "ingrid",
        _still(1041, yaw=30, pitch=12, lighting=0.6),
        _still(1042, yaw=35, pitch=12, lighting=0.4),
    ),
    _case(
        "second-open",
        "ingrid",
        "zuri",
        _still(2041, yaw=30, pitch=12, lighting=0.6),
        _still(2042, yaw=35, pitch=12, lighting=0.4),
    ),
    _case(
        "first-pitch",
        "mei",
        "arjun",
        _still(1051, pitch=22, yaw=10, liveliness=0.8),
        _still(1052, pitch=4, liveliness=0.8),
    ),
    _case(
        "second-pitch",
        "zuri",
        "marco",
        _still(2051, pitch=22, yaw=10, liveliness=0.8),
        _still(2052, pitch=4, liveliness=0.8),
    ),
    _case("yaw-a", "zuri", "ingrid", _still(3001, yaw=40, lighting=0.3), _still(3002, yaw=15)),
    _case(
        "yaw-b",
        "marco",
        "elin",
        _still(3011, yaw=45, pitch=12, liveliness=0.7),
        _still(3012, yaw=18, liveliness=0.7),
    ),
    _case(
        "mouth-a",
        "kwame",
        "marco",
        _still(3021, liveliness=1.4, yaw=15),
        _still(3022, liveliness=0.3, yaw=15),
    ),
    _case(
        "mouth-b",
        "elin",
        "mei",
        _still(3031, liveliness=1.3, yaw=20, pitch=10, lighting=0.5),
        _still(3032, liveliness=0.5, yaw=20, pitch=10),
    ),
    _case("light-a", "arjun", "zuri", _still(3041, lighting=1.5, yaw=15), _still(3042, yaw=20, lighting=0.2)),
    _case("pitch-a", "ingrid", "arjun", _still(3051, pitch=22, yaw=12), _still(3052, pitch=5, yaw=12)),
    _case(
        "open-a",
        "mei",
        "kwame",
        _still(3061, yaw=30, pitch=12, lighting=0.6),
        _still(3062, yaw=35, pitch=12, lighting=0.4),
    ),
    _case(
        "open-b",
        "arjun",
        "ingrid",
        _still(3071, yaw=25, pitch=10, lighting=0.5, liveliness=1.2),
        _still(3072, yaw=35, pitch=12, lighting=0.4),
    ),
    _case("turn-1", "ingrid", "mei", _still(4001, yaw=42, lighting=0.3), _still(4002, yaw=15)),
    _case(
        "turn-2",
        "arjun",
        "kwame",
        _still(4011, yaw=40, pitch=10, liveliness=0.8),
        _still(4012, yaw=18, liveliness=0.8),
    ),
    _case(
        "speak-1", "mei", "zuri", _still(4021, liveliness=1.4, yaw=15), _still(4022, liveliness=0.4, yaw=15)
    ),
    _case(
        "speak-2",
        "marco",
        "kwame",
        _still(4031, liveliness=1.3, yaw=20, pitch=10, lighting=0.5),
        _still(4032, liveliness=0.5, yaw=20, pitch=10),
    ),
    _case("lit-1", "elin", "arjun", _still(4041, lighting=1.5, yaw=15), _still(4042, yaw=20, lighting=0.2)),
    _case("nod-1", "kwame", "elin", _still(4051, pitch=22, yaw=12), _still(4052, pitch=5, yaw=12)),
    _case(
        "all-1",
        "zuri",
        "mei",
        _still(4061, yaw=36, pitch=14, lighting=0.9, liveliness=1.2),
        _still(4062, yaw=15, liveliness=0.6),
    ),
    _case(
        "all-2",
        "ingrid",
        "marco",
        _still(4071, yaw=36, pitch=14, lighting=0.9, liveliness=1.2),
        _still(4072, yaw=35, pitch=12, lighting=0.4),
    ),
    *(PERFORMED[name] for name in _BUILT_IN),
]
"""A head that turns, nods or acts more than the likeness's did, light that it was not in, and footage that
it covers; and cases of `understudy benchmark`."""


if __name__ == "__main__":
    main()
