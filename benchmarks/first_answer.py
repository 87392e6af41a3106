"""How long does a command take to its first answer, once a network is known, against importing PyTorch alone?

    python -m benchmarks.first_answer [--quick] [--model zoo:squeezenet1_1]

Both sides are whole processes, timed in turn: `convscope layers MODEL` after a first call whose traced program is kept
(in a folder of the benchmark's own), and `python -c "import torch"`. Beside it the same without what is kept
(`CONVSCOPE_CACHE=off`), which traces each time.

Ratios: the time of importing PyTorch over ours; the target, 1.5 times as long, is 0.67.

History (two cores of an AMD EPYC, shared by others): 3.3 times as long when every command traced; 1.27 to 1.44 (1.37 in
seconds of the processor) with the program kept, and torch.export, sympy and what they bring imported when something is
traced.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

from benchmarks.harness import Case, arguments, interleaved, report


def process(*command: str, cache: str) -> Callable[[], None]:
    """A whole process, which must end well."""

    def run() -> None:
        subprocess.run(
            [sys.executable, *command], env=os.environ | {"CONVSCOPE_CACHE": cache}, capture_output=True, check=True
        )

    return run


def main() -> None:
    """Time both, and report."""
    parser = arguments(__doc__)
    parser.add_argument("--model", default="zoo:squeezenet1_1")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        ours, torch_alone, traced = "layers, traced before", "import torch", "layers, traced anew"
        command = ("-m", "convscope", "layers", asked.model)
        sides = {
            ours: process(*command, cache=cache),  # the first run, which traces, is not counted
            torch_alone: process("-c", "import torch", cache=cache),
            traced: process(*command, cache="off"),
        }
        times = interleaved(sides, repeats=3 if asked.quick else 9)
    base = times[torch_alone].median
    cases = [
        Case(
            f"{asked.model}: {name}", torch_alone, base / times[name].median, target=target, spread=times[name].spread,
            note=f"{times[name].median:.2f} s, {times[name].median / base:.2f} times {base:.2f} s",
        )
        for name, target in ((ours, 1 / 1.5), (traced, None))
    ]  # fmt: skip
    report("first_answer", cases)


if __name__ == "__main__":
    main()
