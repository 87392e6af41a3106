"""Whether what experiments of transfer keep is as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from convscope.errors import StoreError
from convscope.files import kind_of, obstruction, read_sealed_json
from convscope.generalisation.journal import ENDING, SCORES, read_score
from convscope.generalisation.results import RESULT, TransferScores
from convscope.generalisation.splits import SPLITS
from convscope.verification import DamagedFile, SoundFile

__all__ = ["verify_transfer"]


def verify_transfer(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """The scores in a folder of scores, and the result and its splits in a folder of one; nothing in another."""
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
    if (folder / RESULT).exists() or (folder / "transfer.safetensors").exists():
        yield from _splits(folder)


def _splits(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """The splits beside a result; none where it was saved elsewhere than where it was made."""
    path = folder / SPLITS
    if kind_of(path) == "nothing" and not path.is_symlink():
        return
    try:
        said = read_sealed_json(path, unsealed="allow")
        yield SoundFile(SPLITS, f"{len(said.get('folds', ()))} splits")
    except (OSError, ValueError):
        yield DamagedFile(
            SPLITS, obstruction(path) or "is not as it was written", "delete it, and run the same command again"
        )


def _score(path: Path) -> SoundFile | DamagedFile:
    try:
        found = read_score(path)
    except StoreError:
        return DamagedFile(path.name, "is not as it was written", "delete it, and the same command makes it again")
    return SoundFile(path.name, f"score of {found.classifier} on {found.layer or 'the network itself'}")
