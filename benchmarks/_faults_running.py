"""How faults are tried: each in a process of its own that may die, hang or escape without harm to the one that counts.

Processes are forked from one that has imported everything (`_faults_imports`), so that a command takes its own time and
not Python's start. A kill is a real one: SIGKILL to a process that runs the command line.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PATIENCE = 20.0
"""Seconds after which a try on a damaged or hostile file counts as hung."""
LONG = 300.0
"""Seconds after which a whole command counts as hung."""

FIXED = {"SOURCE_DATE_EPOCH": "0", "OMP_NUM_THREADS": "1", "TZ": "UTC", "PYTHONHASHSEED": "0", "HF_HUB_OFFLINE": "1"}
GOOD = ("right", "made again", "named")
"""Outcomes that may be: the right answer, at once or after the work was done again, or an error that says what is."""
BAD = ("wrong", "traceback", "hung", "died", "escaped")
"""Outcomes that may not be: another answer without a word, an unforeseen error, no end, a signal, a mark elsewhere."""


@dataclass(frozen=True)
class Try:
    """One try: its outcome, and what was done and seen, for those that may not be."""

    outcome: str
    note: str = ""


@dataclass
class Tally:
    """The tries of one kind of fault on one thing."""

    kind: str
    what: str
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, found: Try) -> None:
        """Count a try; keep what is to be known of one that may not be."""
        self.counts[found.outcome] += 1
        if found.outcome not in GOOD:
            self.notes.append(f"{found.outcome}: {found.note}")

    @property
    def tries(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    @property
    def bad(self) -> int:
        """How many ended as none may."""
        return sum(count for outcome, count in self.counts.items() if outcome not in GOOD)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, minus a signal's number where one ended it, and what it said."""

    code: int
    said: str
    seconds: float

    @property
    def unforeseen(self) -> str | None:
        """The bad outcome that this is, if it is one."""
        if self.code == -signal.SIGALRM:
            return "hung"
        if "Traceback (most recent call last)" in self.said:
            return "traceback"
        return "died" if self.code < 0 else None

    @property
    def note(self) -> str:
        """Exit code and the end of what was said."""
        return f"exit {self.code}: {' '.join(self.said.split())[-600:]}"


def prepare() -> Any:
    """The way to start processes; to be called before anything is run."""
    os.environ.update(FIXED)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks._faults_imports"])
    return context


def command(
    tokens: Sequence[object],
    folder: Path,
    *,
    kill_after: float | None = None,
    largest_file: int | None = None,
    limit: float = LONG,
) -> Ended:
    """How `convscope TOKENS` ended, run in a process of its own; with `kill_after` killed after so many seconds.

    largest_file: bytes that no file it writes may exceed, as if the disk were full then.
    """
    log = folder / f"said-{time.monotonic_ns()}.txt"
    process = prepare().Process(target=_run, args=([str(token) for token in tokens], str(log), largest_file))
    start = time.perf_counter()
    process.start()
    process.join(limit if kill_after is None else kill_after)
    code = process.exitcode
    if code is None:
        _kill(process)
        code = -(signal.SIGALRM if kill_after is None else signal.SIGKILL)
    said = log.read_text("utf-8", "replace") if log.exists() else ""
    log.unlink(missing_ok=True)
    return Ended(code, said, time.perf_counter() - start)


def _kill(process: Any) -> None:
    """End a process and those it started, whatever they are doing."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _run(tokens: list[str], log: str, largest_file: int | None) -> None:
    with suppress(OSError):
        os.setpgid(0, 0)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    if largest_file is not None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails with an error, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    from convscope.cli import main

    code = main(tokens)
    sys.stdout.flush()
    sys.exit(code)


def watched(once: Callable[[int], Try], numbers: Sequence[int], *, patience: float = PATIENCE) -> Iterator[Try]:
    """The outcome of `once` for each number, in a process that is watched: what hangs or dies is known as such.

    It hung where it does not end in three times as long, also when it is tried once more, or where it takes so long of
    its own processor's time, which other programs of the machine have no part in.

    once: a function that can be pickled, such as a dataclass with `__call__`.
    """
    left = list(numbers)
    while left:
        with closing(_in_a_process(once, list(left), patience * _BUSY)) as tries:
            for found in tries:
                if found == "hung":
                    break
                yield _told(found, left.pop(0), patience)
            else:
                continue
        (found,) = _in_a_process(once, left[:1], patience * _BUSY)
        yield _told(found, left.pop(0), patience)


def _told(found: _Found, number: int, patience: float) -> Try:
    if isinstance(found, str):
        return Try(found, f"number {number}")
    outcome, seconds = found
    return outcome if seconds < patience else Try("hung", f"number {number}: {seconds:.0f} seconds of the processor's")


_Found = tuple[Try, float] | str
_BUSY = 3  # times as long, by the clock, as other programs may have the machine


def _in_a_process(once: Callable[[int], Try], numbers: Sequence[int], patience: float) -> Generator[_Found]:
    """Outcomes with the processor's seconds they took; "hung" or "died" is the last of them."""
    receive, send = prepare().Pipe(duplex=False)
    process = prepare().Process(target=_each, args=(once, list(numbers), send))
    process.start()
    send.close()
    try:
        for _ in numbers:
            found = _next(receive, patience)
            yield found
            if isinstance(found, str):
                return
    finally:
        _kill(process)
        receive.close()


def _next(receive: Connection, patience: float) -> _Found:
    """The next outcome; "hung" or "died" where there is none. The first has Python's start to wait for, too."""
    try:
        return receive.recv() if receive.poll(patience) else "hung"
    except (EOFError, OSError):
        return "died"


def _each(once: Callable[[int], Try], numbers: list[int], send: Connection) -> None:
    with suppress(OSError):
        os.setpgid(0, 0)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for number in numbers:
        before = time.process_time()
        found = judged(partial(once, number), f"number {number}")
        send.send((found, time.process_time() - before))


def judged(once: Callable[[], Try], told: str) -> Try:
    """The outcome of one try, of which `told` says which; our errors are answers, others are faults."""
    from convscope.errors import ConvscopeError

    try:
        return once()
    except ConvscopeError as error:
        return Try("named", str(error)[:200])
    except Exception as error:  # noqa: BLE001 (whatever it is: it is what is looked for)
        import traceback

        return Try("traceback", f"{told}: {''.join(traceback.format_exception(error))[-1500:]}")


def emptied(folder: Path) -> Path:
    """A folder with nothing in it: a try that was ended, as it took too long, has left its files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
