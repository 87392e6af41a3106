"""Is every convolutional family of torchvision, timm and transformers traced exactly, at its smallest member?

    python -m benchmarks.architectures [--quick] [--library NAME] [--only PART] [--all] [--again] [--minutes M]
    python -m benchmarks.architectures --minutes 0 --write docs/architectures.md

What a family is, and which member is its smallest, says `_families`. Each network is made with random weights, none of
them constant, in float64, at the smallest input of a few sizes that it runs on, and looked at in a process forked for
it, with limits of the processor's time and of memory: its outputs against the module's, the projections of three units
(early, middle, late; each the strongest at the middle of its map) by the gradient's rule against autograd over the
module, and the units' fields against where that gradient is not zero.

One line of JSON for each network, with versions and machine, is kept in benchmarks/results; a run goes on where the
last one stopped. `--again` looks once more at those that were not exact, `--all` takes every network instead of one of
each family, `--quick` one family of forty, `--write` puts the tables into a document.

Ratio: the share of networks that are exact in all three, of those whose module runs here at all; the target is 0.99.
Each other is listed with its cause.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks._exact import examined
from benchmarks._families import LIBRARIES, Member, imported, made, networks, not_here, smallest, weighed
from benchmarks._reached import has_run, write
from benchmarks.harness import Case, arguments, machine, report
from convscope.errors import ConvscopeError

SECONDS, BYTES = 240, 6 << 30  # of one network: of the processor, of memory
EXACT = 1e-8  # differences in float64, relative to the largest value

Found = dict[str, Any]
"""What came of one network: a line of the file."""


# -- apart ------------------------------------------------------------------------------------------------------------
def _within(answer: Connection, library: str, name: str) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    torch.manual_seed(0)
    if reason := not_here(library, name):
        return answer.send({"cause": reason})
    try:
        try:
            module = made(library, name)
        except Exception as error:  # noqa: BLE001  # transformers' defaults need not make a model
            where = traceback.extract_tb(error.__traceback__)[-1].line
            return answer.send({"cause": f"{library} makes no module of it: {_first_line(error)} ({where})"})
        found = examined(module, getattr(module, "pretrained_cfg", None) or {})
    except ConvscopeError as error:
        found = {"cause": f"refused: {str(error)[:400]}"}
    except MemoryError:
        found = {"cause": f"more than {BYTES >> 30} GiB of memory"}
    except Exception as error:  # noqa: BLE001  # whatever it is, it is a cause
        found = {"cause": _first_line(error)}
    return answer.send(found)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:300]}"


def apart(library: str, name: str) -> Found:
    """What came of one network in a process forked for it."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_within, args=(theirs, library, name))
    began = time.monotonic()
    process.start()
    theirs.close()
    try:
        found = ours.recv() if ours.poll(10 * SECONDS) else {"cause": "it did not end"}
    except EOFError:
        process.join(5)
        late = process.exitcode in (-24, -9)  # SIGXCPU, or killed after it
        found = {"cause": f"more than {SECONDS} seconds" if late else f"its process ended with {process.exitcode}"}
    process.kill()
    process.join()
    return {"library": library, "network": name, **found, "seconds": round(time.monotonic() - began, 1)}


def warmed_up(library: str) -> None:
    """Imports and compiles what every fork would for itself."""
    imported(library)
    torch.set_num_threads(1)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    examined(nn.Sequential(layers, nn.Linear(4 * 31 * 31, 3)), {})


# -- all --------------------------------------------------------------------------------------------------------------
def is_exact(found: Found) -> bool:
    """Whether outputs, projections and fields are as they should be."""
    worst = max(found.get("outputs", math.inf), found.get("projections", math.inf))
    return worst <= EXACT and not found.get("beyond", 1)


def every(libraries: Iterable[str]) -> Iterator[Member]:
    """All networks."""
    for library in libraries:
        for own, names in networks(library).items():
            yield from (Member(library, own, name, 0, convolutional=True) for name in names)


def read(file: Path) -> dict[tuple[str, str], Found]:
    """What is known of each network."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return {(one["library"], one["network"]): one for one in map(json.loads, lines)}


def keep(file: Path, known: dict[tuple[str, str], Found]) -> None:
    """Writes what is known of each network, in their order, as a whole."""
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(known[key]) + "\n" for key in sorted(known)), "utf-8")
    part.replace(file)


def main() -> None:
    """Look at what has not been looked at, and report."""
    parser = arguments(__doc__)
    parser.add_argument("--library", choices=LIBRARIES, action="append", help="of these libraries alone")
    parser.add_argument("--all", action="store_true", dest="every")
    parser.add_argument("--only", default="", help="networks whose name has this part")
    parser.add_argument("--again", action="store_true", help="also those that were looked at and are not exact")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results"))
    parser.add_argument("--write", type=Path, help="a document to put the tables into")
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    os.environ["HF_HUB_OFFLINE"] = "1"  # weights are random: nothing is to be fetched
    libraries, families = asked.library or LIBRARIES, asked.out / "families.json"
    file, end = asked.out / "architectures.jsonl", time.monotonic() + 60 * asked.minutes
    members = every(libraries) if asked.every else (one for each in libraries for one in smallest(each, families))
    wanted = (one for one in members if one.convolutional and asked.only in one.network)
    looked_at(islice(wanted, 0, None, 40) if asked.quick else wanted, file, again=asked.again, end=end)
    known = [one for one in read(file).values() if one["library"] in libraries and asked.only in one["network"]]
    if asked.write:
        weighed_all = [
            one
            for library in libraries
            for own, one in weighed(library, families).items()
            if own in networks(library)  # of those that were weighed before some were left out
        ]
        those = {(one.library, one.network) for one in weighed_all}
        write(asked.write, weighed_all, [one for one in known if (one["library"], one["network"]) in those], is_exact)
    cases = [
        Case(f"{one['library']}:{one['network']}", "its module", 0.0, note=str(one.get("cause") or one)[:90])
        for one in known
        if not is_exact(one)
    ]
    good, ran = len(known) - len(cases), sum(has_run(one) for one in known)
    whole = Case(f"{ran} networks", "their modules", good / max(ran, 1), target=0.99)
    report("architectures", [whole, *cases], networks=len(known), ran=ran, exact=good)


def looked_at(wanted: Iterable[Member], file: Path, *, again: bool, end: float) -> None:
    """Adds to what is known until the time is over, and keeps each as soon as it is there."""
    known, warm = read(file), set[str]()
    on = {key: value for key, value in machine().items() if key in ("processor", "torch", "convscope")}
    for one in wanted if time.monotonic() < end else ():
        key = one.library, one.network
        if key in known and not (again and not is_exact(known[key])):
            continue
        if one.library not in warm:
            warmed_up(one.library)
            warm.add(one.library)
        known[key] = apart(*key) | {"family": one.family, one.library: version(one.library)} | on
        keep(file, known)
        state = "exact" if is_exact(known[key]) else known[key].get("cause") or "not exact"
        print(f"{one.library}:{one.network}: {state} ({known[key]['seconds']} s)", flush=True)
        if time.monotonic() > end:
            break


if __name__ == "__main__":
    main()
