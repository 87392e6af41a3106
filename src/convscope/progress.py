"""How long work reports its progress: one callback, so that library code never prints."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Progress = Callable[[str, int, int], None]
"""Called as `progress(stage, done, total)`; stages come one after the other, `done` never falls within one."""


def silent(stage: str, done: int, total: int) -> None:
    """The default progress callback: says nothing."""


ESTIMATES = "convscope.estimates"
"""The logger that is told how long work will take, as soon as that is known."""


def estimate(words: str) -> None:
    """Tell who listens how long work will take: a command shows it as a remark."""
    logging.getLogger(ESTIMATES).info("%s", words)


class PlainProgress:
    """A progress callback that writes a line when a stage starts, ends, and at most every `every` seconds between."""

    def __init__(
        self, write: Callable[[str], None], *, every: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._every = every
        self._clock = clock
        self._stage = ""
        self._first = 0
        self._started = self._said = 0.0
        self._ended = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note of `done` of `total` in `stage`, and say so if it is time to."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._first, self._started, self._said, self._ended = stage, done, now, now, False
            if done < total:
                self._write(f"{stage}: {done}/{total}")
                return
        finished = done >= total
        if self._ended or not (finished or now - self._said >= self._every):
            return
        self._said, self._ended = now, finished
        self._write(f"{stage}: {done}/{total}{self._pace(done, total, now)}")

    def _pace(self, done: int, total: int, now: float) -> str:
        elapsed, new = now - self._started, done - self._first
        if elapsed <= 0 or new <= 0:
            return ""
        rate = new / elapsed
        if done >= total:
            return f", {pace(rate)}, took {duration(elapsed)}"
        return f", {pace(rate)}, {duration((total - done) / rate)} left"


def duration(seconds: float) -> str:
    """The time in hours, minutes and seconds, as far as they matter.

    >>> duration(0.4), duration(75), duration(7384)
    ('0 s', '1:15', '2:03:04')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def pace(rate: float) -> str:
    """How many a second, to three digits.

    >>> pace(2163.4), pace(21.634), pace(0.0216)
    ('2163/s', '21.6/s', '0.0216/s')
    """
    return f"{rate:.0f}/s" if rate >= 100 else f"{rate:.3g}/s"


@contextmanager
def told(name: str, write: Callable[[str], None]) -> Iterator[None]:
    """A block in which what the logger of that name, or one below, says for information is written as well.

    >>> with told("convscope.kernels", print):
    ...     logging.getLogger("convscope.kernels.loops").info("compiling")
    compiling
    """

    class Writing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            write(record.getMessage())

    logger, handler = logging.getLogger(name), Writing(logging.INFO)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


@contextmanager
def bars(stream: TextIO) -> Iterator[Progress]:
    """Progress that a terminal shows: one bar a stage, with rate and time left."""
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


__all__ = ["ESTIMATES", "PlainProgress", "Progress", "bars", "duration", "estimate", "pace", "silent", "told"]
