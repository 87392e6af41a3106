"""The commands that keep or write results, small, and what ends them in the middle: kills and full disks."""

from __future__ import annotations

import math
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from benchmarks._faults_running import Ended, Try, command
from benchmarks.same_bytes import hashes

_SMALL = ("--size", "16", "--stride", "16", "--limit", "3")
_CONTROLS = ("--layers", "conv1,block1.relu2", "--units", "2", "--each", "2", "--seeds", "1", "--side", "8")
_WORST = (
    "--explain",
    "3",
    "--layers",
    "block2.relu2",
    "--most",
    "2",
    "--size",
    "16",
    "--stride",
    "16",
    "--match",
    "index",
)
_LEARNT = ("-n", "6", "--active", "2", "--updates", "20", "--positions", "300", "--store", "{out}/work")
_LEARN = ("--per-class", "3", "--folds", "1", "--layers", "conv1,fc", "--c", "1", "--classifiers", "svm")
_TRAIN = ("{recipe}", "{images}", "--hold-out", "0.3", "-o", "{out}")

JOBS: dict[str, tuple[str, ...]] = {
    "atlas": ("atlas", "zoo:tiny", "{images}", "-o", "{out}", "--layers", "fc", "-k", "2"),
    "scan": ("scan", "zoo:tiny", "{images}", "-o", "{out}/scan", "--cache", "{out}/cache"),
    "merge": ("merge", "{parts}/0", "{parts}/1", "-o", "{out}"),
    "occlude": ("occlude", "zoo:tiny", "{images}", "-o", "{out}", *_SMALL),
    "transfer": ("transfer", "zoo:tiny", "{images}", "-o", "{out}", *_LEARN),
    "train": ("train", *_TRAIN),
    "evaluate": ("evaluate", "zoo:tiny", "{images}", "-o", "{out}", "--match", "index"),
    "evolve": ("evolve", "{run}", "{images}", "-o", "{out}", "--model", "zoo:tiny", "--layers", "fc", "--units", "2"),
    "export": ("atlas", "export", "{atlas}", "-o", "{out}"),
    "export --zip": ("atlas", "export", "{atlas}", "--zip", "-o", "{out}/a.zip"),
    "export --single-file": ("atlas", "export", "{atlas}", "--single-file", "-o", "{out}/a.html"),
    "sanity": ("sanity", "zoo:tiny", "{images}", "-o", "{out}", *_CONTROLS),
    "effects": ("effects", "zoo:tiny", "{images}", "-o", "{out}", "--layers", "conv1,block2.relu2", "--match", "index"),
    "mistakes": ("mistakes", "zoo:tiny", "{images}", "-o", "{out}", *_WORST),
    "directions": ("directions", "zoo:tiny", "{images}", "--layer", "relu1", "-o", "{out}/d.safetensors", *_LEARNT),
    "deconv": ("deconv", "zoo:tiny", "{images}", "-u", "fc:0", "-u", "fc:1", "-o", "{out}"),
    "invariance": ("invariance", "zoo:tiny", "{images}", "-o", "{out}", "--limit", "2", "-T", "scale=1:1.2:0.2"),
    "correspond": ("correspond", "zoo:tiny", "{images}", "-o", "{out}", "--parts", "{boxes}", "--draws", "5"),
    "diagnose": ("diagnose", "zoo:tiny", "{images}", "-o", "{out}", "--projections", "4"),
    "overlap": ("overlap", "{images}", "{images}", "-o", "{out}"),
    "check": ("check", "zoo:tiny", "{images}", "-o", "{out}"),
    "causes": ("causes", "zoo:tiny", "{images}", "-o", "{out}", "-u", "fc:0", "--layers", "conv1", "--limit", "2"),
    "attach": ("atlas", "attach", "{out}", "{atlas}", "--name", "other"),
    "causes --atlas": ("causes", "zoo:tiny", "{images}", "-o", "{out}/found", "-u", "fc:0", "--layers", "conv1",
                       "--limit", "2", "--atlas", "{out}"),
    "ablate": ("ablate", *_TRAIN, "--variants", "no-3-4,no-7", "--seeds", "1"),
}  # fmt: skip
"""By name, the arguments of each command; {out} is where it writes, the others are made by `materials`."""

KILLED = tuple(JOBS)[:15]
"""Those that take long in earnest, and go on where they were stopped; exports begin again."""

ADDING = {"attach": "atlas", "causes --atlas": "atlas"}
"""Those that add to what is there, by the material that is copied to where they write."""

_ENDED_BEFORE = "is there already"


@cache
def materials(folder: Path) -> dict[str, str]:
    """What the commands take besides the network, written into a folder once."""
    from tests.cli.conftest import RECIPE, write_images

    images = write_images(folder / "images", 12)
    (folder / "quick.toml").write_text(RECIPE)
    rows = "".join(f"even/{name}.png,eye,6,6,20,20\n" for name in (0, 2, 4))
    (folder / "boxes.csv").write_text("image,part,y0,x0,y1,x1\n" + rows)
    said = folder / "said"
    said.mkdir()
    made = {"images": images, "recipe": folder / "quick.toml", "boxes": folder / "boxes.csv", "run": folder / "run"}
    made |= {"parts": folder / "parts", "atlas": folder / "atlas"}
    named = {name: str(path) for name, path in made.items()}
    for shard in (0, 1):
        tokens = ("scan", "zoo:tiny", images, "-o", folder / "parts" / str(shard), "--shard", f"{shard}/2")
        expect(command(tokens, said))
    expect(command(tokens_of("atlas", named, folder / "atlas"), said))
    _checkpoints(folder / "run")
    return named


def _checkpoints(folder: Path) -> None:
    """Two checkpoints of one small network."""
    import torch

    from convscope.models import save_weights
    from convscope.models.tiny import random_tiny

    for epoch in (1, 2):
        torch.manual_seed(epoch)
        save_weights(folder / f"epoch-{epoch:04}.safetensors", random_tiny().state_dict())


def tokens_of(job: str, made: Mapping[str, str], out: Path) -> list[str]:
    """The arguments of a job that writes to `out`."""
    return [*(part.format(out=out, **made) for part in JOBS[job]), "--quiet"]


def expect(ended: Ended) -> Ended:
    """The same, where it ended well; what is compared with must be there."""
    if ended.code:
        raise SystemExit(f"a command that nothing disturbed failed: {ended.note}")
    return ended


def _begun(job: str, made: Mapping[str, str], out: Path) -> Path:
    """Where a job writes, with nothing there but what it adds to."""
    for path in (out, *out.parent.glob(f".{out.name}*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if job in ADDING:
        shutil.copytree(made[ADDING[job]], out)
    return out


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


def _pages(folder: Path) -> int:
    """What a folder takes of a disk, without the folders themselves."""
    return sum(math.ceil(size / 4096) for size in _sizes(folder))


def _same_again(job: str, made: Mapping[str, str], out: Path, said: Path, reference: Mapping[str, str]) -> Try:
    """The outcome of the same command after it was stopped: the bytes of one that was not."""
    again = command(tokens_of(job, made, out), said)
    over = job.startswith("export") and again.code == 5 and _ENDED_BEFORE in again.said
    if again.unforeseen or (again.code and not over):
        return Try(again.unforeseen or "wrong", f"{job}, again: {again.note}")
    found = hashes(out)
    if found == reference:
        return Try("made again")
    different = sorted(key for key in {*found, *reference} if found.get(key) != reference.get(key))
    return Try("wrong", f"{job}: other bytes of {', '.join(different[:6])}")


def kills(job: str, made: Mapping[str, str], folder: Path, numbers: Sequence[int], seed: int) -> Iterator[Try]:
    """The outcome for each number: of a command that is killed at random moments, up to three times, then let finish.

    Where it was faster than all of the kills that is a try all the same.
    """
    out, said = folder / "out", folder / "said"
    command(tokens_of(job, made, _begun(job, made, out)), said)  # compiled loops are read for the first time
    whole = expect(command(tokens_of(job, made, _begun(job, made, out)), said)).seconds
    reference = hashes(out)
    for number in numbers:
        draw = random.Random(f"{seed} {job} {number}")
        _begun(job, made, out)
        for _ in range(draw.randint(1, 3)):
            if command(tokens_of(job, made, out), said, kill_after=draw.uniform(0.05, 1.0) * whole).code >= 0:
                break
        yield _same_again(job, made, out, said, reference)
    shutil.rmtree(out)


# -- disks ------------------------------------------------------------------------------------------------------------
@contextmanager
def disk(place: Path, kibibytes: int) -> Iterator[Path]:
    """A folder on a disk of that size. Raises OSError where none can be mounted."""
    place.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=20)


def _mount(*options: str) -> None:
    done = subprocess.run(["mount", *options], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip())


def can_mount(folder: Path) -> bool:
    """Whether this process may mount small disks, as root in a container may."""
    try:
        with disk(folder / "probe", 64):
            return sys.platform.startswith("linux")
    except (OSError, subprocess.SubprocessError):
        return False


def full_disks(
    job: str, made: Mapping[str, str], folder: Path, numbers: Sequence[int], count: int, seed: int
) -> Iterator[Try]:
    """The outcome for each number of `count`: of a command on a disk of a random size that is too small, then with
    room. The numbers share the sizes from nothing to nearly all that the command takes."""
    place, said = folder / "disk", folder / "said"
    with disk(place, 1 << 20):
        before = _pages(_begun(job, made, place / "out"))
        expect(command(tokens_of(job, made, place / "out"), said))
        reference, more = hashes(place / "out"), max(1, _pages(place / "out") - before)
        folders = 0 if job not in ADDING else 2 * sum(path.is_dir() for path in (place / "out").rglob("*"))
    for number in numbers:
        draw = random.Random(f"{seed} {job} {number}")
        low, high = 1 + more * number // count, 1 + more * (number + 1) // count
        # What is there already has to fit, with its folders.
        with disk(place, 4 * (before + folders + draw.randint(low, max(low, high)))):
            _begun(job, made, place / "out")
            yield _with_room(job, made, place, said, reference)


def _with_room(job: str, made: Mapping[str, str], place: Path, said: Path, reference: Mapping[str, str]) -> Try:
    ended = command(tokens_of(job, made, place / "out"), said)
    found = _said_full(job, ended)
    if found is not None:
        return found
    _mount("-o", "remount,size=1g", str(place))
    return _same_again(job, made, place / "out", said, reference)


def _said_full(job: str, ended: Ended) -> Try | None:
    """The outcome where a command on a full disk ended as none may; None where it may, or had room enough."""
    words = ("disk is full", "no space left", "File too large")
    if ended.unforeseen or (ended.code and not (ended.code == 5 and any(word in ended.said for word in words))):
        return Try(ended.unforeseen or "wrong", f"{job} on a full disk: {ended.note}")
    return None


def small_files(
    job: str, made: Mapping[str, str], folder: Path, numbers: Sequence[int], count: int, seed: int
) -> Iterator[Try]:
    """The same where no disk can be mounted: no file may grow beyond random sizes, and then any may."""
    place, said = folder / "disk", folder / "said"
    expect(command(tokens_of(job, made, _begun(job, made, place / "out")), said))
    reference, largest = hashes(place / "out"), max(_sizes(place / "out"))
    for number in numbers:
        draw = random.Random(f"{seed} {job} {number}")
        _begun(job, made, place / "out")
        ended = command(tokens_of(job, made, place / "out"), said, largest_file=draw.randint(1, largest))
        yield _said_full(job, ended) or _same_again(job, made, place / "out", said, reference)
