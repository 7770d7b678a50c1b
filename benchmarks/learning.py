"""How good engines are after so much training: one case of the performers, against the truth.

    python -m benchmarks.learning pack talking CASE.npz
    python -m benchmarks.learning run CASE.npz --engines warp guided df:preset=dfl df --budgets 5cpum 10cpum

The first step needs all of Understudy. The second works on crops and landmarks alone, so that a machine with
a GPU may do it that has torch, OpenCV, numba, pydantic and lightning: set PYTHONPATH=src. A budget goes on
where the one before it ended. What engines draw is put together as in any swap (`putting_together`) and
compared with the true one, where the face is seen, after a gain and an offset for each channel
(`measures.fidelity.fit_colour`); eyes and mouth by themselves. Sharpness is log2 of the finest band's energy
over the truth's; flicker that of `measures.temporal`, over the plate's own.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.putting_together import swaps
from understudy.engines.autoencoder import AmpEngine, DfEngine, LiaeEngine, Quick96Engine
from understudy.engines.base import Crop, Engine, LikenessFaces, Model
from understudy.engines.guided import GuidedEngine
from understudy.engines.warp import WarpEngine
from understudy.engines.workshop import Workshop
from understudy.faces.faceset import COLUMNS, Faceset
from understudy.faces.sampling import sample_sharply
from understudy.geometry.align import apply_affine, invert_affine
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.geometry.matte import face_matte
from understudy.geometry.pose import head_angles
from understudy.measures.fidelity import fit_colour, psnr
from understudy.measures.picture import region_matte
from understudy.measures.temporal import FlickerMeter
from understudy.measures.texture import band_energies
from understudy.pixels import to_float
from understudy.training.faces import TrainingFaces

ENGINES: dict[str, Callable[[], Engine]] = {
    "warp": WarpEngine,
    "guided": GuidedEngine,
    "df": DfEngine,
    "liae": LiaeEngine,
    "amp": AmpEngine,
    "quick96": Quick96Engine,
}
MARGIN = 0.4
QUALITY = 97


@dataclass(frozen=True)
class Case:
    """Likeness, plate and truth: faces and pictures (H, W, 3) uint8, `seen` (H, W) where the face is seen."""

    likeness: LikenessFaces
    crops: list[Crop] = field(repr=False)
    plate: Faceset
    frames: list[npt.NDArray[np.uint8]] = field(repr=False)
    truth: list[npt.NDArray[np.uint8]] = field(repr=False)
    seen: list[npt.NDArray[np.uint8]] = field(repr=False)
    points: npt.NDArray[np.float32] = field(repr=False)


def pack(name: str, output: Path) -> None:
    """Film a built-in case, look at it as a swap would, and write what `run` needs."""
    from understudy.benchmark.performed import PERFORMED
    from understudy.compositing.composite import Box
    from understudy.media import open_clip
    from understudy.pipeline.preparing import pupils
    from understudy.pipeline.roles import Role
    from understudy.pipeline.session import Session
    from understudy.pipeline.studies import study, study_likeness
    from understudy.progress import SilentProgress
    from understudy.project.folder import Project

    folder = output.with_suffix("")
    footage = PERFORMED[name].footage(folder / "film", SilentProgress())
    assert footage.truth is not None
    assert footage.truth.mattes is not None
    assert footage.truth.landmarks is not None
    with (
        Project(folder / "project") as project,
        project.run("pack", {}) as run,
        Session(project, run, SilentProgress()) as session,
    ):
        clip = session.open(footage.plate)
        studied = study(session, clip, "plate")
        likeness = study_likeness(session, [session.open(path) for path in footage.likeness])
        role = Role((int(studied.analysis.faces.track[0]),), footage.likeness)
        (part,) = pupils(session, studied, [(role, likeness)])
        own, arrays = likeness.faces.faces, {"clip": likeness.faces.clip}
        boxes, crops = [], []
        for row in range(len(own)):
            image = likeness.clips[int(likeness.faces.clip[row])].clip.read(int(own.frame[row])).image
            box = Box.around(own.landmarks[row], image.shape[1], image.shape[0], MARGIN)
            boxes.append(box.to_crop)
            crops.append(image[box.rows, box.columns, :3])
        arrays |= _jpegs("crops", crops) | {"boxes": np.stack(boxes)}
        arrays |= {f"likeness_{column}": np.asarray(getattr(own, column)) for column in COLUMNS}
        arrays |= {f"plate_{column}": np.asarray(getattr(part.faces, column)) for column in COLUMNS}
        arrays |= _jpegs("frames", [frame.image[..., :3] for frame in clip.frames(clip.numbers)])
        with open_clip(footage.truth.picture) as truth, open_clip(footage.truth.mattes) as mattes:
            arrays |= _jpegs("truth", [frame.image[..., :3] for frame in truth.frames()])
            arrays |= _jpegs("seen", [frame.image[..., :3] for frame in mattes.frames()])
        arrays["points"] = np.load(footage.truth.landmarks, allow_pickle=False)
    np.savez(output, **arrays)


def _jpegs(name: str, pictures: list[npt.NDArray[np.uint8]]) -> dict[str, npt.NDArray[Any]]:
    files = [
        cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
        for picture in pictures
    ]
    ends = np.cumsum([file.size for file in files])
    return {name: np.concatenate([file.ravel() for file in files]), f"{name}_ends": ends}


def load(path: Path) -> Case:
    """What `pack` wrote."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)

    def pictures(name: str) -> list[npt.NDArray[np.uint8]]:
        parts = np.split(arrays[name], arrays[f"{name}_ends"][:-1])
        return [np.ascontiguousarray(cv2.imdecode(each, cv2.IMREAD_COLOR)[..., ::-1]) for each in parts]

    likeness, plate = (
        Faceset(**{column: arrays[f"{whose}_{column}"] for column in COLUMNS})
        for whose in ("likeness", "plate")
    )
    return Case(
        likeness=LikenessFaces(likeness, arrays["clip"]),
        crops=[Crop(image, box) for image, box in zip(pictures("crops"), arrays["boxes"], strict=True)],
        plate=plate,
        frames=pictures("frames"),
        truth=pictures("truth"),
        seen=[each[..., 0] for each in pictures("seen")],
        points=arrays["points"],
    )


def aligned(case: Case, part: str, size: int, framing: Framing) -> TrainingFaces:
    """The faces of a part, cut out as the pipeline does it; what stands before them is not cut out."""
    faces = case.likeness.faces if part == "likeness" else case.plate
    to_crop = aligned_matrix(faces.landmarks, size, framing)
    images, mattes, points = [], [], []
    for row in range(len(faces)):
        if part == "likeness":
            shown = case.crops[row]
        else:
            shown = Crop(case.frames[int(faces.frame[row])], np.eye(2, 3))
        between = to_crop[row] @ np.vstack([invert_affine(shown.to_crop), (0.0, 0.0, 1.0)])
        images.append(sample_sharply(shown.image, between, size))
        points.append(apply_affine(to_crop[row], faces.landmarks[row]))
        mattes.append(np.round(255 * face_matte(points[-1], size, size)).astype(np.uint8))
    return TrainingFaces(
        images=np.stack(images),
        mattes=np.stack(mattes),
        landmarks=np.stack(points).astype(np.float32),
        pose=head_angles(faces.landmarks).astype(np.float32),
        to_crop=to_crop,
        row=np.arange(len(faces)),
    )


def judged(case: Case, model: Model, sheet: Path | None = None) -> dict[str, float]:
    """Means over the plate's faces; a few of them, side by side, in `sheet`."""
    figures: dict[str, list[float]] = {}
    rows, shown = [], set(np.linspace(2, len(case.plate) - 3, 4).round().astype(int).tolist())
    flicker = FlickerMeter()
    for row, swap in enumerate(swaps(model, case.plate, case.frames, case.crops)):
        frame = int(case.plate.frame[row])
        plate, truth, points = case.frames[frame], case.truth[frame], case.points[frame]
        height, width = plate.shape[:2]
        seen = case.seen[frame].astype(np.float32) / 255
        fitted = fit_colour(swap, truth, seen)
        for region, grow in (("face", 0.0), ("eyes", 0.03), ("mouth", 0.0)):
            within = seen if region == "face" else seen * region_matte(points, height, width, region, grow)  # type: ignore[arg-type]
            if np.count_nonzero(within > 0.5) < 30:
                continue
            figures.setdefault(region, []).append(psnr(fitted, to_float(truth), within))
            fine = [band_energies(picture, within)[0] for picture in (swap, truth)]
            figures.setdefault(f"sharpness_{region}", []).append(float(np.log2(fine[0] / fine[1])))
        inner = region_matte(case.plate.landmarks[row], height, width, "face", -0.08)
        flicker.add(plate, swap, inner)
        if row in shown:
            rows.append(np.hstack([plate, swap, truth]))
    if sheet is not None:
        cv2.imwrite(str(sheet), np.vstack(rows)[..., ::-1])
    found = {name: float(np.mean(values)) for name, values in figures.items()}
    return {**found, "flicker": float(np.sqrt(flicker.read().ratio))}


def run(case: Case, name: str, budgets: list[str], folder: Path, settings: Mapping[str, Any]) -> None:
    """Train one engine, `NAME` or `NAME:OPTION=VALUE,…`, to each budget, and print what it is worth."""
    from understudy.training.budget import make_budget
    from understudy.training.settings import TrainingSettings

    kind, _, options = name.partition(":")
    maker = ENGINES[kind]()
    choices = maker.choose(dict(pair.split("=", 1) for pair in options.split(",") if pair))
    folder.mkdir(parents=True, exist_ok=True)
    label = name.replace(":", "-").replace("=", "-").replace(",", "-")
    for budget in budgets if maker.learns else ["0"]:
        began, cpu = time.perf_counter(), time.process_time()
        shop = None
        if maker.learns:
            shop = Workshop(
                folder=folder / label,
                settings=TrainingSettings(
                    make_budget(budget, None, False), **{**dict(choices.training), **settings}
                ),
                choices=choices,
                material=lambda part, size, framing: aligned(case, part, size, framing),
            )
        model = maker.fit(case.likeness, case.plate, shop)
        took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
        figures = judged(case, model, folder / f"{label}-{budget}.jpg")
        print(json.dumps({"engine": name, "budget": budget, **took, **figures}, default=float), flush=True)


def main() -> None:
    """Pack or run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("name")
    packing.add_argument("case", type=Path)
    running = commands.add_parser("run")
    running.add_argument("case", type=Path)
    running.add_argument("--engines", nargs="+", default=["warp", "guided"])
    running.add_argument("--budgets", nargs="+", default=["5cpum", "10cpum", "20cpum"])
    running.add_argument("--device", default="auto")
    running.add_argument("--folder", type=Path, default=Path("out/learning"))
    asked = parser.parse_args()
    if asked.command == "pack":
        pack(asked.name, asked.case)
        return
    case = load(asked.case)
    quiet = {"device": asked.device, "score_every": 1e6, "preview_every": 1e6}
    for name in asked.engines:
        run(case, name, asked.budgets, asked.folder, quiet)


if __name__ == "__main__":
    main()
