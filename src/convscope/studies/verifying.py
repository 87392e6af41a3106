"""Whether what convscope keeps in a folder and below it is as it was written.

    found = convscope.verify("scan/")
    found.intact, found.summary, found.findings

Every room that keeps something says how its files are checked; here is who is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convscope.arguments import checked
from convscope.atlas.verifying import verify_folder
from convscope.data.verifying import verify_tables
from convscope.errors import StoreError
from convscope.files import kind_of, obstruction, read_whole
from convscope.generalisation.verifying import verify_transfer
from convscope.models.dictionaries import verify_directions
from convscope.models.kept.folder import verify_programs
from convscope.progress import Progress, silent
from convscope.stores.directions import verify_positions
from convscope.stores.scan_files import PARTS
from convscope.stores.sealing import header_of, said_in
from convscope.stores.verifying import (
    ANSWERS,
    verify_answers,
    verify_headers,
    verify_occlusions,
    verify_parts,
    verify_responses,
    verify_scan,
)
from convscope.studies import mistakes_page, occlusion_figures
from convscope.studies.answer import Answer, written_in
from convscope.studies.vouched import AGAIN, verify_files, verify_note
from convscope.training.verifying import verify_training
from convscope.verification import DamagedFile, SoundFile

__all__ = ["DamagedFile", "SoundFile", "Verification", "verify"]


@dataclass(eq=False, repr=False)
class Verification(Answer):
    """What holds in a folder and what does not; paths are relative to it.

    >>> found = Verification.of("out", [SoundFile("a", "one layer"), DamagedFile("b", "it is cut off", "delete it")])
    >>> found.intact, found.summary
    (False, '1 of 2 files is damaged or missing')
    """

    folder: str
    held: tuple[SoundFile, ...]
    findings: tuple[DamagedFile, ...]

    @classmethod
    def of(cls, folder: str, items: Iterable[SoundFile | DamagedFile]) -> Verification:
        """What was found, in order of paths."""
        ordered = sorted(items, key=lambda item: item.path)
        return cls(
            folder,
            tuple(item for item in ordered if isinstance(item, SoundFile)),
            tuple(item for item in ordered if isinstance(item, DamagedFile)),
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


def _beside_answers(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """The tables and figures that answers wrote beside themselves."""
    for path in (folder / f"{kind.lower()}.safetensors" for kind in ANSWERS):
        if path.is_file():
            with suppress(OSError, ValueError):  # which `verify_answers` says
                said = said_in(header_of(read_whole(path)))
                yield from verify_files(folder, written_in(said))
                yield from _lost_note(folder, said)


def _lost_note(folder: Path, said: Mapping[str, Any]) -> Iterator[DamagedFile]:
    """What vouches for figures of an occlusion, or a page of mistakes, where that alone is gone."""
    drawn = said.get("answer") == "Occlusion" and said.get("figures") and (folder / PARTS / "question.json").is_file()
    shown = said.get("answer") == "Mistakes" and (folder / "mistakes.js").is_file()
    note = occlusion_figures.NOTE if drawn else mistakes_page.NOTE if shown else None
    if note is not None and kind_of(folder / note) == "nothing":
        yield DamagedFile(note, obstruction(folder / note) or "is missing", AGAIN)


def _pages(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """The figures of an occlusion, and the files of a page of mistakes."""
    for name in (occlusion_figures.NOTE, mistakes_page.NOTE):
        yield from verify_note(folder, name)


_KINDS: tuple[Callable[[Path], Iterable[SoundFile | DamagedFile]], ...] = (
    verify_scan,
    verify_tables,
    verify_responses,
    verify_occlusions,
    verify_answers,
    _beside_answers,
    _pages,
    verify_directions,
    verify_parts,
    verify_positions,
    verify_programs,
    verify_transfer,
    verify_training,
    verify_folder,
    verify_headers,
)
"""Each says what it knows of the files of a folder; of a file that several know the first is believed."""


@checked
def verify(folder: str | os.PathLike[str], *, progress: Progress | None = None) -> Verification:
    """Which files of a folder and of those below it are as they were written, and what to do about the others.

    Scans, decoded images and features that are kept, scores, checkpoints of evolutions, answers with their tables and
    figures, pages of mistakes, directions and what is kept while they are learned, sums of effects, parts of sanity
    checks, programs of networks, trainings and atlases are known; other files are passed over. All that is known is
    read to its end. Links to folders are not followed. Nothing is changed. progress: called
    with the number of folders looked through.

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
            "experiment, a training or any answer"
        )
    return found


def _items(root: Path, progress: Progress) -> Iterator[SoundFile | DamagedFile]:
    folders, told = [Path(place) for place, _, _ in os.walk(root)], set[str]()
    for done, place in enumerate(folders, 1):
        for kind in _KINDS:
            for item in kind(place):
                path = (place.relative_to(root) / item.path).as_posix()
                if path not in told:
                    yield replace(item, path=path)
                    told.add(path)
        progress("verify", done, len(folders))
