"""What all benchmarks share: interleaved timing, a table for people, and one JSON line at the end for programs.

The line is also added to the file that CONVSCOPE_BENCHMARKS names; `python -m benchmarks.compare` compares two of them.

A ratio above 1 means ours is better. Both sides are timed in turn in one run, several times, and medians are compared:
machines drift, and a drift then meets both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table

import convscope

_BEGAN = time.perf_counter()


@dataclass(frozen=True)
class Timing:
    """Seconds of repeated runs."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median run."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """The distance between the fastest and the slowest run, relative to the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median if self.median else 0.0


@dataclass(frozen=True)
class Case:
    """One comparison: `ratio` is theirs over ours in time, or ours over theirs where more is better."""

    case: str
    against: str
    ratio: float | None
    target: float | None = None
    bound: float | None = None
    max_difference: float | None = None
    spread: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; None without one."""
        return None if self.target is None or self.ratio is None else self.ratio >= self.target


def interleaved(sides: Mapping[str, Callable[[], Any]], *, repeats: int = 3, warmup: bool = True) -> dict[str, Timing]:
    """The times of several sides, run in turn: A B A B ..., after one run of each that is not counted."""
    if warmup:
        for run in sides.values():
            run()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: Timing(tuple(values)) for name, values in seconds.items()}


def probe_peak(*, threads: int, seconds: float = 1.0) -> float:
    """The floating-point operations per second of the fastest dense kernel at hand: matrix product or convolution."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
        x = torch.randn(8 * threads, 128, 40, 40).contiguous(memory_format=torch.channels_last)
        w = torch.randn(128, 128, 3, 3).contiguous(memory_format=torch.channels_last)
        jobs = ((lambda: a @ b, 2 * 1024**3), (lambda: F.conv2d(x, w), 2 * len(x) * 38 * 38 * 128 * 128 * 9))
        return max(count / _fastest(job, seconds / 2) for job, count in jobs)
    finally:
        torch.set_num_threads(before)


def _fastest(job: Callable[[], Any], seconds: float) -> float:
    job()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        job()
        best = min(best, time.perf_counter() - start)
    return best


def peak_memory() -> float:
    """The largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="a smaller run, under a minute")
    return parser


def put_between(path: Path, mark: str, text: str) -> None:
    """Puts text into a document, between `<!-- mark -->` and `<!-- end of mark -->`.

    Raises:
        ValueError: if the document has no such marks.
    """
    first, last = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    before, start, rest = path.read_text("utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise ValueError(f"{path} has no {first.strip()} ... {last}")
    path.write_text(f"{before}{first}{text}{last}{after}", "utf-8")


def kept_lines(path: Path | None) -> list[dict[str, Any]]:
    """What was kept in a file, a JSON object a line, by `keep_line`; nothing where there is no such file yet."""
    there = path is not None and path.exists()
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path is not None and there else []


def keep_line(path: Path | None, said: Mapping[str, Any]) -> None:
    """Adds a line to a file as soon as what stands on it is known, so that a run that ends early is gone on with."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on, and of what."""
    return {
        "processor": _processor() or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "convscope": convscope.__version__,
    }


def _processor() -> str:
    """Its maker's name for it, where Linux tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^model name\s*: (.*)$", text, flags=re.MULTILINE)
    return found[1].strip() if found else ""


def report(name: str, cases: Sequence[Case], **more: Any) -> None:
    """Prints the cases as a table and, as the last line, everything as one JSON object, which is kept if asked for.

    Its "seconds" are those since the benchmark began, "at" when it ended, in seconds since 1970.
    """
    table = Table(title=name)
    for heading in ("case", "against", "ratio", "target", "bound", "max difference", "spread", "note"):
        table.add_column(heading)
    for case in cases:
        mark = {True: " ok", False: " below", None: ""}[case.reached]
        row = (_text(case.ratio) + mark, _text(case.target), _text(case.bound), _text(case.max_difference))
        table.add_row(case.case, case.against, *row, _text(case.spread), case.note)
    console = Console(width=160)
    console.print(table)
    document = {"name": name, "cases": [asdict(c) for c in cases], "peak_memory_mib": round(peak_memory())}
    took = {"at": round(time.time()), "seconds": round(time.perf_counter() - _BEGAN, 1)}
    line = json.dumps(document | {"machine": machine()} | took | more)
    console.print(line, soft_wrap=True, highlight=False, markup=False)
    if kept := os.environ.get("CONVSCOPE_BENCHMARKS"):
        with Path(kept).open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
