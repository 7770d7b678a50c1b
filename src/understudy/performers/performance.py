"""What is performed: smooth random curves of pose, expression, light and camera, fixed by a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from understudy.errors import BadInputError
from understudy.performers.cage import unit
from understudy.performers.identity import Identity
from understudy.performers.moment import Expression, Lens, Light, Moment, Occluder, Pose, Vector

OCCLUDERS = ("hand", "microphone")
LARGEST_SEED = 2**31


class _Curves:
    """A bundle of smooth curves of about [-1, 1], each a sum of three sines of incommensurable speeds."""

    def __init__(self, seed: int, count: int = 24) -> None:
        rng = np.random.default_rng(seed)
        self._phase = rng.uniform(0, 2 * np.pi, (count, 3))
        self._speed = rng.uniform(0.6, 1.4, (count, 3)) * (1.0, 1.9, 3.3)
        self.blinks = np.cumsum(rng.uniform(1.2, 2.8, 400)) - rng.uniform(0, 1)

    def __call__(self, index: int, time: float, pace: float = 1.0) -> float:
        wave = np.sin(time * self._speed[index] * pace + self._phase[index])
        return float((wave * (0.6, 0.3, 0.15)).sum())

    def pulse(self, index: int, time: float, threshold: float, gain: float, pace: float = 1.0) -> float:
        """The part of a curve above `threshold`, in [0, 1]: at rest most of the time."""
        return float(np.clip((self(index, time, pace) - threshold) * gain, 0.0, 1.0))

    def blink(self, time: float) -> float:
        """Lid closure in [0, 1]; a blink takes about a quarter of a second."""
        nearest = np.abs(self.blinks - time).min()
        return float(np.exp(-((nearest / 0.085) ** 4)))


@dataclass(frozen=True)
class Performance:
    """A take that any identity can play. Equal performances give equal moments, at any frame, in any order.

    yaw, pitch, roll   reach of the head in degrees
    liveliness         strength of speech and mimicry, 1 natural, 0 a still face that only blinks
    lighting           strength of changes in the light's direction, colour and intensity, 0 constant
    cuts               frames at which a new shot begins
    occluder           "hand" or "microphone" crosses the face during the frames `crossing` (first, last)
    companion          a second person in the background
    defocus, grain, shutter   see `moment.Lens`
    """

    seed: int
    frame_rate: float = 25.0
    yaw: float = 45.0
    pitch: float = 18.0
    roll: float = 9.0
    liveliness: float = 1.0
    lighting: float = 1.0
    cuts: tuple[int, ...] = ()
    occluder: str | None = None
    crossing: tuple[int, int] = (20, 60)
    companion: Identity | None = None
    defocus: float = 0.0
    grain: float = 1.0
    shutter: float = 0.5

    def __post_init__(self) -> None:
        if self.occluder is not None and self.occluder not in OCCLUDERS:
            choices = " or ".join(OCCLUDERS)
            raise BadInputError(f"There is no occluder called {self.occluder}; choose {choices}.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise BadInputError(f"The seed {self.seed} cannot be used; give one from 0 to {LARGEST_SEED}.")
        if not 0 < self.frame_rate <= 1000:
            raise BadInputError(
                f"A rate of {self.frame_rate} frames/s cannot be played; give one up to 1000."
            )

    @cached_property
    def _shots(self) -> tuple[_Curves, ...]:
        return tuple(_Curves(self.seed * 1009 + shot) for shot in range(len(self.cuts) + 1))

    def shot(self, frame: float) -> int:
        """Which shot, counted from 0, a frame belongs to."""
        return sum(frame >= cut for cut in self.cuts)

    def moment(self, frame: float, *, shot: int | None = None) -> Moment:
        """What happens at `frame`; fractions lie between frames, `shot` carries a shot on beyond its end."""
        number = self.shot(frame) if shot is None else shot
        curves, time = self._shots[number], frame / self.frame_rate
        pose = self._pose(curves, time)
        return Moment(
            pose=pose,
            expression=self._expression(curves, time, pose),
            light=self._light(curves, time),
            lens=Lens(defocus=self.defocus, grain=self.grain, shutter=self.shutter),
            occluder=self._occluder(frame, pose),
            shot=number,
            backdrop=self.seed * 31 + number,
            grain=self.seed * 1_000_003 + round(frame),
        )

    @property
    def companion_place(self) -> Vector:
        """Where the companion stands, in cm from the performer: behind and to the side."""
        return 19.0 if self.seed % 2 else -19.0, 1.0, -30.0

    def companion_moment(self, frame: float) -> Moment:
        """What the companion does: somebody else's curves, a little out of focus."""
        other = replace(
            self, seed=self.seed + 7919, yaw=25.0, pitch=8.0, occluder=None, defocus=self.defocus + 1.2
        )
        return replace(other.moment(frame), light=self.moment(frame).light)

    def _pose(self, curves: _Curves, time: float) -> Pose:
        return Pose(
            yaw=self.yaw * float(np.clip(1.15 * curves(0, time, 0.9), -1, 1)),
            pitch=self.pitch * float(np.clip(1.1 * curves(1, time), -1, 1)),
            roll=self.roll * curves(2, time),
            place=(1.8 * curves(16, time, 0.7), 0.8 * curves(17, time, 0.6), 2.5 * curves(18, time, 0.5)),
        )

    def _expression(self, curves: _Curves, time: float, pose: Pose) -> Expression:
        lively = self.liveliness
        talk = curves.pulse(3, time, -0.05, 1.1, 4.0) * (0.35 + 0.65 * curves.pulse(4, time, -0.4, 1.3))
        return Expression(
            blink=curves.blink(time),
            gaze=(13.0 * curves(5, time, 2.0) - 0.17 * pose.yaw, 7.0 * curves(6, time, 1.6)),
            jaw=0.85 * lively * talk,
            smile=lively * curves.pulse(7, time, 0.05, 1.5),
            pucker=0.6 * lively * curves.pulse(8, time, 0.25, 1.5, 2.0),
            stretch=0.5 * lively * curves.pulse(11, time, 0.3, 1.3),
            brow_raise=lively * curves.pulse(9, time, 0.1, 1.6),
            brow_lower=lively * curves.pulse(10, time, 0.25, 1.6),
        )

    def _light(self, curves: _Curves, time: float) -> Light:
        rest, change = Light(), self.lighting
        side = 1.0 if curves(19, 0.0) > 0 else -1.0
        azimuth = side * 0.5 + 0.75 * change * curves(12, time, 0.6)
        height = 0.45 + 0.2 * change * curves(13, time, 0.7)
        direction = unit(
            np.array([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)])
        )
        tint = 1 + 0.12 * change * curves(14, time, 0.8) * np.array([1.0, 0.1, -1.0])
        key = np.array(rest.key) * tint * (1 + 0.15 * change * curves(15, time))
        x, y, z = direction.tolist()
        red, green, blue = key.tolist()
        return replace(rest, direction=(x, y, z), key=(red, green, blue))

    def _occluder(self, frame: float, pose: Pose) -> Occluder | None:
        first, last = self.crossing
        if self.occluder is None or not first <= frame <= last:
            return None
        along = (frame - first) / max(last - first, 1)
        if self.occluder == "hand":
            sway = 2.0 * float(np.sin(2 * np.pi * along))
            return Occluder("hand", (16.0 - 32.0 * along, -4.0 + sway, 11.0), 18.0 - 20.0 * along)
        # held towards the mouth, wherever the head turns
        rise = float(np.sin(np.pi * along))
        x = pose.place[0] + 9.0 * float(np.sin(np.radians(pose.yaw)))
        return Occluder("microphone", (x + 3.0 - 6.0 * along, -17.0 + 13.0 * rise, 11.5), 12.0 - 24.0 * along)
