"""What was found by looking at every file of a folder of results: which are as they were written, and which are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Finding", "Held", "Verification"]


@dataclass(frozen=True)
class Held:
    """A file that is as it was written; `what` it is, in words."""

    path: str
    what: str


@dataclass(frozen=True)
class Finding:
    """A file that is damaged or missing: what is wrong with it, and what to do about it."""

    path: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Verification:
    """What holds in a folder and what does not; paths are relative to it.

    >>> found = Verification.of("out", [Held("a", "one layer"), Finding("b", "it is cut off", "delete it")])
    >>> found.intact, found.summary
    (False, '1 of 2 files is damaged or missing')
    """

    folder: str
    held: tuple[Held, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, folder: str, items: Iterable[Held | Finding]) -> Verification:
        """What was found, in order of paths."""
        ordered = sorted(items, key=lambda item: item.path)
        return cls(
            folder,
            tuple(item for item in ordered if isinstance(item, Held)),
            tuple(item for item in ordered if isinstance(item, Finding)),
        )

    @property
    def intact(self) -> bool:
        """Whether nothing is damaged or missing."""
        return not self.findings

    @property
    def summary(self) -> str:
        """The outcome in words."""
        count, bad = len(self.held) + len(self.findings), len(self.findings)
        if not bad:
            return f"{count} file{' is' if count == 1 else 's are'} as written"
        return f"{bad} of {count} files {'are' if bad > 1 else 'is'} damaged or missing"

    def rows(self) -> list[dict[str, Any]]:
        """A row a file: path, what holds, problem, remedy."""
        held = [{"path": one.path, "what": one.what, "problem": None, "remedy": None} for one in self.held]
        bad = [{"path": one.path, "what": None, "problem": one.problem, "remedy": one.remedy} for one in self.findings]
        return sorted([*held, *bad], key=lambda row: str(row["path"]))

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {"folder": self.folder, "intact": self.intact, "summary": self.summary, "files": self.rows()}
