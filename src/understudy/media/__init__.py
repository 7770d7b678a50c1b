"""Footage in and out: exact reading by frame number, colour, stills and sequences, writing.

Reading is `open_clip`. Writing is `OutputSpec.for_clip`, then `understudy.media.segments.encode_segment` for
each run of frames, then `understudy.media.assembly.assemble`; those two modules load FFmpeg and are therefore
not imported here.
"""

from understudy.media.codecs import CODECS, Codec, OutputSpec
from understudy.media.frame import AudioStream, Clip, ClipInfo, Colour, Frame, Image
from understudy.media.opening import open_clip

__all__ = [
    "CODECS",
    "AudioStream",
    "Clip",
    "ClipInfo",
    "Codec",
    "Colour",
    "Frame",
    "Image",
    "OutputSpec",
    "open_clip",
]
