"""Effects over a collection with a folder in which the work is kept, so that a repeated call goes on from there.

STORE/parts/LAYER.safetensors           the sums over the images that were looked at so far, written every few seconds
STORE/parts/LAYER.I-of-N.safetensors    the same of a shard, with all that the answer says besides, so that it can be
                                        merged with the others where there is neither network nor images
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, cast

from convscope import kernels
from convscope.data import Failure, Source
from convscope.errors import StoreError
from convscope.files import write_bytes
from convscope.graph import Network, Unit
from convscope.methods.effects import LayerEffects, Measuring, Progressed, Silencing, effects_of
from convscope.methods.effects.tally import Tally, leaves
from convscope.progress import Progress, silent
from convscope.stores.sealing import Arrays, header_of, said_in, seal, unseal

logger = logging.getLogger(__name__)

PARTS = "parts"
_HEADER = 1 << 26  # bytes in which a file says what it holds, at most
_EVERY = 10.0  # seconds between two writings of the sums, which may be many megabytes
_SHARD = re.compile(r"\.\d+-of-\d+\.safetensors$")
_DAMAGE = (OSError, ValueError, KeyError, TypeError, IndexError)


def effects(
    net: Network,
    source: Source,
    question: Silencing,
    *,
    store: str | PathLike[str] | None = None,
    about: Mapping[str, Any] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[LayerEffects, list[Failure]]:
    """The effects of silencing units of one layer, and the images that could not be read.

    store: a folder that keeps the sums; what is in it of another question, or damaged, is begun anew. about: what is
    kept with the sums of a shard, as JSON values, for who merges them.

    Raises:
        UsageError: where the output does not depend on the layer, or units are not its. ImageError: where no image
            could be read. StoreError: where the folder cannot be written.
    """
    work = Measuring(net, source, question, workers=workers, progress=progress or silent)
    if store is None:
        return work.run()
    layer = net.layers[question.layer].name
    said: dict[str, Any] = {"of": _key(net, source, question)}
    if not question.whole:
        said |= {"shard": list(question.shard), "about": dict(about or {}), "layer": layer, "to": question.to,
                 "measure": question.measure, "batch": question.batch}  # fmt: skip
    keeping = _Keeping(_path(Path(store), layer, question.shard), said)
    work.progressed, work.kept = keeping.read() or keeping.first_round(len(source)), keeping.take
    found = work.run()
    if not question.whole:
        keeping.said["silenced"] = [one.split(" + ") for one in found[0].silenced]
        keeping.said["failures"] = [[one.index, one.name, one.reason] for one in found[1]]
    keeping.close()
    return found


def _path(store: Path, layer: str, shard: tuple[int, int]) -> Path:
    name = re.sub(r"[^\w.-]+", "_", layer)
    return store / PARTS / (f"{name}.safetensors" if shard[1] == 1 else f"{name}.{shard[0]}-of-{shard[1]}.safetensors")


class _Keeping:
    """The sums in a file, written when some seconds have gone by, and at the end."""

    def __init__(self, path: Path, said: dict[str, Any]) -> None:
        self._path, self.said = path, said
        self._written, self._wait, self._last = time.monotonic(), _EVERY, None

    def read(self) -> Progressed | None:
        """What was kept; None where there is nothing, it is of another question, or not as it was written."""
        return self._read(self._path)

    def _read(self, path: Path) -> Progressed | None:
        if not path.is_file():
            return None
        try:
            arrays, said = unseal(path.read_bytes())
            return Progressed.of(arrays, said["work"]) if said.get("of") == self.said["of"] else None
        except _DAMAGE as error:
            logger.info("%s cannot be used and is made again: %s", path, error)
            return None

    def first_round(self, images: int) -> Progressed | None:
        """The first round, which is of all images, as another shard has done it in the same folder."""
        for path in sorted(self._path.parent.glob("*.safetensors")) if self._path.parent.is_dir() else ():
            found = self._read(path)
            if found is not None and found.seen == images:
                return Progressed(found.moments, found.seen, left_out=found.left_out)
        return None

    def take(self, state: Progressed) -> None:
        """Keep the sums, now or a little later."""
        self._last = state
        if time.monotonic() - self._written >= self._wait:
            self._write(state)

    def close(self) -> None:
        """Keep what was taken last; of a shard with what is said of it by now."""
        if "shard" in self.said:
            self._last = self._last or self.read()
        if self._last is not None:
            self._write(self._last)

    def _write(self, state: Progressed) -> None:
        arrays, work = state.arrays()
        began = time.monotonic()
        write_bytes(self._path, seal(arrays, {**self.said, "work": work}), durable=True)
        self._written, self._last = time.monotonic(), None
        self._wait = _EVERY * max(1.0, (self._written - began) / 0.2)  # of large sums less often


def _key(net: Network, source: Source, question: Silencing) -> str:
    """Of everything that the sums depend on."""
    truths = None if question.truths is None else hashlib.sha256(question.truths.tobytes()).hexdigest()
    asked = [net.layers[question.layer].name, [list(map(str, one)) for one in question.silenced]]
    known = [net.fingerprint, net.head.to_json(), repr(net.preprocess), source.fingerprint(), *asked, truths]
    known += [] if net.head.kind == "classes" else ["answers of both classes, or none"]
    known += [question.to, question.measure, question.batch, question.seed, *kernels.identity(net.device, net.dtype)]
    return hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()


# -- shards -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Shard:
    """What a shard keeps of a layer: where it is, and what is said of it."""

    path: Path
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Which one it is of how many, as people write it."""
        return "/".join(map(str, self.said["shard"]))

    def sums(self) -> Progressed:
        """Its sums; raises StoreError where they cannot be read, or did not come to be."""
        try:
            state = Progressed.of(*_unsealed(self.path))
        except _DAMAGE as error:
            raise _unreadable(self.path, error) from error
        if state.tally is None or "silenced" not in self.said:
            raise StoreError(f"{self.path} is not finished: run the same shard again, then merge")
        return state


def _unsealed(path: Path) -> tuple[Arrays, dict[str, Any]]:
    arrays, said = unseal(path.read_bytes())
    return arrays, said["work"]


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path} cannot be read: {error}; delete it, and run the same shard again")


def shards_in(folder: str | PathLike[str]) -> list[Shard]:
    """The shards that a folder keeps; raises StoreError where one says nothing that can be understood."""
    found = []
    for path in sorted(path for path in (Path(folder) / PARTS).glob("*.safetensors") if _SHARD.search(path.name)):
        try:
            with path.open("rb") as file:
                size = file.read(8)
                said = said_in(header_of(size + file.read(min(int.from_bytes(size, "little"), _HEADER))))
            _ = said["about"]["question"], said["about"]["words"], said["shard"][1], said["layer"], said["batch"]
        except _DAMAGE as error:
            raise _unreadable(path, error) from error
        found.append(Shard(path, said))
    return found


def merged(shards: Sequence[Shard]) -> tuple[LayerEffects, Progressed]:
    """The effects of a layer from all of its shards, and the sums as one that was no shard would have them.

    Shards are read one after the other; neighbours are added as soon as both are there.

    Raises:
        StoreError: where some images are in none of them, or in several; where one cannot be read, or is not finished.
    """
    first, *rest = sorted(shards, key=lambda shard: shard.said["shard"])
    layer, state = first.said["layer"], first.sums()
    tally = state.tally
    assert tally is not None
    for shard in rest:
        try:
            tally.take_in(cast(Tally, shard.sums().tally))
        except ValueError as error:
            raise StoreError(
                f"{shard.path} and others cover the same images of {layer}: name each shard once, and those of one "
                "split only"
            ) from error
    both = leaves(state.moments.count, int(first.said["batch"]))
    covered = [sum(min(last, len(one)) - start for start, last in tree.runs())
               for one, tree in zip(both, tally.halves, strict=True)]  # fmt: skip
    if covered != list(map(len, both)):
        raise StoreError(f"{_missing(shards)} of {layer}: run what is missing, and name all of them")
    tally.end()
    asked = [tuple(map(Unit.parse, one)) for one in first.said["silenced"]]
    question = Silencing(layer, to=first.said["to"], measure=first.said["measure"])
    state.done = state.moments.count
    return effects_of(state, layer, asked, question), state


def _missing(shards: Sequence[Shard]) -> str:
    (_, count), names = shards[0].said["shard"], [shard.said["shard"] for shard in shards]
    gone = [f"{i}/{count}" for i in range(count) if [i, count] not in names]
    if gone and all(n == count for _, n in names):
        listed = ", ".join(gone[:5]) + (" and others" if len(gone) > 5 else "")
        return f"shard {listed} is missing" if len(gone) == 1 else f"shards {listed} are missing"
    return f"shards {', '.join(shard.name for shard in shards)} do not cover all images"


def write_merged(store: Path, shards: Sequence[Shard], state: Progressed) -> None:
    """Keep the sums of all shards as one that was no shard does, and remove those that are in the same folder."""
    arrays, work = state.arrays()
    path, said = _path(store, shards[0].said["layer"], (0, 1)), shards[0].said
    write_bytes(path, seal(arrays, {"of": said["of"], "work": work}), durable=True)
    for shard in shards:
        if shard.path.parent.resolve() == path.parent.resolve():
            shard.path.unlink(missing_ok=True)


__all__ = ["PARTS", "Shard", "effects", "merged", "shards_in", "write_merged"]
