"""Whether tables of rows, decoded crops and features, are as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from convscope.data.rows import ENDING, UNREADABLE, read_rows
from convscope.errors import StoreError
from convscope.files import obstruction
from convscope.verification import DamagedFile, SoundFile

__all__ = ["verify_tables"]

_DELETE = "delete it: its rows are made again"


def verify_tables(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """Every table in a folder, not in those below; all of its rows are read."""
    for path in sorted(folder.glob(f"*{ENDING}")):
        other = obstruction(path)
        yield _table(path) if other is None else DamagedFile(path.name, other, _DELETE)


def _table(path: Path) -> SoundFile | DamagedFile:
    try:
        rows = read_rows(path)
    except StoreError:
        return DamagedFile(path.name, "is damaged, or of another version", _DELETE)
    written = rows.written()
    broken = int(np.count_nonzero(~rows.intact(written.tolist())))
    if broken:
        return DamagedFile(
            path.name,
            f"{broken} of {len(written)} rows are not as they were written",
            "nothing: they are made again when they are next asked for; or delete the file",
        )
    unreadable = int(np.count_nonzero(rows.states() == UNREADABLE))
    kind = "crops" if "crops" in rows.described else "features" if "features" in rows.described else "rows"
    said = f"{len(written) - unreadable} of {rows.count} {kind} of {'x'.join(map(str, rows.shape))}"
    return SoundFile(path.name, said + (f", {unreadable} images unreadable" if unreadable else ""))
