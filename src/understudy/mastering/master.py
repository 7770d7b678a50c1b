"""Masters: a finished film marked, encoded, described and signed; what leaves the house.

The order is fixed: the mark goes into the pictures, then the file is put together, then metadata, and the
credentials come last, since whatever changes the file after them breaks them.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from understudy.atomic import check_writable, part_name, sync
from understudy.errors import BadInputError
from understudy.mastering import stills
from understudy.mastering.label import labelled
from understudy.mastering.origins import Origin, decisive, origin_of
from understudy.mastering.permission import Footage, Granted, Publication, granted
from understudy.mastering.screening import Screening, small
from understudy.media import Clip, Image, OutputSpec, open_clip
from understudy.parallel import ordered_map
from understudy.progress import Progress, SilentProgress
from understudy.project.folder import default_folder
from understudy.provenance.audit.entry import Deed
from understudy.provenance.audit.log import head, note, written
from understudy.provenance.consent.material import Digest, digest_files
from understudy.provenance.credentials.fingerprint import MOST_SAMPLES, Fingerprint, fingerprint
from understudy.provenance.credentials.formats import holds_credentials, sidecar_of
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.credentials.registry import Registry
from understudy.provenance.credentials.sidecar import Named, json_sidecar_of, write_sidecar
from understudy.provenance.credentials.signing import sign
from understudy.provenance.credentials.statement import (
    Making,
    Mark,
    Role,
    Source,
    Statement,
)
from understudy.provenance.keys import Keyring
from understudy.provenance.watermark.base import PAYLOAD_BITS, Watermark

_VIDEO = (".mp4", ".mov", ".mkv")


@dataclass(frozen=True)
class MasterRequest:
    """What is to be mastered, and how.

    film         what a swap has written
    output       the master: .mp4, .mov, .mkv, or a still
    project      the folder of the project that made the film; None: beside it
    publication  where the master is to go
    label        whether the audience is to see a label; a record may ask for it in any case
    """

    film: Path
    output: Path
    project: Path | None = None
    codec: str = "h264"
    quality: float | None = None
    publication: Publication = field(default_factory=Publication)
    label: bool = False
    title: str | None = None


@dataclass(frozen=True)
class House:
    """Who masters here: the identity that signs, the watermark and its key, the registry of masters.

    keyring   holds the key that signs the project's log; None: the user's own
    """

    identity: Identity = field(repr=False)
    watermark: Watermark = field(repr=False)
    registry: Registry
    keyring: Keyring | None = None


@dataclass(frozen=True)
class Master:
    """What was written. `mark_found` says whether the mark could be read in the written file."""

    output: Path
    sidecar: Path | None
    payload: int
    mark_found: bool
    confidence: float
    frames: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "output": str(self.output),
            "sidecar": None if self.sidecar is None else str(self.sidecar),
            "watermark": f"{self.payload:016x}",
            "watermark_found": self.mark_found,
            "confidence": round(self.confidence, 1),
            "frames": self.frames,
            "seconds": round(self.seconds, 2),
        }


def master(request: MasterRequest, house: House, progress: Progress | None = None) -> Master:
    """Write the master. Nothing stands under its name before it is signed, read back and checked.

    Raises ConsentError where a record does not permit it, BadInputError and OutputError.
    """
    started, shown = time.perf_counter(), progress or SilentProgress()
    _check(request)
    permission = granted(request.film, request.project, request.publication)
    origin = origin_of(request.film, request.project)
    sources = _sources(origin, permission, shown)
    folder = request.project or default_folder(request.film)
    label = request.label or permission.wants_label
    payload = secrets.randbits(PAYLOAD_BITS)
    with tempfile.TemporaryDirectory(
        dir=request.output.parent, prefix=part_name(Path("master")).name
    ) as staged:
        unsigned = Path(staged) / f"unsigned{request.output.suffix}"
        ready = Path(staged) / request.output.name
        frames, seconds, looks = _write(request, house.watermark, payload, label, unsigned, shown)
        statement = Statement(
            title=request.title or "Master",
            sources=sources,
            consents=permission.notes,
            making=Making(
                engine=origin.engine,
                settings_sha256=origin.settings_sha256,
                label="corner" if label else "none",
                plate_reason=permission.plate_reason,
                model_sha256=origin.model_sha256,
                log_sha256=head(folder),
            ),
            mark=Mark(house.watermark.algorithm, payload),
            fingerprint=looks,
            seconds=seconds,
        )
        store = sign(unsigned, ready, statement, house.identity)
        finished = ready if holds_credentials(ready) else unsigned
        found = house.watermark.detect(Screening(finished).spread(), search=False)
        digest = digest_files([finished])
        if finished is unsigned:
            named = Named(request.output.name, digest.sha256, digest.bytes)
            write_sidecar(json_sidecar_of(ready), [named], statement, house.identity)
        house.registry.add(payload, store)
        note(folder, _deed(request, origin, permission, payload, digest), house.keyring)
        sidecar = _publish(finished, [sidecar_of(ready), json_sidecar_of(ready)], request.output)
    if found.payload != payload:
        shown.warn(
            "The invisible mark could not be read back: the pictures are too plain or too small for it."
        )
    return Master(
        request.output,
        sidecar,
        payload,
        found.payload == payload,
        found.confidence,
        frames,
        time.perf_counter() - started,
    )


def _check(request: MasterRequest) -> None:
    suffix = request.output.suffix.lower()
    if suffix not in (*_VIDEO, *stills.SUFFIXES):
        known = ", ".join((*_VIDEO, *sorted(stills.SUFFIXES)))
        raise BadInputError(f"A master cannot be {suffix or 'a file without suffix'}; name it {known}.")
    if request.output.exists() and request.output.samefile(request.film):
        raise BadInputError(f"{request.output} is the film itself: give the master another name.")
    check_writable(request.output)


def _sources(origin: Origin, permission: Granted, progress: Progress) -> tuple[Source, ...]:
    """The footage by its hashes, if it is still what was agreed on; or ConsentError."""
    plate = [_hashed(origin.plate, progress)]
    likeness = [_hashed(path, progress) for path in origin.likeness]
    permission.check_footage(likeness, plate)
    footage: tuple[tuple[Role, Footage], ...] = (("plate", plate), ("likeness", likeness))
    return tuple(
        Source(role, path, digest.sha256, digest.bytes) for role, clips in footage for path, digest in clips
    )


def _hashed(path: Path, progress: Progress) -> tuple[Path, Digest]:
    """A clip's first file, and the digest of all."""
    with open_clip(path) as clip:
        files = clip.files
    with progress.stage(f"hash {path.name}", sum(file.stat().st_size for file in files), "bytes") as task:
        return files[0], digest_files(files, task.advance)


def _write(
    request: MasterRequest, watermark: Watermark, payload: int, label: bool, target: Path, progress: Progress
) -> tuple[int, float, Fingerprint]:
    """Write the marked pictures to `target`; return their number, their length, and what they look like."""
    with open_clip(request.film) as clip:
        info = clip.info
        marked = watermark.embedder(payload, info.height, info.width)
        looks = _Looks(clip)

        def finished(image: Image) -> Image:
            return marked(labelled(image) if label else image)

        with progress.stage("master", info.frame_count) as task:
            images = looks.watching(ordered_map(finished, (frame.image for frame in clip.frames())), task)
            if target.suffix.lower() in stills.SUFFIXES:
                stills.write_still(target, next(images))
            else:
                spec = OutputSpec.for_clip(info, request.codec, request.quality)
                _encode(images, spec, clip, target)
        if clip.fault is not None:
            raise BadInputError(f"{clip.fault.rstrip('.')}: run the swap again.")
        seconds = float(info.pts[-1] - info.pts[0]) * float(info.time_base) + 1 / float(info.rate)
    return info.frame_count, seconds, looks.fingerprint()


def _encode(images: Iterator[Image], spec: OutputSpec, clip: Clip, target: Path) -> None:
    from understudy.media.assembly import assemble
    from understudy.media.segments import SEGMENT_SUFFIX, encode_segment

    segment = target.with_name(f"pictures{SEGMENT_SUFFIX}")
    encode_segment(segment, images, spec)
    assemble([segment], target, spec=spec, source=clip.info)
    segment.unlink()


class _Looks:
    """Keeps a few of the pictures that pass by, evenly over the film."""

    def __init__(self, clip: Clip) -> None:
        info = clip.info
        count = min(MOST_SAMPLES, info.frame_count)
        self._wanted = set(np.linspace(0, info.frame_count - 1, count).round().astype(int).tolist())
        self._seconds = (info.pts - info.pts[0]) * float(info.time_base)
        self._times: list[float] = []
        self._pictures: list[Image] = []

    def watching(self, images: Iterator[Image], task: Any) -> Iterator[Image]:
        for index, image in enumerate(images):
            if index in self._wanted:
                self._times.append(float(self._seconds[index]))
                self._pictures.append(small(image))
            yield image
            task.advance()

    def fingerprint(self) -> Fingerprint:
        return fingerprint(self._times, self._pictures)


def _deed(request: MasterRequest, origin: Origin, permission: Granted, payload: int, digest: Digest) -> Deed:
    """What the project's log is to tell of the master."""
    return Deed(
        "master",
        records=permission.used,
        engine=origin.engine,
        model_sha256=origin.model_sha256,
        settings=decisive(origin.settings) | {"codec": request.codec, "quality": request.quality},
        outputs=(written(request.output, digest),),
        details={
            "film_sha256": origin.sha256,
            "watermark": f"{payload:016x}",
            "medium": request.publication.medium,
            "production": request.publication.production,
            "plate_reason": permission.plate_reason,
        },
    )


def _publish(finished: Path, sidecars: Sequence[Path], output: Path) -> Path | None:
    """Give the master its name, and before that its sidecars, where there are some.

    Sidecars are called as their file with something added, and lie in one folder. The first one's path is
    returned.
    """
    beside = []
    for sidecar in sidecars:
        final = output.with_name(sidecar.name)
        if sidecar.exists():
            sync(sidecar)
            sidecar.replace(final)
            beside.append(final)
        else:
            final.unlink(missing_ok=True)  # of another file that had this name
    sync(finished)
    finished.replace(output)
    sync(output.parent)
    return beside[0] if beside else None
