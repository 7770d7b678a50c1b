"""Footage in and out: exact reading by frame number, colour, image sequences, writing."""

from understudy.media.frame import AudioStream, Clip, ClipInfo, Colour, Frame, Image
from understudy.media.opening import open_clip

__all__ = ["AudioStream", "Clip", "ClipInfo", "Colour", "Frame", "Image", "open_clip"]
