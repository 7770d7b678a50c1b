"""How fast networks train: whole steps, from a batch that lies in memory to moved weights.

    python -m benchmarks.training_speed --nets df-128 --batches 4 8 --precisions fp32 bf16
    python -m benchmarks.training_speed --device cuda --nets df-128 df-256 --batches 16 64 --augment

Needs torch and numpy only: where nothing is installed, set PYTHONPATH=src. On a processor it uses one thread
unless told otherwise, and its time is the processor's, which other work on the machine disturbs little;
OMP_WAIT_POLICY=PASSIVE keeps threads that wait from counting as work. A batch of 4 is 4 faces of each
performer. Busy is the share of the time in which the GPU computes; MB the memory on it, else the most that
the process has had so far.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from understudy.nets.autoencoder import Autoencoder, Shape, autoencoder
from understudy.nets.refiner import Refiner
from understudy.training import losses
from understudy.training.augment import Augmentation, augment
from understudy.training.optimisers import KINDS, optimiser

MAPS = 9
"""Of the guided engine: `engines.guided.maps.COUNT`, which needs more than torch to be imported."""
FACES = 256
"""So many faces of each performer lie in memory."""


@dataclass(frozen=True)
class Batch:
    """Two performers' faces in one tensor: input and target (2B, 3, S, S), matte (2B, 1, S, S)."""

    input: Tensor
    target: Tensor
    matte: Tensor


@dataclass(frozen=True)
class Subject:
    """A network that can be measured: how it is made, and the loss of a batch."""

    size: int
    make: Callable[[], nn.Module]
    loss: Callable[[Any, Batch], Tensor]


@dataclass(frozen=True)
class Speed:
    """What was measured. `cpu_seconds` and `seconds` are medians of one step."""

    net: str
    batch: int
    precision: str
    optimiser: str
    device: str
    parameters: int
    steps: int
    seconds: float
    cpu_seconds: float
    faces_per_second: float
    tflop_per_step: float
    tflops: float
    busy: float | None
    memory_mb: float
    first_loss: float
    last_loss: float


def deepfacelab_loss(net: Autoencoder, batch: Batch) -> Tensor:
    """SAEHD's losses with its defaults: masked DSSIM and squared differences, and the matte's."""
    count, size = len(batch.input) // 2, batch.input.shape[-1]
    features = net.encoder(batch.input)
    drawn = (
        net.likeness_decoder(net.likeness_code(features[:count])),
        net.plate_decoder(net.plate_code(features[count:])),
    )
    total = torch.zeros((), device=batch.input.device)
    windows = [size / 11.6] if size < 256 else [size / 11.6, size / 23.2]
    for face, part in zip(drawn, (slice(0, count), slice(count, None)), strict=True):
        target, matte = batch.target[part], batch.matte[part]
        soft = losses.soft_mask(matte, max(1, size // 32))
        x, y = face.rgb * soft, target * soft
        total = total + 10 * losses.mse(x, y).mean() + 10 * losses.matte(face.matte, matte).mean()
        for window in windows:
            total = total + 10 / len(windows) * losses.dssim(x, y, int(window)).mean()
    return total


def guided_loss(net: Refiner, batch: Batch) -> Tensor:
    """The guided engine's losses; its maps are the matte, as many times over as it takes."""
    correction = net(batch.input, batch.matte.expand(-1, MAPS, -1, -1), batch.matte)
    result = correction.apply(batch.input)
    each = [
        losses.l1(result, batch.target, batch.matte),
        losses.multiscale_dssim(result, batch.target, scales=2, weight=batch.matte),
        losses.gradient(result, batch.target, batch.matte),
        losses.matte(correction.matte, batch.matte),
    ]
    return torch.stack([part.mean() for part in each]).sum()


def family(name: str, size: int, **widths: int) -> Subject:
    """One of DeepFaceLab's networks."""
    return Subject(size, lambda: autoencoder(Shape.parse(name, size, **widths)), deepfacelab_loss)


SUBJECTS: Mapping[str, Subject] = {
    "df-128": family("df", 128),
    "df-256": family("df", 256),
    "df-ud-128": family("df-ud", 128),
    "df-ud-256": family("df-ud", 256),
    "df-udt-512": family("df-udt", 512),
    "liae-ud-128": family("liae-ud", 128),
    "guided-256": Subject(256, lambda: Refiner(MAPS), guided_loss),
    "guided-512": Subject(512, lambda: Refiner(MAPS), guided_loss),
    "quick96": family("df-ud", 96, inter=128, matte=16),
}
"""A network to be measured is added here."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nets", nargs="+", choices=sorted(SUBJECTS), default=["df-128"])
    parser.add_argument("--batches", type=int, nargs="+", default=[4])
    parser.add_argument("--precisions", nargs="+", choices=["fp32", "bf16"], default=["fp32", "bf16"])
    parser.add_argument("--optimiser", choices=sorted(KINDS), default="dfl-adabelief")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20, help="of measured steps, each")
    parser.add_argument("--augment", action="store_true", help="draw and augment a new batch for every step")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    print(f"torch {torch.__version__}, {hardware(options.device)}", flush=True)
    print(HEADER, flush=True)
    measured = []
    for net in options.nets:
        for batch in options.batches:
            for precision in options.precisions:
                try:
                    speed = measure(net, batch, precision, options)
                except torch.cuda.OutOfMemoryError:
                    print(f"{net:12} {batch:5} {precision}  out of memory", flush=True)
                    continue
                measured.append(speed)
                print(line(speed), flush=True)
    if options.json is not None:
        facts = {"torch": torch.__version__, "hardware": hardware(options.device)}
        options.json.write_text(
            json.dumps({**facts, "measured": [asdict(each) for each in measured]}, indent=1)
        )


def measure(name: str, batch: int, precision: str, options: argparse.Namespace) -> Speed:
    """Train `name` for a while."""
    subject, device = SUBJECTS[name], torch.device(options.device)
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    torch.manual_seed(0)
    net = subject.make().to(device, memory_format=torch.channels_last)
    mover = optimiser(options.optimiser, net.parameters())
    draw = drawing(subject.size, batch, device, options.augment)
    loss_of = torch.compile(subject.loss) if options.compile else subject.loss
    scope = nullcontext() if precision == "fp32" else torch.autocast(device.type, torch.bfloat16)

    def step() -> Tensor:
        mover.zero_grad(set_to_none=True)
        with scope:
            loss: Tensor = loss_of(net, draw())
        loss.backward()
        mover.step()
        return loss.detach()

    if options.compile:
        step()
    with FlopCounterMode(display=False) as counter:
        first = float(step())
    for _ in range(10 if cuda else 1):
        step()
    walls, cpus = [], []
    stride = 10 if cuda else 1
    while sum(walls) * stride < options.seconds or len(walls) < 2:
        if cuda:
            torch.cuda.synchronize()
        began, cpu_began = time.perf_counter(), time.process_time()
        for _ in range(stride):
            last = step()
        if cuda:
            torch.cuda.synchronize()
        walls.append((time.perf_counter() - began) / stride)
        cpus.append((time.process_time() - cpu_began) / stride)
    seconds, cpu_seconds = statistics.median(walls), statistics.median(cpus)
    paid = seconds if cuda else cpu_seconds / options.threads
    tflop = counter.get_total_flops() / 1e12
    peak = (
        torch.cuda.max_memory_allocated() / 2**20
        if cuda
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )
    return Speed(
        net=name,
        batch=batch,
        precision=precision,
        optimiser=options.optimiser,
        device=options.device,
        parameters=sum(each.numel() for each in net.parameters()),
        steps=len(walls) * stride,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        faces_per_second=2 * batch / paid,
        tflop_per_step=tflop,
        tflops=tflop / paid,
        busy=busy_share(step) if cuda else None,
        memory_mb=peak,
        first_loss=first,
        last_loss=float(last),
    )


def drawing(size: int, batch: int, device: torch.device, augmented: bool) -> Callable[[], Batch]:
    """Where batches come from: one that stays, or faces from memory, augmented as in training."""
    chance = torch.Generator().manual_seed(1)
    coarse = torch.rand(2 * FACES, 3, 8, 8, generator=chance)
    smooth = nn.functional.interpolate(
        coarse[: 2 * (FACES if augmented else batch)], (size, size), mode="bicubic"
    )
    images = (smooth.clamp(0, 1) * 255).byte().to(device)
    at = torch.linspace(-1, 1, size)
    oval = (at[:, None].square() + at.square() < 0.7).to(device)
    mattes = (oval * 255).byte().expand(len(images), 1, size, size).contiguous()
    landmarks = torch.rand(len(images), 478, 3, generator=chance).to(device) * size
    if not augmented:
        target = images.float() / 255
        still = Batch(target, target, mattes.float() / 255)
        return lambda: still

    def draw() -> Batch:
        pick = torch.randint(FACES, (2 * batch,), generator=chance)
        pick[batch:] += FACES
        pick = pick.to(device)
        made = augment(images[pick], mattes[pick], landmarks[pick], Augmentation(), chance)
        return Batch(made.input, made.target, made.matte)

    return draw


def busy_share(step: Callable[[], Tensor], steps: int = 20) -> float | None:
    """The share of the time that the GPU spends in kernels, 0 to 1; None where it cannot be told."""
    activities = [torch.profiler.ProfilerActivity.CUDA]
    try:
        with torch.profiler.profile(activities=activities) as profile:
            torch.cuda.synchronize()
            began = time.perf_counter()
            for _ in range(steps):
                step()
            torch.cuda.synchronize()
            wall = time.perf_counter() - began
    except RuntimeError:
        return None
    spans = sorted(
        (event.time_range.start, event.time_range.end)
        for event in profile.events() or []
        if event.device_type == torch.autograd.DeviceType.CUDA
    )
    busy, reached = 0.0, float("-inf")
    for start, end in spans:
        busy += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return min(1.0, busy / 1e6 / wall) if spans else None


def hardware(device: str) -> str:
    """What it ran on, in words."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name()
    return f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"


HEADER = "net          batch prec    s/step    CPU-s   faces/s  TFLOP/s  busy      MB"


def line(speed: Speed) -> str:
    """One row of the table."""
    busy = "" if speed.busy is None else f"{speed.busy:.0%}"
    return (
        f"{speed.net:12} {speed.batch:5} {speed.precision:5} {speed.seconds:8.4f} {speed.cpu_seconds:8.4f} "
        f"{speed.faces_per_second:9.1f} {speed.tflops:8.3f} {busy:>5} {speed.memory_mb:7.0f}"
    )


if __name__ == "__main__":
    main()
