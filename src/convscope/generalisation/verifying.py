"""Whether what experiments of transfer keep is as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from convscope.errors import StoreError
from convscope.generalisation.journal import ENDING, SCORES, read_score
from convscope.generalisation.results import RESULT, TransferScores
from convscope.verification import DamagedFile, SoundFile

__all__ = ["verify_transfer"]


def verify_transfer(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """The scores in a folder of scores, and the result in a folder of one; nothing in another."""
    if folder.name == SCORES:
        for path in sorted(folder.glob(f"*{ENDING}")):
            if re.fullmatch(r"[0-9a-f]{24}", path.stem):
                yield _score(path)
    if (folder / RESULT).is_file():
        try:
            found = TransferScores.load(folder)
            yield SoundFile(RESULT, f"{len(found.scores)} scores")
        except StoreError:
            yield DamagedFile(RESULT, "is no result of a transfer experiment", "run the same command again")


def _score(path: Path) -> SoundFile | DamagedFile:
    try:
        found = read_score(path)
    except StoreError:
        return DamagedFile(path.name, "is not as it was written", "delete it, and the same command makes it again")
    return SoundFile(path.name, f"score of {found.classifier} on {found.layer or 'the network itself'}")
