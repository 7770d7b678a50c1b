"""Drawing with what was learned: what `warp` puts together, mended, at the plate's full resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.light import Shading
from understudy.engines.aligned import AlignedView
from understudy.engines.base import Crops, PlateFace, Rendered
from understudy.engines.guided.glints import with_glints, without_glints
from understudy.engines.guided.lighting import Lights, relit
from understudy.engines.guided.maps import COUNT, feature_mask, geometry_maps, lips_mask
from understudy.engines.warp.render import WarpModel
from understudy.errors import BadInputError
from understudy.geometry.align import apply_affine

if TYPE_CHECKING:
    from understudy.nets.refiner import Refiner

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_WEIGHTS = "weights."
_LESS_ON_LIPS = 0.5
"""By so much less lips are toned than the network says. It learns tone from skin, of which there is more, and
overdoes it on lips: measured on digital performers.
"""
_KEPT = 0.25
"""Share of the finest detail that stays in what is drawn anew: what a network cannot foresee (lashes) it
draws as their mean. On digital performers this costs eyes 0.1 dB and gains 0.1 of sharpness.
"""


@dataclass(frozen=True)
class GuidedModel:
    """A plan of `warp` and the network that mends what comes of it.

    plan       where it shows the inside of the plate's own mouth, nothing is mended
    lights     how the plate's faces are lit
    weights    of the network, float32, by name
    size       side of the aligned squares that it works on, pixels
    channels   of its levels
    """

    plan: WarpModel = field(repr=False)
    lights: Lights = field(repr=False)
    weights: Mapping[str, Floats] = field(repr=False)
    size: int
    channels: tuple[int, ...]

    @classmethod
    def of(
        cls, plan: WarpModel, lights: Lights, net: Refiner, size: int, channels: tuple[int, ...]
    ) -> GuidedModel:
        """The model of a trained network."""
        weights = {name: each.detach().cpu().float().numpy() for name, each in net.state_dict().items()}
        return cls(plan, lights, weights, size, channels)

    @property
    def needs(self) -> npt.NDArray[np.int64]:
        """As the plan's."""
        return self.plan.needs

    @property
    def room(self) -> float:
        """As the plan's."""
        return self.plan.room

    def example(self, row: int) -> int:
        """As the plan's."""
        return self.plan.example(row)

    def save(self) -> Mapping[str, npt.NDArray[Any]]:
        """The model as named arrays."""
        shape = {"size": np.array(self.size), "channels": np.array(self.channels)}
        weights = {_WEIGHTS + name: each for name, each in self.weights.items()}
        lights = {
            "light.change": self.lights.change,
            "light.whole": self.lights.whole,
            "light.known": np.array(self.lights.known),
        }
        return {**self.plan.save(), **lights, **weights, **shape}

    @classmethod
    def load(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> GuidedModel:
        """The model that `save` described. Raises BadInputError where its parts do not belong together."""
        weights = {
            name.removeprefix(_WEIGHTS): np.asarray(each, np.float32)
            for name, each in arrays.items()
            if name.startswith(_WEIGHTS)
        }
        channels = tuple(int(count) for count in arrays["channels"])
        if "light.known" not in arrays:
            raise BadInputError("The trained model is of an earlier version: train again.")
        least, greatest = (int(end) for end in arrays["light.known"])
        lights = Lights(arrays["light.change"], arrays["light.whole"], (least, greatest))
        model = cls(WarpModel.load(arrays), lights, weights, int(arrays["size"]), channels)
        _ = model._net
        return model

    @cached_property
    def _net(self) -> Refiner:
        import torch

        from understudy.nets.refiner import Refiner

        net = Refiner(COUNT, self.channels)
        try:
            net.load_state_dict(
                {name: torch.from_numpy(np.array(each)) for name, each in self.weights.items()}
            )
        except RuntimeError as error:
            raise BadInputError("The trained model is damaged: train again.") from error
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return net.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def render(self, faces: Sequence[PlateFace], crops: Crops) -> list[Rendered]:
        """Likeness faces for plate faces."""
        return [
            self._mend(face, drawn) for face, drawn in zip(faces, self.plan.render(faces, crops), strict=True)
        ]

    def _mend(self, face: PlateFace, drawn: Rendered) -> Rendered:
        """What the network changes is worked out on the aligned square and brought to the crop's pixels.

        So the picture itself keeps its detail: what is finer than the square's pixels stays under what is
        drawn anew. Nothing is moved. What moves in lessons makes up for how a landmarker errs from frame to
        frame; the plate's landmarks are steady.
        """
        height, width = drawn.matte.shape
        landmarks = self.plan.plate[face.row]
        shading = Shading.of(landmarks, face.to_crop, height, width)
        target = apply_affine(face.to_crop, self.plan.target[face.row])
        lit = without_glints(relit(drawn, self.lights.change[face.row], shading), target)
        view = AlignedView.of(face, landmarks, self.size)
        points = apply_affine(view.to_square, target)
        light = self.lights.map(face.row, points, self.size)
        shows = geometry_maps(points, self.size, light)
        change = cv2.warpAffine(
            self._change(view.seen(lit), shows, points), view.to_square, (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        rgb = lit + change[..., :3]
        if drawn.own is not None:
            rgb += drawn.own[..., None] * (drawn.rgb - rgb)
        rgb, share = with_glints(rgb, target, face.image, apply_affine(face.to_crop, landmarks))
        own = share if drawn.own is None else np.maximum(share, drawn.own)
        return Rendered(np.clip(rgb, 0, 1), drawn.matte * change[..., 3], own)

    def _change(self, picture: Floats, shows: npt.NDArray[np.uint8], points: Array) -> Floats:
        """What is added to a picture on the square, and what its matte is multiplied by, (size, size, 4)."""
        import torch

        net = self._net
        mask = feature_mask(shows)[..., None].astype(np.float32) / 255
        toned = 1 - _LESS_ON_LIPS * lips_mask(points, self.size)[..., None]
        given = (picture, shows.astype(np.float32) / 127.5 - 1, mask, toned)
        device = next(net.parameters()).device
        with torch.inference_mode():
            seen, told, drawable, share = (
                torch.from_numpy(each).permute(2, 0, 1)[None].to(device) for each in given
            )
            found = net(seen, told, drawable)
            every = torch.cat([found.still(seen, share, _KEPT) - seen, found.matte], 1)
        return np.ascontiguousarray(every[0].permute(1, 2, 0).cpu().numpy())
