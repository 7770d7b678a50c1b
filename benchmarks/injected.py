"""Flaws put into good film on purpose: what inspection is measured and tested with. `changes` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks import changes
from benchmarks.changes import At, Bytes, Change, Film
from understudy.measures.gaze import eye_opening
from understudy.measures.timing import lips


@dataclass(frozen=True)
class Injection:
    """A kind of flaw.

    strengths   mild, plain, gross
    length      frames it lasts
    expected    keys of the detectors that may answer
    where       "anywhere", "eyes" where they are widest, "glasses" where only the plate wears some,
                or where "lids" or "lips" move most
    swapped     whether it needs two performers
    """

    key: str
    change: Change = field(repr=False)
    strengths: tuple[float, float, float]
    expected: tuple[str, ...]
    length: int = 5
    where: str = "anywhere"
    swapped: bool = False


def inject(film: Film, injection: Injection, first: int, strength: float) -> Film:
    """The film with the flaw in frames first .. first + length - 1."""
    if injection.key == "occluder":
        film = changes.with_hand(film, first, strength)
    result = list(film.result)
    for place in range(injection.length):
        result[first + place] = injection.change(At(film, first + place, place, strength))
    return replace(film, result=tuple(result))


def best_place(film: Film, injection: Injection, rng: np.random.Generator) -> int | None:
    """A frame to begin at, at least eight from either end; None where lids or lips do not move."""
    last = film.frames - 8 - injection.length
    if last < 8 or (injection.where == "glasses" and not film.glasses):
        return None
    if injection.where == "eyes":
        opening = eye_opening(film.landmarks).mean(1)
        return 8 + int(np.argmax([opening[n : n + injection.length].min() for n in range(8, last + 1)]))
    if injection.where in ("anywhere", "glasses"):
        return int(rng.integers(8, last + 1))
    curve = eye_opening(film.landmarks).mean(1) if injection.where == "lids" else lips(film.landmarks)
    lag = int(injection.strengths[1])
    moved = np.abs(curve[lag:] - curve[:-lag])
    sums = np.array([moved[n - lag : n - lag + injection.length].sum() for n in range(8, last + 1)])
    least = (0.15 if injection.where == "lids" else 0.06) * injection.length
    return 8 + int(sums.argmax()) if sums.max() > least else None


def _eaten(bare: Film) -> Change:
    def change(at: At) -> Bytes:
        return bare.result[at.frame]

    return change


def occluder_injection(bare: Film) -> Injection:
    """A hand that the result lacks, of a film without one."""
    return Injection("occluder", _eaten(bare), (0.05, 0.1, 0.2), ("occluder",))


INJECTIONS: tuple[Injection, ...] = (
    Injection("jitter", changes.jitter, (0.01, 0.02, 0.04), ("jitter", "flicker", "wobble")),
    Injection("wobble", changes.wobble, (0.01, 0.02, 0.04), ("wobble", "jitter", "flicker")),
    Injection("pumping", changes.tint(0.05, 0.06), (1.5, 3.0, 6.0), ("pumping", "ring")),
    Injection("gaze", changes.look_aside, (4.0, 6.0, 12.0), ("gaze",), where="eyes"),
    Injection(
        "lids late", changes.late("eyes", 0.08), (2, 3, 4), ("lids", "gaze", "sharpness"), where="lids"
    ),
    Injection("lips late", changes.late("mouth", 0.06), (2, 3, 4), ("lips", "teeth"), where="lips"),
    Injection("mouth blur", changes.blur("mouth", 0.05), (0.012, 0.02, 0.04), ("sharpness", "teeth")),
    Injection("eyes blur", changes.blur("eyes", 0.08), (0.012, 0.02, 0.04), ("sharpness",), where="eyes"),
    Injection("skin blur", changes.blur("face", -0.05), (0.012, 0.02, 0.04), ("sharpness", "grain")),
    Injection("seam", changes.rim, (0.05, 0.1, 0.2), ("seam", "ring")),
    Injection("grain", changes.noise, (2.0, 4.0, 8.0), ("grain", "sharpness", "flicker")),
    Injection(
        "identity", changes.plate_through, (0.3, 0.5, 0.8), ("identity", "missed", "double"), swapped=True
    ),
    Injection("missed", changes.plate_itself, (1.0, 1.0, 1.0), ("missed",), length=2, swapped=True),
    Injection("light", changes.light_from_aside, (0.1, 0.2, 0.4), ("light",)),
    Injection("held frame", changes.hold, (1.0, 1.0, 1.0), ("frozen", "jitter"), length=2),
    Injection("pose", changes.turn, (3.0, 5.0, 10.0), ("pose", "wobble", "lids", "lips")),
    Injection(
        "ring colour", changes.tint(-0.03, 0.015), (2.0, 4.0, 8.0), ("ring", "seam", "pumping"), length=8
    ),
    Injection("flicker", changes.flicker, (1.5, 3.0, 6.0), ("flicker", "grain", "sharpness", "wobble")),
    Injection("third face", changes.somebody_else("marco"), (0.4, 0.7, 1.0), ("identity",), length=8),
    Injection("broken", changes.broken, (1.0, 1.0, 1.0), ("lost", "identity", "sharpness"), length=2),
    Injection("duplicated", changes.hold, (1.0, 1.0, 1.0), ("frozen",), length=1),
    *(
        Injection(
            f"double {place}",
            changes.ghost(place),
            (0.3, 0.5, 0.8),
            ("double",),
            where="glasses" if place == "glasses" else "anywhere",
            swapped=True,
        )
        for place in ("brows", "jaw", "glasses")
    ),
)
"""All but the occluder, which needs the film without it: `occluder_injection`."""
