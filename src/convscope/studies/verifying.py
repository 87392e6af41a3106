"""Whether what convscope keeps in a folder and below it is as it was written.

    found = convscope.verify("scan/")
    found.intact, found.summary, found.findings

Every room that keeps something says how its files are checked; here is who is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convscope.arguments import checked
from convscope.atlas.verifying import verify_folder
from convscope.data.verifying import verify_tables
from convscope.errors import StoreError
from convscope.files import kind_of
from convscope.generalisation.verifying import verify_transfer
from convscope.progress import Progress, silent
from convscope.stores.verifying import (
    verify_answers,
    verify_occlusions,
    verify_parts,
    verify_responses,
    verify_scan,
)
from convscope.studies.answer import Answer
from convscope.training.verifying import verify_training
from convscope.verification import Finding, Held

__all__ = ["Finding", "Held", "Verification", "verify"]


@dataclass(eq=False, repr=False)
class Verification(Answer):
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


_KINDS: tuple[Callable[[Path], Iterable[Held | Finding]], ...] = (
    verify_scan,
    verify_parts,
    verify_tables,
    verify_responses,
    verify_occlusions,
    verify_answers,
    verify_transfer,
    verify_training,
    verify_folder,
)


@checked
def verify(folder: str | os.PathLike[str], *, progress: Progress | None = None) -> Verification:
    """Which files of a folder and of those below it are as they were written, and what to do about the others.

    Scans, decoded images and features that are kept, scores, checkpoints of evolutions, answers, trainings and atlases
    are known; other files are passed over. All that is known is read to its end. Links to folders are not followed.
    Nothing is changed.

    Raises:
        StoreError: if there is no such folder, or nothing in it that is known.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.models import load
    >>> from convscope.stores.scan import scan
    >>> room = tempfile.mkdtemp()
    >>> found = scan(load("zoo:tiny"), [np.zeros((40, 40, 3), np.uint8)], layers=["relu1"], store=room)
    >>> verify(room).summary
    '2 files are as written'
    """
    root = Path(folder)
    if kind_of(root) != "folder":
        raise StoreError(f"{root} is no folder: give one that holds results of convscope")
    found = Verification.of(str(root), _items(root, progress or silent))
    if not found.held and not found.findings:
        raise StoreError(
            f"{root} holds nothing that can be verified: give a folder of a scan, an atlas, a cache, a transfer "
            "experiment, an evolution, an occlusion or a training"
        )
    return found


def _items(root: Path, progress: Progress) -> Iterator[Held | Finding]:
    folders = [Path(place) for place, _, _ in os.walk(root)]
    for done, place in enumerate(folders, 1):
        inner = place.relative_to(root)
        for kind in _KINDS:
            for item in kind(place):
                yield replace(item, path=(inner / item.path).as_posix())
        progress("verify", done, len(folders))
