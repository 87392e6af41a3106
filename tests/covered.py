"""How many of the product's lines the tests run: `pytest --covered 90` counts them, and fails below 90 percent.

slipcover counts: it puts a probe into each line of a module as that is imported, and takes the probes out once they
were met, so that tests take little longer. (coverage.py has Python 3.11 call it at each line of PyTorch as well, which
doubles their time.) Not seen are lines that run in processes which tests start, and compiled loops.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "convscope"
LEFT_OUT = ["*/kernels/loops/*", "*/kernels/lossless.py"]  # Numba compiles their bytecode, and probes it cannot
NOT_RUN = ["if TYPE_CHECKING:", "@overload"]
MISSED = Path("build") / "missed-lines.txt"


class Covered:
    """A plugin of pytest, in the process that was started and in each of xdist's."""

    def __init__(self, *, least: float) -> None:
        import slipcover

        self.least = least
        self.watch = slipcover.Slipcover(source=[str(SOURCE)], omit=LEFT_OUT, exclude_also=NOT_RUN)
        importing = slipcover.FileMatcher(sources=[SOURCE], omit=LEFT_OUT)
        slipcover.ImportManager(self.watch, importing).__enter__()
        self.of_workers: list[dict[str, Any]] = []
        self.total: dict[str, Any] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker has counted; one that crashed has told nothing."""
        if found := getattr(node, "workeroutput", {}).get("covered"):
            self.of_workers.append(json.loads(found))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hands on what a worker has counted, or judges what all have."""
        import slipcover

        self.total = self.watch.get_coverage()
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["covered"] = json.dumps(self.total)
            return
        for found in self.of_workers:
            slipcover.merge_coverage(self.total, found)
        if self.total["summary"]["percent_covered"] < self.least and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A line for each room, the whole, and where the lines are told that no test runs."""
        import slipcover

        rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for path, file in self.total["files"].items():
            room, *below = Path(path).resolve().relative_to(SOURCE).parts
            for name in (room if below else "modules", "all"):
                rooms[name][0] += len(file["executed_lines"])
                rooms[name][1] += len(file["executed_lines"]) + len(file["missing_lines"])
        write = terminalreporter.write_line
        terminalreporter.section("lines that the tests run")
        for room, (run, lines) in sorted(rooms.items(), key=lambda row: (row[0] == "all", row[1][0] / row[1][1])):
            write(f"{room:<20}{run:>7} of {lines:>6} {100 * run / lines:6.1f} %")
        MISSED.parent.mkdir(exist_ok=True)
        with MISSED.open("w") as file:
            slipcover.print_coverage(self.total, outfile=file, skip_covered=True)
        verdict = "less" if self.total["summary"]["percent_covered"] < self.least else "no less"
        write(f"{verdict} than the {self.least:g} % asked for; {MISSED} lists the lines that no test runs")
