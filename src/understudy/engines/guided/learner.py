"""How the network learns: from the likeness's own frames, put together from its others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from understudy.engines.guided import maps
from understudy.engines.guided.lessons import VARIANTS, Lessons
from understudy.engines.guided.trials import Trials
from understudy.nets.refiner import FARTHEST, Correction, Refiner
from understudy.training import losses as loss
from understudy.training.learner import Batch, Learner, Losses
from understudy.training.sampling import Sampler, hold_out, pose_weights

_WEIGHT = 4.0
"""Of eyes and mouth, against skin. In the mirror, where they are not quite the likeness's, they weigh 1."""
_MIRRORED = 1 / 3
"""Share of lessons in the mirror."""
_SHAKEN = 1.2 / 256
"""What is put together is bent by a smooth random field of this many sides, so that mending it is learned."""
_BENDS = 6
_TONED = 0.05
_IN_PARTS = 0.8
"""Share of the budget in which half of the batches have half the side, for what is large (light, tone), and
the others show a window of as many pixels, for what is fine (eyes, mouths). Both take a quarter of the time.
"""
_WINDOWS = (1 / 8, 15 / 32), (3 / 16, 5 / 16)
"""Where windows begin, from top and left, as shares of the side: all of them show eyes or a mouth."""
_LEVELS = 32
"""A side that can be halved is a multiple of this: the network halves four times."""
_SHEET = 4


@dataclass(frozen=True)
class _View:
    """What of its faces a batch shows.

    arrays     of the lessons, by name, bytes (N, ..., S, S)
    side       of what is shown, pixels
    top, left  where that begins. In the mirror it is what lies there that is turned round
    """

    arrays: Mapping[str, Tensor] = field(repr=False)
    side: int
    top: int = 0
    left: int = 0

    @property
    def enlarged(self) -> float:
        """Sides of a whole face, in those of what is shown."""
        return self.arrays["target"].shape[-1] / self.side

    def of(self, name: str) -> Tensor:
        """What is shown of all faces."""
        down, across = slice(self.top, self.top + self.side), slice(self.left, self.left + self.side)
        return self.arrays[name][..., down, across]


class GuidedLearner(Learner):
    """Trains a `Refiner` on lessons of one likeness.

    channels   of the network's levels
    promoted   how often each of the last lessons is to be seen, of the others: faces that somebody repaired.
               They are never held out
    """

    name: ClassVar[str] = "guided"

    def __init__(
        self,
        lessons: Lessons,
        trials: Trials | None,
        channels: tuple[int, ...],
        promoted: npt.NDArray[np.float64] | None = None,
    ) -> None:
        super().__init__()
        self.net = Refiner(maps.COUNT, channels)
        self._channels = channels
        faces = lessons.faces
        extra = np.zeros(0) if promoted is None else promoted
        own = len(faces) - len(extra)
        learned, self._held_out = hold_out(own)
        weights = np.concatenate([pose_weights(faces.pose[learned]), extra])
        self.sampler = Sampler(np.append(learned, np.arange(own, len(faces))), weights, hard=0.5)
        self._size = faces.size
        self._whole = {
            "target": torch.from_numpy(np.array(faces.images)).permute(0, 3, 1, 2),
            "matte": torch.from_numpy(np.array(faces.mattes))[:, None],
            "warped": torch.from_numpy(lessons.warped).permute(0, 1, 4, 2, 3),
            "maps": torch.from_numpy(lessons.maps).permute(0, 3, 1, 2),
            "masks": torch.from_numpy(lessons.masks).permute(0, 3, 1, 2),
        }
        self._trials = trials
        self._in_parts = False

    def schedule(self, progress: float) -> None:
        """Begin with less than whole faces."""
        self._in_parts = progress < _IN_PARTS and self._size % _LEVELS == 0

    @cached_property
    def _halved(self) -> dict[str, Tensor]:
        return {name: _half(each) for name, each in self._whole.items()}

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.net.parameters()).device

    def draw(self, count: int, chance: torch.Generator) -> Batch:
        """Faces, each in two variants where `count` allows: what is made of both should be the same."""
        faces = self.sampler.draw(-(-count // VARIANTS), chance)
        mirrored = VARIANTS * (torch.rand(len(faces), generator=chance) < _MIRRORED).long()
        variant = (mirrored[:, None] + torch.arange(VARIANTS)).flatten()[:count]
        faces = faces.repeat_interleave(VARIANTS)[:count]
        view = self._view(chance)
        bends = round(_BENDS / view.enlarged)
        bent = torch.randn(count, 2, bends, bends, generator=chance)
        toned = 1 + _TONED * torch.randn(count, 3, 1, 1, generator=chance)
        device = self.device
        shown = self._take(faces, variant, view)
        toned = toned.to(device)
        shift = functional.interpolate(
            _SHAKEN * view.enlarged * bent.to(device), (view.side,) * 2, mode="bicubic"
        )
        shaken = Correction(
            shift=shift, tone=torch.zeros(1, device=device), drawn=torch.zeros(1, device=device),
            share=torch.zeros(1, device=device), matte=shown["matte"],
        )  # fmt: skip
        return {
            **shown,
            "warped": toned * shaken.apply(shown["warped"]),
            "target": toned * shown["target"],
            "faces": faces,
            "enlarged": torch.full((count, 1, 1, 1), view.enlarged, device=device),
        }

    def _view(self, chance: torch.Generator) -> _View:
        if not self._in_parts:
            return self._all
        half = self._size // 2
        if torch.rand(1, generator=chance) < 0.5:
            return _View(self._on_device(self._halved), half)
        top, left = (
            int(self._size * (first + (last - first) * float(torch.rand(1, generator=chance))))
            for first, last in _WINDOWS
        )
        return _View(self._on_device(self._whole), half, top, left)

    @property
    def _all(self) -> _View:
        return _View(self._on_device(self._whole), self._size)

    def _on_device(self, arrays: dict[str, Tensor]) -> dict[str, Tensor]:
        if arrays["target"].device != self.device:
            arrays.update({name: each.to(self.device) for name, each in arrays.items()})
        return arrays

    def _take(self, faces: Tensor, variant: Tensor, view: _View) -> dict[str, Tensor]:
        device = self.device
        rows, variant = faces.to(device), variant.to(device)
        mirrored = (variant >= VARIANTS).view(-1, 1, 1, 1)

        def seen(name: str) -> Tensor:
            picture = view.of(name)[rows]
            return torch.where(mirrored, picture.flip(-1), picture).float()

        masks, shows = seen("masks") / 255, seen("maps") / 127.5 - 1
        shows[:, maps.SIDEWAYS] *= 1 - 2 * mirrored[:, 0].float()[:, None]
        face, features = masks[:, :1], masks[:, 1:]
        heavier = (_WEIGHT - 1) * (~mirrored)
        return {
            "target": seen("target") / 255,
            "matte": seen("matte") / 255,
            "warped": view.of("warped")[rows, variant].float() / 255,
            "maps": shows,
            "features": features,
            "weight": face * (1 + heavier * features),
        }

    def losses(self, batch: Batch, step: int) -> Losses:
        """L1, DSSIM and gradients over the face, eyes and mouth weighing more; steadiness; the matte."""
        del step
        target, weight = batch["target"], batch["weight"]
        correction = self.net(batch["warped"], batch["maps"], batch["features"])
        shifted = replace(correction, shift=correction.shift * batch["enlarged"])
        result = shifted.apply(batch["warped"])
        each = {
            "l1": loss.l1(result, target, weight),
            "dssim": _dssim(result, target, weight),
            "gradient": loss.gradient(result, target, weight),
            "matte": loss.matte(correction.matte, batch["matte"]),
            "shift": loss.mean((correction.shift / FARTHEST).square()),
        }
        shares = {"l1": 1.0, "dssim": 0.4, "gradient": 1.0, "matte": 0.1, "shift": 0.001}
        total = sum(shares[name] * value for name, value in each.items())
        assert isinstance(total, Tensor)
        self.sampler.tell(batch["faces"], total)
        parts = {name: value.detach().mean() for name, value in each.items()}
        sum_ = total.mean()
        even = 2 * (len(result) // 2)
        if even:
            # a batch that was divided oddly may pair one face with another: those do not count
            same = (batch["faces"][0:even:2] == batch["faces"][1:even:2]).to(result.device)
            apart = loss.l1(result[0:even:2], result[1:even:2], weight[0:even:2]) * same
            sum_ = sum_ + 0.5 * apart.mean()
            parts["steadiness"] = apart.detach().mean()
        return Losses({"network": sum_}, parts)

    def reweigh(self) -> None:
        """Heed which faces were hard."""
        self.sampler.refresh()

    @torch.no_grad()
    def score(self) -> float:
        """PSNR in dB over held-out faces, weighed as the losses are: mean of both variants."""
        error, total = 0.0, 0.0
        for face in self._held_out:
            for variant in range(VARIANTS):
                shown = self._take(torch.tensor([face]), torch.tensor([variant]), self._all)
                weight = shown["weight"]
                square = (self._mended(shown).clamp(0, 1) - shown["target"]).square().mean(1, keepdim=True)
                error += float((square * weight).sum())
                total += float(weight.sum())
        return float(-10 * np.log10(max(error, 1e-12) / max(total, 1e-12)))

    def _mended(self, shown: Mapping[str, Tensor]) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            correction = self.net(shown["warped"], shown["maps"], shown["features"])
        return torch.as_tensor(correction.apply(shown["warped"]))

    @torch.no_grad()
    def preview(self) -> npt.NDArray[np.uint8]:
        """Rows of held-out likeness, as put together, mended; plate, as put together, mended, matte."""
        rows = []
        for index, face in enumerate(self._held_out[:: max(1, len(self._held_out) // _SHEET)][:_SHEET]):
            shown = self._take(torch.tensor([face]), torch.tensor([VARIANTS - 1]), self._all)
            cover = (shown["maps"][:, maps.COVER : maps.COVER + 1] + 1) / 2
            row = [shown["target"], shown["warped"] * cover, self._mended(shown) * cover]
            rows.append(torch.cat([*row, *self._trial(index)], dim=3))
        sheet = torch.cat(rows, dim=2)[0].clamp(0, 1)
        return (255 * sheet).round().byte().permute(1, 2, 0).cpu().numpy()

    def _trial(self, index: int) -> list[Tensor]:
        if self._trials is None:
            return []
        index %= len(self._trials.plate)
        device = self.device

        def picture(array: npt.NDArray[np.uint8]) -> Tensor:
            return torch.from_numpy(array[index]).to(device).float().permute(2, 0, 1)[None]

        plate, warped = picture(self._trials.plate) / 255, picture(self._trials.warped) / 255
        shows, features = (
            picture(self._trials.maps) / 127.5 - 1,
            picture(self._trials.features[..., None]) / 255,
        )
        matte = picture(self._trials.mattes[..., None]) / 255
        correction = self.net(warped, shows, features)
        matte = matte * correction.matte
        swap = torch.lerp(plate, correction.still(warped), matte)
        return [plate, torch.lerp(plate, warped, matte), swap, matte.expand(-1, 3, -1, -1)]

    def architecture(self) -> Mapping[str, Any]:
        """The network's shape."""
        return {"net": "refiner", "maps": maps.COUNT, "channels": list(self._channels), "size": self._size}


def _half(pictures: Tensor) -> Tensor:
    """Bytes (..., H, W) at half of the size."""
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    small = torch.stack([functional.avg_pool2d(each.float(), 2).round().byte() for each in flat])
    return small.reshape(*pictures.shape[:-2], *small.shape[-2:])


def _dssim(result: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """At half and at a quarter of the size: at full size it costs most and says what gradients say."""
    x, y, w = (functional.avg_pool2d(each, 2) for each in (result, target, weight))
    return loss.multiscale_dssim(x, y, scales=2, weight=w)
