"""A finished swap as retouching sees it: film, plate, and the faces that were replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset
from understudy.media import Clip, Image, open_clip
from understudy.pipeline import analysis, motion
from understudy.pipeline.beginnings import Beginnings
from understudy.pipeline.preview import scaled
from understudy.project.catalog import DONE, Catalog
from understudy.project.folder import default_folder
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

RETOUCH = "retouch"
"""The command of a run that has applied edits; its settings name the film that was edited as `FILM`."""
FILM = "film"
_KEPT_FRAMES = 48


@dataclass(frozen=True)
class Swapped:
    """A finished swap, as its project's catalogue has it.

    settings   of the run, as JSON values: what was asked for
    folders    of the stages that it used, relative to the project
    ready      of those that were made later, to look into it (`making_ready`)
    """

    project: Path
    film: Path
    settings: Mapping[str, Any] = field(repr=False)
    folders: frozenset[str] = field(repr=False)
    ready: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def plate(self) -> Path:
        """The plate's file."""
        made = Beginnings.of(self.settings)
        assert made.plate is not None, "a swap has a plate"
        return made.plate

    @property
    def engine(self) -> str:
        """Name of the engine that drew it."""
        return str(self.settings["engine"])

    @property
    def begin(self) -> int:
        """Which frame of the plate is the film's first."""
        return Beginnings.of(self.settings).first

    @property
    def plate_digest(self) -> str:
        """Hash of the plate's content."""
        faces = self.stage("faces", self.stage("motion").recipe.inputs["faces"])
        return faces.recipe.inputs["clip"]

    def stages(self, name: str, *, later: bool = False) -> Iterator[Stage]:
        """The stages of a kind that the swap used; `later`: those made to look into it first.

        Raises BadInputError for one that is gone.
        """
        for folder in (*(sorted(self.ready) if later else ()), *sorted(self.folders)):
            path = self.project / folder
            if path.name.rpartition("-")[0] == name:
                yield Stage(self.project / "stages", _recipe(path))

    def stage(self, name: str, hash_begins: str = "") -> Stage:
        """A stage that the swap used. Raises BadInputError where it is not there any more."""
        for stage in self.stages(name):
            if not hash_begins or hash_begins == stage.recipe.hash:
                return stage
        raise BadInputError(f"{self.project} lacks what the swap found ({name}): run the swap again.")


def _recipe(folder: Path) -> Recipe:
    try:
        told = json.loads((folder / "recipe.json").read_text("utf-8"))
        return Recipe(told["stage"], told["version"], told["parameters"], told["inputs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{folder} is gone or damaged: run the swap again.") from error


def swapped(film_or_project: Path, project: Path | None = None) -> Swapped:
    """The swap that is meant by a film, or by a project's folder: its last finished one.

    A film that retouching has written stands for the one that was retouched. `project` is the folder of the
    film's project where it is not beside the film. Raises BadInputError in one sentence.
    """
    if project is None and (film_or_project / "catalog.db").is_file():
        folder, film = film_or_project, None
    else:
        folder, film = project or default_folder(film_or_project), film_or_project
        if not (folder / "catalog.db").is_file():
            raise BadInputError(
                f"No project at {folder} has made {film_or_project.name}: give its folder as --project."
            )
    catalog = Catalog(folder / "catalog.db")
    try:
        return _found(catalog, folder, film)
    finally:
        catalog.close()


def _found(catalog: Catalog, folder: Path, film: Path | None) -> Swapped:
    runs = list(reversed(catalog.runs()))
    names = [Path(run.output) for run in runs if run.output is not None]
    for name in dict.fromkeys(names) if film is None else [film]:
        row = catalog.last_run(name)
        if row is not None and row.command == RETOUCH and film is not None:
            return _found(catalog, folder, Path(row.settings[FILM]))
        if row is None or row.command != "swap" or row.outcome != DONE or row.output is None:
            continue
        used = {run.number: run.folders for run in runs}
        if not Path(row.output).is_file():
            raise BadInputError(f"{row.output} is gone: run the swap again.")
        later = catalog.last_run(ready_name(folder, Path(row.output)))
        ready = used[later.id] if later is not None and later.outcome == DONE else frozenset()
        return Swapped(folder, Path(row.output), row.settings, used[row.id], ready)
    what = film.name if film is not None else str(folder)
    raise BadInputError(f"{what} has no finished swap to retouch: run the swap first.")


def ready_name(project: Path, film: Path) -> Path:
    """Under which output, which is never written, runs that make a film ready are noted.

    So what they made is kept as long as the stages of any output.
    """
    return project / "ready" / film.name


class FilmScene:
    """The film and plate of a finished swap, and its faces; implements `retouch.scene.Scene`.

    tracks   first and last frame of the film in which each replaced face is, by the track's number
    """

    def __init__(self, made: Swapped) -> None:
        """Raises BadInputError where a file is gone or is not what it was."""
        self.made = made
        self.film: Clip = open_clip(made.film)
        try:
            rate = made.settings.get("rate")
            self.plate_clip: Clip = open_clip(made.plate, rate=Fraction(rate) if rate else None)
        except BaseException:
            self.film.close()
            raise
        info, plate = self.film.info, self.plate_clip.info
        self.width, self.height = info.width, info.height
        self._factors = (info.width / plate.width, info.height / plate.height)
        self._faces = _faces(made)
        self._rows = {
            (int(track), int(frame) - made.begin): row
            for row, (track, frame) in enumerate(zip(self._faces.track, self._faces.frame, strict=True))
        }
        self.tracks = {
            number: (
                int(self._faces.frame[rows[0]]) - made.begin,
                int(self._faces.frame[rows[-1]]) - made.begin,
            )
            for number, rows in self._faces.by_track()
        }
        self._result = lru_cache(_KEPT_FRAMES)(self._read_result)
        self._plate = lru_cache(_KEPT_FRAMES)(self._read_plate)

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return self.film.info.frame_count

    def result(self, frame: int) -> Image:
        """The film's frame, (H, W, 3) uint8 or uint16. Raises IndexError outside 0..frames-1."""
        return self._result(frame)

    def plate(self, frame: int) -> Image:
        """The plate's frame beneath it, in the film's size and its own depth."""
        return self._plate(frame)

    def landmarks(self, track: int, frame: int) -> npt.NDArray[np.float32] | None:
        """The replaced face (478, 3) in the film's pixels; None where it is not in the frame."""
        row = self._rows.get((track, frame))
        if row is None:
            return None
        return scaled(self._faces.landmarks[row], self._factors).astype(np.float32)

    def close(self) -> None:
        """Release the files."""
        self.film.close()
        self.plate_clip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_result(self, frame: int) -> Image:
        if frame < 0:
            raise IndexError(f"frame {frame}")
        return self.film.read(frame).image[..., :3]

    def _read_plate(self, frame: int) -> Image:
        image = self.plate_clip.read(frame + self.made.begin).image[..., :3]
        if image.shape[:2] != (self.height, self.width):
            image = np.asarray(cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA))
        return image


def _faces(made: Swapped) -> Faceset:
    """The faces that were replaced, steady, as the swap has left them."""
    moved = made.stage("motion")
    recipe = moved.recipe
    found = analysis.studied(made.stage("faces", recipe.inputs["faces"])).faces
    chosen = found.select(np.isin(found.track, recipe.parameters["tracks"]))
    return motion.steadied(moved, chosen)
