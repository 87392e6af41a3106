"""Whether what is kept in folders is as it was written: scans, checkpoints of evolutions, answers and parts of them.

Each function looks at one folder, without those in it, and says nothing where the folder is not of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convscope.errors import StoreError
from convscope.files import has_format, obstruction, parse_json, read_whole
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
from convscope.verification import DamagedFile, SoundFile

__all__ = ["verify_answers", "verify_headers", "verify_occlusions", "verify_parts", "verify_responses", "verify_scan"]

Item = SoundFile | DamagedFile

_AGAIN = "delete it and run the same scan again"
_LONGEST = 100 << 20  # bytes of a header, as safetensors has it
_ANEW = "nothing: it is made again when it is next asked for"
_ALL_ANEW = "nothing: the answers are made again when they are next asked for"


ANSWERS = (
    "Projection", "Projections", "Occlusion", "Invariance", "Correspondence", "Evolution", "Diagnosis", "Training",
    "Evaluation", "Ablation", "Transfer", "Overlap", "Verification", "Check", "Causes", "Effects", "Sanity", "Tuning",
    "Mistakes", "Directions", "Paper",
)  # fmt: skip
"""What studies give, and keep in a file of its own."""

WORK = {
    **dict.fromkeys(("Occlusion", "Effects", "Sanity", "Directions", "Mistakes", "Paper"), PARTS),
    "Diagnosis": "scans",
    "Evolution": "checkpoints",
}
"""The folder beside an answer in which work is kept while it is made, where there is one."""


def verify_scan(folder: Path) -> Iterator[Item]:
    """A scan's manifest, layers and parts."""
    parts = part_paths(folder)
    layers = sorted((folder / LAYERS).glob("[0-9][0-9][0-9]-*.safetensors"))
    if not (has_format(folder / MANIFEST, FORMAT) or parts or layers):
        return
    for path in parts:
        try:
            state = read_part(path)
            yield SoundFile(f"{PARTS}/{path.name}", f"{state.covered} of {state.identity.images} images scanned")
        except StoreError as error:
            yield DamagedFile(f"{PARTS}/{path.name}", _reason(error), _AGAIN)
    if (folder / MANIFEST).is_file():
        yield from _finished(folder)
    elif layers and not parts:
        yield DamagedFile(MANIFEST, "is missing beside finished layers", "run the same scan again")


def _finished(folder: Path) -> Iterator[Item]:
    """The files of a finished scan, each for itself, and then together."""
    try:
        manifest = read_manifest(folder / MANIFEST)
        identity = identity_of(manifest)
        digests = [str(entry["sha256"]) for entry in manifest["layers"]]
        pairs = list(zip(identity.layers, digests, strict=True))
    except (StoreError, *PROBLEMS) as error:
        yield DamagedFile(MANIFEST, _reason(error), _AGAIN)
        return
    found = [_layer(folder, number, layer, digest) for number, (layer, digest) in enumerate(pairs)]
    yield from found
    problem = None
    if not any(isinstance(item, DamagedFile) for item in found):
        try:
            read_finished(folder)
        except StoreError as error:
            problem = _reason(error)
    if problem is None:
        yield SoundFile(MANIFEST, f"scan of {identity.network[0]} on {manifest['images']} images")
    else:
        yield DamagedFile(MANIFEST, problem, _AGAIN)


def _layer(folder: Path, number: int, layer: Any, digest: str) -> Item:
    name = f"{LAYERS}/{layer_file(number, layer.name)}"
    remedy = f"delete {MANIFEST} and run the same scan again"
    try:
        read_layer(folder / name, digest)
    except FileNotFoundError:
        return DamagedFile(name, "is missing", remedy)
    except PROBLEMS as error:
        return DamagedFile(name, _reason(error), remedy)
    return SoundFile(name, f"{layer.channels} units of {layer.name}")


def verify_responses(folder: Path) -> Iterator[Item]:
    """The responses that an evolution keeps of a checkpoint."""
    path = folder / "responses.safetensors"
    if not path.is_file():
        return
    try:
        arrays, _ = unseal(read_whole(path))
        yield SoundFile(path.name, f"responses of {len(arrays)} layers")
    except (OSError, ValueError) as error:
        yield DamagedFile(path.name, _reason(error), _ANEW)


def verify_answers(folder: Path) -> Iterator[Item]:
    """Answers of studies, which are saved as files of their kind's name; and what is no file under such a name, or
    nothing where tables and kept work are all that is left."""
    for kind in ANSWERS:
        path, again = (
            folder / f"{kind.lower()}.safetensors",
            f"ask again: the same call, or {kind}.save, writes it anew",
        )
        if not path.is_file():
            other = obstruction(path)
            if other is not None:
                yield DamagedFile(path.name, other, f"delete it, and {again}")
            elif kind in WORK and (folder / WORK[kind]).is_dir() and path.with_suffix(".json").is_file():
                yield DamagedFile(path.name, "is missing beside its tables", again)
            continue
        try:
            _, said = unseal(read_whole(path))
            yield SoundFile(path.name, f"an answer: {said.get('answer')}")
        except (OSError, ValueError) as error:
            yield DamagedFile(path.name, _reason(error), again)


def verify_parts(folder: Path) -> Iterator[Item]:
    """Work that is kept in a folder of parts, so that it goes on: of effects, sanity checks, directions, mistakes."""
    if folder.name != PARTS:
        return
    scanned = set(part_paths(folder.parent))
    for path in sorted(folder.glob("*.safetensors")):
        if path in scanned or not path.is_file():
            continue
        try:
            unseal(read_whole(path))
            yield SoundFile(path.name, "work that is kept")
        except (OSError, ValueError) as error:
            yield DamagedFile(path.name, _reason(error), _ANEW)


def verify_headers(folder: Path) -> Iterator[Item]:
    """Files of arrays that nobody knows any more: damaged where they say what they are, or no files at all."""
    for path in sorted(folder.glob("*.safetensors")):
        other = obstruction(path)
        if other is not None:
            yield DamagedFile(path.name, other, f"delete it, then {_ANEW}")
        elif not _is_whole(path):
            yield DamagedFile(path.name, "is cut off, or no file of arrays at all", "make it again")


def _is_whole(path: Path) -> bool:
    """Whether a file is as long as its header says that its arrays are."""
    with path.open("rb") as file:
        start = file.read(8)
        try:
            header = parse_json(file.read(min(int.from_bytes(start, "little"), _LONGEST)))
            ends = [int(one["data_offsets"][1]) for name, one in header.items() if name != "__metadata__"]
        except (ValueError, TypeError, AttributeError, LookupError):
            return False
    return path.stat().st_size == 8 + int.from_bytes(start, "little") + max(ends, default=0)


def verify_occlusions(folder: Path) -> Iterator[Item]:
    """The answers that an occlusion of a collection keeps."""
    note = folder / "question.json"
    if occlusion.question_in(folder) is not None:
        yield SoundFile(note.name, "what was asked")
    elif (other := obstruction(note)) is not None:
        yield DamagedFile(note.name, other, f"delete it, then {_ALL_ANEW}")
    elif note.is_file():
        yield DamagedFile(note.name, "is not as it was written", _ALL_ANEW)
    elif folder.name == PARTS and any(_is_occlusion(path) for path in folder.glob("[0-9]*.npz")):
        yield DamagedFile(note.name, "is missing beside answers, of which nobody knows what was asked", _ALL_ANEW)
    else:
        return
    for path in sorted(folder.glob("[0-9]*.npz")):
        if (other := obstruction(path)) is not None:
            yield DamagedFile(path.name, other, f"delete it, then {_ANEW}")
            continue
        try:
            found = occlusion.from_bytes(read_whole(path))
            yield SoundFile(path.name, f"occlusion of one image at {len(found.grid.boxes)} places")
        except (StoreError, *occlusion.DAMAGE) as error:
            yield DamagedFile(path.name, _reason(error), _ANEW)


def _is_occlusion(path: Path) -> bool:
    try:
        return bool(occlusion.from_bytes(read_whole(path)).grid.shape)
    except (StoreError, *occlusion.DAMAGE):
        return False


def _reason(error: BaseException) -> str:
    """What is wrong, on one line, without what to do, which a finding says for itself."""
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
