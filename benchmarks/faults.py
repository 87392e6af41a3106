"""Does a fault of disks, processes or strangers' files give a wrong answer in silence, a traceback, a hang, an escape?

    python -m benchmarks.faults [--quick] [--seed N] [--only KIND ...] [--tries N] [--write docs/robustness.md]

Kinds: "kills" ends commands with SIGKILL at random moments, up to three times, and runs the same command again, which
must end with the bytes of one that nothing disturbed. "disks" runs every command that writes on disks of random sizes
that fill up, then with room (where no disk can be mounted, files may not grow instead). "stored" damages every kind of
file that is kept and asks for it. "images" damages images of every format, and collections. "hostile" loads files that
would run code if they could. What is drawn at random comes from --seed, so that others can draw new ones, and the same
again. The process that tries is another one than the one that counts, so that it may die or hang.

The ratio is the share of tries that ended as they may: with the right answer, after the work was made again, or with an
error that says what is wrong. The exit code is 1 where one did not; such tries are printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import _faults_commands as commands
from benchmarks._faults_hostile import EditedAnswer, EditedProgram, HostileWeights, hand_made, weights_tries
from benchmarks._faults_images import COLLECTIONS, FORMS, DamagedImage
from benchmarks._faults_running import BAD, GOOD, LONG, Tally, Try, prepare, watched
from benchmarks._faults_stored import Damaged, shares, write_materials
from benchmarks.harness import Case, arguments, report

FULL = {"kills": 6, "disks": 10, "stored": 500, "images": 2000, "hostile": 60}
"""Kills of each command, sizes of disks for each, mutations over all kinds, over all formats, programs edited."""
QUICK = {"kills": 1, "disks": 1, "stored": 32, "images": 230, "hostile": 4}
QUICK_JOBS = ("scan", "merge", "evaluate", "export", "deconv")
"""The commands that a quick run takes."""

Tallies = Iterator[Tally]


def tallied(kind: str, what: str, tries: Iterator[Try]) -> Tally:
    """The tries, counted."""
    tally = Tally(kind, what)
    for one in tries:
        tally.add(one)
    print(f"{kind}: {what}: {_told(tally)}", file=sys.stderr, flush=True)
    for note in tally.notes:
        print(f"    {note}", file=sys.stderr, flush=True)
    return tally


def _told(tally: Tally) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(tally.counts.items()))


def kills(root: Path, options: argparse.Namespace, size: int) -> Tallies:
    """Commands that are killed."""
    made = commands.materials(root)
    for job in commands.KILLED:
        if not options.quick or job in QUICK_JOBS:
            yield tallied("kills", job, commands.kills(job, made, root, size, options.seed))


def disks(root: Path, options: argparse.Namespace, size: int) -> Tallies:
    """Commands on disks that fill up."""
    made = commands.materials(root)
    tried = commands.full_disks if commands.can_mount(root) else commands.small_files
    for job in commands.JOBS:
        if not options.quick or job in QUICK_JOBS:
            yield tallied("disks", job, tried(job, made, root, size, options.seed))


def stored(root: Path, options: argparse.Namespace, size: int) -> Tallies:
    """Kept files that are damaged."""
    write_materials(root)
    for kind, count in shares(size):
        once = Damaged(root, kind, options.seed)
        (ready,) = watched(once, [-1], patience=LONG)
        if ready.outcome != "right":
            raise SystemExit(f"{kind} could not be made: {ready.note}")
        yield tallied("stored", kind, watched(once, range(count)))


def images(root: Path, options: argparse.Namespace, size: int) -> Tallies:
    """Images and collections that are damaged."""
    each = max(1, size // (len(FORMS) + len(COLLECTIONS)))
    for what in (*FORMS, *COLLECTIONS):
        yield tallied("images", what, watched(DamagedImage(root, what, options.seed), range(each)))


def hostile(root: Path, options: argparse.Namespace, size: int) -> Tallies:
    """Files that would run code."""
    edits = EditedProgram(root, options.seed)
    list(watched(edits, [-1], patience=LONG))
    yield tallied("hostile", "exported programs, edited", watched(edits, range(size)))
    answers = EditedAnswer(root, options.seed)
    list(watched(answers, [-1], patience=LONG))
    yield tallied("hostile", "answers, edited", watched(answers, range(size)))
    yield tallied("hostile", "weights with pickles", watched(HostileWeights(root), range(weights_tries())))
    if not options.quick:
        yield tallied("hostile", "files made by hand, in the tests", hand_made(root))


KINDS: dict[str, Callable[[Path, argparse.Namespace, int], Tallies]] = {
    "kills": kills,
    "disks": disks,
    "stored": stored,
    "images": images,
    "hostile": hostile,
}


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
    text = path.read_text("utf-8")
    before, _, rest = text.partition(f"<!-- {kind} -->\n")
    _, end, after = rest.partition(f"<!-- end of {kind} -->")
    if not end:
        raise SystemExit(f"{path} has no place for a table of {kind}")
    said = f"{drawn}\n\n{markdown(tallies)}\n"
    path.write_text(f"{before}<!-- {kind} -->\n{said}{end}{after}", "utf-8")


def main() -> int:
    """The exit code: 1 where a try ended as none may."""
    parser = arguments(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="what is drawn at random comes from it")
    parser.add_argument("--only", action="append", choices=list(KINDS), help="a kind of faults; several times")
    parser.add_argument("--tries", type=int, help="instead of the usual number of a kind: see FULL")
    parser.add_argument("--write", type=Path, help="a document to put the tables into")
    options = parser.parse_args()
    prepare()
    tallies: list[Tally] = []
    for kind in options.only or KINDS:
        size, found = options.tries or (QUICK if options.quick else FULL)[kind], []
        with tempfile.TemporaryDirectory(prefix="convscope-faults-") as name:
            for tally in KINDS[kind](Path(name), options, size):
                found.append(tally)
                if options.write:  # at once: the whole takes minutes
                    write(
                        options.write, kind, f"Made with `--only {kind} --seed {options.seed} --tries {size}`.", found
                    )
        tallies += found
    cases = [Case(f"{t.kind}: {t.what}", "all", 1 - t.bad / max(1, t.tries), 1.0, 1.0, note=_told(t)) for t in tallies]
    report("faults", cases, seed=options.seed, tries=sum(t.tries for t in tallies), bad=sum(t.bad for t in tallies))
    return int(any(tally.bad for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
