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

from convscope.progress import ESTIMATES, PlainProgress, Progress, bars, silent, told
from convscope.tables import aligned, printable


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
            self.out.write(f"{printable(text)}\n")

    def remark(self, text: str) -> None:
        """Write a line that is not part of the result."""
        if not self.quiet:
            self.err.write(f"{printable(text)}\n")
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
        for line in aligned((head, *rows), right=right):
            self.say(line)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress callback that is shown in the way that fits the place standard error goes to."""
        with self._shown() as show, told("convscope.kernels", self.remark), told(ESTIMATES, self.remark):

            def report(stage: str, done: int, total: int) -> None:
                self.worked = True
                show(stage, done, total)

            yield report

    def _shown(self) -> AbstractContextManager[Progress]:
        if self.quiet:
            return nullcontext(silent)
        return bars(self.err) if self.err.isatty() else nullcontext(PlainProgress(self.remark))
