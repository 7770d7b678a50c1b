"""What is performed at one instant: everything in the picture that is not the identity."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from understudy.performers.cage import turned

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Pose:
    """The head's attitude in degrees and place in cm (stage space).

    Signs as in `understudy.geometry`: yaw > 0 turns to the picture's right, pitch > 0 looks down, roll > 0
    turns clockwise in the picture. Roll is applied first, then pitch, then yaw.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    place: Vector = (0.0, 0.0, 0.0)

    def rotation(self) -> npt.NDArray[np.float64]:
        """(3, 3) in stage space."""
        return rotation(self.yaw, self.pitch, self.roll)


def rotation(yaw: float, pitch: float, roll: float = 0.0) -> npt.NDArray[np.float64]:
    """Rotation matrix (3, 3) in stage space of angles in degrees, signs as in `Pose`."""
    y, p, r = np.radians((yaw, pitch, -roll))
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    tilt = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    # columns are vectors, so the product is taken on the transpose
    return turned(turned(tilt.T, nod), turn).T


@dataclass(frozen=True)
class Expression:
    """Strengths in [0, 1] except gaze: degrees to the picture's right and down, relative to the head."""

    blink: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    jaw: float = 0.0
    smile: float = 0.0
    pucker: float = 0.0
    stretch: float = 0.0
    brow_raise: float = 0.0
    brow_lower: float = 0.0


@dataclass(frozen=True)
class Light:
    """A key light at infinity and what comes from everywhere else; colours are linear RGB.

    `direction` is a unit vector in stage space towards the light.
    """

    direction: Vector = (0.45, 0.45, 0.77)
    key: Vector = (1.5, 1.36, 1.2)
    sky: Vector = (0.27, 0.30, 0.36)
    ground: Vector = (0.11, 0.085, 0.07)
    fill: Vector = (0.14, 0.16, 0.21)
    rim: Vector = (0.5, 0.46, 0.42)


@dataclass(frozen=True)
class Lens:
    """The camera.

    focal length in picture widths, shutter as a share of the frame, defocus in pixels of a 512 px picture,
    grain relative to a good sensor, exposure as a factor.
    """

    focal: float = 1.8
    shutter: float = 0.5
    defocus: float = 0.0
    grain: float = 1.0
    exposure: float = 1.0


@dataclass(frozen=True)
class Occluder:
    """Something in front of the face: `kind` is "hand" or "microphone", `place` in cm, `angle` in degrees."""

    kind: str
    place: Vector
    angle: float = 0.0


@dataclass(frozen=True)
class Moment:
    """One instant of a performance. `shot` counts cuts, `backdrop` and `grain` are seeds."""

    pose: Pose = field(default_factory=Pose)
    expression: Expression = field(default_factory=Expression)
    light: Light = field(default_factory=Light)
    lens: Lens = field(default_factory=Lens)
    occluder: Occluder | None = None
    shot: int = 0
    backdrop: int = 0
    grain: int = 0
