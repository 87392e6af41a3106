"""A scan on disk: parts while it is under way, one file a layer when it is done, readable without this package.

    STORE/parts/shard-0-of-1.safetensors    all layers of an unfinished scan or of a shard
    STORE/layers/003-features.8.safetensors one layer of a finished scan
    STORE/manifest.json                     written last: says what was scanned, and names the layers' files

A file is written beside its final name, flushed to the disk and renamed, so that it is there as a whole or not at all.
Nothing is pickled. Bytes depend on the scan alone, not on how the work was split or how often it was interrupted.

Nothing that is read is believed unchecked. A part holds a SHA-256 of its content, the manifest one of each layer's file
and, in its last line, one of all lines before that. Names of files are made here, never taken from the manifest, and
numbers are held against what the scan says it is of: a file may come from somebody else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from convscope.data import Failure
from convscope.errors import StoreError
from convscope.files import kind_of, parse_json, read_whole, write_bytes
from convscope.methods.scan.exact import ExactSum
from convscope.methods.scan.state import CoveredBatches, ScanIdentity, ScannedLayer, ScanState
from convscope.methods.scan.statistics import HISTOGRAM_EDGES, StatisticsTable
from convscope.methods.scan.topk import TopKTable
from convscope.stores.scan_checks import check_arrays, check_header
from convscope.stores.sealing import Arrays, header_of, said_in, seal, unseal

SCHEMA = 2
MANIFEST = "manifest.json"
PARTS = "parts"
LAYERS = "layers"
FORMAT = "convscope scan"
_ENDING = ".safetensors"

PROBLEMS = (OSError, SafetensorError, KeyError, TypeError, ValueError, MemoryError, OverflowError)
"""What reading a file can raise that is not what it should be."""
_PART = re.compile(r"shard-\d+-of-\d+|part-[0-9a-f]+")
_SEAL = re.compile(rb',\n"sha256": "([0-9a-f]{64})"\n}\n\Z')


# -- files ------------------------------------------------------------------------------------------------------------


def remove(paths: Iterable[Path]) -> None:
    """Remove files, if they are still there."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove {path}, which is no longer needed: {error.strerror or error}") from error


def _dump(found: Any) -> str:
    return json.dumps(found, sort_keys=True, allow_nan=False)


# -- parts ------------------------------------------------------------------------------------------------------------


def part_path(store: Path, shard: tuple[int, int]) -> Path:
    """Where a shard's unfinished or finished work is kept."""
    return store / PARTS / f"shard-{shard[0]}-of-{shard[1]}{_ENDING}"


def part_paths(store: Path) -> list[Path]:
    """The parts in a store, by name; what other work keeps in a folder of the same name is none."""
    return sorted(path for path in (store / PARTS).glob(f"*{_ENDING}") if _PART.fullmatch(path.stem))


def write_part(path: Path, state: ScanState) -> None:
    """Write all of a state into one file."""
    header = {
        "schema": SCHEMA,
        "scan": state.identity.to_json(),
        "environments": sorted(state.environments),
        "failures": [[f.index, f.name, f.reason] for f in state.ordered_failures()],
        "count": 0 if state.statistics is None else state.statistics.count,
    }
    arrays = _arrays(state, slice(0, state.identity.channels)) | {"coverage": np.packbits(state.coverage)}
    if state.statistics is not None and state.statistics.class_count is not None:
        arrays["class_count"] = state.statistics.class_count
    write_bytes(path, seal(arrays, header), durable=True)


def read_part(path: Path) -> ScanState:
    """The state in a file.

    Raises:
        StoreError: if it cannot be read or is no part of a scan.
    """
    try:
        content = read_whole(path)  # at once: a run that goes on may replace the file at any time
        _check_schema(said_in(header_of(content)), path)
        arrays, header = unseal(content)
        identity = identity_of(header)
        by_class = arrays.pop("class_count", None)
        flags = np.unpackbits(arrays.pop("coverage"), count=identity.micro_batches).astype(np.bool_)
        return _state(identity, [arrays], header, flags, count=header["count"], class_count=by_class)
    except PROBLEMS as error:
        raise _unreadable(path, error, what="part of a scan") from error


def read_unfinished(store: Path) -> dict[Path, ScanState]:
    """The parts in a store; those whose images another covers too, left over by an interrupted merge, are left out."""
    found = [(path, read_part(path)) for path in part_paths(store)]
    kept: dict[Path, ScanState] = {}
    for path, state in sorted(found, key=lambda item: (-int(item[1].coverage.sum()), item[0].name)):
        if not any(_within(state.coverage, other.coverage) for other in kept.values()):
            kept[path] = state
    return kept


def _within(inner: CoveredBatches, outer: CoveredBatches) -> bool:
    return len(inner) == len(outer) and not (inner & ~outer).any()


def remove_parts(store: Path) -> None:
    """Remove the parts of a store, their folder if nothing else is in it, and what a kill left half written."""
    remove(part_paths(store))
    remove(path for folder in (store, store / PARTS, store / LAYERS) for path in folder.glob(".*.part"))
    if (store / PARTS).is_dir() and not any((store / PARTS).iterdir()):
        (store / PARTS).rmdir()


def forget(store: Path) -> None:
    """Remove a scan, in parts or finished, of which nothing is worth to be kept, and its folders."""
    remove([store / MANIFEST, *sorted((store / LAYERS).glob(f"*{_ENDING}"))])
    remove_parts(store)
    if (store / LAYERS).is_dir() and not any((store / LAYERS).iterdir()):
        (store / LAYERS).rmdir()


# -- finished scans ---------------------------------------------------------------------------------------------------


def layer_file(number: int, name: str) -> str:
    """A file name for a layer that any file system takes, unique by its number.

    >>> layer_file(3, "features/8: relu")
    '003-features_8_relu.safetensors'
    """
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._")[:80]
    return f"{number:03d}-{plain}{_ENDING}"


def write_finished(store: Path, state: ScanState) -> None:
    """Write a file for each layer, then the manifest, then remove the parts, which are no longer needed."""
    identity = state.identity
    entries = []
    for number, (layer, span) in enumerate(zip(identity.layers, identity.spans, strict=True)):
        name = layer_file(number, layer.name)
        content = to_bytes(_arrays(state, span) | _derived(state, layer, span))
        write_bytes(store / LAYERS / name, content, durable=True)
        entries.append({"name": layer.name, "file": f"{LAYERS}/{name}", "sha256": hashlib.sha256(content).hexdigest()})
    by_class = None if state.statistics is None else state.statistics.class_count
    manifest = {
        "format": FORMAT,
        "schema": SCHEMA,
        "scan": identity.to_json(),
        "environments": sorted(state.environments),
        "layers": entries,
        "images": state.covered - len(state.failures),
        "failures": [[f.index, f.name, f.reason] for f in state.ordered_failures()],
        "histogram_edges": [str(edge) for edge in HISTOGRAM_EDGES.tolist()],
        "class_count": None if by_class is None else by_class.tolist(),
    }
    lines = ",\n".join(f"{json.dumps(key)}: {_dump(value)}" for key, value in manifest.items())
    said = f"{{\n{lines}".encode()
    sealed = said + f',\n"sha256": "{hashlib.sha256(said).hexdigest()}"\n}}\n'.encode()
    write_bytes(store / MANIFEST, sealed, durable=True)
    remove_parts(store)


def read_manifest(path: Path) -> dict[str, Any]:
    """What a manifest says, which is as it was written.

    Raises:
        StoreError: if it is of another schema version. OSError, ValueError, TypeError: if it is damaged or no manifest.
    """
    content = read_whole(path)
    found = parse_json(content)
    if not isinstance(found, dict):
        raise TypeError("it says nothing of a scan")
    _check_schema(found, path)
    seal = _SEAL.search(content)
    if seal is None or seal[1] != hashlib.sha256(content[: seal.start()]).hexdigest().encode():
        raise ValueError("its content is not what its checksum says")
    return found


def read_finished(store: Path) -> ScanState | None:
    """The finished scan in a store, None if there is no manifest.

    Raises:
        StoreError: if the manifest or a layer's file cannot be read.
    """
    path = store / MANIFEST
    if not is_finished(store):
        return None
    try:
        manifest = read_manifest(path)
        identity = identity_of(manifest)
        layers = []
        for number, (layer, entry) in enumerate(zip(identity.layers, manifest["layers"], strict=True)):
            path = store / LAYERS / layer_file(number, layer.name)
            layers.append(read_layer(path, entry["sha256"]))
        path, said = store / MANIFEST, manifest["class_count"]
        by_class = None if said is None else np.array(said, np.int64)
        coverage = np.ones(identity.micro_batches, np.bool_)
        return _state(identity, layers, manifest, coverage, count=manifest["images"], class_count=by_class)
    except PROBLEMS as error:
        raise _unreadable(path, error, what="file of a scan") from error


def read_layer(path: Path, digest: str) -> Arrays:
    """The arrays of a layer's file, whose SHA-256 is `digest`; raises ValueError where it is not."""
    content = read_whole(path)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError("its content is not what the manifest's checksum says")
    return from_bytes(content)


def identity_of(found: dict[str, Any]) -> ScanIdentity:
    """What was scanned, as a manifest says it, which is checked; raises KeyError, TypeError or ValueError."""
    identity = ScanIdentity.from_json(found["scan"])
    check_header(found, identity)
    return identity


def check_store(store: Path, identity: ScanIdentity) -> None:
    """Nothing if the store is free, or holds this scan, finished or in parts; reads no table.

    Raises:
        StoreError: if it is a file, holds another scan, or something unreadable.
    """
    if kind_of(store) not in ("folder", "nothing"):
        raise StoreError(f"{store} is a file, and a scan needs a folder: give another name")
    for path in (*([store / MANIFEST] if is_finished(store) else []), *part_paths(store)):
        try:
            header = read_manifest(path) if path.name == MANIFEST else _part_header(path)
            _check_schema(header, path)
            found = ScanIdentity.from_json(header["scan"])
        except PROBLEMS as error:
            raise _unreadable(path, error, what="file of a scan") from error
        found.agree(identity, where=str(store))


def _part_header(path: Path) -> dict[str, Any]:
    """What a part says of itself."""
    if kind_of(path) == "other":
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        start = file.read(8)
        size = min(int.from_bytes(start, "little"), path.stat().st_size)
        return said_in(header_of(start + file.read(size)))


def is_finished(store: Path) -> bool:
    """Whether the store holds a finished scan."""
    return kind_of(store / MANIFEST) == "file"


def _check_schema(found: dict[str, Any], path: Path) -> None:
    if found.get("schema") != SCHEMA:
        raise StoreError(
            f"{path} has schema version {found.get('schema')}, this convscope reads {SCHEMA}: "
            "use the convscope that wrote it, or scan again into another folder"
        )


def _unreadable(path: Path, error: Exception, *, what: str) -> StoreError:
    reason = getattr(error, "strerror", None) or error
    return StoreError(f"{path} is not a readable {what} ({type(error).__name__}: {reason}): remove it and scan again")


# -- arrays -----------------------------------------------------------------------------------------------------------


def _arrays(state: ScanState, span: slice) -> Arrays:
    """The tables of a run of channels as named arrays."""
    table, statistics = state.table, state.statistics
    arrays = {
        "values": table.values[span],
        "images": table.images[span],
        "y": table.positions[span, :, 0],
        "x": table.positions[span, :, 1],
    }
    if statistics is not None:
        arrays |= {
            "sum_high": statistics.total.high[span],
            "sum_low": statistics.total.low[span],
            "active": statistics.active[span],
            "nan": statistics.nan[span],
            "saturated": statistics.saturated[span],
            "histogram": statistics.histogram[span],
        }
        if statistics.classes is not None:
            arrays["class_high"] = statistics.classes.high[:, span]
            arrays["class_low"] = statistics.classes.low[:, span]
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _derived(state: ScanState, layer: ScannedLayer, span: slice) -> Arrays:
    """What other readers would have to compute: mean and fraction of active positions."""
    if state.statistics is None:
        return {}
    found = state.statistics.fractions(span, positions=layer.positions)
    return {"mean": found[0], "active_fraction": found[1]}


def _state(
    identity: ScanIdentity,
    layers: list[Arrays],
    header: dict[str, Any],
    coverage: CoveredBatches,
    *,
    count: int,
    class_count: NDArray[np.int64] | None,
) -> ScanState:
    """The state whose channels are those of `layers`, one after the other; raises ValueError where they do not fit."""
    check_arrays(layers, identity, class_count)

    def joined(name: str, axis: int = 0) -> NDArray[Any]:
        return np.concatenate([arrays[name] for arrays in layers], axis=axis)

    statistics = None
    if identity.statistics:
        classes = None
        if identity.classes is not None:
            classes = ExactSum(joined("class_high", 1), joined("class_low", 1))
        total = ExactSum(joined("sum_high"), joined("sum_low"))
        statistics = StatisticsTable(
            total=total,
            active=joined("active"),
            nan=joined("nan"),
            saturated=joined("saturated"),
            histogram=joined("histogram"),
            classes=classes,
            class_count=class_count,
            count=count,
        )
    positions = np.stack([joined("y"), joined("x")], axis=2)
    table = TopKTable(joined("values"), joined("images"), positions)
    failures = [Failure(*failure) for failure in header["failures"]]
    return ScanState(identity, table, statistics, coverage, failures, frozenset(header["environments"]))
