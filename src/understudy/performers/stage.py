"""The stage: performers before a backdrop, photographed; and the true swap."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.performers import shading
from understudy.performers.cage import Array
from understudy.performers.expressions import NECK_PIVOT, head_weights
from understudy.performers.identity import Identity
from understudy.performers.moment import Moment, Pose, rotation
from understudy.performers.performance import Performance
from understudy.performers.performer import U, Geometry, Performer, performer
from understudy.performers.render import backdrop, camera_of, develop, expose
from understudy.performers.sampling import Camera, Floats
from understudy.performers.truth import Picture, Surface, Truth, pixels

_MATTES = (shading.FACE, shading.HAIR, shading.OCCLUDER)
_SMALLEST, _LARGEST = 64, 4096


def render(identity: Identity, performance: Performance, frame: int, size: int = 512) -> Picture:
    """One frame of `identity` playing `performance`, `size` pixels wide and high.

    The same call gives the same picture bit for bit on one machine. The performer is built on first use, about
    two seconds, and kept. Raises BadInputError for a size that cannot be rendered.
    """
    return _photograph(performer(identity), performance, frame, size)


def true_swap(
    likeness: Identity, plate: Identity, performance: Performance, frame: int, size: int = 512
) -> Picture:
    """What a perfect swap looks like: `likeness`'s face in `plate`'s frame.

    Shape, skin, brows, eyes, teeth and beard within the face's outline are the likeness's; towards the outline the
    shape eases to the plate's own, as a compositor must do that cannot repaint what was behind the head. Hair,
    ears, neck, clothes, spectacles and light are the plate's. Where the truth's `visible_face` is 0 the picture
    equals the plate's bit for bit.
    """
    plain = render(plate, performance, frame, size)
    swapped = _photograph(performer(likeness, plate), performance, frame, size)
    inside = np.maximum(plain.truth.visible_face, swapped.truth.visible_face)
    matte = inside[..., None]
    mixed = plain.image * (1 - matte) + swapped.image * matte
    image = np.where(matte > 0, np.round(mixed), plain.image).astype(np.uint8)
    swapped.truth.__dict__["visible_face"] = inside
    return Picture(image, swapped.truth)


def render_sequence(
    identity: Identity,
    performance: Performance,
    frames: range,
    size: int = 512,
    *,
    likeness: Identity | None = None,
) -> Iterator[Picture]:
    """The pictures of `frames` in order, one at a time; with `likeness`, their true swaps."""
    for frame in frames:
        if likeness is None:
            yield render(identity, performance, frame, size)
        else:
            yield true_swap(likeness, identity, performance, frame, size)


def _photograph(actor: Performer, performance: Performance, frame: int, size: int) -> Picture:
    if not _SMALLEST <= size <= _LARGEST:
        raise BadInputError(
            f"A picture of {size} pixels cannot be rendered; choose {_SMALLEST} to {_LARGEST}."
        )
    moment = performance.moment(frame)
    camera = camera_of(moment.lens, size)
    geometry = actor.at(moment)
    planes = expose(actor, moment, geometry, camera)
    behind = backdrop(moment.backdrop, size)
    if performance.companion is not None:
        behind = _companion(performance, frame, camera, behind)
    layers = np.dstack([planes[..., shading.RADIANCE], planes[..., _MATTES]])
    cover = np.minimum(planes[..., shading.COVERAGE, None], 1.0)
    layers[..., :3] += (1 - cover) * behind
    step = moment.lens.shutter
    later = performance.moment(frame + step, shot=moment.shot) if step else moment
    layers = _smear(layers, _motion(geometry, moment.pose, later.pose, camera), planes[..., shading.COVERAGE])
    image = develop(layers[..., :3], moment)
    mattes = np.clip(layers[..., 3:], 0, 1)
    mattes[mattes < 1e-3] = 0

    def surface() -> Surface:
        return _surface(actor, performance, frame, camera)

    truth = Truth(
        landmarks=pixels(camera, geometry.landmarks),
        pose=moment.pose,
        expression=moment.expression,
        light=moment.light,
        gaze=_gaze(moment),
        visible_face=np.ascontiguousarray(mattes[..., 0]),
        hair=np.ascontiguousarray(mattes[..., 1]),
        occluder=np.ascontiguousarray(mattes[..., 2]),
        shot=moment.shot,
        _surface=surface,
    )
    return Picture(image, truth)


def _gaze(moment: Moment) -> Array:
    turn = moment.pose.rotation()
    right, down = moment.expression.gaze
    ways = [turn @ rotation(right + inwards, down)[:, 2] for inwards in (1.7, -1.7)]
    return np.stack(ways) * (1.0, -1.0, -1.0)


def _surface(actor: Performer, performance: Performance, frame: int, camera: Camera) -> Surface:
    moment = performance.moment(frame)
    following = performance.moment(frame + 1, shot=moment.shot)
    geometry, later = actor.at(moment), actor.at(following)
    count = len(actor.head.neutral)
    attributes = geometry.attributes[:count]
    triangles = actor.shared.triangles.astype(np.int32)
    face = (attributes[:, -1][triangles].mean(1) > 0.5).astype(np.int32)
    uv = attributes[:, 6 + U : 8 + U]
    return Surface(attributes[:, :3], later.points[:count], attributes[:, 3:6], uv, triangles, face, camera)


def _companion(performance: Performance, frame: int, camera: Camera, behind: Floats) -> Floats:
    assert performance.companion is not None
    actor, moment = performer(performance.companion), performance.companion_moment(frame)
    planes = expose(actor, moment, actor.at(moment), camera)
    cover = np.minimum(planes[..., shading.COVERAGE, None], 1.0)
    both = np.ascontiguousarray(planes[..., shading.RADIANCE] + (1 - cover) * behind)
    return cv2.GaussianBlur(both, (0, 0), moment.lens.defocus * camera.size / 512)


def _motion(geometry: Geometry, pose: Pose, later: Pose, camera: Camera) -> Floats:
    """How far the head moves in the picture while the shutter is open: a coarse field (H/8, W/8, 2), pixels."""
    turn = later.rotation() @ pose.rotation().T
    spread = geometry.points[: 468 * 4]
    arm = spread - NECK_PIVOT - pose.place
    moved = arm @ turn.T + NECK_PIVOT + later.place
    weight = head_weights(spread - np.array(pose.place))[:, None]
    ends = camera.project(spread + weight * (moved - spread))[:, :2]
    starts = camera.project(spread)[:, :2]
    size = camera.size // 8
    field = np.zeros((size, size, 3), np.float32)
    cell = np.clip(np.round(starts / 8), 0, size - 1).astype(int)
    np.add.at(field, (cell[:, 1], cell[:, 0]), np.hstack([ends - starts, np.ones((len(starts), 1))]))
    field = cv2.GaussianBlur(field, (0, 0), size / 24)
    return np.asarray(field[..., :2] / np.maximum(field[..., 2:], 1e-4), np.float32)


def _smear(layers: Floats, motion: Floats, coverage: Floats) -> Floats:
    """Average the layers along the motion: what an open shutter records."""
    size = layers.shape[0]
    reach = np.linalg.norm(motion, axis=-1).max()
    if reach < 0.7:
        return layers
    near = cv2.GaussianBlur(np.minimum(coverage, 1.0), (0, 0), max(reach, 1.0))
    velocity = (
        cv2.resize(motion, (size, size), interpolation=cv2.INTER_LINEAR)
        * np.minimum(near * 1.5, 1.0)[..., None]
    )
    x, y = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    taps = int(np.clip(np.ceil(reach), 3, 12))
    total = np.zeros_like(layers)
    for share in np.linspace(-0.5, 0.5, taps):
        at_x, at_y = x - velocity[..., 0] * np.float32(share), y - velocity[..., 1] * np.float32(share)
        for part in (slice(0, 3), slice(3, 6)):
            plane = np.ascontiguousarray(layers[..., part])
            total[..., part] += cv2.remap(
                plane, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
    return np.asarray(total / taps, np.float32)


def mattes_of(picture: Picture) -> dict[str, npt.NDArray[np.float32]]:
    """All mattes by name."""
    truth = picture.truth
    return {
        "face": truth.face,
        "visible_face": truth.visible_face,
        "hair": truth.hair,
        "occluder": truth.occluder,
    }
