"""The stage: performers before a backdrop, photographed; and the true swap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from understudy.errors import BadInputError
from understudy.performers.cage import Array, turned
from understudy.performers.exposure import expose
from understudy.performers.head import VERGENCE
from understudy.performers.identity import Identity
from understudy.performers.moment import Moment, rotation
from understudy.performers.performance import Performance
from understudy.performers.performer import Performer, U, performer
from understudy.performers.photography import backdrop, develop, motion, smear
from understudy.performers.sampling import Camera, Floats
from understudy.performers.shading import planes as plane
from understudy.performers.truth import Picture, Surface, Truth, pixels

_LAYERS = (0, 1, 2, plane.FACE, plane.HAIR, plane.OCCLUDER)
_CARRIERS = 2000
"""The first vertices of the fine mesh, spread over the whole head, carry its motion blur."""
_SMALLEST, _LARGEST = 64, 4096


def render(identity: Identity, performance: Performance, frame: int, size: int = 512) -> Picture:
    """One frame of `identity` playing `performance`, `size` pixels wide and high.

    The same call gives the same picture bit for bit on one machine. The performer is built on first use,
    about two seconds, and kept. Raises BadInputError for a size that cannot be rendered.
    """
    return _photograph(performer(identity), performance, frame, size)


def true_swap(
    likeness: Identity, plate: Identity, performance: Performance, frame: int, size: int = 512
) -> Picture:
    """What a perfect swap looks like: `likeness`'s face in `plate`'s frame.

    Shape, skin, brows, eyes, teeth and beard within the face's outline are the likeness's; towards the
    outline the shape eases to the plate's own, as a compositor must do that cannot repaint what was behind
    the head. Hair, ears, neck, clothes, spectacles and light are the plate's. Where the truth's
    `visible_face` is 0 the picture equals the plate's bit for bit.
    """
    plain = render(plate, performance, frame, size)
    swapped = _photograph(performer(likeness, plate), performance, frame, size)
    inside = np.maximum(plain.truth.visible_face, swapped.truth.visible_face)
    matte = inside[..., None]
    mixed = plain.image * (1 - matte) + swapped.image * matte
    image = np.where(matte > 0, np.round(mixed), plain.image).astype(np.uint8)
    return Picture(image, replace(swapped.truth, visible_face=inside))


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


def check_size(size: int) -> None:
    """Raise BadInputError for a width and height that cannot be rendered."""
    if not _SMALLEST <= size <= _LARGEST:
        raise BadInputError(
            f"A picture of {size} pixels cannot be rendered; choose {_SMALLEST} to {_LARGEST}."
        )


def _photograph(actor: Performer, performance: Performance, frame: int, size: int) -> Picture:
    check_size(size)
    moment = performance.moment(frame)
    camera = Camera(size, moment.lens.focal)
    geometry = actor.at(moment)
    film = expose(actor, moment, geometry, camera)
    behind = backdrop(moment.backdrop, size)
    if performance.companion is not None:
        behind = _companion(performance, frame, camera, behind)
    coverage = np.minimum(film[..., plane.COVERAGE], 1.0)
    layers = film[..., _LAYERS]
    layers[..., :3] += (1 - coverage)[..., None] * behind
    step = moment.lens.shutter
    later = performance.moment(frame + step, shot=moment.shot) if step else moment
    moved = motion(geometry.points[:_CARRIERS], moment.pose, later.pose, camera)
    layers = smear(layers, moved, coverage)
    image = develop(np.ascontiguousarray(layers[..., :3]), moment.lens, moment.grain)
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
    ways = [rotation(right + inwards, down)[:, 2] for inwards in (VERGENCE, -VERGENCE)]
    return turned(np.stack(ways), turn) * (1.0, -1.0, -1.0)


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
    x, y, z = performance.companion_place
    # out of focus anyway: half the pixels carry all that is seen
    theirs = replace(
        camera,
        size=camera.size // 2,
        aside=camera.aside - x,
        look_y=camera.look_y - y,
        distance=camera.distance - z,
    )
    film = expose(actor, moment, actor.at(moment), theirs)
    film = cv2.resize(film[..., (0, 1, 2, plane.COVERAGE)], behind.shape[:2], interpolation=cv2.INTER_LINEAR)
    both = film[..., :3] + (1 - np.minimum(film[..., 3:], 1.0)) * behind
    return cv2.GaussianBlur(both, (0, 0), moment.lens.defocus * camera.size / 512)
