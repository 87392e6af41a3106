"""Is a scan that was killed at random moments, and resumed each time, the same as an undisturbed one?

    python -m benchmarks.kill [--quick]

A scan on the command line is killed with SIGKILL after a random time, started again on the same store, killed again,
and at last let finish. The files of its store are compared byte by byte with those of a scan that nothing disturbed.
Random
moments are drawn over the time that the undisturbed scan takes, so that starting, scanning and finishing are all hit.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Case, arguments, report
from benchmarks.scaling import command, digest, photographs

MODEL = "zoo:squeezenet1_1"


def scan_once(images: Path, out: Path, limit: float | None = None) -> bool:
    """Whether a scan finished; after `limit` seconds it is killed."""
    process = subprocess.Popen([sys.executable, *command(MODEL, images, out)], stdout=subprocess.DEVNULL)
    try:
        return process.wait(limit) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def main() -> None:
    """Runs the benchmark."""
    options = arguments(__doc__).parse_args()
    kills = 4 if options.quick else 20
    generator = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photographs(folder / "images", 96 if options.quick else 640, 256)
        start = time.perf_counter()
        scan_once(folder / "images", folder / "undisturbed")
        whole = time.perf_counter() - start
        reference = digest(folder / "undisturbed")
        killed, same, rounds = 0, 0, 0
        while killed < kills:
            rounds += 1
            out = folder / f"disturbed{rounds}"
            for _ in range(3):
                if killed >= kills or scan_once(folder / "images", out, generator.uniform(0.2, 1.0) * whole):
                    break
                killed += 1
            scan_once(folder / "images", out)
            same += digest(out) == reference
    note = f"{killed} kills in {rounds} scans of {whole:.0f} s"
    report("kill", [Case("stores equal to the undisturbed one", "all", same / rounds, 1.0, 1.0, note=note)])


if __name__ == "__main__":
    main()
