"""Scans by the processes that torchrun starts, several in a row, and how long each took once all were ready.

    torchrun --nproc-per-node 2 -m benchmarks._shared_scan MODEL IMAGES FOLDER ROUNDS

Prints the seconds as JSON. The first scan of a process also reads compiled code and touches its memory for the first
time, which later ones do not.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch.distributed as dist

from convscope.data import open_source
from convscope.memory import keep_freed_memory
from convscope.models import load
from convscope.stores.distributed import distributed_scan


def main() -> None:
    """Runs the scans."""
    model, images, folder, rounds = sys.argv[1:]
    keep_freed_memory()
    dist.init_process_group("gloo")
    net, source, seconds = load(model), open_source(images), []
    for number in range(int(rounds)):
        dist.barrier()
        start = time.perf_counter()
        distributed_scan(net, source, store=Path(folder) / str(number), workers=1)
        dist.barrier()
        seconds.append(time.perf_counter() - start)
    if dist.get_rank() == 0:
        print(json.dumps(seconds))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
