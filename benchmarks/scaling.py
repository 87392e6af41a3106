"""Do two workers take half the time of one, and do all ways of sharing the work give the same bytes?

    python -m benchmarks.scaling [--quick]

A scan of synthetic images, in memory for the timings of threads, as files for those of processes started by torchrun.
One worker is timed on one core, which it shares with what reads ahead for it, and with a core for that to spare: then
it is busy for 1.08 cores, and two workers on two cores cannot be 1.9 times as fast. Processes are timed from when all
are ready until the tables are merged, after a first scan; and as whole commands, with Python's start.

What was tried, on two cores (images a second by one worker on one core, by one with a core to spare, by two on two):
    128, 138, 246    busy for 1.00, 1.08 and 1.96 cores; the work takes 4.0 s of processor time with one and 4.06 with
                     two, so they do not slow each other down. Forward passes alone: 132 and 258.
Of processes, on 2,560 files: a first scan takes one process on one core 19.2 s and two 11.0, later ones 18.1 and 9.2.
What the first takes longer, 1 s and 1.8 s whatever the number of images, is the first touch of some 600 MB of memory,
which this virtual machine hands out at 1.5 ms a MB, to one process after the other.
Equality is of the SHA-256 over all files of the stores: 1 and 2 workers, torchrun with 2 processes, and 1, 2, 3 and 7
shards run one by one and merged (on the command line, with `--quick` in this process). Memory: peak of a scan of 10
times more images than another.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.harness import Case, Timing, arguments, interleaved, report
from convscope.data import Source, open_source
from convscope.graph import Network
from convscope.memory import keep_freed_memory
from convscope.models import load
from convscope.stores.scan import KeptScan, scan


def photographs(folder: Path, count: int, size: int) -> None:
    """Smooth random pictures as JPEG files."""
    generator = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for i in range(count):
        small = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC).save(folder / f"{i:05d}.jpg", quality=90)


def digest(store: Path) -> str:
    """SHA-256 over the names and contents of all files of a store."""
    total = hashlib.sha256()
    for file in sorted(p for p in store.rglob("*") if p.is_file()):
        total.update(file.relative_to(store).as_posix().encode() + file.read_bytes())
    return total.hexdigest()


def memory_of(count: int) -> float:
    """The peak resident memory, in MiB, of a process that scans `count` synthetic images."""
    code = (
        "import resource, numpy as np\n"
        "from convscope.data import wrap_dataset\n"
        "from convscope.methods.scan.scanning import scan\n"
        "from convscope.models import load\n"
        "class Made:\n"
        f"    def __len__(self): return {count}\n"
        "    def __getitem__(self, i):\n"
        f"        if i >= {count}: raise IndexError(i)\n"
        "        return np.random.default_rng(i).integers(0, 256, (32, 32, 3), dtype=np.uint8), i % 10\n"
        "scan(load('zoo:tiny'), wrap_dataset(Made()))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def command(model: str, images: Path, out: Path, *more: str) -> list[str]:
    """The arguments of a scan on the command line."""
    return ["-m", "convscope", "scan", model, str(images), "--store", str(out), "--quiet", *more]


def shards(model: str, source: Path, folder: Path, count: int) -> Path:
    """A store made of `count` shards scanned one by one and merged on the command line."""
    parts = [folder / f"part{i}of{count}" for i in range(count)]
    for i, part in enumerate(parts):
        one = command(model, source, part, "--shard", f"{i}/{count}")
        subprocess.run([sys.executable, *one], check=True, capture_output=True)
    out = folder / f"merged{count}"
    merge = ["-m", "convscope", "merge", *map(str, parts), "--store", str(out), "--quiet"]
    subprocess.run([sys.executable, *merge], check=True, stdout=subprocess.PIPE)
    return out


def shards_here(net: Network, source: Source, folder: Path, count: int) -> Path:
    """The same in this process: Python's start is most of the time of a short scan."""
    out = folder / f"merged{count}"
    parts = [scan(net, source, shard=(i, count)) for i in range(count)]
    functools.reduce(KeptScan.merge, parts).write(out)
    return out


def equal_bytes(model: str, images: Path, folder: Path, *, quick: bool) -> Iterator[tuple[str, bool]]:
    """Ways to scan the same images, and whether each gives the bytes of one worker."""
    net, source = load(model), open_source(images)
    scan(net, source, workers=1).write(folder / "one")
    reference = digest(folder / "one")
    for workers, batch in ((2, 32), (3, 64)):
        scan(net, source, workers=workers, batch=batch).write(folder / f"threads{workers}")
        yield f"{workers} workers, batch {batch}", digest(folder / f"threads{workers}") == reference
    out = folder / "torchrun"
    torchrun(2, *command(model, images, out)[1:])
    yield "torchrun, 2 processes", digest(out) == reference
    for count in (1, 2, 3, 7):
        merged = shards_here(net, source, folder, count) if quick else shards(model, images, folder, count)
        yield f"{count} shards merged", digest(merged) == reference


def on_one_core(run: Callable[[], object]) -> None:
    """Run it on one core: this thread, and those that it starts meanwhile."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        run()
    finally:
        os.sched_setaffinity(0, cores)


def main() -> None:
    """Runs the benchmark."""
    options = arguments(__doc__).parse_args()
    keep_freed_memory()
    model = "zoo:squeezenet1_1"
    net = load(model)
    few = 64 if options.quick else 1280  # so many that the beginning and the end, when not all work, count for little
    pixels = np.random.default_rng(0).integers(0, 256, (few, *net.input_shape[1:], 3), dtype=np.uint8)
    memory = [(p, 0) for p in pixels]
    sides = {
        "on one core": lambda: on_one_core(lambda: scan(net, memory, workers=1)),
        "with a core to spare": lambda: scan(net, memory, workers=1),
        "two": lambda: scan(net, memory, workers=2),
    }
    times = interleaved(sides, repeats=2 if options.quick else 4)
    two, cases = times["two"], []
    for one, target in (("on one core", 1.9), ("with a core to spare", None)):
        rates = f"{few / times[one].median:.0f} and {few / two.median:.0f} images/s"
        ratio = times[one].median / two.median
        cases.append(
            Case("2 workers, one process", f"1 worker {one}", ratio, target, 2.0, spread=two.spread, note=rates)
        )
    same = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photographs(folder / "images", 48 if options.quick else 320, 256)
        for way, equal in equal_bytes(model, folder / "images", folder, quick=options.quick):
            same[way] = equal
            cases.append(Case(way, "1 worker", float(equal), 1.0, note="same bytes" if equal else "other bytes"))
        photographs(folder / "more", 96 if options.quick else 960, 256)
        cases += _processes(model, folder / "more", folder, quick=options.quick)
    counts = (500, 5000) if options.quick else (10_000, 100_000)
    peaks = [memory_of(count) for count in counts]
    note = f"{counts[0]} images: {peaks[0]:.0f} MiB, {counts[1]}: {peaks[1]:.0f} MiB"
    cases.append(Case("memory", f"{counts[1] // counts[0]} times the images", peaks[0] / peaks[1], 0.9, 1.0, note=note))
    report("scaling", cases, same_bytes=same, versions={"torch": torch.__version__, "scan": KeptScan.__module__})


def torchrun(processes: int, *arguments: str) -> str:
    """What a program prints that torchrun starts in so many processes, each with a core to itself."""
    cores = sorted(os.sched_getaffinity(0))[:processes]
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)  # which the program inherits
    try:
        return subprocess.run([*run, *arguments], check=True, capture_output=True, text=True).stdout
    finally:
        os.sched_setaffinity(0, before)


def _processes(model: str, images: Path, folder: Path, *, quick: bool) -> list[Case]:
    """torchrun with two processes on two cores against one on one: the scans, and whole commands."""
    counter = iter(range(1000))
    scans: dict[int, list[float]] = {1: [], 2: []}

    def rounds(processes: int) -> None:
        out = folder / f"rounds{next(counter)}"
        printed = torchrun(processes, "benchmarks._shared_scan", model, str(images), str(out), "2" if quick else "4")
        scans[processes] += json.loads(printed.splitlines()[-1])[1:]

    def whole(processes: int) -> None:
        out = folder / f"timed{next(counter)}"
        torchrun(processes, *command(model, images, out, "--workers", "1")[1:])

    repeats = 1 if quick else 2
    interleaved({str(n): (lambda n=n: rounds(n)) for n in (1, 2)}, repeats=repeats, warmup=False)
    one, two = (Timing(tuple(scans[n])) for n in (1, 2))
    count = len(list(images.iterdir()))
    rates = f"{count / one.median:.0f} and {count / two.median:.0f} images/s"
    case = Case(
        "torchrun, 2 processes", "1 on one core", one.median / two.median, 1.9, 2.0, spread=two.spread, note=rates
    )
    times = interleaved({str(n): (lambda n=n: whole(n)) for n in (1, 2)}, repeats=repeats, warmup=False)
    note = f"{count} images, {times['1'].median:.1f} against {times['2'].median:.1f} s"
    ratio, spread = times["1"].median / times["2"].median, times["2"].spread
    return [case, Case("torchrun, whole commands", "1 on one core", ratio, None, 2.0, spread=spread, note=note)]


if __name__ == "__main__":
    main()
