"""Clips made for the tests: every picture carries its number as a barcode, so that a wrong frame is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio  # noqa: N813

WIDTH, HEIGHT, BITS = 192, 96, 12
_BAR = WIDTH // BITS


def picture(number: int, height: int = HEIGHT, width: int = WIDTH) -> npt.NDArray[np.uint8]:
    """RGB with the number in 12 black and white bars above, and something that moves below."""
    image = np.empty((height, width, 3), np.uint8)
    x, y = np.arange(width), np.arange(height)[:, None]
    image[..., 0] = 128 + 60 * np.sin((x + 3 * number) / 11)
    image[..., 1] = 128 + 60 * np.sin((y - 2 * number) / 7)
    image[..., 2] = 60 + (x + y + number) % 120
    bars = (number >> np.arange(BITS)) & 1
    image[: height // 2, : _BAR * BITS] = np.where(np.repeat(bars, _BAR), 225, 30)[None, :, None]
    return image


def number_of(image: npt.NDArray[np.generic]) -> int:
    """The number that a picture carries."""
    levels = image[4 : image.shape[0] // 2 - 4, : _BAR * BITS, :3].astype(np.float64).mean((0, 2))
    bars = levels.reshape(BITS, _BAR)[:, 3:-3].mean(1) > np.iinfo(image.dtype).max / 2
    return int(np.sum(bars * (1 << np.arange(BITS))))


def make_video(
    path: Path,
    numbers: Iterable[int] = range(60),
    *,
    encoder: str = "libx264",
    options: dict[str, str] | None = None,
    pixel_format: str = "yuv420p",
    rate: Fraction = Fraction(25),
    times: Callable[[int], int] | None = None,
    time_base: Fraction | None = None,
    tones: Sequence[int] = (),
    metadata: dict[str, str] | None = None,
    configure: Callable[[av.VideoStream], None] | None = None,
    draw: Callable[[int], npt.NDArray[np.generic]] = picture,
    audio_codec: str = "pcm_s16le",
    container_format: str | None = None,
) -> Path:
    """Encode pictures; `times` gives the pts of the nth in `time_base`, `tones` one sound each, in Hz."""
    numbers = list(numbers)
    time_base = time_base or 1 / rate
    defaults = {"preset": "ultrafast", "bf": "2", "g": "24"} if encoder == "libx264" else {}
    if encoder == "libx265":
        defaults = {"preset": "ultrafast", "x265-params": "log-level=error:keyint=24:bframes=3"}
    with av.open(str(path), "w", format=container_format) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(encoder, rate=rate, options={**defaults, **(options or {})})
        first = draw(numbers[0])
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = time_base
        if configure:
            configure(stream)
        sounds = [container.add_stream(audio_codec, rate=48000, layout="mono") for _ in tones]
        for place, number in enumerate(numbers):
            image = draw(number)
            form = {(3, 1): "rgb24", (4, 1): "rgba", (3, 2): "rgb48le", (4, 2): "rgba64le"}
            frame = av.VideoFrame.from_ndarray(image, format=form[image.shape[2], image.itemsize])
            frame = frame.reformat(format=pixel_format)
            frame.time_base, frame.pts = time_base, times(place) if times else place
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for sound, pitch in zip(sounds, tones, strict=True):
            _add_tone(container, sound, pitch, float(len(numbers) / rate))
    return path


def _add_tone(
    container: av.container.OutputContainer, stream: av.AudioStream, pitch: int, seconds: float
) -> None:
    samples = np.sin(np.arange(int(48000 * seconds)) * (2 * np.pi * pitch / 48000))
    for start in range(0, len(samples), 1024):
        block = (20000 * samples[start : start + 1024]).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def remux(
    source: Path,
    path: Path,
    *,
    start: int = 0,
    shift: int = 0,
    packets: Callable[[list[av.Packet]], list[av.Packet]] = lambda packets: packets,
) -> Path:
    """Copy the video packets of `source`, from the `start`th on, `shift` ticks earlier, without encoding."""
    with av.open(str(source)) as there, av.open(str(path), "w") as here:
        stream = here.add_stream_from_template(there.streams.video[0])
        taken = [packet for packet in there.demux(there.streams.video[0]) if packet.size][start:]
        for packet in packets(taken):
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = stream
            here.mux_one(packet)
    return path


def write_picture(path: Path, image: npt.NDArray[np.generic], **attributes: object) -> Path:
    """An image file of (H, W, C) by OpenImageIO, in the type of the array."""
    kinds = {"uint8": "uint8", "uint16": "uint16", "float16": "half", "float32": "float"}
    spec = oiio.ImageSpec(image.shape[1], image.shape[0], image.shape[2], kinds[image.dtype.name])
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec), out.geterror()
    assert out.write_image(image), out.geterror()
    out.close()
    return path
