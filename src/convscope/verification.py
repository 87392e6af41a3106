"""What is found by looking at a file that is kept: that it is as it was written, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DamagedFile", "SoundFile"]


@dataclass(frozen=True)
class SoundFile:
    """A file that is as it was written; `what` it is, in words."""

    path: str
    what: str


@dataclass(frozen=True)
class DamagedFile:
    """A file that is damaged or missing: what is wrong with it, and what to do about it."""

    path: str
    problem: str
    remedy: str
