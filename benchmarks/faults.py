"""Does a fault of disks, processes or strangers' files give a wrong answer in silence, a traceback, a hang, an escape?

    python -m benchmarks.faults [--quick] [--seed N] [--only KIND ...] [--tries N] [--write docs/robustness.md]
    python -m benchmarks.faults --seed N --keep FILE --minutes 5    # again and again: each call goes on from the last

Kinds: "kills" ends commands with SIGKILL at random moments, up to three times, and runs the same command again, which
must end with the bytes of one that nothing disturbed. "disks" runs every command that writes on disks of random sizes
that fill up, then with room (where no disk can be mounted, files may not grow instead). "stored" damages every kind of
file that is kept and asks for it. "images" damages images of every format, and collections. "hostile" loads files that
would run code if they could. What is drawn at random comes from --seed and from the number of the try, so that others
can draw new ones, and the same again, in one run or in pieces. The process that tries is another one than the one that
counts, so that it may die or hang.

The ratio is the share of tries that ended as they may: with the right answer, after the work was made again, or with an
error that says what is wrong. The exit code is 1 where one did not; such tries are printed. It is 3 where --minutes
were over before all was tried.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from benchmarks import _faults_commands as commands
from benchmarks._faults_atlases import EditedAtlas
from benchmarks._faults_hostile import (
    HAND_MADE,
    EditedAnswer,
    EditedDirections,
    EditedKept,
    EditedProgram,
    HostileWeights,
    hand_made,
    weights_tries,
)
from benchmarks._faults_images import COLLECTIONS, FORMS, DamagedImage
from benchmarks._faults_materials import write_materials
from benchmarks._faults_running import BAD, GOOD, LONG, Tally, Try, prepare, watched
from benchmarks._faults_stored import Damaged, shares
from benchmarks.harness import Case, arguments, keep_line, kept_lines, put_between, report

FULL = {"kills": 6, "disks": 10, "stored": 500, "images": 2000, "hostile": 60}
"""Tries of each command, sizes of disks for each, mutations over all kinds, over all formats, programs edited."""
QUICK = {"kills": 1, "disks": 1, "stored": 32, "images": 230, "hostile": 4}
QUICK_JOBS = ("scan", "merge", "evaluate", "export", "deconv")
"""The commands that a quick run takes."""


@dataclass(frozen=True)
class Work:
    """`count` tries of one thing: `make(numbers)` gives the outcomes of those with these numbers, one by one."""

    kind: str
    what: str
    count: int
    make: Callable[[Sequence[int]], Iterable[Try | list[Try]]]


@dataclass(frozen=True)
class Kept:
    """The outcomes of tries, in a file of a line each where one is given: what is there is not tried again."""

    file: Path | None
    seed: int

    @cached_property
    def found(self) -> dict[tuple[str, str, int, int], list[Try]]:
        """Outcomes by kind, thing, how many tries of it were asked for, and number."""
        found = {}
        for one in kept_lines(self.file):
            if one["seed"] == self.seed:
                found[one["kind"], one["what"], one["of"], one["number"]] = [Try(*each) for each in one["tries"]]
        return found

    def add(self, work: Work, number: int, tries: list[Try]) -> None:
        """Keep the outcomes of a number."""
        self.found[work.kind, work.what, work.count, number] = tries
        said = {"seed": self.seed, "kind": work.kind, "what": work.what, "of": work.count, "number": number}
        keep_line(self.file, said | {"tries": [[one.outcome, one.note] for one in tries]})

    def of(self, work: Work) -> dict[int, list[Try]]:
        """The outcomes of a thing by number."""
        known = ((number, (work.kind, work.what, work.count, number)) for number in range(work.count))
        return {number: self.found[key] for number, key in known if key in self.found}

    def fill(self, work: Work, until: float) -> Tally | None:
        """The tries of a thing, counted, those that are missing made now; None where the time was over before."""
        missing = [number for number in range(work.count) if number not in self.of(work)]
        made = iter(work.make(missing)) if missing and time.monotonic() < until else iter(())
        for number, one in zip(missing, made, strict=False):
            self.add(work, number, one if isinstance(one, list) else [one])
            if time.monotonic() >= until:
                break
        tally = Tally(work.kind, work.what)
        for tries in self.of(work).values():
            for one in tries:
                tally.add(one)
        return tally if len(self.of(work)) == work.count else None


# -- kinds ------------------------------------------------------------------------------------------------------------
Works = Iterator[Work]


def kills(root: Path, options: argparse.Namespace, size: int) -> Works:
    """Commands that are killed."""
    for job in commands.KILLED:
        if not options.quick or job in QUICK_JOBS:
            yield Work("kills", job, size, partial(_kills, root, job, options.seed))


def _kills(root: Path, job: str, seed: int, numbers: Sequence[int]) -> Iterator[Try]:
    return commands.kills(job, commands.materials(root), root, numbers, seed)


def disks(root: Path, options: argparse.Namespace, size: int) -> Works:
    """Commands on disks that fill up."""
    for job in commands.JOBS:
        if not options.quick or job in QUICK_JOBS:
            yield Work("disks", job, size, partial(_disks, root, job, options.seed, size))


def _disks(root: Path, job: str, seed: int, count: int, numbers: Sequence[int]) -> Iterator[Try]:
    tried = commands.full_disks if commands.can_mount(root) else commands.small_files
    return tried(job, commands.materials(root), root, numbers, count, seed)


def stored(root: Path, options: argparse.Namespace, size: int) -> Works:
    """Kept files that are damaged."""
    for kind, count in shares(size):
        yield Work("stored", kind, count, partial(_prepared, root, Damaged(root, kind, options.seed), write_materials))


def _prepared(
    root: Path, once: Callable[[int], Try], before: Callable[[Path], None] | None, numbers: Sequence[int]
) -> Iterator[Try]:
    """The outcomes of what makes with number -1 what it needs."""
    if before is not None:
        before(root)
    (ready,) = watched(once, [-1], patience=LONG)
    if ready.outcome != "right":
        raise SystemExit(f"{once} could not be made: {ready.note}")
    yield from watched(once, numbers)


def images(root: Path, options: argparse.Namespace, size: int) -> Works:
    """Images and collections that are damaged."""
    each = max(1, size // (len(FORMS) + len(COLLECTIONS)))
    for what in (*FORMS, *COLLECTIONS):
        yield Work("images", what, each, partial(watched, DamagedImage(root, what, options.seed)))


def hostile(root: Path, options: argparse.Namespace, size: int) -> Works:
    """Files that would run code."""
    for what, once in (
        ("exported programs, edited", EditedProgram(root, options.seed)),
        ("programs that were traced before, edited", EditedKept(root, options.seed)),
        ("directions, edited", EditedDirections(root, options.seed)),
        ("answers, edited", EditedAnswer(root, options.seed)),
        ("atlases, edited", EditedAtlas(root, options.seed)),
    ):
        yield Work("hostile", what, size, partial(_prepared, root, once, None))
    yield Work("hostile", "weights with pickles", weights_tries(), partial(watched, HostileWeights(root)))
    if not options.quick:
        yield Work("hostile", "files made by hand, in the tests", len(HAND_MADE), partial(hand_made, root))


KINDS: dict[str, Callable[[Path, argparse.Namespace, int], Works]] = {
    "kills": kills,
    "disks": disks,
    "stored": stored,
    "images": images,
    "hostile": hostile,
}


# -- tables -----------------------------------------------------------------------------------------------------------
def markdown(tallies: list[Tally]) -> str:
    """A table of tries and outcomes."""
    columns = (*GOOD, *BAD)
    lines = [f"| | tries | {' | '.join(columns)} |", f"|{'---|' * (len(columns) + 2)}"]
    for tally in tallies:
        cells = (str(tally.counts.get(outcome, 0)) for outcome in columns)
        lines.append(f"| {tally.what} | {tally.tries} | {' | '.join(cells)} |")
    total = [sum(tally.counts.get(outcome, 0) for tally in tallies) for outcome in columns]
    lines.append(f"| **all** | **{sum(total)}** | {' | '.join(f'**{count}**' for count in total)} |")
    return "\n".join(lines)


def write(path: Path, kind: str, drawn: str, tallies: list[Tally]) -> None:
    """Put the table of one kind into a document, in place of the one that is there."""
    put_between(path, kind, f"{drawn}\n\n{markdown(tallies)}\n")


def told(tally: Tally) -> str:
    """The counts on one line."""
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(tally.counts.items()))


def tallied(works: Works, kept: Kept, until: float) -> Iterator[Tally | None]:
    """The tallies of a kind; None for a thing that there was no time for."""
    for work in works:
        tally = kept.fill(work, until)
        if tally is not None:
            print(f"{tally.kind}: {tally.what}: {told(tally)}", file=sys.stderr, flush=True)
            for note in tally.notes:
                print(f"    {note}", file=sys.stderr, flush=True)
        yield tally


def tried(kind: str, kept: Kept, options: argparse.Namespace, until: float) -> tuple[list[Tally], bool]:
    """The tallies of a kind, and whether nothing is left to try; its table is written where nothing is."""
    size = options.tries or (QUICK if options.quick else FULL)[kind]
    with tempfile.TemporaryDirectory(prefix="convscope-faults-") as name:
        works = (one for one in KINDS[kind](Path(name), options, size) if options.what in (None, one.what))
        found = list(tallied(works, kept, until))
    tallies = [tally for tally in found if tally is not None]
    whole = len(tallies) == len(found)
    if options.write and whole and options.what is None:
        write(options.write, kind, f"Made with `--only {kind} --seed {options.seed} --tries {size}`.", tallies)
    return tallies, whole


def main() -> int:
    """The exit code: 1 where a try ended as none may, 3 where the time was over before all was tried."""
    parser = arguments(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="what is drawn at random comes from it")
    parser.add_argument("--only", action="append", choices=list(KINDS), help="a kind of faults; several times")
    parser.add_argument("--what", help="one thing of these kinds alone, by its name in the tables")
    parser.add_argument("--tries", type=int, help="instead of the usual number of a kind: see FULL")
    parser.add_argument("--keep", type=Path, help="a file for the outcomes, from which the next call goes on")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no try after so many")
    parser.add_argument("--write", type=Path, help="a document to put the tables into")
    options = parser.parse_args()
    prepare()
    kept, until = Kept(options.keep, options.seed), time.monotonic() + 60 * options.minutes
    tallies, whole = list[Tally](), True
    for kind in options.only or KINDS:
        found, all_of_it = tried(kind, kept, options, until)
        tallies, whole = [*tallies, *found], whole and all_of_it
    cases = [Case(f"{t.kind}: {t.what}", "all", 1 - t.bad / max(1, t.tries), 1.0, 1.0, note=told(t)) for t in tallies]
    report("faults", cases, seed=options.seed, tries=sum(t.tries for t in tallies), bad=sum(t.bad for t in tallies))
    return 1 if any(tally.bad for tally in tallies) else 0 if whole else 3


if __name__ == "__main__":
    sys.exit(main())
