"""Directions learned with a folder in which the work is kept, so that a repeated call goes on from there.

STORE/parts/positions-KEY.f32   what was read off the layer so far, a row of float32 for each position; its space is
                                reserved before the first image is run
STORE/parts/positions-KEY.json  of which question it is, how many images are done, and the SHA-256 of their rows
STORE/parts/NAME-KEY.safetensors    a dictionary, for each of two seeds
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Source
from convscope.errors import ImageError, StoreError, UsageError, missing_extra
from convscope.files import read_sealed_json, write_sealed_json, writing
from convscope.graph import Dictionary, Network
from convscope.graph.dictionary import DictionaryKind
from convscope.methods.directions import judging
from convscope.methods.directions.found import LearnedDirections
from convscope.methods.directions.learning import DictionaryLearning, factors_exist, learned, with_seed
from convscope.methods.directions.sampling import PositionRows, Sampling, readable
from convscope.methods.inputs import preprocess_of
from convscope.methods.workers import one_thread_workers
from convscope.progress import Progress
from convscope.stores.sanity import Parts
from convscope.stores.sealing import Arrays
from convscope.verification import DamagedFile, SoundFile

logger = logging.getLogger(__name__)

MOST_BYTES = 8 << 30
"""That the positions of a layer may take, in memory or on disk."""
FORMAT = "convscope positions"
_ARRAYS = {"encoder", "bias", "decoder", "offset"}
_BLOCK = 1 << 24  # bytes that are looked at together
_EVERY = 10.0  # seconds between two notes of how far it is
_HELD = (100, 40_000)  # positions that are held out at least, and at most
_FACTORS = 512  # factors that stand beside without being asked for, at most: of thousands they take an hour


@dataclass(frozen=True, eq=False)
class Work:
    """What is learned: directions of a layer on the images `indices` of a source, held against others.

    positions: at most so many are learned from. truths: the right score of each held-out image, -1 where it is not
    known; None: of none. beside: other kinds that are learned, too, to be compared with; None: factors, where they can
    be, 512 at most.
    """

    net: Network
    source: Source
    indices: Sequence[int]
    held_source: Source
    held_indices: Sequence[int]
    layer: str
    learning: DictionaryLearning
    name: str
    positions: int
    truths: NDArray[np.int64] | None = None
    batch: int = 32
    beside: Sequence[DictionaryKind] | None = None

    def learn(self, store: Path | None, progress: Progress) -> LearnedDirections:
        """The directions, and how they do.

        Raises:
            UsageError: for a layer that directions cannot be learned of. ImageError: where no image could be read.
                StoreError: where the folder cannot be written, or has not the space.
        """
        rows, images = self._rows("positions", self.positions, store, progress)
        held, held_images = self._rows("held-out positions", _held(self.positions), store, progress)
        beside, without = self._beside(rows)
        one, other, *more = self._dictionaries(rows, beside, store, progress)
        ways = judging.compared(one, rows, held, active=self.learning.active, beside=more)
        answering = judging.RebuiltAnswers(
            self.net, self.held_source, self.held_indices, self.layer, ways, self.truths, self.batch, progress
        )
        answers, accuracy = answering.run()
        often, strength = judging.activity(one, held)
        return LearnedDirections(
            dictionary=one,
            compared=judging.reconstructed(ways, held, answers),
            often=often,
            strength=strength,
            copy=judging.largest_cosines(one),
            again=judging.largest_cosines(one, other),
            positions=len(rows),
            images=images,
            held=(len(held), held_images),
            accuracy=accuracy,
            labelled=answering.labelled,
            without=without,
        )

    # -- dictionaries -------------------------------------------------------------------------------------------------
    def _beside(self, rows: PositionRows) -> tuple[list[DictionaryLearning], str | None]:
        """What is learned besides, and why there are no factors among it, where they were left out."""
        if self.beside is not None:
            return [replace(self.learning, kind=kind) for kind in dict.fromkeys(self.beside)], None
        if self.learning.kind == "nmf":
            return [], None
        if not factors_exist():
            return [], str(missing_extra("scikit-learn", "transfer", purpose="find non-negative factors"))
        if rows.min() < 0:
            return [], f"layer '{self.layer}' has negative values, which no sum of non-negative factors is"
        count = min(self.learning.count, _FACTORS)
        active = None if self.learning.active is None else min(self.learning.active, count)
        return [replace(self.learning, kind="nmf", count=count, active=active)], None

    def _dictionaries(
        self, rows: PositionRows, others: Sequence[DictionaryLearning], store: Path | None, progress: Progress
    ) -> list[Dictionary]:
        """The directions, those of another seed, and those of other kinds; learned at once, by one thread each."""
        parts = Parts(store, {"rows": self._key(self.source, self.indices), "dtype": str(self.net.dtype)})
        asked = [(self.learning, 0), (with_seed(self.learning, 1), 1), *((one, 0) for one in others)]
        together = _Together(f"directions of {self.layer}", len(asked) * self.learning.updates, progress)

        def make(one: tuple[DictionaryLearning, int]) -> Dictionary:
            with together.member(self.learning.updates) as told:
                return self._dictionary(rows, *one, parts, told)

        with one_thread_workers(self.net.device) as team, together.member(0):
            return team.map(make, asked)

    def _dictionary(
        self, rows: PositionRows, learning: DictionaryLearning, more: int, parts: Parts, progress: Progress
    ) -> Dictionary:
        if more and learning.kind == "pca":  # which draws nothing: rows drawn anew stand for another seed
            draw = np.random.default_rng(learning.seed)
            rows = rows[np.sort(draw.integers(0, len(rows), len(rows)))]

        def make() -> Arrays:
            made = learned(rows, learning, layer=self.layer, device=self.net.device, progress=progress)
            return {name: getattr(made, name) for name in _ARRAYS}

        said = {"learning": asdict(learning), "positions": len(rows), "layer": self.layer}
        arrays, _ = parts.part(f"{self.layer}-{learning.kind}-{more}", said, make, names=_ARRAYS)
        active = None if learning.kind == "pca" else learning.active
        name = self.name if learning.kind == self.learning.kind else learning.kind
        return Dictionary(name, self.layer, learning.kind, **arrays, active=active, network=self.net.plain_fingerprint)

    # -- positions ----------------------------------------------------------------------------------------------------
    def _rows(self, stage: str, positions: int, store: Path | None, progress: Progress) -> tuple[PositionRows, int]:
        """The positions of images that could be read, and how many images these are."""
        own = stage == "positions"
        source, indices = (self.source, self.indices) if own else (self.held_source, self.held_indices)
        sampling = Sampling.of(self.net, self.layer, indices, positions=positions, seed=self.learning.seed)
        shape = (len(sampling), self.net.layers[self.layer].channels)
        if 4 * shape[0] * shape[1] > MOST_BYTES:
            most = MOST_BYTES // (4 * shape[1])
            raise UsageError(f"positions={positions}: of layer '{self.layer}' at most {most} are taken")
        if store is None:
            rows = np.empty(shape, np.float32)
            sampling.fill(self.net, source, rows, batch=self.batch, stage=stage, progress=progress)
        else:
            kept = _Kept(store / "parts", self._key(source, indices, sampling.each), shape)
            fill = partial(sampling.fill, self.net, source, batch=self.batch, stage=stage, progress=progress)
            rows = kept.filled(len(sampling.indices), fill)
        found, images = readable(rows, each=sampling.each)
        if not images:
            raise ImageError(f"none of the {len(indices)} images could be read ({source.describe()})")
        return found, images

    def _key(self, source: Source, indices: Sequence[int], *more: Any) -> str:
        """Of everything that the positions depend on."""
        known = [self.net.fingerprint, repr(preprocess_of(self.net, source)), source.fingerprint(), list(indices)]
        known += [self.layer, self.positions, self.learning.seed, self.batch, str(self.net.dtype), *more]
        return hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()


def _held(positions: int) -> int:
    """How many positions are held out, where so many are learned from."""
    least, most = _HELD
    return min(most, max(least, positions // 4))


class _Together:
    """What is made by several threads, told as one stage; what ends one of them ends the others when they next tell."""

    def __init__(self, stage: str, total: int, progress: Progress) -> None:
        self._stage, self._total, self._progress = stage, total, progress
        self._lock = threading.Lock()
        self._done = 0
        self._error: BaseException | None = None

    @contextmanager
    def member(self, share: int) -> Iterator[Progress]:
        """A block in which a thread makes its share, and how it tells how far it is; what is there needs no telling."""
        mine = 0

        def told(_stage: str, done: int, _total: int) -> None:
            nonlocal mine
            with self._lock:
                if self._error is not None:
                    raise self._error
                self._done, mine = self._done + done - mine, done
                self._progress(self._stage, self._done, self._total)

        try:
            yield told
        except BaseException as error:
            self._error = self._error or error
            raise
        with self._lock:
            self._done += share - mine


@dataclass(frozen=True)
class _Kept:
    """Rows of a shape in a file of their size, and how many images are in it, in another."""

    folder: Path
    key: str
    shape: tuple[int, int]

    @property
    def _data(self) -> Path:
        return self.folder / f"positions-{self.key[:12]}.f32"

    @property
    def _note(self) -> Path:
        return self._data.with_suffix(".json")

    def filled(self, count: int, fill: Callable[..., None]) -> PositionRows:
        """The rows of `count` images, those that are missing read off now by `fill`."""
        each = self.shape[0] // count
        done, seen = self._done(count, each)
        with writing(self._data):
            if not done:
                self._reserve()
            rows = np.memmap(self._data, np.float32, "r+", shape=self.shape)
        last = time.monotonic()

        def kept(now: int) -> None:
            nonlocal last, done
            if now == count or time.monotonic() - last >= _EVERY:
                rows.flush()
                seen.update(rows[done * each : now * each].data)
                done = now
                said = {"of": self.key, "shape": list(self.shape), "done": now, "rows": now * each}
                write_sealed_json(self._note, {"format": FORMAT, **said, "sha256_of_rows": seen.hexdigest()})
                last = time.monotonic()

        if done < count:
            fill(rows, done=done, kept=kept)
        return rows

    def _done(self, count: int, each: int) -> tuple[int, Any]:
        """How many images are in the file, with the digest of their rows; 0 where it is not what it should be."""
        try:
            said = read_sealed_json(self._note)
            done = int(said["done"]) if said.get("of") == self.key and said.get("shape") == list(self.shape) else 0
            seen = _digest(self._data, self.shape, done * each)
            if 0 <= done <= count and seen.hexdigest() == said["sha256_of_rows"]:
                return done, seen
            logger.info("%s is not as it was written, and is made again", self._data)
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            pass
        return 0, hashlib.sha256()

    def _reserve(self) -> None:
        """A file of the size; raises StoreError where the disk has no space for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        size = 4 * self.shape[0] * self.shape[1]
        self._note.unlink(missing_ok=True)
        self._data.unlink(missing_ok=True)
        free = shutil.disk_usage(self.folder).free
        if size > free:
            raise StoreError(
                f"the disk is full: {self.folder} has {free:,} bytes free, and {self.shape[0]} positions take "
                f"{size:,}: free some, take fewer (positions=), or choose another folder"
            )
        with self._data.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:  # a file of holes would do until the disk is full, and then end the process
                for first in range(0, size, _BLOCK):
                    file.write(bytes(min(_BLOCK, size - first)))


def _digest(path: Path, shape: tuple[int, int], rows: int) -> Any:
    """SHA-256 over the first rows of a file of that shape; raises ValueError where it is not of that shape."""
    if path.stat().st_size != 4 * shape[0] * shape[1] or not 0 <= rows <= shape[0]:
        raise ValueError("it has another size")
    found, left = hashlib.sha256(), 4 * rows * shape[1]
    with path.open("rb") as file:
        while left and (block := file.read(min(left, _BLOCK))):
            found.update(block)
            left -= len(block)
    return found


def verify_positions(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """Positions that are kept while directions are learned, in a folder of parts."""
    for note in sorted(folder.glob("positions-*.json")):
        data, anew = note.with_suffix(".f32"), "nothing: it is made again when it is next asked for"
        try:
            said = read_sealed_json(note)
            if said.get("format") != FORMAT:
                continue
            rows, columns = map(int, said["shape"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            yield DamagedFile(note.name, "is not as it was written", anew)
            continue
        yield SoundFile(note.name, f"{said['done']} images are done")
        try:
            whole = _digest(data, (rows, columns), int(said["rows"])).hexdigest() == said["sha256_of_rows"]
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            whole = False
        yield (
            SoundFile(data.name, f"{said['rows']} of {rows} positions")
            if whole
            else DamagedFile(data.name, "is not as it was written", anew)
        )


__all__ = ["MOST_BYTES", "Work", "verify_positions"]
