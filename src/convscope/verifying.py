"""Whether what convscope keeps in a folder and below it is as it was written.

    found = convscope.verify("scan/")
    found.intact, found.summary, found.findings

Every room that keeps something says how its files are checked; here is who is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from convscope.atlas.verifying import verify_folder
from convscope.data.verifying import verify_tables
from convscope.errors import StoreError
from convscope.files import kind_of
from convscope.generalisation.verifying import verify_transfer
from convscope.progress import Progress, silent
from convscope.stores.verifying import verify_occlusions, verify_responses, verify_scan
from convscope.training.verifying import verify_training
from convscope.verification import Finding, Held, Verification

__all__ = ["Finding", "Held", "Verification", "verify"]

_KINDS: tuple[Callable[[Path], Iterable[Held | Finding]], ...] = (
    verify_scan,
    verify_tables,
    verify_responses,
    verify_occlusions,
    verify_transfer,
    verify_training,
    verify_folder,
)


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
