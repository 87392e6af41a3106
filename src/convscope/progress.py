"""How long work reports its progress: one callback, so that library code never prints."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as `progress(stage, done, total)`; stages come one after the other, `done` never falls within one."""


def silent(stage: str, done: int, total: int) -> None:
    """The default progress callback: says nothing."""
