"""Are the files that the commands write the same, byte for byte, as those of another version of the code?

    python -m benchmarks.same_bytes against main  # this working tree and that revision; ends with 1 where they differ
    python -m benchmarks.same_bytes against HEAD --only scan --only atlas

A change of layout must change no result: this says of a change at hand which files it changes. Every command that keeps
results is run on the embedded network and photos (or a small network with fixed weights), by both versions one after
the other, and the SHA-256 of each file that it writes is compared: stores, atlases, tables, figures and arrays.
SOURCE_DATE_EPOCH stands for the time, each command runs with one intra-op thread, and what is chosen by the machine
(`convscope.kernels.machine`) is chosen alike. Rounding is the processor's and PyTorch's all the same: hashes are of one
machine, and none are kept with the code. For versions that do not run in one environment, or a day apart:

    python -m benchmarks.same_bytes record before.json     # with the one version
    python -m benchmarks.same_bytes compare before.json    # with the other, on the same machine

A file that is meant to differ (a manifest with a new field, say) is listed with `--expected PATTERN`, such as
`--expected 'scan/manifest.json'`; it is told all the same.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
NET = "zoo:squeezenet1_1"
SMALL = "zoo:zfnet-imagenette"

_PARTS = "image,part,y0,x0,y1,x1\n{0},eye,60,60,110,120\n{1},eye,60,60,110,120\n{2},eye,60,60,110,120\n"

JOBS: dict[str, tuple[str, ...]] = {
    "scan": ("scan", NET, "samples:", "-o", "{out}"),
    "scan-all": ("scan", SMALL, "{photos}", "-o", "{out}", "--layers", "{layers}", "-k", "5"),
    "scan-part": ("scan", NET, "{photos}", "-o", "{out}", "--shard", "0/2"),
    "atlas": ("atlas", NET, "{photos}", "-o", "{out}", "--layers", "features.1,features.7.cat"),
    "atlas-gradient": ("atlas", SMALL, "{photos}", "-o", "{out}", "--layers", "relu2,relu5", "--rule", "guided"),
    "deconv": ("deconv", NET, "{photos}", "-u", "features.7.cat:7", "-u", "features.1:3@4,5", "-o", "{out}"),
    "occlude": ("occlude", NET, "{photos}", "-o", "{out}", "--size", "64", "--stride", "32", "--limit", "3"),
    "invariance": ("invariance", NET, "{photos}", "-o", "{out}", "--limit", "3", "-T", "scale=1:1.4:0.2"),
    "correspond": ("correspond", NET, "{photos}", "-o", "{out}", "--parts", "{parts}", "--draws", "20"),
    "diagnose": ("diagnose", NET, "{photos}", "-o", "{out}", "--projections", "9"),
    "evolve": ("evolve", "{checkpoints}", "{photos}", "-o", "{out}", "--layers", "relu2,relu5", "--units", "2"),
    "transfer": ("transfer", SMALL, "npz:{pack}", "-o", "{out}", "--per-class", "3,5", "--folds", "2",
                 "--layers", "relu2,relu5", "--compare", "random"),
    "evaluate": ("evaluate", SMALL, "npz:{pack}", "-o", "{out}", "--match", "index"),
    "evaluate-ten": ("evaluate", SMALL, "npz:{pack}", "-o", "{out}", "--match", "index", "--views", "ten"),
    "train": ("train", "imagenette-zfnet", "npz:{pack}", "-o", "{out}", "--hold-out", "0.3", "--set", "epochs=2",
              "--set", "width=0.05", "--set", "batch=8", "--device", "cpu"),
    "overlap": ("overlap", "{photos}", "{photos}", "-o", "{out}"),
    "causes": ("causes", NET, "{photos}", "-o", "{out}", "-u", "features.7.cat:7", "--limit", "2", "--most", "3"),
    "effects": ("effects", SMALL, "npz:{pack}", "-o", "{out}", "--layers", "relu5", "--match", "index"),
    "directions": ("directions", SMALL, "{photos}", "-o", "{out}/sae.safetensors", "--store", "{out}", "--layer",
                   "relu2", "-n", "32", "--updates", "50", "--positions", "2000"),
    "mistakes": ("mistakes", SMALL, "npz:{pack}", "-o", "{out}", "--match", "index", "--layers", "relu5", "--explain",
                 "2", "--size", "64", "--stride", "64"),
    "sanity": ("sanity", SMALL, "{photos}", "-o", "{out}", "--layers", "relu2", "-u", "2", "--each", "2", "--seeds",
               "1", "--side", "16"),
    "check": ("check", SMALL, "{photos}", "-o", "{out}", "--layers", "relu2,relu5"),
    "paper": ("paper", SMALL, "{photos}", "-o", "{out}", "--claims", "aliasing,depth", "--seeds", "1"),
    "ablate": ("ablate", "imagenette-table3", "npz:{pack}", "-o", "{out}", "--hold-out", "0.3", "--variants", "base",
               "--seeds", "1", "--set", "epochs=1", "--set", "width=0.05", "--set", "batch=8", "--device", "cpu"),
}  # fmt: skip
"""By name, the arguments of each command; {out} is its folder, the others are made by `materials`."""

IGNORED = ("*/log.csv", "*/log.jsonl", "*tfevents*", "*.part")
"""Files that hold times of day or durations."""

TIMED = re.compile(r"(.*/)?(state|training|checkpoints/epoch-\d+)\.safetensors")
"""Files of a training whose header holds durations: their tensors count."""


def materials(folder: Path) -> dict[str, str]:
    """What the jobs take besides the embedded network and photos, written into a folder."""
    from PIL import Image

    from convscope.data import load_image, open_source

    samples = open_source("samples:", limit=18)
    photos = folder / "photos"
    photos.mkdir(parents=True)
    for i in range(len(samples)):
        Image.fromarray(load_image(samples, i)).save(photos / f"{i:02}.png")
    random = np.random.default_rng(0)
    images = [np.asarray(Image.open(path).resize((96, 96))) for path in sorted(photos.iterdir())]
    noisy = [np.clip(images[i % 3 * 5] + random.normal(0, 40, (96, 96, 3)), 0, 255).astype(np.uint8) for i in range(36)]
    files = [_png(image) for image in noisy]
    pack = folder / "pack.npz"
    np.savez(
        pack,
        data=np.frombuffer(b"".join(files), np.uint8),
        offsets=np.cumsum([0, *map(len, files)]),
        labels=np.arange(36) % 3,
        classes=np.array(["ape", "bee", "cat"]),
    )
    parts = folder / "parts.csv"
    parts.write_text(_PARTS.format("00.png", "05.png", "10.png"), encoding="utf-8")
    checkpoints = folder / "checkpoints"
    _checkpoints(checkpoints)
    layers = "conv1,relu1,pool1,relu2,pool2,relu5"
    found = {"photos": photos, "pack": pack, "parts": parts, "checkpoints": checkpoints, "layers": layers}
    return {name: str(value) for name, value in found.items()}


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    return memory.getvalue()


def _checkpoints(folder: Path) -> None:
    """Two checkpoints of one network: the weights that come along, and the same, half of the way to zero."""
    import convscope.models
    from convscope.models.weights import read_weights, save_weights

    shipped = Path(convscope.models.__file__).parent / "weights_data"
    found = read_weights(next(iter(sorted(shipped.glob("*.safetensors")))))
    folder.mkdir()
    for epoch, share in ((1, 0.5), (2, 1.0)):
        state = {
            name: (tensor * share if tensor.is_floating_point() else tensor) for name, tensor in found.state.items()
        }
        save_weights(folder / f"epoch-{epoch:04}.safetensors", state, found.metadata)


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path there; of a compressed .npz, that of its arrays."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if any(fnmatch.fnmatch(f"/{name}", pattern) for pattern in IGNORED):
            continue
        digest = hashlib.sha256()
        if path.suffix == ".npz":  # a zip holds the time of day
            with zipfile.ZipFile(path) as archive:
                for member in sorted(archive.namelist()):
                    digest.update(member.encode() + archive.read(member))
        elif TIMED.fullmatch(name):
            content = path.read_bytes()
            digest.update(content[8 + int.from_bytes(content[:8], "little") :])
        else:
            digest.update(path.read_bytes())
        found[name] = digest.hexdigest()
    return found


FIXED = {
    "SOURCE_DATE_EPOCH": "0", "OMP_NUM_THREADS": "1", "TZ": "UTC", "PYTHONHASHSEED": "0",
    "CONVSCOPE_MACHINE": "threads=1,vendor=other,vectors=narrow",
}  # fmt: skip
"""What each command finds in its environment, whatever the machine."""


def run(name: str, made: Mapping[str, str], out: Path, source: Path = ROOT / "src") -> dict[str, str]:
    """The hashes of what a job writes, done by the code in a folder."""
    arguments = [part.format(out=out, **made) for part in JOBS[name]]
    done = subprocess.run(
        [sys.executable, "-m", "convscope", *arguments, "--quiet"],
        env=os.environ | FIXED | {"PYTHONPATH": str(source)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    found = hashes(out)
    shutil.rmtree(out)  # paths are part of what is said, so that the other version writes there as well
    return found


def unpack(revision: str, folder: Path) -> Path:
    """The sources of a revision, unpacked into a folder."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", revision, "src"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git has no revision {revision!r}: {done.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def main() -> int:
    """The exit code: 1 where something differs that was not expected to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("against", "record", "compare"))
    parser.add_argument("other", help="a revision of git, or a file of hashes")
    parser.add_argument("--only", action="append", choices=list(JOBS))
    parser.add_argument("--expected", action="append", default=[])
    options = parser.parse_args()
    # A fixed place, as paths of images and checkpoints are part of what is said of them.
    place = Path(tempfile.gettempdir()) / "convscope-same-bytes"
    if place.exists():
        raise SystemExit(f"{place} is there already: another run is under way, or left it; remove it")
    try:
        made = materials(place)
        versions = [ROOT / "src"]
        if options.what == "against":
            versions.append(unpack(options.other, place / "other"))
        now, *others = _each(options.only or list(JOBS), made, place / "out", versions)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if options.what == "record":
        Path(options.other).write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{len(now)} files: {options.other}")
        return 0
    before = others[0] if others else json.loads(Path(options.other).read_text(encoding="utf-8"))
    return told(before, now, options.only, options.expected)


def _each(jobs: Sequence[str], made: Mapping[str, str], out: Path, versions: Sequence[Path]) -> list[dict[str, str]]:
    """The hashes of all files of the jobs, by version."""
    found: list[dict[str, str]] = [{} for _ in versions]
    for name in jobs:
        for source, files in zip(versions, found, strict=True):
            files |= {f"{name}/{file}": digest for file, digest in run(name, made, out / name, source).items()}
        print(f"{name}: {sum(key.startswith(name + '/') for key in found[0])} files", flush=True)
    return found


def told(before: dict[str, str], now: dict[str, str], only: list[str] | None, expected: list[str]) -> int:
    """Say what differs; 1 where something does that was not expected to."""
    if only:
        before = {key: value for key, value in before.items() if key.partition("/")[0] in only}
    unexpected = 0
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) == now.get(key):
            continue
        meant = any(fnmatch.fnmatch(key, pattern) for pattern in expected)
        unexpected += not meant
        what = "is new" if key not in before else "is gone" if key not in now else "differs"
        print(f"{key} {what}{' (expected)' if meant else ''}")
    same = sum(before.get(key) == value for key, value in now.items())
    print(f"{same} of {len(before)} files are the same, {unexpected} differ that should not")
    return int(unexpected > 0)


if __name__ == "__main__":
    sys.exit(main())
