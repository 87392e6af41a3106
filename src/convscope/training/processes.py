"""The processes of one training: alone, or those that torchrun started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from convscope.processes import launched, local_device, rank, usable_device


@dataclass(frozen=True)
class Team:
    """This process's `rank` among `world`, and the device that it computes on."""

    rank: int
    world: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes and speaks for all."""
        return self.rank == 0

    def wrapped(self, module: nn.Module) -> nn.Module:
        """The module with gradients averaged over the processes, where there are several."""
        if self.world == 1:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(module, device_ids=devices, broadcast_buffers=False)

    def summed(self, values: Tensor) -> Tensor:
        """The sum of a tensor over the processes."""
        if self.world > 1:
            dist.all_reduce(values)
        return values

    def wait(self) -> None:
        """Return when all processes are here."""
        if self.world > 1:
            dist.barrier()


@contextmanager
def team(device: str | torch.device | None = None) -> Iterator[Team]:
    """The processes that this one belongs to, joined for the time of the block.

    `device` is a kind or a device; by default CUDA where there is some.
    """
    wanted = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if not launched():
        yield Team(0, 1, usable_device(wanted))
        return
    asked = local_device(torch.device(wanted).type)  # its own: nothing is made on another process's first
    if asked.type == "cuda":
        torch.cuda.set_device(asked)
    own = not dist.is_initialized()
    if own:
        dist.init_process_group("nccl" if asked.type == "cuda" else "gloo")
    try:
        yield Team(rank(), int(os.environ["WORLD_SIZE"]), asked)
    finally:
        if own:
            dist.destroy_process_group()
