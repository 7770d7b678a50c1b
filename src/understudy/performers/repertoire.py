"""What performers are asked to play: performances by name, cut to any length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from understudy.errors import BadInputError
from understudy.performers.identity import Identity
from understudy.performers.performance import Performance

_Play = Callable[[Performance, int], Performance]


@dataclass(frozen=True)
class Piece:
    """One entry: `play` makes it of a calm performance and a number of frames."""

    description: str
    play: _Play
    for_two: bool = False


def _middle(frames: int) -> tuple[int, int]:
    """First and last frame of the middle three fifths."""
    return frames // 5, max(frames // 5, frames - 1 - frames // 5)


REPERTOIRE: Mapping[str, Piece] = {
    "talking": Piece(
        "speech and mimicry, nearly frontal, steady light", lambda calm, _: replace(calm, liveliness=1.2)
    ),
    "turning": Piece(
        "the head turns up to 45 degrees each way and nods",
        lambda calm, _: replace(calm, yaw=45.0, pitch=18.0, roll=9.0),
    ),
    "light": Piece(
        "the light wanders and changes its colour and strength", lambda calm, _: replace(calm, lighting=1.6)
    ),
    "hand": Piece(
        "a hand crosses the face",
        lambda calm, frames: replace(calm, occluder="hand", crossing=_middle(frames)),
    ),
    "microphone": Piece(
        "a microphone comes up to the mouth",
        lambda calm, frames: replace(calm, occluder="microphone", crossing=_middle(frames)),
    ),
    "cut": Piece(
        "two shots with a cut between them",
        lambda calm, frames: replace(calm, yaw=30.0, cuts=(max(1, frames // 2),)),
    ),
    "two-people": Piece("a second person in the background", lambda calm, _: calm, for_two=True),
    "soft": Piece("out of focus, grainy", lambda calm, _: replace(calm, yaw=25.0, defocus=1.8, grain=3.0)),
    "everything": Piece(
        "pose, speech and light at their widest", lambda calm, _: Performance(calm.seed, calm.frame_rate)
    ),
}


def played(
    name: str,
    *,
    seed: int = 1,
    frames: int = 100,
    frame_rate: float = 25.0,
    companion: Identity | None = None,
) -> Performance:
    """The piece called `name`, `frames` long; `companion` is who else stands there where it is for two.

    Raises BadInputError for an unknown name, and for a length or rate that cannot be played.
    """
    if name not in REPERTOIRE:
        raise BadInputError(f"There is no performance called {name}; choose one of {', '.join(REPERTOIRE)}.")
    if frames < 1:
        raise BadInputError(f"A performance of {frames} frames cannot be played; give 1 or more.")
    calm = Performance(seed, frame_rate, yaw=14.0, pitch=7.0, roll=4.0, lighting=0.0)
    piece = REPERTOIRE[name]
    return replace(piece.play(calm, frames), companion=companion if piece.for_two else None)
