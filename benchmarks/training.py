"""What does our training loop cost on top of the arithmetic?

    python -m benchmarks.training [--quick] [--wall]

Images a second of `convscope.training.train` (crops and flips from pictures in memory, mean image, dropout, filter
renormalisation) against the bare loop: forward, backward and SGD step of the same network on normalised batches that
lie in memory. One thread each, interleaved, medians. Seconds are those of the processor, not of the clock: other
programs on a shared machine do not count, and the thread that makes our batches ahead of the network counts in full.
With `--wall` they are those of the clock, for a quiet machine with a core to spare for that thread, as a training has.
What is written at an epoch's end (log, state, checkpoint) is timed apart.

Cases: the bare loop of PyTorch's modules; and the same with our training modules, which are quicker: then the
arithmetic is the same on both sides, and what is missing from 1 is what crops, pixels and mean image cost.

History (--quick; one thread of two shared cores, AMD EPYC with AVX-512 BF16, torch 2.13.0+cpu):
    float32 1.32 and 0.93 (405 images/s against 308 and 438), bfloat16 1.66 and 0.90 (634 against 383 and 705);
    0.05 s at an epoch's end
    mean image subtracted in place: float32 1.30 and 0.95 (421 against 322 and 445), bfloat16 1.66 and 0.90 (676 against
    408 and 750)
History (--quick; one thread of two shared cores, Intel Xeon with AMX BF16, torch 2.13.0+cpu):
    the same: float32 1.36 and 0.96 (267 images/s against 197 and 278), bfloat16 1.68 and 0.85 (478 against 285 and 561)
    pixels, mean image and flips in half their time, rectifiers after pools on both sides of the second case: float32
    1.39 and 0.92 (224 against 162 and 243, spread 0.16), bfloat16 1.85 and 0.91 (459
    against 248 and 503)
    --wall, nothing else running: float32 1.44 and 0.97 (289 against 201 and 298), bfloat16 2.00 and 0.96 (551 against
    276 and 572); once more 1.45 and 0.96, 1.96 and 0.95
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.harness import Case, arguments, interleaved, report
from convscope.data import Source, open_source
from convscope.memory import keep_freed_memory
from convscope.models import build
from convscope.training import Config, NetworkChoice, Recipe, train
from convscope.training.modules import use_training_modules

BATCH = 64

Clock = Callable[[], float]


class Noise(list[tuple[Any, int]]):
    """Pictures of noise in ten classes."""

    classes = tuple("0123456789")


def pictures(count: int, size: int) -> Source:
    """A source of pictures that are a bit larger than the crops."""
    draw = np.random.default_rng(0)
    side = round(size * 256 / 224)
    return open_source(
        Noise((draw.integers(0, 256, (side, side, 3), dtype=np.uint8), number % 10) for number in range(count))
    )


def ours(config: Config, source: Source, clock: Clock) -> tuple[float, float]:
    """Seconds of the updates of the second of two epochs, and of what is written at the end of the first."""
    updates: list[float] = []
    ends: list[float] = []

    def told(stage: str, done: int, total: int) -> None:
        if stage == "training":
            updates.append(clock())

    with tempfile.TemporaryDirectory() as folder:
        train(
            config,
            source,
            folder,
            threads=1,
            board=False,
            progress=told,
            on_epoch=lambda _: ends.append(clock()),
        )
    half = len(updates) // 2
    return updates[-1] - ends[0], ends[0] - updates[half - 1]


def bare(module: nn.Module, batches: list[tuple[Tensor, Tensor]], clock: Clock, *, precision: torch.dtype) -> float:
    """Seconds of forward, backward and step over the batches."""
    optimiser = torch.optim.SGD(module.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
    begun = clock()
    for images, labels in batches:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
            logits = module(images).float()
        F.cross_entropy(logits, labels).backward()
        optimiser.step()
    return clock() - begun


def compare(precision: str, clock: Clock, *, updates: int, size: int, width: float, repeats: int) -> list[Case]:
    """The cases of one precision."""
    network = NetworkChoice(input_size=size, width=width)
    recipe = Recipe.from_json(
        {"epochs": 2, "batch": BATCH, "schedule": "cosine", "crops": "random", "precision": precision, "init": "he"}
    )
    config = Config("benchmark", network, replace(recipe, std=60.0, learning_rate=1e-3, checkpoints=()))
    source = pictures(updates * BATCH, size)
    architecture = network.architecture(10)
    batches = [
        (torch.randn(BATCH, 3, size, size).contiguous(memory_format=torch.channels_last), torch.arange(BATCH) % 10)
        for _ in range(updates)
    ]
    own = build(architecture, init="he").to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    quick = use_training_modules(build(architecture, init="he")).to(memory_format=torch.channels_last)  # pyright: ignore
    dtype = getattr(torch, precision)
    found: dict[str, list[float]] = {"ours": [], "end": [], "own": [], "quick": []}
    sides = {
        "ours": lambda: [
            kept.append(value)
            for kept, value in zip((found["ours"], found["end"]), ours(config, source, clock), strict=True)
        ],
        "own": lambda: found["own"].append(bare(own, batches, clock, precision=dtype)),
        "quick": lambda: found["quick"].append(bare(quick, batches, clock, precision=dtype)),
    }
    interleaved(sides, repeats=repeats)
    mine, pytorch, same = (float(np.median(found[name][1:])) for name in ("ours", "own", "quick"))
    images = updates * BATCH
    case = f"{architecture.describe()} {precision}"
    end = float(np.median(found["end"]))
    note = f"{end:.2f} s at an epoch's end; {images / mine:.0f} images/s against"
    spread = (max(found["ours"][1:]) - min(found["ours"][1:])) / mine
    return [
        Case(case, "bare loop", pytorch / mine, 0.95, spread=spread, note=f"{note} {images / pytorch:.0f}"),
        Case(case, "bare loop, our modules", same / mine, None, 1.0, spread=spread, note=f"{note} {images / same:.0f}"),
    ]


def main() -> None:
    """Run the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--wall", action="store_true", help="seconds of the clock instead of the processor's")
    options = parser.parse_args()
    clock = time.perf_counter if options.wall else time.process_time
    torch.set_num_threads(1)
    keep_freed_memory()
    updates, repeats = (12, 2) if options.quick else (40, 5)
    cases = []
    for precision in ("float32", "bfloat16"):
        cases += compare(precision, clock, updates=updates, size=128, width=0.375, repeats=repeats)
    report("training", cases)


if __name__ == "__main__":
    main()
