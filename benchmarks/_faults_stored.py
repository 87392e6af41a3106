"""Damage to every kind of file that is kept: mutated at random, then used as a user would.

Each kind says how it is made and what is asked of it (`_faults_answers`, `_faults_networks`, `_faults_built`). The
answer on a damaged folder must be that on the whole one, or an error that names what is damaged; never other numbers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import _faults_answers, _faults_built, _faults_networks
from benchmarks._faults_materials import Kind, tree
from benchmarks._faults_running import Try, emptied, judged
from tests.mutations import mutate

KINDS: dict[str, Kind] = _faults_answers.KINDS | _faults_networks.KINDS | _faults_built.KINDS


@dataclass(frozen=True)
class Damaged:
    """A try for each number: a kind's folder is copied, damaged by the seed and the number, and asked."""

    root: Path
    kind: str
    seed: int

    @property
    def place(self) -> Path:
        """Where this kind's folders are."""
        return self.root / "kinds" / self.kind

    def prepare(self) -> None:
        """Make the folder, and keep the answer on it as it is."""
        kind, whole = KINDS[self.kind], self.place / "whole"
        self.place.mkdir(parents=True, exist_ok=True)
        if not whole.exists():
            kind.make(self.root, whole)
        shutil.copytree(whole, self.place / "first")
        (self.place / "answer").write_text(kind.ask(self.root, self.place / "first"))
        shutil.rmtree(self.place / "first")

    def __call__(self, number: int) -> Try:
        """The outcome of one try; number -1 prepares the others."""
        if number < 0:
            self.prepare()
            return Try("right")
        folder = emptied(self.place / f"try-{number}")
        shutil.copytree(self.place / "whole", folder, dirs_exist_ok=True)
        told = f"number {number}: {mutate(folder, self.seed * 1_000_003 + number)}"
        damaged = tree(folder)

        def asked() -> Try:
            if KINDS[self.kind].ask(self.root, folder) != (self.place / "answer").read_text():
                return Try("wrong", told)
            return Try("right" if tree(folder) == damaged else "made again")

        try:
            return judged(asked, told)
        finally:
            shutil.rmtree(folder)


def shares(total: int) -> Iterator[tuple[str, int]]:
    """How many tries each kind gets of so many."""
    weight = sum(1 / kind.cost for kind in KINDS.values())
    for name, kind in KINDS.items():
        yield name, max(1, round(total / kind.cost / weight))


__all__ = ["KINDS", "Damaged", "shares"]
