"""`swap`: from footage to a finished video, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
from threadpoolctl import threadpool_limits

from understudy.engines.base import engine
from understudy.media.assembly import assemble, check_output
from understudy.media.codecs import OutputSpec
from understudy.pipeline import matching, rendering, viewing
from understudy.pipeline.analysis import Analysis
from understudy.pipeline.attesting import Made, Witness, attest
from understudy.pipeline.casting import Cast, Opened, cast_all, open_all
from understudy.pipeline.consenting import Permission, Standing, bind
from understudy.pipeline.footage import Footage
from understudy.pipeline.learning import choices_of
from understudy.pipeline.preparing import Method, Prepared, one_hash, prepare
from understudy.pipeline.preview import Preview
from understudy.pipeline.records import Records
from understudy.pipeline.rendering import Renderer
from understudy.pipeline.request import SwapRequest, check_overwrite, validate
from understudy.pipeline.result import SwappedTrack, SwapResult, as_ranges, peak_memory_mb
from understudy.pipeline.same_person import warn_of_same_person
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Studied
from understudy.pipeline.workshops import enrol
from understudy.progress import Progress, SilentProgress
from understudy.project.code import code_hash
from understudy.project.folder import Project
from understudy.project.recipe import Recipe
from understudy.project.settings import SwapSettings
from understudy.project.stage import Stage
from understudy.provenance.credentials.sidecar import json_sidecar_of
from understudy.provenance.keys import Keyring


def swap(
    request: SwapRequest, progress: Progress | None = None, keyring: Keyring | None = None
) -> SwapResult:
    """Do what `request` asks for. Run again after it was stopped, it goes on where it was.

    Without a consent record of the likeness the output is a preview: small, and marked across the face.
    `keyring` holds the keys that sign what is told of it; the user's own unless given.
    Raises BadInputError, ConsentError or OutputError, with one sentence; nothing unfinished stays under the
    output's name.
    """
    validate(request)
    witness = Witness.ready(keyring)
    # Frames are worked on side by side: threads inside each would only compete.
    cv2.setNumThreads(1)
    with Project(request.project_folder) as project, threadpool_limits(1, user_api="blas"):
        settings = request.settings(project.settings.swap)
        records = request.records(project.settings.consent, project.folder)
        check_overwrite(request, project)
        with (
            project.run("swap", request.to_json() | settings.model_dump() | here(), request.output) as run,
            Session(project, run, progress or SilentProgress()) as session,
        ):
            return Swap(request, settings, records, session, witness).result()


def here() -> dict[str, str]:
    """Where the command was given: what its relative paths begin from."""
    return {"directory": str(Path.cwd())}


@dataclass(frozen=True)
class Rehearsal:
    """A swap up to its first rendered frame.

    opened, permission, cast   the footage, what the records permit, and who plays whom
    prepared                   the roles, ready to be drawn
    renderer                   what draws them; it makes previews where nobody has agreed
    measured                   names everything that the renderer draws from
    """

    opened: Opened = field(repr=False)
    permission: Permission
    cast: Cast = field(repr=False)
    prepared: Prepared = field(repr=False)
    renderer: Renderer
    measured: str

    @property
    def plate(self) -> Footage:
        """The plate, as far as it can be read."""
        return self.cast.plate.footage


class Finish(Protocol):
    """What is still done to a rendered film before it is delivered, such as applying edits."""

    name: str
    """The word for it in the project's log."""
    settings: Mapping[str, Any]
    """What decides it, as JSON values."""

    @property
    def models(self) -> Sequence[str]:
        """Hashes of trained models that it drew with, beside the swap's own; known once it is finished."""

    def finished(self, session: Session, rehearsal: Rehearsal, drawing: Drawing) -> Stage:
        """A stage with the segments that are delivered in place of the rendered ones."""


@dataclass(frozen=True)
class Drawing:
    """A finished rendering: its stage, and how its segments are encoded."""

    rendered: Stage
    spec: OutputSpec


class Swap:
    """One swap under way."""

    def __init__(
        self,
        request: SwapRequest,
        settings: SwapSettings,
        records: Records,
        session: Session,
        witness: Witness,
        finish: Finish | None = None,
    ) -> None:
        self.request, self.settings, self.records, self.session = request, settings, records, session
        self.witness, self.finish = witness, finish
        self.began = time.perf_counter()

    def result(self) -> SwapResult:
        """Do everything, in order: first what can be refused soon."""
        request, session = self.request, self.session
        opened = open_all(session, request)
        spec = OutputSpec.for_clip(opened.plate.info, self.settings.codec, self.settings.quality)
        check_output(request.output, spec, opened.plate.info)
        rehearsal = self.rehearsed(opened)
        prepared, permission, plate = rehearsal.prepared, rehearsal.permission, rehearsal.plate
        if rehearsal.renderer.preview is not None:
            spec = rehearsal.renderer.preview.limited(spec)
        rendered = self._render(rehearsal, spec)
        self._deliver(plate, prepared, spec, rendered)
        permission.keep(session.project.folder, request.output)
        self._attest(plate, prepared, permission)
        session.warn_of_faults()
        return self._summary(rehearsal.cast.plate, prepared, permission)

    def rehearsed(self, opened: Opened) -> Rehearsal:
        """Everything that comes before a frame is rendered."""
        request, session, settings = self.request, self.session, self.settings
        permission = bind(session, self.records, list(opened.likeness.values()), opened.plate)
        method = self._method(permission)
        cast = cast_all(session, request, opened, permission, learns=method.maker.learns)
        if method.maker.learns:
            warn_of_same_person(session, cast)
        plate = cast.plate.footage
        prepared = prepare(session, cast.plate, cast.roles, method)
        measured = Recipe("match", code_hash(matching.__name__), {}, {"parts": prepared.digest})
        stage = session.stage(
            measured,
            "light and grain",
            len(plate),
            lambda stage, task: matching.measure(stage, plate, prepared.parts, task),
        )
        matches = matching.matches(stage, plate, prepared.parts)
        preview = Preview.of(opened.plate.info) if permission.standing is Standing.PREVIEW else None
        renderer = Renderer(prepared.parts, matches, settings.blend, settings.seed, preview)
        return Rehearsal(opened, permission, cast, prepared, renderer, measured.hash)

    def _method(self, permission: Permission) -> Method:
        """The engine; where it learns, by what leave. Raises ConsentError where there is none."""
        maker = engine(self.settings.engine)
        project = self.session.project
        choices = choices_of(maker, self.request.learning, project.settings.engines)
        if not maker.learns:
            return Method(maker, choices)
        asked = self.request.learning.training
        return Method(maker, choices, enrol(project, maker, choices, asked, permission, self.witness.keyring))

    # --- pictures

    def _render(self, rehearsal: Rehearsal, spec: OutputSpec) -> Stage:
        plate, renderer = rehearsal.plate, rehearsal.renderer
        parameters = {
            "blend": renderer.blend,
            "seed": renderer.seed,
            "spec": spec,
            "preview": renderer.preview,
            "chunk": rendering.CHUNK,
        }
        rendered = self.session.stage(
            Recipe("render", code_hash(rendering.__name__), parameters, {"match": rehearsal.measured}),
            "render",
            len(plate),
            lambda stage, task: rendering.render(stage, plate, renderer, spec, task),
        )
        if self.finish is None:
            return rendered
        return self.finish.finished(self.session, rehearsal, Drawing(rendered, spec))

    def _deliver(self, plate: Footage, prepared: Prepared, spec: OutputSpec, rendered: Stage) -> None:
        request, progress = self.request, self.session.progress
        json_sidecar_of(request.output).unlink(missing_ok=True)  # it speaks of the film that goes now
        with progress.stage("deliver", 1, "file") as task:
            segments = rendering.segments(rendered, plate)
            assemble(segments, request.output, spec=spec, source=plate.info, first=plate.first)
            task.advance()
        if request.contact_sheet is not None:
            count = self.settings.sheet_frames
            with progress.stage("contact sheet", count) as task:
                viewing.write_sheet(request.contact_sheet, plate, request.output, prepared.parts, count, task)
        if request.compare is not None:
            stage = self.session.stage(
                Recipe(
                    "compare",
                    code_hash(viewing.__name__),
                    {"chunk": viewing.CHUNK},
                    {"render": rendered.recipe.hash},
                ),
                "comparison",
                len(plate),
                lambda stage, task: viewing.encode_comparison(stage, plate, request.output, task),
            )
            viewing.deliver_comparison(stage, request.compare, plate, request.output)

    # --- telling

    def _attest(self, plate: Footage, prepared: Prepared, permission: Permission) -> None:
        request = self.request
        others = tuple(path for path in (request.contact_sheet, request.compare) if path is not None)
        made = Made(
            request.output,
            others,
            request.to_json()
            | self.settings.model_dump()
            | dict(self.finish.settings if self.finish else {}),
            seconds=len(plate) / float(plate.info.rate),
            model_sha256=one_hash([*_models(prepared), *(self.finish.models if self.finish else ())]),
            what="swap" if self.finish is None else self.finish.name,
        )
        attest(self.witness, self.session.project.folder, made, permission)

    def _summary(self, plate: Studied, prepared: Prepared, permission: Permission) -> SwapResult:
        found = plate.analysis
        numbers = {track for part in prepared.parts for track, _ in part.faces.by_track()}
        frames = {frame for part in prepared.parts for frame in part.faces.frame.tolist()}
        return SwapResult(
            output=self.request.output,
            frames=len(plate.footage),
            tracks=tuple(_swapped(found, number) for number in sorted(numbers)),
            untouched=as_ranges(frame for frame in plate.footage.numbers if frame not in frames),
            stages=tuple(self.session.run.stages),
            seconds=time.perf_counter() - self.began,
            warnings=tuple(self.session.warnings),
            peak_memory_mb=peak_memory_mb(),
            contact_sheet=self.request.contact_sheet,
            compare=self.request.compare,
            consent=permission.to_json(),
        )


def _models(prepared: Prepared) -> list[str]:
    return [] if prepared.model_sha256 is None else [prepared.model_sha256]


def _swapped(found: Analysis, number: int) -> SwappedTrack:
    first, last = found.span_of(number)
    count = len(found.rows_of(number))
    return SwappedTrack(number, first, last, count, as_ranges(found.missed.get(number, ())))
