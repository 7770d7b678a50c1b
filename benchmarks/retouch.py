"""How well the repair of one frame mends the others, on digital performers.

    python -m benchmarks.retouch --into DIR [--film DIR …] [--sheets DIR] [--json FILE]

Films two takes at 512 pixels into a folder, once: `light` of `understudy benchmark`, and `moving`, in which
head and light both move. --film names others, with plate.mkv, truth.mkv and landmarks.npy in them. The true
swap is the clean result. A flaw is put into every frame of it, by the true landmarks; what repairs it knows
only the plate's, found and steadied as a swap does. One frame, the middle one, is repaired: there the film is
the clean one wherever the flaw is. Then every other frame is compared with the clean one, where the flaw is.

  residual   of the flaw's mean absolute error over all other frames, in % (100: as if nothing had been done)
  worst      the same of the worst frame
  flicker    flow-compensated residual inside the flaw's matte, code values: before, after, and without flaw
  astray     the largest change farther than an eighth of an eye distance from the flaw, code values: where
             an edit lies on something else. Outside an edit's own matte nothing changes; tests hold that
  keys       frames that have to be repaired until the residual is below 25 % and the worst below 50 %, at
             most six

--speed measures what the preview of 24 frames costs at 1080 lines instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.changes import At, Film
from benchmarks.held import Held
from benchmarks.injected import INJECTIONS
from understudy.benchmark.performed import PERFORMED, PerformedCase
from understudy.faces.finding.reading import FaceReader
from understudy.faces.steadying.by_flow import Motion, steady
from understudy.geometry import mesh
from understudy.geometry.flow import PointFlow
from understudy.measures.temporal import FlickerMeter
from understudy.media import open_clip
from understudy.performers import Performance
from understudy.pixels import to_float
from understudy.progress import SilentProgress
from understudy.retouch.canvas import Area, chart, eye_distance, places
from understudy.retouch.edits import Edit, Key, Operation, new_id
from understudy.retouch.making import difference, patch_of
from understudy.retouch.painting import texel_unit
from understudy.retouch.patch import Patches
from understudy.retouch.repairing import Repairer

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]

_SEEN = 2.0
"""Code values of a flaw from which on a pixel counts."""
_SPOTS = (205, 425, 50, 280, 151, 187, 411, 36)


MOVING = PerformedCase(
    "moving",
    "head and light both move",
    "zuri",
    "kwame",
    Performance(seed=151, yaw=25, pitch=10, lighting=1.2),
    likeness_frames=1,
)
"""The likeness's own footage is of no use here."""


@dataclass(frozen=True)
class Flaw:
    """A kind of flaw: the film's frame with it."""

    key: str
    change: Callable[[Film, int], Bytes] = field(repr=False)


@dataclass(frozen=True)
class Score:
    """What came of one flaw in one film."""

    film: str
    flaw: str
    residual: float
    worst: float
    flicker: tuple[float, float, float]
    astray: int
    keys: int
    milliseconds: float
    per_frame: tuple[float, ...] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether it is within the bars of the issue."""
        before, after, _ = self.flicker
        return self.residual <= 25 and self.worst <= 50 and after <= before * 1.001


def _multiplied(picture: Bytes, logs: Floats) -> Bytes:
    return np.clip(np.round(picture * np.exp(logs)), 0, 255).astype(np.uint8)


def _on_face(film: Film, frame: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Places in eye distances, (H, W, 2), and where the face is."""
    height, width = film.plate[0].shape[:2]
    found = chart(film.landmarks[frame], Area(0, 0, width, height))
    return found.place / np.float32(texel_unit(1)), found.covered


def _spots(film: Film, frame: int) -> Bytes:
    """Eight moles, as large as moles are."""
    at, covered = _on_face(film, frame)
    logs = np.zeros(at.shape[:2], np.float32)
    for place, vertex in enumerate(_SPOTS):
        centre = places()[vertex] / texel_unit(1)
        radius = (0.018, 0.026, 0.035)[place % 3]
        logs -= 0.7 * np.exp(-0.5 * ((at - centre) ** 2).sum(-1) / radius**2)
    return _multiplied(film.result[frame], (logs * covered)[..., None] * np.float32((0.8, 1.0, 1.1)))


def _blotch(film: Film, frame: int) -> Bytes:
    """A rough red patch on one cheek."""
    at, covered = _on_face(film, frame)
    texture = np.random.default_rng(3).standard_normal((256, 256)).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 2.0)
    texture /= texture.std()
    drawn = cv2.remap(
        texture, (at * 64).astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    away = np.linalg.norm(at - places()[425] / texel_unit(1), axis=-1)
    matte = np.clip((0.28 - away) / 0.08, 0, 1) * covered
    return _multiplied(
        film.result[frame], (matte * (1 + 0.4 * drawn))[..., None] * np.float32((0.05, -0.16, -0.12))
    )


def _lips(film: Film, frame: int) -> Bytes:
    """Lips of another colour."""
    height, width = film.plate[0].shape[:2]
    points = film.landmarks[frame]
    outer, inner = (np.zeros((height, width), np.float32) for _ in range(2))
    for matte, ring in ((outer, mesh.LIPS_OUTER), (inner, mesh.LIPS_INNER)):
        polygon = np.round(points[list(ring), :2] * 16).astype(np.int32)
        cv2.fillPoly(matte, [polygon], 1.0, cv2.LINE_AA, 4)
    lips = cv2.GaussianBlur(np.clip(outer - inner, 0, 1), (0, 0), 0.01 * eye_distance(points))
    return _multiplied(film.result[frame], lips[..., None] * np.float32((0.25, -0.15, 0.1)))


def _injected(key: str, strength: float) -> Callable[[Film, int], Bytes]:
    injection = next(each for each in INJECTIONS if each.key.startswith(key))
    return lambda film, frame: injection.change(At(film, frame, frame, strength))


FLAWS = (
    Flaw("spots", _spots),
    Flaw("blotch", _blotch),
    Flaw("lips", _lips),
    Flaw("seam", _injected("seam", 0.15)),
    Flaw("double brows", _injected("double brows", 0.6)),
)


def steadied(film: Film) -> Array:
    """Landmarks of the plate (T, 478, 3), found and steadied as a swap does."""
    with FaceReader() as reader:
        found = np.stack([reader.read(picture)[0].points for picture in film.plate]).astype(np.float32)
    flow = PointFlow()
    pairs = [
        flow.between(film.plate[n], film.plate[n + 1], found[n], found[n + 1]) for n in range(film.frames - 1)
    ]
    motion = Motion(np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs]))
    return steady(found, motion)


class Trial:
    """One flaw in one film, and its repair."""

    def __init__(self, name: str, film: Film, landmarks: Array, flaw: Flaw, folder: Path) -> None:
        self.name, self.film, self.flaw = name, film, flaw
        self.flawed = tuple(flaw.change(film, n) for n in range(film.frames))
        self.shot = Held(self.flawed, film.plate, landmarks)
        self.patches = Patches(folder)
        apart = [
            np.abs(a.astype(np.float32) - b).mean(-1) for a, b in zip(self.flawed, film.result, strict=True)
        ]
        self.where = [each > _SEEN for each in apart]

    def key(self, frame: int) -> Key:
        """A frame repaired: the clean one wherever the flaw is."""
        mask = difference(self.flawed[frame], self.film.result[frame], 1)
        clean = to_float(self.film.result[frame][mask.area.within])
        patch = patch_of(self.shot.faces[frame], self.flawed[frame], mask, clean)
        return Key(frame=frame, patch=self.patches.keep(patch))

    def edit(self, frames: list[int]) -> Edit:
        """The edit with these frames repaired."""
        keys = tuple(self.key(frame) for frame in sorted(frames))
        last = self.film.frames - 1
        return Edit(id=new_id(), operation=Operation.PAINT, track=0, first=0, last=last, keys=keys)

    def repaired(self, edit: Edit) -> list[Bytes]:
        """Every frame with an edit."""
        repairer = Repairer(self.shot, self.patches)
        return [repairer.repaired(n, [edit]).image for n in range(self.film.frames)]

    def left(self, pictures: list[Bytes], frame: int) -> tuple[float, float]:
        """Error of a frame where the flaw is, and of the flaw itself."""
        where, clean = self.where[frame], self.film.result[frame].astype(np.float32)
        if not where.any():
            return 0.0, 0.0
        ours = np.abs(pictures[frame] - clean).mean(-1)[where].mean()
        return float(ours), float(np.abs(self.flawed[frame] - clean).mean(-1)[where].mean())

    def shares(self, pictures: list[Bytes], keys: list[int]) -> tuple[float, float, list[float]]:
        """Residual in %, that of the worst frame, and of every frame, keys at 0."""
        every = [self.left(pictures, n) for n in range(self.film.frames)]
        others = [pair for n, pair in enumerate(every) if n not in keys and pair[1] > 0]
        shares = [0.0 if n in keys or b == 0 else 100 * a / b for n, (a, b) in enumerate(every)]
        total = 100 * sum(a for a, _ in others) / max(sum(b for _, b in others), 1e-9)
        return total, max(shares), shares

    def flicker(self, pictures: list[Bytes] | tuple[Bytes, ...]) -> float:
        """Residual where the flaw is, code values."""
        meter = FlickerMeter()
        for plate, picture, where in zip(self.film.plate, pictures, self.where, strict=True):
            matte = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 2.0)
            meter.add(plate, picture, np.clip(2 * matte, 0, 1))
        return meter.read().result

    def astray(self, pictures: list[Bytes]) -> int:
        """The largest change far from the flaw, code values."""
        worst = 0
        for n, picture in enumerate(pictures):
            touched = (self.flawed[n] != self.film.result[n]).any(-1).astype(np.uint8)
            room = 2 * round(eye_distance(self.film.landmarks[n]) / 8) + 1
            near = cv2.dilate(touched, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (room, room))) > 0
            changed = np.abs(picture.astype(int) - self.flawed[n]).max(-1)
            worst = max(worst, int(changed[~near].max(initial=0)))
        return worst

    def needed(self, shares: list[float], total: float, most: int = 6) -> int:
        """How many frames have to be repaired, the worst one next each time."""
        keys = [self.film.frames // 2]
        while (total > 25 or max(shares) > 50) and len(keys) < most:
            keys.append(int(np.argmax(shares)))
            total, _, shares = self.shares(self.repaired(self.edit(keys)), keys)
        return len(keys)

    def score(self, count: bool = True) -> tuple[Score, list[Bytes]]:
        """The figures, and the repaired film."""
        key = self.film.frames // 2
        edit = self.edit([key])
        began = time.process_time()
        pictures = self.repaired(edit)
        spent = 1000 * (time.process_time() - began) / self.film.frames
        total, worst, shares = self.shares(pictures, [key])
        flicker = (self.flicker(self.flawed), self.flicker(pictures), self.flicker(self.film.result))
        keys = self.needed(shares, total) if count else 0
        made = Score(
            self.name, self.flaw.key, total, worst, flicker, self.astray(pictures), keys, spent, tuple(shares)
        )
        return made, pictures

    def sheet(self, pictures: list[Bytes]) -> Bytes:
        """Flawed, repaired and clean, at the keyframe, the worst frame and both ends."""
        _, _, shares = self.shares(pictures, [self.film.frames // 2])
        rows = []
        for n in (self.film.frames // 2, int(np.argmax(shares)), 0, self.film.frames - 1):
            box = Area.of(self.film.landmarks[n], 8, *pictures[n].shape[:2])
            row = np.hstack([each[n][box.within] for each in (self.flawed, pictures, self.film.result)])
            rows.append(cv2.resize(row, (1080, 1080 * row.shape[0] // row.shape[1])))
        return np.vstack(rows)


def read_film(folder: Path) -> Film:
    """What `understudy benchmark` has filmed; its true swap is the result."""
    with open_clip(folder / "plate.mkv") as plate, open_clip(folder / "truth.mkv") as truth:
        pictures = [tuple(np.array(f.image[..., :3]) for f in clip.frames()) for clip in (plate, truth)]
        landmarks = np.load(folder / "landmarks.npy", allow_pickle=False)
        return Film(pictures[0], pictures[1], landmarks, landmarks, float(plate.info.rate))


def filmed(folder: Path | None) -> list[Path]:
    """The takes that are measured unless others are named."""
    if folder is None:
        return []
    cases = (PERFORMED["light"], MOVING)
    return [case.footage(folder, SilentProgress()).plate.parent for case in cases]


def speed(trial: Trial, frames: int = 24, lines: int = 1080) -> tuple[float, float]:
    """CPU milliseconds a frame of a repair's preview where the film has so many lines: first, and once more
    (with another strength, say). Frames are in memory: decoding comes on top of it.
    """
    zoom = lines / trial.flawed[0].shape[0]

    def larger(picture: Bytes) -> Bytes:
        return np.asarray(
            cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC), np.uint8
        )

    key = trial.film.frames // 2
    numbers = range(key - frames // 2, key + frames // 2)
    film = {n: larger(trial.flawed[n]) for n in numbers}
    faces = np.array(trial.shot.faces) * zoom
    faces[..., :2] += zoom / 2 - 0.5
    clean = larger(trial.film.result[key])
    mask = difference(film[key], clean, 1)
    patch = patch_of(faces[key], film[key], mask, to_float(clean[mask.area.within]))
    shot = Held(tuple(film.get(n, film[key]) for n in range(trial.film.frames)), trial.film.plate, faces)
    edit = trial.edit([key]).changed(keys=[Key(frame=key, patch=trial.patches.keep(patch))])
    repairer = Repairer(shot, trial.patches)
    spent = []
    for strength in (1.0, 0.5):
        began = time.process_time()
        for n in numbers:
            repairer.repaired(n, [edit.changed(strength=strength)])
        spent.append(1000 * (time.process_time() - began) / frames)
    return spent[0], spent[1]


def line(score: Score) -> str:
    before, after, clean = score.flicker
    return (
        f"{score.film:12} {score.flaw:14} residual {score.residual:5.1f} %  worst {score.worst:5.1f} %  "
        f"flicker {before:.2f} -> {after:.2f} (clean {clean:.2f})  astray {score.astray}  keys {score.keys}  "
        f"{score.milliseconds:.0f} ms  {'ok' if score.passed else 'MISSED'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--film", type=Path, action="append", default=[])
    parser.add_argument("--into", type=Path)
    parser.add_argument("--flaw", action="append", default=[])
    parser.add_argument("--no-keys", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        for path in (*filmed(asked.into), *asked.film):
            film, name = read_film(path), path.name.rpartition("-")[0] or path.name
            landmarks = steadied(film)
            for flaw in FLAWS:
                if asked.flaw and flaw.key not in asked.flaw:
                    continue
                trial = Trial(name, film, landmarks, flaw, Path(folder))
                if asked.speed:
                    first, again = speed(trial)
                    print(f"{name:12} {flaw.key:14} {first:.0f} ms a frame, {again:.0f} ms again", flush=True)
                    continue
                score, pictures = trial.score(not asked.no_keys)
                scores.append(score)
                print(line(score), flush=True)
                if asked.sheets is not None:
                    asked.sheets.mkdir(parents=True, exist_ok=True)
                    cv2.imwrite(
                        str(asked.sheets / f"{name}-{flaw.key}.png"), trial.sheet(pictures)[..., ::-1]
                    )
    if not scores:
        return
    print(
        f"mean residual {np.mean([s.residual for s in scores]):.1f} %, worst frame "
        f"{max(s.worst for s in scores):.1f} %, passed {sum(s.passed for s in scores)} of {len(scores)}"
    )
    if asked.json is not None:
        asked.json.write_text(json.dumps([vars(score) for score in scores], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
