"""What can be chosen about the engines of DeepFaceLab's family, and its own choices.

| here | DeepFaceLab |
|---|---|
| `framing` | face_type |
| `flags` | the letters after the dash of archi |
| `inter`, `encoder`, `decoder`, `matte` | ae_dims (amp: inter_dims), e_dims, d_dims, d_mask_dims |
| `bottleneck`, `morph_factor` | amp's ae_dims, morph_factor |
| `masked`, `eyes_mouth`, `even_poses` | masked_training, eyes_mouth_prio, uniform_yaw |
| `blur_outside`, `warp`, `colour_jitter` | blur_out_mask, random_warp, random_hsv_power |
| `likeness_flip`, `plate_flip` | random_src_flip, random_dst_flip |
| `colour_transfer` | ct_mode |
| `gan`, `gan_patch`, `gan_width` | gan_power, gan_patch_size, gan_dims |
| `true_face`, `face_style`, `background_style` | the same, with _power |
| `pretrain`, `start` | pretrain; going on from it |

adabelief, lr_dropout and clipgrad are the training's `optimiser` and `clip`, batch_size and target_iter its
`batch` and `steps`. (DeepFaceLab clips the gradient of the batch's sum: its 1 is 1 / batch here.) Backups and
a history of previews are kept without an option. Nothing stands for models_opt_on_gpu.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from understudy.engines.choices import Choices
from understudy.engines.options import EngineOptions
from understudy.geometry.framing import Framing

Preset = Literal["understudy", "dfl"]
Share = Annotated[float, Field(ge=0, le=1)]


class Options(EngineOptions):
    """What `df`, `liae`, `quick96` and `amp` have in common. Names are those that the user writes.

    preset           what all else is unless it is given, the training too: `understudy`, or `dfl`, which is
                     DeepFaceLab with its default settings
    framing          how much of the head is learned and replaced
    recipe           of the losses: `mixed` (L1, multi-scale SSIM, gradients, weighted by region), or
                     DeepFaceLab's `dssim`
    masked           learn what is inside of the matte
    eyes_mouth       draw eyes and mouth better than the rest
    even_poses       learn from all poses alike, however often they occur
    hard             how much oftener faces are shown that are drawn badly, 0 to 1
    blur_outside     learn from faces with a blurred surrounding
    warp             bend what the network is shown
    colour_jitter    change the hue and the light of what it is shown of the likeness, by up to so much
    likeness_flip, plate_flip   mirror faces at random
    colour_transfer  give the likeness the plate's colours while it is learned
    gan              weight of a discriminator of patches; 0: none
    gan_patch        side of its patches, pixels; 0: an eighth of the resolution
    gan_width        its channels
    grow             learn colours at a quarter of the resolution first, then at half of it: faster
    perceptual       weight of differences that a network sees which was trained to see; 0: none
    perception       that network: `faces`, of the extra identity, or a file of vgg16 (`training.onlookers`)
    identity         weight of the swap being taken for the likeness, by the extra identity; 0: none
    steadiness       weight of the swap holding still when the plate's face is moved a little; 0: none
    start            folder of a training to begin from: its encoder and decoders are taken
    """

    lasting: ClassVar[frozenset[str]] = frozenset(
        {"framing", "resolution", "encoder", "decoder", "matte", "start"}
    )

    preset: Preset = "understudy"
    framing: Framing = Framing.FACE
    resolution: Annotated[int, Field(ge=64, le=640)] = 128
    encoder: Annotated[int, Field(ge=16, le=256, multiple_of=2)] = 64
    decoder: Annotated[int, Field(ge=16, le=256, multiple_of=2)] = 64
    matte: Annotated[int, Field(ge=16, le=256, multiple_of=2)] = 22
    recipe: Literal["mixed", "dssim"] = "mixed"
    masked: bool = True
    eyes_mouth: bool = True
    even_poses: bool = True
    hard: Share = 0.0
    blur_outside: bool = False
    warp: bool = True
    colour_jitter: Annotated[float, Field(ge=0, le=0.3)] = 0.0
    likeness_flip: bool = False
    plate_flip: bool = True
    colour_transfer: Literal["none", "rct", "lct", "mkl", "idt", "sot"] = "none"
    gan: Annotated[float, Field(ge=0, le=5)] = 0.0
    gan_patch: Annotated[int, Field(ge=0, le=640)] = 0
    gan_width: Annotated[int, Field(ge=4, le=512)] = 16
    grow: bool = False
    perceptual: Annotated[float, Field(ge=0, le=100)] = 0.0
    perception: str = "faces"
    identity: Annotated[float, Field(ge=0, le=100)] = 0.0
    steadiness: Annotated[float, Field(ge=0, le=100)] = 0.0
    start: str = ""

    @model_validator(mode="before")
    @classmethod
    def _preset_first(cls, given: Any) -> Any:
        """What the preset says, under what was given."""
        if not isinstance(given, dict) or given.get("preset") != "dfl":
            return given
        usual = cls.deepfacelab()
        return {name.replace("_", "-"): value for name, value in (*usual.items(), *given.items())}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        multiple = self.multiple
        if self.resolution % multiple:
            near = max(64, round(self.resolution / multiple) * multiple)
            raise ValueError(f"resolution must be a multiple of {multiple}: take {near}")
        if 0 < self.gan_patch < 3:
            raise ValueError("gan-patch must be 0 or at least 3")
        return self

    @classmethod
    def deepfacelab(cls) -> dict[str, Any]:
        """Its defaults, where they are not ours."""
        return {
            "framing": Framing.FULL,
            "recipe": "dssim",
            "eyes_mouth": False,
            "even_poses": False,
        }

    @property
    def multiple(self) -> int:
        """What the resolution must be a multiple of."""
        return 32

    @property
    def patch(self) -> int:
        """Side of the patches that are judged."""
        return self.gan_patch or max(3, self.resolution // 8)

    @property
    def training(self) -> dict[str, Any]:
        """How to train: fields of `TrainingSettings`."""
        if self.preset == "dfl":
            # The batch is what it takes without a GPU of 4 GB.
            return {**_TRAINED_AS_DFL, "optimiser": "dfl-adabelief", "batch": 4}
        return {"optimiser": "muon", "batch": 16}


_TRAINED_AS_DFL: dict[str, Any] = {"precision": "fp32", "clip": None, "ema": None, "warm_up": 0}


def _as_letters(flags: str) -> str:
    if set(flags) - set("udtc") or len(set(flags)) < len(flags):
        raise ValueError("it is some of the letters u, d, t and c, each once")
    return flags


class FamilyOptions(Options):
    """What `df` and `liae` have beside.

    flags             some of the letters u, d, t, c; see `nets.autoencoder`
    inter             width of the bottleneck
    face_style        how far the swap is to have the colours of the plate's face, 0 to 100
    background_style  how far the swap's surroundings are to be the plate's, 0 to 100
    pretrain          learn faces at large: from footage of many people, given as likeness and as plate
    """

    lasting: ClassVar[frozenset[str]] = Options.lasting | {"flags", "inter", "pretrain"}

    flags: Annotated[str, AfterValidator(_as_letters)] = "ud"
    inter: Annotated[int, Field(ge=32, le=1024)] = 256
    face_style: Annotated[float, Field(ge=0, le=100)] = 0.0
    background_style: Annotated[float, Field(ge=0, le=100)] = 0.0
    pretrain: bool = False

    @property
    def multiple(self) -> int:
        """32 with flags d or t, else 16."""
        return 32 if set(self.flags) & {"d", "t"} else 16

    @property
    def effective(self) -> Self:
        """As it is trained: pretraining turns off what belongs to a pair."""
        if not self.pretrain:
            return self
        off = dict.fromkeys(_OF_A_PAIR, 0.0)
        on = {"likeness_flip": True, "plate_flip": True, "even_poses": True}
        return self.model_copy(update={**off, **on, "warp": False, "colour_transfer": "none"})


_OF_A_PAIR = ("gan", "face_style", "background_style", "colour_jitter", "identity", "steadiness")


class DfOptions(FamilyOptions):
    """Of the engine `df`.

    true_face  how far the likeness's code is to be like the plate's, 0 to 1
    """

    true_face: Share = 0.0

    @property
    def effective(self) -> Self:
        """Without true face in pretraining."""
        plain = super().effective
        return plain.model_copy(update={"true_face": 0.0}) if self.pretrain else plain


class LiaeOptions(FamilyOptions):
    """Of the engine `liae`. While nothing is bent, what both performers share is not moved."""


class Quick96Options(Options):
    """Of the engine `quick96`, whose network is always the same."""

    lasting: ClassVar[frozenset[str]] = frozenset({"framing", "start"})

    resolution: Literal[96] = 96
    encoder: Literal[64] = 64
    decoder: Literal[64] = 64
    matte: Literal[16] = 16

    @classmethod
    def deepfacelab(cls) -> dict[str, Any]:
        """Its defaults, where they are not ours."""
        return {**super().deepfacelab(), "plate_flip": False}

    @property
    def training(self) -> dict[str, Any]:
        """DeepFaceLab's Quick96 trains by RMSprop."""
        return {
            **super().training,
            **({"optimiser": "dfl-quick96", "batch": 4} if self.preset == "dfl" else {}),
        }


class AmpOptions(Options):
    """Of the engine `amp`.

    bottleneck     numbers that a face is squeezed into
    inter          channels of a code
    morph_factor   the share of them that come from the likeness while it is learned
    morph          how far the likeness is shown, 0 to 1; may be changed without training
    frozen_inters  leave both inters as they were drawn at random, as DeepFaceLab does since 2021
    """

    lasting: ClassVar[frozenset[str]] = Options.lasting | {"bottleneck", "inter"}

    resolution: Annotated[int, Field(ge=64, le=640)] = 224
    bottleneck: Annotated[int, Field(ge=32, le=1024)] = 256
    inter: Annotated[int, Field(ge=32, le=2048)] = 1024
    morph_factor: Annotated[float, Field(ge=0.1, le=0.5)] = 0.5
    morph: Share = 1.0
    frozen_inters: bool = False

    @classmethod
    def deepfacelab(cls) -> dict[str, Any]:
        """Its defaults, where they are not ours."""
        return {**super().deepfacelab(), "framing": Framing.WHOLE, "eyes_mouth": True, "frozen_inters": True}


def choices(options: Options) -> Choices:
    """The same for the pipeline."""
    return Choices(options.model_dump(mode="json"), options.lasting, options.training)
