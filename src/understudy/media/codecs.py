"""What can be written: codec presets and the full description of one output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from understudy.errors import BadInputError
from understudy.media import colour as tags
from understudy.media.frame import ClipInfo, Colour


@dataclass(frozen=True)
class Codec:
    """One way to write video.

    `pixel_format` is used for opaque pictures of 8 bits, `deep_format` for deeper ones (None: the same),
    `alpha_format` where there is alpha to keep (None: it is dropped), `odd_format` where a side is odd and
    the usual format needs even ones. `crf` is the default quality of the codecs that have one (0 best, 51
    worst). `containers` are the suffixes it may go into.
    """

    name: str
    encoder: str
    containers: tuple[str, ...]
    pixel_format: str
    deep_format: str | None = None
    alpha_format: str | None = None
    deep_alpha_format: str | None = None
    odd_format: str | None = None
    alpha_encoder: str | None = None
    crf: float | None = None
    tag: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


_CAMERA = (".mp4", ".mov", ".mkv")
# Quiet, and every segment a closed run of its own, so that segments can be joined in any number.
_X265 = {"preset": "veryfast", "x265-params": "log-level=error:open-gop=0"}
_X264 = {"preset": "superfast", "x264-params": "open-gop=0"}

CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("h264", "libx264", _CAMERA, "yuv420p", odd_format="yuv444p", crf=14, options=_X264),
        Codec("h264-10", "libx264", _CAMERA, "yuv420p10le", odd_format="yuv444p10le", crf=14, options=_X264),
        Codec("hevc", "libx265", _CAMERA, "yuv420p", odd_format="yuv444p", crf=16, tag="hvc1", options=_X265),
        Codec(
            "hevc-10",
            "libx265",
            _CAMERA,
            "yuv420p10le",
            odd_format="yuv444p10le",
            crf=16,
            tag="hvc1",
            options=_X265,
        ),
        # FFmpeg's first ProRes encoder is 3.5 times as fast as its second, which alone knows alpha.
        Codec("prores-hq", "prores", (".mov", ".mkv"), "yuv422p10le", options={"profile": "3"}),
        Codec(
            "prores-4444",
            "prores",
            (".mov", ".mkv"),
            "yuv444p10le",
            alpha_format="yuva444p10le",
            alpha_encoder="prores_ks",
            options={"profile": "4"},
        ),
        # Lossless, and in RGB so that what was composited is what is stored.
        Codec(
            "ffv1",
            "ffv1",
            (".mkv",),
            "bgr0",
            deep_format="gbrp16le",
            alpha_format="bgra",
            deep_alpha_format="gbrap16le",
            options={"level": "3", "slices": "4", "slicecrc": "1"},
        ),
    )
}


@dataclass(frozen=True)
class OutputSpec:
    """Everything that the encoding of pictures depends on: equal specs and equal pictures give equal packets.

    `colour` is what the output is tagged with and converted by; `alpha` and `depth` (8 or more bits) say what
    the pictures hold. Times are not in it: they are given when segments are put together.
    """

    codec: Codec
    width: int
    height: int
    rate: Fraction
    colour: Colour
    alpha: bool = False
    depth: int = 8
    pixel_aspect: Fraction = Fraction(1)
    crf: float | None = None

    @classmethod
    def for_clip(cls, info: ClipInfo, codec: str = "h264", crf: float | None = None) -> OutputSpec:
        """The output that keeps what it can of a clip: size, rate, colour tags, alpha if the codec has it.

        An untagged clip is tagged by the rule it was read by. Raises BadInputError for an unknown codec or a
        `crf` outside 0..51 or for a codec without one.
        """
        if codec not in CODECS:
            raise BadInputError(f"There is no codec {codec}; choose one of {', '.join(CODECS)}.")
        preset = CODECS[codec]
        if crf is not None and preset.crf is None:
            raise BadInputError(f"The codec {codec} has no quality setting; leave it out.")
        if crf is not None and not 0 <= crf <= 51:
            raise BadInputError(f"The quality {crf:g} is outside 0 (best) to 51 (worst).")
        spec = cls(
            codec=preset,
            width=info.width,
            height=info.height,
            rate=info.rate,
            colour=tags.resolved(info.colour, info.height),
            alpha=info.has_alpha and preset.alpha_format is not None,
            depth=info.bit_depth,
            pixel_aspect=info.pixel_aspect,
            crf=preset.crf if crf is None else crf,
        )
        if spec.is_rgb:
            return replace(spec, colour=replace(spec.colour, matrix="gbr", range="pc"))
        return spec

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of the pixel format that is written.

        4:2:0 cannot hold odd sides in every codec: such pictures go to 4:4:4, which some players refuse.
        """
        codec, deep = self.codec, self.depth > 8
        if self.alpha and codec.alpha_format:
            return (codec.deep_alpha_format if deep else None) or codec.alpha_format
        if codec.odd_format and (self.width % 2 or self.height % 2):
            return codec.odd_format
        return (codec.deep_format if deep else None) or codec.pixel_format

    @property
    def encoder(self) -> str:
        """FFmpeg's name of the encoder."""
        return self.codec.alpha_encoder if self.alpha and self.codec.alpha_encoder else self.codec.encoder

    @property
    def is_rgb(self) -> bool:
        """Whether RGB is stored, so that nothing is lost to a colour conversion."""
        return self.pixel_format.startswith(("bgr", "gbr"))

    def encoder_options(self) -> dict[str, str]:
        """Options of the encoder, quality included."""
        quality = {} if self.crf is None else {"crf": f"{self.crf:g}"}
        return {**self.codec.options, **quality}
