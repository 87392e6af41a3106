"""Threads that share the work."""

import threading
from collections.abc import Iterator

import pytest
import torch

from convscope.errors import UsageError
from convscope.methods.workers import one_thread_pool, one_thread_workers


def test_fewer_threads_than_one_are_refused() -> None:
    cpu, other = torch.device("cpu"), torch.device("meta")
    for count in (0, -1):
        for made in (one_thread_pool(count), one_thread_workers(cpu, count), one_thread_workers(other, count)):
            with pytest.raises(UsageError, match=f"workers={count}: give 1 or more"), made:
                raise AssertionError


def test_jobs_are_begun_ahead_and_come_in_their_order() -> None:
    begun, both = list[int](), threading.Barrier(2)

    def jobs() -> Iterator[int]:
        for job in range(4):
            begun.append(job)
            yield job

    def double(job: int) -> int:
        both.wait(10)  # two at a time, or it is broken
        return 2 * job

    with one_thread_workers(torch.device("cpu"), 2) as team:
        found = team.ahead(double, jobs())
        assert next(found) == (0, 0)
        assert begun == [0, 1, 2]
        assert list(found) == [(1, 2), (2, 4), (3, 6)]
    with one_thread_workers(torch.device("cpu"), 1) as team:
        assert list(team.ahead(abs, [-1, 2])) == [(-1, 1), (2, 2)]
