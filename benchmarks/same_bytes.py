"""Are the files that the commands write the same, byte for byte, as those of another version of the code?

    python -m benchmarks.same_bytes record before.json     # with the one version
    python -m benchmarks.same_bytes compare before.json    # with the other; ends with 1 where something differs

A change of layout must change no result. Every command that keeps results is run on the embedded network and photos (or
a small network with fixed weights), and the SHA-256 of each file that it writes is kept: stores, atlases, tables,
figures and arrays. SOURCE_DATE_EPOCH stands for the time, and each command runs with one intra-op thread, so that what
depends on the machine is the same on both sides: record and compare on one machine. `--only NAME` takes some jobs.

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
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

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


def run(name: str, made: Mapping[str, str], out: Path) -> dict[str, str]:
    """The hashes of what a job writes."""
    arguments = [part.format(out=out, **made) for part in JOBS[name]]
    fixed = {"SOURCE_DATE_EPOCH": "0", "OMP_NUM_THREADS": "1", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "convscope", *arguments, "--quiet"],
        env=os.environ | fixed, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return hashes(out)


def main() -> int:
    """The exit code: 1 where something differs that was not expected to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("record", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", action="append", choices=list(JOBS))
    parser.add_argument("--expected", action="append", default=[])
    options = parser.parse_args()
    found = {}
    # A fixed place, as paths of images and checkpoints are part of what is said of them.
    place = Path(tempfile.gettempdir()) / "convscope-same-bytes"
    if place.exists():
        raise SystemExit(f"{place} is there already: another run is under way, or left it; remove it")
    try:
        made = materials(place)
        for name in options.only or JOBS:
            for file, digest in run(name, made, place / "out" / name).items():
                found[f"{name}/{file}"] = digest
            print(f"{name}: {sum(key.startswith(name + '/') for key in found)} files", flush=True)
    finally:
        import shutil

        shutil.rmtree(place, ignore_errors=True)
    if options.what == "record":
        options.file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{len(found)} files: {options.file}")
        return 0
    return told(json.loads(options.file.read_text(encoding="utf-8")), found, options.only, options.expected)


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
