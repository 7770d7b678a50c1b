"""What is measured of one frame. Names are columns of a `record.Record`; NaN is what cannot be told.

Of each side, plate and result:

  lids_right, lids_left      opening in parts of the eye's width (`measures.gaze.eye_opening`)
  gaze_{right,left}_{x,y}    degrees to the picture's right and down (`measures.gaze.gaze`)
  lips                       gap in parts of the inter-ocular distance (`measures.timing.lips`)
  yaw, pitch, roll           degrees (`geometry.pose.head_angles`)
  light_x, light_y           `faces.finding.lighting.light_direction`
  l, a, b                    mean CIE Lab of the face
  sharp_{skin,eyes,mouth}    log2 of the energy of detail 1 to 2 pixels wide (`measures.texture`)
  grain                      log2 of the deviation of the finest diagonal detail of the skin, in code values
  teeth                      log2 of `measures.mouth.mouth_detail`

Of both together:

  seam, ring                 `measures.edges`
  changed                    root mean square of result minus plate in the face, without light, in code values
  ghost_{brows,jaw,glasses}  how much of the plate's edges there is seen in the result: 0 none, 1 all of it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.pose import head_angles
from understudy.measures import edges
from understudy.measures.gaze import eye_opening, gaze
from understudy.measures.mouth import mouth_detail
from understudy.measures.picture import box_of, interocular, region_matte
from understudy.measures.replaced import inner_matte, replaced_matte
from understudy.measures.temporal import mean_lab
from understudy.measures.texture import band_energies
from understudy.measures.timing import lips
from understudy.pixels import Floats, luma

Bytes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.floating[Any]]
Numbers = dict[str, float]

_LEAST_ENERGY = 1e-8
_LEAST_PIXELS = 40
_HARDLY_GRAIN = 1.0
"""Code values: what is finer than that nobody sees, and codecs change it from frame to frame."""
_EYES_GROW, _MOUTH_GROW = 0.08, 0.04
_BROWS_GROW = 0.05
_JAW = mesh.FACE_OVAL[9:28]
_JAW_WIDE = 0.16
_GLASSES_REACH = 0.36
_LEAST_FEATURES, _RIDGE = 0.004, 0.05
"""Root mean squares of luma."""
_COARSE_SIDE = 96
_COARSE, _FINE = 0.12, 0.015
"""Detail between these sizes, in parts of the inter-ocular distance, is features: no light, no grain."""


def of_landmarks(points: Points) -> Numbers:
    """Where eyes, lids, lips and head are, from landmarks (478, 3)."""
    one = np.asarray(points, np.float64)[None]
    openings, directions, angles = eye_opening(one)[0], gaze(one)[0], head_angles(one)[0]
    found = {"lips": float(lips(one)[0])}
    for eye, name in enumerate(("right", "left")):
        found[f"lids_{name}"] = float(openings[eye])
        found[f"gaze_{name}_x"], found[f"gaze_{name}_y"] = map(float, directions[eye])
    found["yaw"], found["pitch"], found["roll"] = map(float, angles)
    return found


@dataclass(frozen=True)
class Regions:
    """Where skin, eyes and mouth are in an aligned picture, (S, S) in [0, 1] each; of both sides alike."""

    skin: Floats
    eyes: Floats
    mouth: Floats


def regions_of(points: Points, side: int) -> Regions:
    """The regions of a picture (side, side) with the plate's landmarks (478, 3)."""
    eyes = region_matte(points, side, side, "eyes", _EYES_GROW)
    mouth = region_matte(points, side, side, "mouth", _MOUTH_GROW)
    return Regions(inner_matte(points, side, side) * (1 - eyes) * (1 - mouth), eyes, mouth)


def of_picture(picture: Bytes, regions: Regions, own: Points) -> Numbers:
    """Colour, sharpness and grain of a face in an aligned picture (S, S, 3) with landmarks `own` (478, 3)."""
    found = _colour(picture, regions.skin)
    for name, matte in (("skin", regions.skin), ("eyes", regions.eyes), ("mouth", regions.mouth)):
        enough = cv2.countNonZero(matte) >= _LEAST_PIXELS
        energy = band_energies(picture, matte, bands=2)[1] if enough else np.nan
        found[f"sharp_{name}"] = float(np.log2(max(energy, _LEAST_ENERGY)))
    found["grain"] = _grain(picture, regions.skin)
    teeth = mouth_detail(picture, own)
    found["teeth"] = float(np.log2(teeth)) if teeth > 0 else np.nan
    return found


def _colour(picture: Bytes, skin: Floats) -> Numbers:
    """Mean colour, of a coarse picture: it is the same there, and much quicker found."""
    coarse = cv2.resize(picture, (_COARSE_SIDE, _COARSE_SIDE), interpolation=cv2.INTER_AREA)
    matte = cv2.resize(skin, (_COARSE_SIDE, _COARSE_SIDE), interpolation=cv2.INTER_AREA)
    return dict(zip("lab", mean_lab(coarse, matte), strict=True))


def of_both(plate: Bytes, result: Bytes, points: Points) -> Numbers:
    """Edge and inside of the replaced part, in aligned pictures (S, S, 3), with the plate's points."""
    side, eyes = len(plate), float(interocular(points))
    matte = replaced_matte(result, plate, points)
    ours, theirs = (_features(picture, eyes) for picture in (result, plate))
    inner = inner_matte(points, side, side) > 0
    found = {
        "seam": edges.seam(result, plate, matte),
        "ring": edges.ring_colour_difference(result, plate, matte, eyes),
        "changed": 255 * float(np.sqrt(((ours - theirs)[inner] ** 2).mean())) if inner.any() else np.nan,
    }
    for name, place in (("brows", _brows), ("jaw", _jaw), ("glasses", _glasses)):
        found[f"ghost_{name}"] = _shown(ours, theirs, place(points, side, eyes))
    return found


def _shown(ours: Floats, theirs: Floats, where: Bytes) -> float:
    """How much of the plate's features (S, S) the result's hold, by least squares; NaN where it has none.

    With a ridge: of features that hardly show a little more is no doubling that anybody sees.
    """
    inside = where > 0
    features, count = theirs[inside], np.count_nonzero(where)
    energy = float(features @ features)
    if energy <= _LEAST_FEATURES**2 * count:
        return np.nan
    return float(ours[inside] @ features) / (energy + _RIDGE**2 * count)


def _brows(points: Points, side: int, eyes: float) -> Bytes:
    matte = np.zeros((side, side), np.uint8)
    for brow in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
        hull = cv2.convexHull(np.round(points[list(brow), :2]).astype(np.int32))
        cv2.fillConvexPoly(matte, hull, 1)
    radius = max(1, round(_BROWS_GROW * eyes))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(matte, disc), np.uint8)


def _jaw(points: Points, side: int, eyes: float) -> Bytes:
    """A band along the jaw, from ear to ear."""
    line = np.round(points[list(_JAW), :2]).astype(np.int32)
    band = np.zeros((side, side), np.uint8)
    return np.asarray(cv2.polylines(band, [line], False, 1, max(1, round(_JAW_WIDE * eyes))), np.uint8)


def _glasses(points: Points, side: int, eyes: float) -> Bytes:
    """Where spectacles have their frames: around the eyes, and neither eyes nor brows."""
    around = np.zeros((side, side), np.uint8)
    for outline in mesh.EYES.values():
        x, y = points[list(outline), :2].mean(0)
        cv2.circle(around, (round(float(x)), round(float(y))), round(_GLASSES_REACH * eyes), 1, -1)
    eyelids = region_matte(points, side, side, "eyes", _EYES_GROW) > 0
    around[eyelids | (_brows(points, side, eyes) > 0)] = 0
    return around


def _features(picture: Bytes, eyes: float) -> Floats:
    grey = luma(picture)
    fine = cv2.GaussianBlur(grey, (0, 0), max(0.7, _FINE * eyes))
    return np.asarray(fine - cv2.GaussianBlur(grey, (0, 0), _COARSE * eyes), np.float32)


def _grain(picture: Bytes, skin: Floats) -> float:
    """As `measures.texture.GrainMeter`, of one frame and without its bins of luma."""
    box = box_of(skin)
    if box is None:
        return np.nan
    kernel = np.array([[0.5, -0.5], [-0.5, 0.5]], np.float32)
    detail = cv2.filter2D(luma(picture[box]), cv2.CV_32F, kernel, anchor=(0, 0))
    inside = np.abs(detail[skin[box] > 0])
    if len(inside) < 10 * _LEAST_PIXELS:
        return np.nan
    return float(np.log2(np.hypot(255 * 1.4826 * float(np.median(inside)), _HARDLY_GRAIN)))
