"""One thread that computes what pages ask for: the newest first, what is stale left at the next step.

A page has one question of each kind at a time: a newer one of the kind takes its place. Glances go before projections,
these before what grows for seconds, which is put aside between parts whenever something quicker is asked.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from convscope.errors import ConvscopeError
from convscope.live.asking import Said
from convscope.live.bench import Bench, Part

logger = logging.getLogger(__name__)

URGENCY = {"look": 0, "python": 0, "project": 1, "causes": 2, "curve": 3, "sweep": 4}
"""Which questions go before others, least first; others come last."""
WAITING = 64
"""Questions that wait at most, of all pages."""
PATIENCE = 0.2
"""Seconds until a page is told how far its answer is: what comes sooner is answered, and no more is said."""
_FAULTS = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError, OSError)


class Left(Exception):
    """The work was left: nobody waits for it any more."""


@dataclass(eq=False)
class Job:
    """A question of a page and where its answer goes, part by part.

    Parts are objects; the last has the key "done" (all is said), "stale" (it was left) or "error" (why not).
    """

    tab: str
    said: Said
    emit: Callable[[Part], None]
    number: int
    parts: Iterator[Part] | None = None
    left: bool = False
    ended: bool = False
    told: float = field(default=0.0)
    asked: float = field(default_factory=time.monotonic)

    @property
    def kind(self) -> str:
        """What kind of question it is."""
        return str(self.said.get("kind"))

    @property
    def key(self) -> tuple[int, int]:
        """Least goes first."""
        return URGENCY.get(self.kind, 9), -self.number

    def leave(self) -> None:
        """Say that nobody waits for it."""
        self.left = True

    def advanced(self, share: float) -> None:
        """Called between steps: raises Left where the work is stale, and tells how far it is."""
        if self.left:
            raise Left
        if share - self.told >= 0.1 and time.monotonic() - self.asked >= PATIENCE:
            self.told = share
            self.emit({"progress": round(share, 3)})


class Engine:
    """The thread, and what waits for it. `ask` may be called from any thread."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._numbers = count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="convscope-bench", daemon=True)
        self._thread.start()

    def ask(self, tab: str, said: Said, emit: Callable[[Part], None]) -> Job:
        """The job that a question has become; `emit` is called with the parts of its answer, from another thread."""
        with self._changed:
            job = Job(tab, said, emit, next(self._numbers))
            for other in [*self._waiting, self._running]:
                if other is not None and (other.tab, other.kind) == (tab, job.kind):
                    other.leave()
            self._waiting.append(job)
            spare = sorted(self._waiting, key=lambda one: one.key)[WAITING:]
            for other in spare:
                other.leave()
            stale = [one for one in self._waiting if one.left and one.parts is None]
            self._waiting = [one for one in self._waiting if one not in stale]
            closed = self._closed
            self._changed.notify()
        for one in [*stale, *([job] if closed else [])]:
            self._end(one, {"stale": True})
        return job

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        with self._changed:
            return len(self._waiting)

    def close(self) -> None:
        """End all work at the next step; what waits is answered as stale."""
        with self._changed:
            self._closed = True
            jobs, self._waiting = [*self._waiting, self._running], []
            self._changed.notify()
        for job in jobs:
            if job is not None:
                job.leave()
                self._end(job, {"stale": True})

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the thread ---------------------------------------------------------------------------------------------------
    def _next(self) -> Job | None:
        with self._changed:
            self._running = None
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._running = min(self._waiting, key=lambda one: one.key)
            self._waiting.remove(self._running)
            return self._running

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if self._step(job):
                with self._changed:
                    if not self._closed:
                        self._waiting.append(job)

    def _step(self, job: Job) -> bool:
        """Compute the next part of an answer; whether there may be more."""
        try:
            job.advanced(0.0)
            if job.parts is None:
                job.parts = self.bench.answer(job.tab, job.said, job.advanced)
            part = next(job.parts, None)
            if part is not None and not job.left:
                job.emit(part)
        except Left:
            self._end(job, {"stale": True})
        except ConvscopeError as error:
            self._end(job, {"error": str(error)})
        except _FAULTS as error:
            logger.exception("a question could not be answered: %s", job.kind)
            self._end(job, {"error": f"this could not be computed: {type(error).__name__}: {error}"})
        else:
            if part is None:
                self._end(job, {"done": True})
                return False
            return True
        return False

    @staticmethod
    def _end(job: Job, how: Part) -> None:
        if not job.ended:
            job.ended = True
            job.parts = None
            try:
                job.emit(how)
            except _FAULTS:
                logger.exception("an answer could not be sent: %s", job.kind)


__all__ = ["PATIENCE", "URGENCY", "WAITING", "Engine", "Job", "Left"]
