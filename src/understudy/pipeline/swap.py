"""`swap`: from footage to a finished video, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from understudy.engines.base import LikenessFaces, Model, engine
from understudy.errors import BadInputError
from understudy.faces import identity
from understudy.faces.columns import load_all_columns, save_columns
from understudy.faces.faceset import Faceset, concatenate
from understudy.media.assembly import assemble, check_output
from understudy.media.codecs import OutputSpec
from understudy.pipeline import analysis, crops, matching, motion, people, rendering, viewing
from understudy.pipeline.analysis import Analysis
from understudy.pipeline.cast import Part
from understudy.pipeline.footage import Footage, open_footage
from understudy.pipeline.request import SwapRequest, check_overwrite, validate
from understudy.pipeline.result import SwappedTrack, SwapResult, as_ranges, peak_memory_mb
from understudy.pipeline.roles import Role, cast_roles, likeness_rows
from understudy.progress import Progress, SilentProgress, Task
from understudy.project.catalog import Shot, Track
from understudy.project.folder import Project, Run
from understudy.project.recipe import Recipe
from understudy.project.settings import SwapSettings
from understudy.project.stage import Stage


def swap(request: SwapRequest, progress: Progress | None = None) -> SwapResult:
    """Do what `request` asks for. Run again after it was stopped, it goes on where it was.

    Raises BadInputError or OutputError, with one sentence, and leaves nothing unfinished under the output's name.
    """
    validate(request)
    with Project(request.project_folder) as project:
        settings = request.settings(project.settings.swap)
        check_overwrite(request, project)
        with project.run("swap", request.to_json(), request.output) as run, ExitStack() as clips:
            return _Swap(request, settings, project, run, progress or SilentProgress(), clips).result()


@dataclass(frozen=True)
class _Studied:
    """A clip and its analysis."""

    footage: Footage
    analysis: Analysis = field(repr=False)
    digest: str


class _Swap:
    """One swap under way: holds what its stages share."""

    def __init__(
        self,
        request: SwapRequest,
        settings: SwapSettings,
        project: Project,
        run: Run,
        progress: Progress,
        clips: ExitStack,
    ) -> None:
        self.request, self.settings, self.project = request, settings, project
        self.run, self.progress, self.clips = run, progress, clips
        self.warnings: list[str] = []
        self.began = time.perf_counter()
        # Frames are worked on side by side: threads inside each would only compete.
        cv2.setNumThreads(1)
        clips.enter_context(threadpool_limits(1, user_api="blas"))

    def result(self) -> SwapResult:
        request = self.request
        plate = self._open(request.plate, request.frames)
        spec = OutputSpec.for_clip(plate.info, self.settings.codec, self.settings.quality)
        check_output(request.output, spec, plate.info)
        plate = self._trimmed(plate)
        studied = self._study(plate, "plate")
        if not len(studied.analysis.faces):
            raise BadInputError(f"No face was found in the plate {plate.info.path.name}: give another plate.")
        roles = self._roles(studied)
        self._catalogue(studied)
        parts, digest = self._parts(roles, studied)
        rendered = self._render(plate, parts, digest, spec)
        with self.progress.stage("deliver", 1, "file") as task:
            assemble(
                rendering.segments(rendered, plate), request.output, spec=spec, source=plate.info, first=plate.first
            )
            task.advance()
        self._view(plate, parts)
        return self._summary(studied, roles)

    # --- clips

    def _open(self, path: Path, frames: tuple[int, int] | None = None) -> Footage:
        footage = open_footage(path, frames, self.request.rate)
        self.clips.callback(footage.clip.close)
        return footage

    def _trimmed(self, plate: Footage) -> Footage:
        """The plate up to where it can be read, with a warning where that is not all of it."""
        if plate.clip.fault is not None:
            self._warn(f"{plate.clip.fault} Its {plate.info.frame_count} readable frames are used.")
        return plate

    def _warn(self, message: str) -> None:
        self.warnings.append(message)
        self.progress.warn(message)

    def _stage(
        self, recipe: Recipe, label: str, total: int, work: Callable[[Stage, Task], int], unit: str = "frames"
    ) -> Stage:
        def shown(stage: Stage) -> int:
            with self.progress.stage(label, total, unit) as task:
                return work(stage, task)

        return self.run.stage(recipe, shown)

    def _study(self, footage: Footage, label: str) -> _Studied:
        recipe = Recipe(
            "faces",
            analysis.VERSION,
            {"first": footage.first, "stop": footage.stop, "chunk": analysis.CHUNK},
            {"clip": footage.digest},
        )
        stage = self._stage(
            recipe, f"faces of the {label}", len(footage), lambda stage, task: analysis.study(stage, footage, task)
        )
        return _Studied(footage, analysis.studied(stage), recipe.hash)

    def _persons(self, studied: _Studied) -> list[people.TrackIdentity]:
        recipe = Recipe("people", people.VERSION, {}, {"faces": studied.digest})
        count = people.FACES_PER_TRACK * len(studied.analysis.track_numbers)
        stage = self._stage(
            recipe,
            "people",
            count,
            lambda stage, task: people.embed_tracks(stage, studied.footage, studied.analysis, task),
            "faces",
        )
        return people.identities(stage, studied.footage, studied.analysis)

    # --- who plays whom

    def _roles(self, plate: _Studied) -> list[Role]:
        if self.request.person is not None:
            tracks = people.tracks_of_person(self.request.person, self._persons(plate))
            return [Role(tracks, self.request.likeness)]
        return cast_roles(self.request, plate.analysis, self._grouped(plate))

    def _grouped(self, studied: _Studied) -> list[int] | None:
        """Person of every track, where that matters and can be known."""
        numbers = studied.analysis.track_numbers
        if len(numbers) == 1:
            return [0]
        if not numbers or not identity.available():
            return None
        known = people.persons(self._persons(studied))
        return [known.get(number, -1 - number) for number in numbers]

    def _likeness(self, paths: Sequence[Path]) -> tuple[LikenessFaces, list[Footage], str]:
        """All usable faces of a likeness, the clips they are in, and a hash of it all."""
        footages, sets, clip_of, digests = [], [], [], []
        for path in paths:
            studied = self._study(self._open(path), "likeness")
            rows = likeness_rows(studied.analysis, self._grouped(studied))
            if not len(rows):
                self._warn(f"No face was found in {path.name}; it is left out.")
            footages.append(studied.footage)
            sets.append(studied.analysis.faces.select(rows))
            clip_of.append(np.full(len(rows), len(footages) - 1, np.int32))
            digests.append(studied.digest)
        faces = LikenessFaces(concatenate(sets), np.concatenate(clip_of))
        if not len(faces):
            names = ", ".join(path.name for path in paths)
            raise BadInputError(f"No face was found in the likeness ({names}): give footage that shows it.")
        return faces, footages, "-".join(digests)

    # --- drawing

    def _parts(self, roles: list[Role], plate: _Studied) -> tuple[list[Part], str]:
        tracks = sorted({track for role in roles for track in role.tracks})
        chosen = plate.analysis.faces.select(np.isin(plate.analysis.faces.track, tracks))
        recipe = Recipe("motion", motion.VERSION, {"tracks": tracks}, {"faces": plate.digest})
        observed = self._stage(
            recipe,
            "motion and occluders",
            len(plate.footage),
            lambda stage, task: motion.Observer(stage, plate.footage, chosen).run(task),
        )
        steady = motion.steadied(observed, plate.footage, chosen)
        covers = motion.occlusions(observed, plate.footage, chosen)
        digests, parts = [recipe.hash], []
        for role in roles:
            likeness, clips, digest = self._likeness(role.likeness)
            faces = role.faces(steady)
            model, planned = self._model(likeness, faces, {"likeness": digest, "motion": recipe.hash})
            store = self._crops(likeness, clips, model, planned)
            parts.append(Part(faces, model, store, covers))
            digests.append(planned)
        return parts, "-".join(digests)

    def _model(self, likeness: LikenessFaces, faces: Faceset, inputs: dict[str, str]) -> tuple[Model, str]:
        maker = engine(self.settings.engine)
        tracks = [int(track) for track in np.unique(faces.track)]
        recipe = Recipe("plan", maker.version, {"engine": maker.name, "tracks": tracks}, inputs)

        def fit(stage: Stage, task: Task) -> int:
            save_columns(stage.path("model.npz"), maker.fit(likeness, faces).save())
            task.advance(len(faces))
            return len(faces)

        stage = self._stage(recipe, "choose likeness frames", len(faces), fit, "faces")
        return maker.load(load_all_columns(stage.path("model.npz"))), recipe.hash

    def _crops(self, likeness: LikenessFaces, clips: list[Footage], model: Model, planned: str) -> crops.CropStore:
        boxes = crops.crop_boxes(likeness, clips, model.needs)
        recipe = Recipe("crops", crops.VERSION, {}, {"plan": planned})
        stage = self._stage(
            recipe,
            "likeness pictures",
            len(boxes),
            lambda stage, task: crops.gather(stage, likeness, clips, boxes, task),
            "faces",
        )
        return crops.open_store(stage, boxes)

    def _render(self, plate: Footage, parts: list[Part], digest: str, spec: OutputSpec) -> Stage:
        measured = Recipe("match", matching.VERSION, {}, {"parts": digest})
        matched = self._stage(
            measured, "light and grain", len(plate), lambda stage, task: matching.measure(stage, plate, parts, task)
        )
        renderer = rendering.Renderer(
            parts, matching.matches(matched, plate, parts), self.settings.blend, self.settings.seed
        )
        recipe = Recipe(
            "render",
            rendering.VERSION,
            {"blend": self.settings.blend, "seed": self.settings.seed, "spec": spec, "chunk": rendering.CHUNK},
            {"match": measured.hash},
        )
        return self._stage(
            recipe, "render", len(plate), lambda stage, task: rendering.render(stage, plate, renderer, spec, task)
        )

    def _view(self, plate: Footage, parts: list[Part]) -> None:
        request = self.request
        if request.contact_sheet is not None:
            count = self.settings.sheet_frames
            with self.progress.stage("contact sheet", count) as task:
                viewing.write_sheet(request.contact_sheet, plate, request.output, parts, count, task)
        if request.compare is not None:
            with self.progress.stage("comparison", len(plate)) as task:
                viewing.write_comparison(request.compare, plate, request.output, task)

    # --- telling

    def _catalogue(self, plate: _Studied) -> None:
        info = plate.footage.info
        clip = self.project.catalog.record_clip(
            info.path,
            plate.footage.clip.files,
            plate.footage.digest,
            frames=info.frame_count,
            rate=info.rate,
            width=info.width,
            height=info.height,
        )
        found = plate.analysis
        tracks = [
            Track(
                number=number,
                shot=found.shot_of(number),
                first=found.span_of(number)[0],
                last=found.span_of(number)[1],
                faces=int(np.count_nonzero(found.faces.track == number)),
                missed=as_ranges(found.missed.get(number, ())),
            )
            for number in found.track_numbers
        ]
        self.project.catalog.replace_shots(clip, [Shot(first, last) for first, last in found.shots], tracks)

    def _summary(self, plate: _Studied, roles: list[Role]) -> SwapResult:
        found = plate.analysis
        tracks = []
        for number in sorted({track for role in roles for track in role.tracks}):
            first, last = found.span_of(number)
            missed = found.missed.get(number, ())
            swapped = int(np.count_nonzero(found.faces.track == number))
            tracks.append(SwappedTrack(number, first, last, swapped, as_ranges(missed)))
        return SwapResult(
            output=self.request.output,
            frames=len(plate.footage),
            tracks=tuple(tracks),
            stages=tuple(self.run.stages),
            seconds=time.perf_counter() - self.began,
            warnings=tuple(self.warnings),
            peak_memory_mb=peak_memory_mb(),
            contact_sheet=self.request.contact_sheet,
            compare=self.request.compare,
        )
