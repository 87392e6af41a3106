"""Two files of benchmark results, side by side: what became better or worse by more than their spread.

    CONVSCOPE_BENCHMARKS=after.jsonl make bench
    python -m benchmarks.compare before.jsonl after.jsonl

Of a case that was measured several times the last counts. Ratios are compared, not seconds: both sides of a ratio were
measured in one run on one machine. Exit code 1 where one became worse.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

NOISE = 0.05
"""The least change that is called one: ratios of the same code differ by so much from run to run."""

Key = tuple[str, str, str]
"""A benchmark, its case, and what that was held against."""


@dataclass(frozen=True)
class Change:
    """One case before and after; None where it was not measured. spread: of both runs, the larger."""

    key: Key
    before: float | None
    after: float | None
    spread: float

    @property
    def factor(self) -> float | None:
        """After over before: above 1 is better."""
        return self.after / self.before if self.before and self.after is not None else None

    @property
    def verdict(self) -> Literal["better", "worse", "same", "new", "gone"]:
        """What became of it, where it is more than noise and spread."""
        if self.factor is None:
            return "new" if self.before is None else "gone"
        beyond = max(NOISE, self.spread)
        if self.factor >= 1 + beyond:
            return "better"
        return "worse" if self.factor <= 1 / (1 + beyond) else "same"


def read(path: Path) -> tuple[dict[Key, dict[str, Any]], list[dict[str, Any]]]:
    """The last measurement of each case of a file, and the machines it tells of, each once."""
    cases: dict[Key, dict[str, Any]] = {}
    machines: list[dict[str, Any]] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            document = json.loads(line)
            found = {(document["name"], case["case"], case["against"]): case for case in document["cases"]}
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(
                f"{path}, line {number}: no result of a benchmark, which CONVSCOPE_BENCHMARKS=FILE keeps ({error!r})"
            ) from None
        cases |= found
        if document.get("machine") not in machines:
            machines.append(document.get("machine"))
    return cases, machines


def changes(before: dict[Key, dict[str, Any]], after: dict[Key, dict[str, Any]]) -> Iterator[Change]:
    """Each case of either file that has a ratio, in their order."""
    for key in {**before, **after}:
        sides = before.get(key, {}), after.get(key, {})
        then, now = (side.get("ratio") for side in sides)
        if then is not None or now is not None:
            yield Change(key, then, now, max(side.get("spread") or 0.0 for side in sides))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    asked = parser.parse_args()
    (before, machines), (after, others) = read(asked.before), read(asked.after)
    table = Table()
    for heading in ("benchmark", "case", "against", "before", "after", "after / before", ""):
        table.add_column(heading)
    found = list(changes(before, after))
    for change in found:
        numbers = (change.before, change.after, change.factor)
        table.add_row(*change.key, *("" if n is None else f"{n:.3g}" for n in numbers), change.verdict)
    console = Console(width=160)
    console.print(table)
    if machines != others:
        console.print(f"measured on different machines or versions: {machines} and {others}")
    sys.exit(any(change.verdict == "worse" for change in found))


if __name__ == "__main__":
    main()
