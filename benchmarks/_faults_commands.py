"""The commands that keep or write results, small, and what ends them in the middle: kills and full disks."""

from __future__ import annotations

import math
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks._faults_running import Ended, Try, command
from benchmarks.same_bytes import hashes

_SMALL = ("--size", "16", "--stride", "16", "--limit", "3")
_CONTROLS = ("--layers", "conv1,block1.relu2", "--units", "2", "--each", "2", "--seeds", "1", "--side", "8")
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
    "deconv": ("deconv", "zoo:tiny", "{images}", "-u", "fc:0", "-u", "fc:1", "-o", "{out}"),
    "invariance": ("invariance", "zoo:tiny", "{images}", "-o", "{out}", "--limit", "2", "-T", "scale=1:1.2:0.2"),
    "correspond": ("correspond", "zoo:tiny", "{images}", "-o", "{out}", "--parts", "{boxes}", "--draws", "5"),
    "diagnose": ("diagnose", "zoo:tiny", "{images}", "-o", "{out}", "--projections", "4"),
    "overlap": ("overlap", "{images}", "{images}", "-o", "{out}"),
    "check": ("check", "zoo:tiny", "{images}", "-o", "{out}"),
    "causes": ("causes", "zoo:tiny", "{images}", "-o", "{out}", "-u", "fc:0", "--layers", "conv1", "--limit", "2"),
    "ablate": ("ablate", *_TRAIN, "--variants", "no-3-4,no-7", "--seeds", "1"),
}
"""By name, the arguments of each command; {out} is where it writes, the others are made by `materials`."""

KILLED = tuple(JOBS)[:13]
"""Those that take long in earnest, and go on where they were stopped; exports begin again."""

_ENDED_BEFORE = "is there already"


def materials(folder: Path) -> dict[str, str]:
    """What the commands take besides the network, written into a folder."""
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


def _emptied(out: Path) -> Path:
    for path in (out, *out.parent.glob(f".{out.name}*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return out


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


def kills(job: str, made: Mapping[str, str], folder: Path, count: int, seed: int) -> Iterator[Try]:
    """The outcomes of a command that is killed at random moments, up to three times, and then let finish."""
    draw, out, said = random.Random(f"{seed} {job}"), folder / "out", folder / "said"
    command(tokens_of(job, made, out), said)  # compiled loops are read for the first time
    whole = expect(command(tokens_of(job, made, _emptied(out)), said)).seconds
    reference, killed = hashes(out), 0
    while killed < count:
        _emptied(out)
        for _ in range(draw.randint(1, 3)):
            ended = command(tokens_of(job, made, out), said, kill_after=draw.uniform(0.05, 1.0) * whole)
            if ended.code >= 0:
                break
            killed += 1
        else:
            yield _same_again(job, made, out, said, reference)
            continue
        killed += 1  # it was faster than the kill: a try all the same, or fast commands would never end
        yield _same_again(job, made, out, said, reference)
    _emptied(out)


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


def full_disks(job: str, made: Mapping[str, str], folder: Path, count: int, seed: int) -> Iterator[Try]:
    """The outcomes of a command on disks of random sizes that are too small, and then with room."""
    draw, place, said = random.Random(f"{seed} {job}"), folder / "disk", folder / "said"
    with disk(place, 1 << 20):
        expect(command(tokens_of(job, made, place / "out"), said))
        reference = hashes(place / "out")
        files = [path.stat().st_size for path in (place / "out").rglob("*") if path.is_file()]
        pages = sum(math.ceil(size / 4096) for size in files)
    for number in range(count):
        # One page more each than what all of it takes divided so: from nothing to nearly all.
        low, high = 1 + pages * number // count, 1 + pages * (number + 1) // count
        with disk(place, 4 * draw.randint(low, max(low, high))):
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


def small_files(job: str, made: Mapping[str, str], folder: Path, count: int, seed: int) -> Iterator[Try]:
    """The same where no disk can be mounted: no file may grow beyond random sizes, and then any may."""
    draw, place, said = random.Random(f"{seed} {job}"), folder / "disk", folder / "said"
    expect(command(tokens_of(job, made, _emptied(place / "out")), said))
    reference = hashes(place / "out")
    largest = max(path.stat().st_size for path in (place / "out").rglob("*") if path.is_file())
    for _ in range(count):
        _emptied(place / "out")
        ended = command(tokens_of(job, made, place / "out"), said, largest_file=draw.randint(1, largest))
        found = _said_full(job, ended)
        yield found or _same_again(job, made, place / "out", said, reference)
