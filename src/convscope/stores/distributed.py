"""A scan by the processes that torchrun starts, on one machine or several that share a folder.

    torchrun --nproc-per-node 2 -m convscope scan zoo:squeezenet1_1 photos/ -o scan

Each process scans its shard and keeps it in the store; the first one merges them. The processes exchange nothing but
the news that they are done, so the group is gloo on any device. What was finished stays when a process is killed, and
the next run goes on from it, with as many processes as it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any

import torch.distributed as dist

from convscope.data import Source
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.processes import launched, rank
from convscope.progress import Progress
from convscope.settings import usual_settings
from convscope.stores.scan import KeptScan, kept_unless_unreadable, scan

__all__ = ["distributed_scan"]

_PATIENCE = timedelta(days=30)
"""How long a process waits for the others; torchrun ends all when one fails."""


@usual_settings()
def distributed_scan(
    net: Network,
    source: Source | Any,
    *,
    store: str | PathLike[str],
    progress: Progress | None = None,
    **options: Any,
) -> KeptScan:
    """The whole scan, in every process, of a scan that they share; on its own a process scans everything.

    store: a folder that all processes see. `options` are those of `scan`, except the shard. Progress is told to the
    first process, for its shard.

    Raises:
        UsageError: if a shard is asked for.
        ConvscopeError: as `scan`.
    """
    if "shard" in options:
        raise UsageError("the processes of a distributed scan divide it themselves: leave out the shard")
    if not launched():
        return scan(net, source, store=store, progress=progress, **options)
    world = int(os.environ["WORLD_SIZE"])
    with _group():
        scan(net, source, store=store, shard=(rank(), world), progress=progress if rank() == 0 else None, **options)
        dist.barrier()
        if rank() == 0:
            KeptScan.load(store).write(store)
        dist.barrier()
        found = KeptScan.load(store)
        dist.barrier()  # all have it, before one of them may remove it
    return kept_unless_unreadable(found, Path(store))


@contextmanager
def _group() -> Iterator[None]:
    """A process group from the environment, unless the program has one."""
    if dist.is_initialized():
        yield
        return
    dist.init_process_group("gloo", timeout=_PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()
