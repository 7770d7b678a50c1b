"""The built-in cases: digital performers, of whom a perfect swap can be rendered."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from understudy.benchmark import filming, source
from understudy.benchmark.case import Footage
from understudy.performers import Performance
from understudy.performers.cast import cast
from understudy.progress import Progress
from understudy.project.recipe import Recipe
from understudy.takes.take import Take

_LIKENESS_STEP = 2
"""Of the likeness's take every other frame is filmed: twice the variety for the same work."""
_QUICK = ("quick",)

_OPEN = Performance(seed=501, yaw=35, pitch=12, lighting=0.4)
"""What likenesses play unless a case says otherwise: footage as a team would shoot it for a swap."""


@dataclass(frozen=True)
class PerformedCase:
    """`likeness` put onto `plate`, both names of the cast; one name twice is a self-swap.

    take             what the plate plays
    training         what the likeness plays, in its own footage
    frames           length of the plate
    likeness_frames  length of the likeness's footage
    size             of the square pictures, pixels
    companion        name of a second person in the plate, None for nobody
    """

    name: str
    description: str
    likeness: str
    plate: str
    take: Performance
    training: Performance = field(default=_OPEN)
    frames: int = 50
    likeness_frames: int = 100
    size: int = 512
    companion: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of everything that decides the footage, the renderer's source included."""
        parameters = asdict(self)
        for told in ("name", "description", "tags"):
            del parameters[told]
        return Recipe("footage", filming.VERSION, parameters, {"source": source.digest(source.STAGE)}).hash

    @property
    def performance(self) -> Performance:
        """What the plate plays, with everybody who is in it."""
        if self.companion is None:
            return self.take
        return replace(self.take, companion=cast(self.companion)[0])

    def limited(self, seconds: float) -> PerformedCase:
        """The same case with only the first `seconds` of its plate."""
        return replace(self, frames=min(self.frames, math.ceil(seconds * self.take.frame_rate)))

    def footage(self, folder: Path, progress: Progress) -> Footage:
        """Film likeness, plate and truth into `folder`, each once."""
        home = folder / f"{self.name}-{self.digest[:12]}"
        (likeness,), (plate,) = cast(self.likeness), cast(self.plate)
        own = Take(likeness, self.training, _LIKENESS_STEP * self.likeness_frames, self.size)
        shot = Take(plate, self.performance, self.frames, self.size)
        shoot = filming.Shoot(home, progress)
        return Footage(
            likeness=(shoot.clip("likeness", own, _LIKENESS_STEP),),
            plate=shoot.clip("plate", shot),
            frames=self.frames,
            truth=shoot.truth(replace(shot, likeness=likeness)),
            cuts=tuple(cut for cut in self.take.cuts if cut < self.frames),
        )


def _still(seed: int, **changes: float) -> Performance:
    """Frontal, in steady light: what a case adds to it is what the case is about."""
    return replace(Performance(seed=seed, yaw=12, pitch=6, roll=4, lighting=0.0), **changes)  # type: ignore[arg-type]


_CASES = (
    PerformedCase(
        "small", "frontal, small and short: the first thing to try, held to floors", "arjun", "marco",
        _still(11), frames=24, likeness_frames=36, size=256, tags=("smoke",),
    ),
    PerformedCase(
        "talking", "speech and mimicry, frontal, steady light", "elin", "ingrid",
        _still(21, liveliness=1.2), tags=_QUICK,
    ),
    PerformedCase(
        "profile", "the head turns up to 45 degrees", "ingrid", "elin",
        _still(32, yaw=45, pitch=14, roll=8), replace(_OPEN, yaw=45), tags=_QUICK,
    ),
    PerformedCase(
        "light", "the light moves, and changes its colour", "ingrid", "marco", _still(41, lighting=1.6),
        tags=_QUICK,
    ),
    PerformedCase(
        "hand", "a hand crosses the face", "marco", "elin",
        replace(_still(51), occluder="hand", crossing=(8, 42)), tags=_QUICK,
    ),
    PerformedCase(
        "microphone", "a microphone comes up to the mouth", "arjun", "marco",
        replace(_still(61), occluder="microphone", crossing=(6, 44)),
    ),
    PerformedCase("beard-off", "a shaven likeness on a full beard", "marco", "arjun", _still(71, yaw=20)),
    PerformedCase("beard-on", "a full beard on a shaven plate", "arjun", "marco", _still(76, yaw=20)),
    PerformedCase("glasses", "the plate wears spectacles", "elin", "mei", _still(81, yaw=20)),
    PerformedCase("glasses-likeness", "the likeness wears spectacles", "mei", "ingrid", _still(86, yaw=20)),
    PerformedCase("complexion", "dark skin on pale", "kwame", "ingrid", _still(91, lighting=0.5)),
    PerformedCase(
        "two-people", "somebody else stands in the frame", "zuri", "kwame", _still(101), companion="elin"
    ),
    PerformedCase(
        "cut", "two shots, one cut", "marco", "ingrid", replace(_still(111, yaw=25), cuts=(25,)),
    ),
    PerformedCase(
        "soft", "out of focus, grainy", "kwame", "zuri", _still(121, defocus=1.5, grain=2.5)
    ),
    PerformedCase(
        "self-marco", "a performer onto himself, another take", "marco", "marco", _still(131, yaw=25),
        tags=("self",),
    ),
    PerformedCase(
        "self-mei", "a performer with spectacles onto herself, another take", "mei", "mei",
        _still(136, yaw=25), tags=("self",),
    ),
)  # fmt: skip

PERFORMED = {case.name: case for case in _CASES}
"""All built-in cases by name."""
