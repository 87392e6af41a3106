"""Whether what is kept in folders is as it was written: scans, checkpoints of evolutions, answers of occlusions.

Each function looks at one folder, without those in it, and says nothing where the folder is not of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convscope.errors import StoreError
from convscope.files import has_format, read_whole
from convscope.stores import occlusion
from convscope.stores.scan_files import (
    FORMAT,
    LAYERS,
    MANIFEST,
    PARTS,
    PROBLEMS,
    identity_of,
    layer_file,
    part_paths,
    read_finished,
    read_layer,
    read_manifest,
    read_part,
)
from convscope.stores.sealing import unseal
from convscope.verification import Finding, Held

__all__ = ["verify_occlusions", "verify_parts", "verify_responses", "verify_scan"]

Item = Held | Finding

_AGAIN = "delete it and run the same scan again"
_ANEW = "nothing: it is made again when it is next asked for"
_SCANS = ("shard-", "part-")  # what parts of scans are called: other answers keep parts as well


ANSWERS = (
    "Projection", "Projections", "Occlusion", "Invariance", "Correspondence", "Evolution", "Diagnosis", "Training",
    "Evaluation", "Ablation", "Transfer", "Overlap", "Verification", "Check", "Causes", "Effects", "Sanity", "Tuning",
    "Mistakes", "Directions",
)  # fmt: skip
"""What studies give, and keep in a file of its own."""


def verify_scan(folder: Path) -> Iterator[Item]:
    """A scan's manifest, layers and parts."""
    parts = [path for path in part_paths(folder) if path.name.startswith(_SCANS)]
    layers = sorted((folder / LAYERS).glob("[0-9][0-9][0-9]-*.safetensors"))
    if not (has_format(folder / MANIFEST, FORMAT) or parts or layers):
        return
    for path in parts:
        try:
            state = read_part(path)
            yield Held(f"{PARTS}/{path.name}", f"{state.covered} of {state.identity.images} images scanned")
        except StoreError as error:
            yield Finding(f"{PARTS}/{path.name}", _reason(error), _AGAIN)
    if (folder / MANIFEST).is_file():
        yield from _finished(folder)
    elif layers and not parts:
        yield Finding(MANIFEST, "is missing beside finished layers", "run the same scan again")


def _finished(folder: Path) -> Iterator[Item]:
    """The files of a finished scan, each for itself, and then together."""
    try:
        manifest = read_manifest(folder / MANIFEST)
        identity = identity_of(manifest)
        digests = [str(entry["sha256"]) for entry in manifest["layers"]]
        pairs = list(zip(identity.layers, digests, strict=True))
    except (StoreError, *PROBLEMS) as error:
        yield Finding(MANIFEST, _reason(error), _AGAIN)
        return
    found = [_layer(folder, number, layer, digest) for number, (layer, digest) in enumerate(pairs)]
    yield from found
    problem = None
    if not any(isinstance(item, Finding) for item in found):
        try:
            read_finished(folder)
        except StoreError as error:
            problem = _reason(error)
    if problem is None:
        yield Held(MANIFEST, f"scan of {identity.network[0]} on {manifest['images']} images")
    else:
        yield Finding(MANIFEST, problem, _AGAIN)


def _layer(folder: Path, number: int, layer: Any, digest: str) -> Item:
    name = f"{LAYERS}/{layer_file(number, layer.name)}"
    remedy = f"delete {MANIFEST} and run the same scan again"
    try:
        read_layer(folder / name, digest)
    except FileNotFoundError:
        return Finding(name, "is missing", remedy)
    except PROBLEMS as error:
        return Finding(name, _reason(error), remedy)
    return Held(name, f"{layer.channels} units of {layer.name}")


def verify_responses(folder: Path) -> Iterator[Item]:
    """The responses that an evolution keeps of a checkpoint."""
    path = folder / "responses.safetensors"
    if not path.is_file():
        return
    try:
        arrays, _ = unseal(read_whole(path))
        yield Held(path.name, f"responses of {len(arrays)} layers")
    except (OSError, ValueError) as error:
        yield Finding(path.name, _reason(error), _ANEW)


def verify_answers(folder: Path) -> Iterator[Item]:
    """Answers of studies, which are saved as files of their kind's name."""
    for kind in ANSWERS:
        path = folder / f"{kind.lower()}.safetensors"
        if not path.is_file():
            continue
        try:
            _, said = unseal(read_whole(path))
            yield Held(path.name, f"an answer: {said.get('answer')}")
        except (OSError, ValueError) as error:
            yield Finding(path.name, _reason(error), f"ask again: the same call, or {kind}.save, writes it anew")


def verify_parts(folder: Path) -> Iterator[Item]:
    """Work that answers keep on the way to them: sums, mistakes that were looked at, parts of a sanity check."""
    for path in part_paths(folder):
        if path.name.startswith(_SCANS):
            continue
        try:
            unseal(read_whole(path))
            yield Held(f"{PARTS}/{path.name}", "work that is kept")
        except (OSError, ValueError) as error:
            yield Finding(f"{PARTS}/{path.name}", _reason(error), _ANEW)


def verify_occlusions(folder: Path) -> Iterator[Item]:
    """The answers that an occlusion of a collection keeps."""
    if not (folder / "question.json").is_file():
        return
    if occlusion.question_in(folder) is None:
        yield Finding(
            "question.json",
            "is not as it was written",
            "nothing: the answers are made again when they are next asked for",
        )
    else:
        yield Held("question.json", "what was asked")
    for path in sorted(folder.glob("[0-9]*.npz")):
        try:
            found = occlusion.from_bytes(read_whole(path))
            yield Held(path.name, f"occlusion of one image at {len(found.grid.boxes)} places")
        except (StoreError, *occlusion.DAMAGE) as error:
            yield Finding(path.name, _reason(error), _ANEW)


def _reason(error: BaseException) -> str:
    """What is wrong, on one line, without what to do, which a finding says for itself."""
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
