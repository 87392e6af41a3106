"""All that a command shows: results on standard output, progress and remarks on standard error.

On a terminal, progress is a bar with rate and time left; anywhere else (a file, a pipe, a batch job's log) it is a
plain line now and then. The two streams are kept apart so that `--json` output can be piped as it is.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TextIO

from convscope.progress import PlainProgress, Progress, duration, pace, silent


@dataclass
class Terminal:
    """Where a command writes: `json` replaces its text by one JSON document, `quiet` drops progress and remarks."""

    json: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    worked: bool = field(default=False, init=False)
    """Whether any progress was reported, which is not so where all was done before."""

    def say(self, text: str = "") -> None:
        """Write a line of the result, unless the result is asked for as JSON."""
        if not self.json:
            self.out.write(f"{text}\n")

    def remark(self, text: str) -> None:
        """Write a line that is not part of the result."""
        if not self.quiet:
            self.err.write(f"{text}\n")
            self.err.flush()

    def result(self, document: object) -> None:
        """Write `document` as JSON, if the result is asked for as JSON."""
        if self.json:
            json.dump(document, self.out, indent=2, ensure_ascii=False, allow_nan=False)
            self.out.write("\n")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
        """Write aligned columns, never cut to the width of the terminal; `right` lists the columns of numbers."""
        if self.json:
            return
        for line in format_table(head, rows, right=right):
            self.say(line)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress callback that is shown in the way that fits the place standard error goes to."""
        with self._shown() as show:

            def report(stage: str, done: int, total: int) -> None:
                self.worked = True
                show(stage, done, total)

            yield report

    def _shown(self) -> AbstractContextManager[Progress]:
        if self.quiet:
            return nullcontext(silent)
        return _bars(self.err) if self.err.isatty() else nullcontext(PlainProgress(self.remark))


@contextmanager
def _bars(stream: TextIO) -> Iterator[Progress]:
    """One bar a stage, with rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskID, TextColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Pace(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            if not speed:
                return Text("")
            if task.finished:
                return Text(f"{pace(speed)}, took {duration(task.finished_time or 0)}")
            left = task.time_remaining
            return Text(pace(speed) + ("" if left is None else f", {duration(left)} left"))

    console = Console(file=stream)
    tasks: dict[str, TaskID] = {}
    with Bars(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Pace(), console=console) as bars:

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, completed=done)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """The lines of a table of aligned columns; `right` lists the columns that end flush.

    >>> format_table(["name", "n"], [["conv", "96"], ["relu", "9"]], right=[1])
    ['name   n', 'conv  96', 'relu   9']
    """
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
