"""Threads that each compute with one thread of PyTorch's: on small boxes they beat several threads on one box."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

from convscope.arguments import at_least

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Workers:
    """`count` threads that share jobs; with one, the caller's own thread does them.

    shares: into how many pieces work is cut. Rounding depends on how many images or boxes are computed together, so it
    is as many as workers were asked for, else one for each of the machine's cores, whatever number of threads is set.
    """

    count: int
    pool: ThreadPoolExecutor | None
    shares: int

    @classmethod
    def none(cls) -> Workers:
        """The caller's own thread, and work in one piece: inside of a job."""
        return cls(1, None, 1)

    def map(self, function: Callable[[A], B], jobs: Iterable[A]) -> list[B]:
        """The results of the jobs, in their order; after an error no further job is begun."""
        if self.pool is None:
            return [function(job) for job in jobs]
        futures = [self.pool.submit(function, job) for job in jobs]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def ahead(self, function: Callable[[A], B], jobs: Iterable[A]) -> Iterator[tuple[A, B]]:
        """Each job and its result, in their order; of those to come, as many are begun as there are threads."""
        waiting = deque[tuple[A, Future[B]]]()
        for job in jobs:
            if self.pool is None:
                yield job, function(job)
                continue
            waiting.append((job, self.pool.submit(function, job)))
            if len(waiting) > self.count:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


@contextmanager
def one_thread_pool(count: int, *, name: str = "convscope") -> Iterator[ThreadPoolExecutor]:
    """A pool of `count` threads that each compute with one intra-op thread; it is shut down, and what waits cancelled.

    The setting of the caller's thread is put back: in OpenMP it is one of each thread, PyTorch keeps one for threads to
    come, and MKL one for all.
    """
    at_least(1, workers=count)
    before = torch.get_num_threads()
    try:
        pool = ThreadPoolExecutor(count, thread_name_prefix=name, initializer=torch.set_num_threads, initargs=(1,))
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread_workers(device: torch.device, count: int | None = None) -> Iterator[Workers]:
    """Workers for computing on `device`, by default as many as PyTorch would use threads; one where it is no CPU.

    By default work is cut into one share for each core, so that answers do not depend on the number of threads.

    PyTorch's own setting is put back afterwards.

    Raises:
        UsageError: for a count below 1.
    """
    at_least(1, workers=count)
    if device.type != "cpu":
        yield Workers.none()
        return
    before = torch.get_num_threads()
    shares = cores() if count is None else count
    count = before if count is None else count
    if count < 2:
        yield Workers(1, None, shares)
        return
    with one_thread_pool(count) as pool:
        torch.set_num_threads(1)
        yield Workers(count, pool, shares)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
