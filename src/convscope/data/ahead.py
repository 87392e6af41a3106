"""Work done by threads ahead of its use, in order, and not too far ahead."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Finished = TypeVar("Finished")


def made_ahead(
    jobs: Iterable[Given],
    start: Callable[[ThreadPoolExecutor, Given], Callable[[], Finished]],
    *,
    threads: int,
    ahead: int,
) -> Iterator[Finished]:
    """What the jobs come to, in their order, at most `ahead` of them begun beyond the one in use.

    `start` gives a job to the pool, in one piece or several, and returns what waits for it. The threads end when the
    iterator does, is closed, or is interrupted: at most what is being made is finished. An error of a job is raised in
    its turn.

    >>> def square(pool, number):
    ...     return pool.submit(lambda: number**2).result
    >>> list(made_ahead(range(4), square, threads=2, ahead=1))
    [0, 1, 4, 9]
    """
    waiting: deque[Callable[[], Finished]] = deque()
    remaining = iter(jobs)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="convscope-ahead")
    try:
        while True:
            while len(waiting) < ahead + 1:
                try:
                    job = next(remaining)
                except StopIteration:
                    break
                waiting.append(start(pool, job))
            if not waiting:
                return
            yield waiting.popleft()()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_one_piece(make: Callable[[Given], Finished]) -> Callable[[ThreadPoolExecutor, Given], Callable[[], Finished]]:
    """A `start` for jobs that one thread does whole."""

    def start(pool: ThreadPoolExecutor, job: Given) -> Callable[[], Finished]:
        future: Future[Finished] = pool.submit(make, job)
        return future.result

    return start


__all__ = ["in_one_piece", "made_ahead"]
