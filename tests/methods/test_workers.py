"""Threads that share the work."""

import pytest

from convscope.errors import UsageError
from convscope.methods.workers import one_thread_pool


def test_fewer_threads_than_one_are_refused() -> None:
    for count in (0, -1):
        with pytest.raises(UsageError, match=f"workers={count}: one thread or more is needed"), one_thread_pool(count):
            raise AssertionError
