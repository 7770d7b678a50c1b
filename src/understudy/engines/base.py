"""What an engine is: it turns plate faces into likeness faces, in crop space, and knows nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from understudy.engines.choices import Choices
from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset

if TYPE_CHECKING:
    from understudy.engines.workshop import Workshop

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LikenessFaces:
    """All faces of a likeness, over all of its clips.

    faces   the rows; `faces.frame` counts inside each row's own clip
    clip    (N,) int32, which of the likeness's clips a row comes from
    """

    faces: Faceset
    clip: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.clip.shape != (len(self.faces),):
            raise ValueError(f"clip must be ({len(self.faces)},), got {self.clip.shape}")

    def __len__(self) -> int:
        return len(self.faces)


@dataclass(frozen=True)
class Crop:
    """A piece of a frame: RGB (h, w, 3), uint8 or uint16, and the 2x3 matrix from frame to crop pixels."""

    image: npt.NDArray[Any] = field(repr=False)
    to_crop: npt.NDArray[np.float64]


class Crops(Protocol):
    """Pictures of likeness faces by row, read when asked for. Safe to use from several threads."""

    def __getitem__(self, row: int) -> Crop: ...


@dataclass(frozen=True)
class PlateFace:
    """One plate face to be replaced.

    row      its row in the faceset that the model was fitted to
    image    (h, w, 3) float32 RGB in [0, 1]: the plate in crop space
    to_crop  (2, 3), frame pixels to crop pixels
    """

    row: int
    image: Floats = field(repr=False)
    to_crop: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rendered:
    """The likeness's face for one plate face, in its crop space.

    rgb    (h, w, 3) float32 in [0, 1]; defined wherever `matte` > 0
    matte  (h, w) float32 in [0, 1]; occluders are not cut out yet
    own    (h, w) float32 in [0, 1] or None: the share that was taken from the plate itself (the inside of the
           mouth, say) and needs no colour match
    """

    rgb: Floats = field(repr=False)
    matte: Floats = field(repr=False)
    own: Floats | None = field(default=None, repr=False)

    def within(self, rows: slice, columns: slice) -> Rendered:
        """A part of it."""
        own = None if self.own is None else np.ascontiguousarray(self.own[rows, columns])
        rgb, matte = (np.ascontiguousarray(each[rows, columns]) for each in (self.rgb, self.matte))
        return Rendered(rgb, matte, own)


class Model(Protocol):
    """An engine fitted to one likeness and one plate track."""

    @property
    def needs(self) -> npt.NDArray[np.int64]:
        """Rows of the likeness whose crops `render` will ask for, ascending."""

    @property
    def room(self) -> float:
        """How far around the landmarks the pictures that are rendered from have to reach.

        A share of the landmarks' longer side; they reach 0.06 at least, and end at the edges of the frame.
        What is rendered there is not used.
        """

    def example(self, row: int) -> int:
        """The likeness row, one of `needs`, that gives most of plate face `row`; to be shown beside it."""

    def render(self, faces: Sequence[PlateFace], crops: Crops) -> list[Rendered]:
        """Likeness faces for plate faces, one each, as a pure function of the arguments."""

    def save(self) -> Mapping[str, npt.NDArray[Any]]:
        """The model as named arrays, enough for `Engine.load`."""


class Engine(Protocol):
    """Makes models. Every engine passes tests/engines/test_engine_contract.py.

    learns   whether `fit` trains something, and needs a workshop
    """

    name: ClassVar[str]
    learns: ClassVar[bool]

    def choose(self, given: Mapping[str, str]) -> Choices:
        """Read options as the user wrote them. Raises BadInputError for unknown ones and wrong values."""

    def fit(self, likeness: LikenessFaces, plate: Faceset, workshop: Workshop | None = None) -> Model:
        """Learn, or merely plan, how `likeness` plays `plate` (tracks of one performer, each by frame).

        An engine that learns goes on from what is in the workshop's folder. Raises BadInputError where either
        side has too few faces.
        """

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> Model:
        """The model that `Model.save` described."""


def engine_names() -> tuple[str, ...]:
    """The engines that are installed, by name."""
    return tuple(sorted({entry.name for entry in entry_points(group="understudy.engines")}))


def engine(name: str) -> Engine:
    """The engine registered under the entry-point group `understudy.engines` as `name`."""
    found = {entry.name: entry for entry in entry_points(group="understudy.engines")}
    if name not in found:
        known = ", ".join(sorted(found)) or "none installed"
        raise BadInputError(f"There is no engine called {name!r}; choose one of: {known}.")
    made: Engine = found[name].load()()
    return made
