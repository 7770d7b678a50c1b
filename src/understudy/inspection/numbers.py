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
  ghost                      how much of the plate's brows is seen in the result: 0 none, 1 all of it
"""

from __future__ import annotations

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
_ROUNDING = 1 / np.sqrt(12)
_EYES_GROW, _MOUTH_GROW = 0.08, 0.04
_BROWS_GROW = 0.05
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


def of_picture(picture: Bytes, points: Points, own: Points) -> Numbers:
    """Colour, sharpness and grain of a face in an aligned picture (S, S, 3).

    points  (478, 3) of the plate, which say where skin and eyes are on both sides alike
    own     (478, 3) of this side
    """
    side = len(picture)
    skin, eyes, mouth = _regions(points, side)
    found: Numbers = dict(zip("lab", mean_lab(picture, skin), strict=True))
    for name, matte in (("skin", skin), ("eyes", eyes), ("mouth", mouth)):
        enough = np.count_nonzero(matte) >= _LEAST_PIXELS
        energy = band_energies(picture, matte)[1] if enough else np.nan
        found[f"sharp_{name}"] = float(np.log2(max(energy, _LEAST_ENERGY)))
    found["grain"] = _grain(picture, skin)
    teeth = mouth_detail(picture, own)
    found["teeth"] = float(np.log2(teeth)) if teeth > 0 else np.nan
    return found


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
    brows = _brows(points, side, eyes)
    energy = float((theirs[brows] ** 2).sum())
    found["ghost"] = float((ours[brows] * theirs[brows]).sum()) / energy if energy > 1e-4 else np.nan
    return found


def _regions(points: Points, side: int) -> tuple[Floats, Floats, Floats]:
    eyes = region_matte(points, side, side, "eyes", _EYES_GROW)
    mouth = region_matte(points, side, side, "mouth", _MOUTH_GROW)
    skin = inner_matte(points, side, side) * (1 - eyes) * (1 - mouth)
    return skin, eyes, mouth


def _brows(points: Points, side: int, eyes: float) -> npt.NDArray[np.bool_]:
    matte = np.zeros((side, side), np.uint8)
    for brow in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
        hull = cv2.convexHull(np.round(points[list(brow), :2]).astype(np.int32))
        cv2.fillConvexPoly(matte, hull, 1)
    radius = max(1, round(_BROWS_GROW * eyes))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(matte, disc).astype(bool)


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
    return float(np.log2(np.hypot(255 * 1.4826 * float(np.median(inside)), _ROUNDING)))
