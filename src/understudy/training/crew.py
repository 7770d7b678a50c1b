"""The processes that train one learner together, or the only one: devices, precision, and what they share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from understudy.errors import BadInputError
from understudy.training.settings import TrainingSettings


class Crew:
    """One process's view of all. Made by `assemble`."""

    def __init__(self, fabric: Any, precision: str) -> None:
        self._fabric = fabric
        self.rank: int = fabric.global_rank
        self.world: int = fabric.world_size
        self.device: torch.device = fabric.device
        self.precision = precision

    @property
    def leads(self) -> bool:
        """Whether this process writes the files and speaks to the user."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[Any]:
        """Matrix products inside have the precision that was chosen."""
        scope: AbstractContextManager[Any] = self._fabric.autocast()
        return scope

    def wait(self) -> None:
        """Until all processes are here."""
        self._fabric.barrier()

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The block runs in the leading process, and only then in the others: it makes what they read."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()

    def add_up(self, values: Tensor) -> None:
        """Replace `values` by their sum over all processes."""
        if self.world > 1:
            torch.distributed.all_reduce(values)

    @torch.no_grad()
    def align(self, module: nn.Module) -> None:
        """Give every process the leading one's parameters and buffers."""
        if self.world > 1:
            for tensor in (*module.parameters(), *module.buffers()):
                sent = tensor.detach().contiguous()
                torch.distributed.broadcast(sent, 0)
                tensor.copy_(sent)

    def share(self, files: Mapping[str, bytes] | None) -> dict[str, bytes] | None:
        """What the leading process has; the others give None."""
        if self.world == 1:
            return None if files is None else dict(files)
        plan = self._fabric.broadcast(
            None if files is None else {name: len(data) for name, data in files.items()}
        )
        if plan is None:
            return None
        shared = {}
        for name, length in plan.items():
            data = torch.empty(length, dtype=torch.uint8)
            if files is not None:
                data = torch.frombuffer(bytearray(files[name]), dtype=torch.uint8)
            data = data.to(self.device)
            torch.distributed.broadcast(data, 0)
            shared[name] = data.cpu().numpy().tobytes()
        return shared


def assemble(settings: TrainingSettings) -> Crew:
    """Start the processes that `settings` ask for, or join them under torchrun.

    Without torchrun and with more than one device this runs the present command again, once for each of the
    others, which get here too. So it is to be called before anything is made that only one may make; `leads`
    and `leader_first` then say who does. Raises BadInputError for devices that are not there.
    """
    accelerator = _accelerator(settings)
    started = int(os.environ.get("WORLD_SIZE", "1")) if _under_torchrun() else None
    wanted = settings.devices * settings.nodes
    if started is not None and started != wanted:
        raise BadInputError(
            f"torchrun started {started} processes, but {settings.devices} devices on {settings.nodes} nodes "
            f"were asked for; give both the same numbers."
        )
    precision = _precision(settings, accelerator)
    if accelerator == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32 for what stays in float32
        torch.backends.cudnn.benchmark = True
    fabric_class = _fabric()
    fabric = fabric_class(
        accelerator="cpu" if accelerator == "cpu" else accelerator,
        devices=settings.devices,
        num_nodes=settings.nodes,
        precision="bf16-mixed" if precision == "bf16" else "32-true",
        strategy="ddp" if wanted > 1 else "auto",
    )
    fabric.launch()
    return Crew(fabric, precision)


def _fabric() -> Any:
    try:
        from lightning_fabric import Fabric
    except ImportError:
        from lightning.fabric import Fabric  # type: ignore[import-not-found,no-redef,unused-ignore]
    # It announces itself at length, on a level that its import sets.
    logging.getLogger(Fabric.__module__.removesuffix(".fabric")).setLevel(logging.WARNING)
    return Fabric


def _under_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ


def _accelerator(settings: TrainingSettings) -> str:
    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if settings.device == "cuda" and not cuda:
        raise BadInputError(
            "No CUDA device can be used here; install a driver and torch with CUDA, or give --device cpu."
        )
    if settings.device == "mps" and not mps:
        raise BadInputError("Apple's GPU cannot be used here; give --device cpu.")
    accelerator = settings.device
    if accelerator == "auto":
        accelerator = "cuda" if cuda else "mps" if mps else "cpu"
    if accelerator == "cuda" and settings.devices > torch.cuda.device_count():
        raise BadInputError(
            f"{settings.devices} CUDA devices were asked for, and there are {torch.cuda.device_count()}; "
            f"give --devices {torch.cuda.device_count()}."
        )
    if accelerator == "mps" and settings.devices * settings.nodes > 1:
        raise BadInputError("Apple's GPU trains alone; give --devices 1.")
    return accelerator


def _precision(settings: TrainingSettings, accelerator: str) -> str:
    if settings.precision != "auto":
        return settings.precision
    if accelerator == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if accelerator == "cpu":
        return "bf16" if _cpu_has_bf16() else "fp32"
    return "fp32"


def _cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX).

    Measured on a Zen 4 with AVX512-BF16, one thread: steps of convolutions 16 to 512 channels wide take half
    the time (1.9 to 2.2 times as fast), those of 8 channels at 8 pixels 1.1 times as long.
    """
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in checks)
